//! A question and its answer.

use std::sync::Arc;
use std::time::Instant;

use pinakes_api::{
    ApiError, AskEvent, AskRequest, AskResponse, Citation, Evidence, Hit, Retrieval, SearchRequest, Searched, Timings, Usage,
};
use pinakes_catalog::Passage;
use pinakes_index::Candidate;
use pinakes_types::Scope;
use tokio::sync::mpsc;

use crate::compose::{Ranked, choose, cite, rank};
use crate::context::{Context, passages_read};
use crate::conversation::Earlier;
use crate::evidence::{Document, Documents, sentences_of};
use crate::generator::Generator;
use crate::listener::Listener;
use crate::question::{check, content_words};
use crate::search::hit;
use crate::searcher::catalog_error;
use crate::written::{Prompted, Written};
use crate::{Searcher, lineage};

/// Events that may wait for a slow reader.
pub const EVENTS_MAX: usize = 64;
/// Passages named in a refusal.
const NEAREST: usize = 3;

impl Searcher {
    /// Answers from the documents the scope allows, in the light of the conversation that the question continues, and keeps the answer
    /// where that is wanted. Events go to `listener` while the answer is made; the last is `done`, and comes after the answer was kept.
    ///
    /// # Errors
    /// As [`Searcher::search`]; a conversation that is not the asker's, or full.
    pub async fn ask(
        &self,
        scope: &Scope,
        request: &AskRequest,
        listener: Option<mpsc::Sender<AskEvent>>,
    ) -> Result<AskResponse, ApiError> {
        let question = check(&request.question)?;
        let earlier = self.take_up(scope, question, request.conversation_id.as_deref()).await?;
        self.ask_after(scope, request, &earlier, listener).await
    }

    /// The same as the next turn of a conversation that somebody else keeps ([`Searcher::after`]).
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub async fn ask_after(
        &self,
        scope: &Scope,
        request: &AskRequest,
        earlier: &Earlier,
        listener: Option<mpsc::Sender<AskEvent>>,
    ) -> Result<AskResponse, ApiError> {
        let listener = Listener(listener);
        let (mut response, found) = self.answer(scope, request, earlier, &listener).await?;
        if response.queries.is_empty() {
            response.queries.extend(earlier.query.clone());
        }
        for time in [&mut response.timings.retrieval_ms, &mut response.timings.first_words_ms, &mut response.timings.total_ms] {
            *time += earlier.took_ms;
        }
        self.keep_answer(scope, request, earlier, &mut response, &found).await;
        listener.tell(|| AskEvent::Usage(response.usage)).await;
        listener.tell(|| AskEvent::Done(Box::new(response.clone()))).await;
        Ok(response)
    }

    /// The answer, and what was found for it.
    async fn answer(
        &self,
        scope: &Scope,
        request: &AskRequest,
        earlier: &Earlier,
        listener: &Listener,
    ) -> Result<(AskResponse, Vec<Hit>), ApiError> {
        let started = Instant::now();
        let question = check(&request.question)?;
        let writer = self.generators.of_request(request.model.as_deref())?.into_iter().next();
        let query = earlier.query.as_deref().unwrap_or(question);
        let search = SearchRequest { mode: request.mode, filters: request.filters.clone(), ..SearchRequest::new(query) };
        let settings = self.store.config.answer;
        // A generator reads whole documents, and a wider look says better which.
        let wanted = if writer.is_some() { settings.passages.max(settings.candidates) } else { settings.passages };
        let found = self.find(scope, query, &search, wanted).await?;
        let passages = &found.passages[..found.passages.len().min(settings.passages)];
        let (documents, _) = self.store.catalog.searchable(scope).await.map_err(catalog_error)?;
        let searched = Searched { documents, passages: passages.len() as u64 };
        let retrieval_ms = started.elapsed().as_millis() as u64;
        let words = content_words(query);
        let hits = |number: usize| {
            passages
                .iter()
                .take(number)
                .enumerate()
                .map(|(place, (passage, candidate))| hit(place + 1, passage.clone(), candidate, &words, false))
                .collect::<Vec<_>>()
        };
        let all = hits(usize::MAX);
        listener.tell(|| AskEvent::Retrieval(Retrieval { searched, took_ms: retrieval_ms, hits: all.clone() })).await;

        let texts = self.documents_of(scope, passages, Documents::new()).await?;
        let ranked = self.rank_sentences(query, found.vector, passages, &texts).await?;
        let evidence = ranked.first().map_or_else(Evidence::default, |best| best.signals.evidence());
        let supported = !ranked.is_empty() && evidence.support >= settings.support_min;
        let (mut sources, mut read) = (passages_read(&texts, passages), texts.clone());
        let mut first_words_ms = started.elapsed().as_millis() as u64;
        let written = match writer {
            Some(generator) if supported => {
                // Before a text is read: what was read under rights that have changed is not to be found.
                self.follow_rights(generator).await?;
                let context = self.context(scope, generator, &found.passages, texts, earlier).await?;
                first_words_ms = started.elapsed().as_millis() as u64;
                let prompted = Prompted { question, turns: &earlier.turns, context: &context, ranked: &ranked };
                let written = self.try_generator(generator, scope, &prompted, listener).await?;
                if written.is_some() {
                    sources = context.sources();
                    read = context.documents();
                }
                written
            }
            _ => None,
        };
        let extractive = written.is_none();
        let Written { answer, citations, usage } = match written {
            Some(written) => written,
            None if supported => self.extract(&ranked, listener).await,
            None => Written::default(),
        };
        let refused = citations.is_empty();
        let answer = if refused { refusal(searched) } else { answer };
        if refused {
            listener.tell(|| AskEvent::Delta { text: answer.clone() }).await;
        }
        let cited: Vec<&Document> = sources
            .iter()
            .filter(|source| citations.iter().any(|citation| citation.doc_id == source.doc_id))
            .filter_map(|source| read.get(&source.doc_id).map(Arc::as_ref))
            .collect();
        let total_ms = started.elapsed().as_millis() as u64;
        let generator = writer.filter(|_| !extractive);
        let response = AskResponse {
            answer,
            refused,
            model: generator.map_or(AskResponse::EXTRACTIVE, Generator::name).to_owned(),
            citations,
            timings: Timings { retrieval_ms, first_words_ms, answer_ms: total_ms - retrieval_ms, total_ms },
            usage,
            searched,
            extractive,
            evidence,
            nearest: if refused { hits(NEAREST) } else { vec![] },
            notes: lineage::notes(&cited),
            sent_to: generator.and_then(Generator::sent_to).map(str::to_owned),
            sources,
            ..AskResponse::default()
        };
        Ok((response, all))
    }

