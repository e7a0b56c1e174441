//! A question and its answer.

use std::time::Instant;

use pinakes_api::{ApiError, AskEvent, AskRequest, AskResponse, Citation, Evidence, Retrieval, SearchRequest, Searched, Timings, Usage};
use pinakes_catalog::Passage;
use pinakes_index::Candidate;
use pinakes_types::Scope;
use tokio::sync::mpsc;

use crate::Searcher;
use crate::compose::{Ranked, choose, cite, rank};
use crate::question::{check, content_words};
use crate::search::hit;
use crate::searcher::catalog_error;

/// Events that may wait for a slow reader.
pub const EVENTS_MAX: usize = 64;
/// Passages named in a refusal.
const NEAREST: usize = 3;

/// Sends events to whoever listens; a listener that went away is no error, the caller drops the question instead.
struct Listener(Option<mpsc::Sender<AskEvent>>);

impl Listener {
    async fn tell(&self, event: impl FnOnce() -> AskEvent) {
        if let Some(sender) = &self.0 {
            let _ = sender.send(event()).await;
        }
    }
}

impl Searcher {
    /// Answers from the documents the scope allows. Events go to `listener` while the answer is made; the last is `done`.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub async fn ask(
        &self,
        scope: &Scope,
        request: &AskRequest,
        listener: Option<mpsc::Sender<AskEvent>>,
    ) -> Result<AskResponse, ApiError> {
        let started = Instant::now();
        let listener = Listener(listener);
        let question = check(&request.question)?;
        let search = SearchRequest { mode: request.mode, filters: request.filters.clone(), ..SearchRequest::new(question) };
        let found = self.find(scope, question, &search, self.store.config.answer.passages).await?;
        let (documents, _) = self.store.catalog.searchable(scope).await.map_err(catalog_error)?;
        let searched = Searched { documents, passages: found.passages.len() as u64 };
        let retrieval_ms = started.elapsed().as_millis() as u64;
        let words = content_words(question);
        let hits = |number: usize| {
            found
                .passages
                .iter()
                .take(number)
                .enumerate()
                .map(|(place, (passage, candidate))| hit(place + 1, passage.clone(), candidate, &words, false))
                .collect::<Vec<_>>()
        };
        listener.tell(|| AskEvent::Retrieval(Retrieval { searched, took_ms: retrieval_ms, hits: hits(usize::MAX) })).await;

        let ranked = self.rank_sentences(scope, question, found.vector, &found.passages).await?;
        let evidence = ranked.first().map_or_else(Evidence::default, |best| best.signals.evidence());
        let supported = !ranked.is_empty() && evidence.support >= self.store.config.answer.support_min;
        let first_words_ms = started.elapsed().as_millis() as u64;
        let (answer, citations) = match supported {
            true => self.write(&ranked, &found.passages, &listener).await,
            false => (String::new(), vec![]),
        };
        let refused = citations.is_empty();
        let answer = if refused { refusal(searched) } else { answer };
        if refused {
            listener.tell(|| AskEvent::Delta { text: answer.clone() }).await;
        }
        let total_ms = started.elapsed().as_millis() as u64;
        let response = AskResponse {
            answer,
            refused,
            model: AskResponse::EXTRACTIVE.to_owned(),
            citations,
            timings: Timings { retrieval_ms, first_words_ms, answer_ms: total_ms - retrieval_ms, total_ms },
            usage: Usage::default(),
            searched,
            extractive: true,
            evidence,
            nearest: if refused { hits(NEAREST) } else { vec![] },
        };
        listener.tell(|| AskEvent::Usage(response.usage)).await;
        listener.tell(|| AskEvent::Done(Box::new(response.clone()))).await;
        Ok(response)
    }

    async fn rank_sentences(
        &self,
        scope: &Scope,
        question: &str,
        vector: Option<Vec<f32>>,
        passages: &[(Passage, Candidate)],
    ) -> Result<Vec<Ranked>, ApiError> {
        let sentences = self.sentences_of(scope, passages).await?;
        if sentences.is_empty() {
            return Ok(vec![]);
        }
        let vector = match vector {
            Some(vector) => vector,
            None => self.embed_query(question).await?,
        };
        // A sentence is judged with what it stands under: "It is 25 days" means nothing without its heading.
        let in_place = sentences.iter().map(|sentence| {
            let (passage, _) = &passages[sentence.passage];
            let heading = passage.heading.rsplit(" › ").next().unwrap_or_default();
            let header = sentence.header.as_deref().unwrap_or_default();
            format!("{} {heading} {header} {}", passage.title, sentence.plain)
        });
        let vectors = self.embed_all(in_place.collect()).await?;
        Ok(rank(question, &vector, sentences, &vectors, passages))
    }

    async fn write(&self, ranked: &[Ranked], passages: &[(Passage, Candidate)], listener: &Listener) -> (String, Vec<Citation>) {
        let mut answer = String::new();
        let mut citations: Vec<Citation> = Vec::new();
        for chosen in choose(ranked, self.store.config.answer.sentences_max) {
            let (passage, _) = &passages[chosen.sentence.passage];
            let Some((words, citation)) = cite(&answer, citations.len() as u32 + 1, &chosen.sentence, passage) else { continue };
            answer.push_str(&words);
            listener.tell(|| AskEvent::Delta { text: words }).await;
            listener.tell(|| AskEvent::Citation(citation.clone())).await;
            citations.push(citation);
        }
        (answer, citations)
    }
}

/// The words of a refusal.
fn refusal(searched: Searched) -> String {
    match searched.documents {
        0 => "No answer found: there are no documents to search yet.".to_owned(),
        1 => "No answer found, searched 1 document.".to_owned(),
        number => format!("No answer found, searched {number} documents."),
    }
}
