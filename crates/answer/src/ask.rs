//! A question and its answer.

use std::time::Instant;

use pinakes_api::{ApiError, AskEvent, AskRequest, AskResponse, Citation, Evidence, Retrieval, SearchRequest, Searched, Timings, Usage};
use pinakes_catalog::Passage;
use pinakes_index::Candidate;
use pinakes_types::Scope;
use tokio::sync::mpsc;

use crate::Searcher;
use crate::compose::{Ranked, choose, cite, rank};
use crate::generator::Generator;
use crate::listener::Listener;
use crate::question::{check, content_words};
use crate::search::hit;
use crate::searcher::catalog_error;
use crate::written::Written;

/// Events that may wait for a slow reader.
pub const EVENTS_MAX: usize = 64;
/// Passages named in a refusal.
const NEAREST: usize = 3;

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
        let written = match &self.generator {
            Some(generator) if supported => self.try_generator(generator, scope, question, &ranked, &found.passages, &listener).await?,
            _ => None,
        };
        let extractive = written.is_none();
        let Written { answer, citations, usage } = match written {
            Some(written) => written,
            None if supported => self.extract(&ranked, &found.passages, &listener).await,
            None => Written::default(),
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
            model: self.generator.as_ref().filter(|_| !extractive).map_or(AskResponse::EXTRACTIVE, Generator::name).to_owned(),
            citations,
            timings: Timings { retrieval_ms, first_words_ms, answer_ms: total_ms - retrieval_ms, total_ms },
            usage,
            searched,
            extractive,
            evidence,
            nearest: if refused { hits(NEAREST) } else { vec![] },
            ..AskResponse::default()
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
        Ok(rank(question, &vector, sentences, vectors, passages))
    }

    /// The generator's answer, or `None` where the extractive one is to be given: nothing the generator said was carried by the
    /// documents, or it is too busy or failed before its first words.
    async fn try_generator(
        &self,
        generator: &Generator,
        scope: &Scope,
        question: &str,
        ranked: &[Ranked],
        passages: &[(Passage, Candidate)],
        listener: &Listener,
    ) -> Result<Option<Written>, ApiError> {
        match self.generate(generator, scope, question, ranked, passages, listener).await {
            Ok(written) => Ok(written),
            Err(failed) if failed.said_nothing => {
                tracing::warn!(error = %failed.error, "the generator could not answer; the extractive answer is given");
                Ok(None)
            }
            Err(failed) => Err(failed.error),
        }
    }

    /// The answer in the documents' own sentences.
    async fn extract(&self, ranked: &[Ranked], passages: &[(Passage, Candidate)], listener: &Listener) -> Written {
        let mut answer = String::new();
        let mut citations: Vec<Citation> = Vec::new();
        for chosen in choose(ranked, self.store.config.answer.sentences_max) {
            let (passage, _) = &passages[chosen.sentence.passage];
            let Some((words, citation)) = cite(&answer, citations.len() as u32 + 1, &chosen.sentence.plain, &chosen.sentence, passage)
            else {
                continue;
            };
            answer.push_str(&words);
            listener.words(words).await;
            listener.citation(citation.clone()).await;
            citations.push(citation);
        }
        Written { answer, citations, usage: Usage::default() }
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