    async fn rank_sentences(
        &self,
        question: &str,
        vector: Option<Vec<f32>>,
        passages: &[(Passage, Candidate)],
        documents: &Documents,
    ) -> Result<Vec<Ranked>, ApiError> {
        let sentences = sentences_of(documents, passages);
        if sentences.is_empty() {
            return Ok(vec![]);
        }
        let vector = match vector {
            Some(vector) => vector,
            None => self.embed_query(question).await?,
        };
        let vectors = self.embed_all(sentences.iter().map(|(_, sentence)| sentence.in_place()).collect()).await?;
        Ok(rank(question, &vector, sentences, vectors, passages))
    }

    /// What the generator is to read: of the documents of the passages found, the best, with those of the turn before.
    async fn context(
        &self,
        scope: &Scope,
        generator: &Generator,
        found: &[(Passage, Candidate)],
        known: Documents,
        earlier: &Earlier,
    ) -> Result<Context, ApiError> {
        let documents_max = self.store.config.answer.documents;
        let mut best: Vec<&str> = Vec::new();
        for (passage, _) in found {
            if best.len() < documents_max && !best.contains(&passage.doc.0.as_str()) {
                best.push(&passage.doc.0);
            }
        }
        let of_best: Vec<_> = found.iter().filter(|(passage, _)| best.contains(&passage.doc.0.as_str())).cloned().collect();
        let documents = self.documents_of(scope, &of_best, known).await?;
        let documents = self.documents_named(scope, &earlier.documents, documents).await?;
        Context::new(generator, &documents, &of_best, earlier, documents_max)
    }

    /// The generator's answer, or `None` where the extractive one is to be given: nothing the generator said was carried by the
    /// documents, or it is too busy or failed before its first words.
    async fn try_generator(
        &self,
        generator: &Generator,
        scope: &Scope,
        prompted: &Prompted<'_>,
        listener: &Listener,
    ) -> Result<Option<Written>, ApiError> {
        match self.generate(generator, scope, prompted, listener).await {
            Ok(written) => Ok(written),
            Err(failed) if failed.said_nothing => {
                tracing::warn!(error = %failed.error, "the generator could not answer; the extractive answer is given");
                Ok(None)
            }
            Err(failed) => Err(failed.error),
        }
    }

    /// The answer in the documents' own sentences.
    async fn extract(&self, ranked: &[Ranked], listener: &Listener) -> Written {
        let mut answer = String::new();
        let mut citations: Vec<Citation> = Vec::new();
        for chosen in choose(ranked, self.store.config.answer.sentences_max) {
            let Some((words, citation)) = cite(&answer, citations.len() as u32 + 1, &chosen.sentence.plain, &chosen.sentence) else {
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
