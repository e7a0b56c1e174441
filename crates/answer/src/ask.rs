//! A question and its answer.

use std::sync::Arc;
use std::time::Instant;

use pinakes_api::{
    ApiError, AskEvent, AskRequest, AskResponse, Code, Evidence, Hit, Retrieval, SearchRequest, Searched, Source, Support, Timings, Usage,
};
use pinakes_catalog::Passage;
use pinakes_index::Candidate;
use pinakes_types::Scope;
use tokio::sync::mpsc;

use crate::answer::{Answer, Saying};
use crate::collections::Collection;
use crate::compose::choose;
use crate::context::{Context, passages_read};
use crate::conversation::Earlier;
use crate::drafting::{Prompted, Written};
use crate::evidence::Documents;
use crate::generator::Generator;
use crate::inquiry::{Inquiry, best, in_turn};
use crate::listener::Listener;
use crate::question::{check, content_words};
use crate::ranking::Ranked;
use crate::search::hit;
use crate::sentence::Document;
use crate::watch::Watch;
use crate::{Searcher, language, lineage, queries};

/// Events that may wait for a slow reader.
pub const EVENTS_MAX: usize = 64;
/// Passages named in a refusal.
const NEAREST: usize = 3;

/// An answer before it is told how it came about.
#[derive(Default)]
struct Made {
    answer: Answer,
    sources: Vec<Source>,
    documents: Documents,
    usage: Usage,
    reasoning: Option<String>,
    notes: Vec<String>,
    /// `None` for the documents' own sentences.
    writer: Option<Generator>,
    sent_to: Option<String>,
    timings: Timings,
    first_words: Option<Instant>,
}

/// What a question found.
struct Findings<'a> {
    question: &'a str,
    language: Option<&'static str>,
    /// Passages as they were found for it as a whole.
    passages: Vec<(Passage, Candidate)>,
    inquiries: Vec<Inquiry>,
    documents: Documents,
}

impl Findings<'_> {
    fn supported(&self) -> impl Iterator<Item = &Inquiry> {
        self.inquiries.iter().filter(|inquiry| inquiry.supported)
    }
}

impl Searcher {
    /// Answers from the documents the scope allows, in the light of the conversation that the question continues, and keeps the answer
    /// where that is wanted. Events go to `listener` while the answer is made; the last is `done`, and comes after the answer was kept.
    ///
    /// # Errors
    /// As [`Searcher::search`]; a conversation that is not the asker's, or full; [`pinakes_api::Code::SourceWithdrawn`] when a document it
    /// rests on may not be read any more.
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
    /// As [`Searcher::ask`].
    pub async fn ask_after(
        &self,
        scope: &Scope,
        request: &AskRequest,
        earlier: &Earlier,
        listener: Option<mpsc::Sender<AskEvent>>,
    ) -> Result<AskResponse, ApiError> {
        let listener = Listener(listener);
        let request = &held(request, earlier)?;
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
        let collection = self.collection(scope, request.filters.collection.as_deref())?;
        let writers = self.generators.of_request(self.model_of(request, collection)?)?;
        let documents = self.documents_searched(scope, collection).await?;
        let query = earlier.query.as_deref().unwrap_or(question);
        let parts = queries::parts(query);
        let queries = if parts.is_empty() { vec![query.to_owned()] } else { parts };
        let settings = self.store.config.answer;
        // A generator reads whole documents, and a wider look says better which.
        let wanted = if !writers.is_empty() { settings.passages.max(settings.candidates) } else { settings.passages };
        let mut found = Vec::with_capacity(queries.len());
        for query in &queries {
            let search = SearchRequest { mode: request.mode, filters: request.filters.clone(), ..SearchRequest::new(query) };
            found.push(self.find(scope, query, &search, wanted).await?);
        }
        let passages = in_turn(&found);
        let near = best(&passages, settings.passages);
        let searched = Searched { documents, passages: near.len() as u64 };
        let retrieval_ms = millis(started);
        let hits = shown(query, near);
        listener.tell(|| AskEvent::Retrieval(Retrieval { searched, took_ms: retrieval_ms, hits: hits.clone() })).await;

        let mut texts = Documents::new();
        let mut inquiries = Vec::with_capacity(queries.len());
        for (query, found) in queries.iter().zip(&found) {
            texts = self.documents_of(scope, best(&found.passages, settings.passages), texts).await?;
            inquiries.push(self.inquire(query, queries.len() > 1, found, &texts).await?);
        }
        let language = language::of_question(question);
        let findings = Findings { question, language, passages, inquiries, documents: texts };
        let mut made = self.make(scope, &findings, request, earlier, &writers, listener).await?;

        let refused = made.answer.citations.is_empty();
        if refused {
            made.answer = Answer { text: language::refusal(language, searched), ..Answer::default() };
            listener.tell(|| AskEvent::Delta { text: made.answer.text.clone() }).await;
        } else {
            made.notes.extend(unanswered(&findings));
            made.notes.extend(lineage::notes(&cited(&made)));
        }
        let total_ms = millis(started);
        let response = AskResponse {
            refused,
            timings: Timings {
                retrieval_ms,
                first_words_ms: made.first_words.map_or(total_ms, |at| at.duration_since(started).as_millis() as u64),
                answer_ms: total_ms - retrieval_ms,
                total_ms,
                ..made.timings
            },
            searched,
            evidence: strongest(&findings),
            nearest: if refused { hits.iter().take(NEAREST).cloned().collect() } else { vec![] },
            queries: if queries == [question] { vec![] } else { queries },
            ..response(made)
        };
        Ok((response, hits))
    }

    /// The generator's answer where there is one that holds, else the documents' own sentences, else nothing.
    async fn make(
        &self,
        scope: &Scope,
        findings: &Findings<'_>,
        request: &AskRequest,
        earlier: &Earlier,
        writers: &[&Generator],
        listener: &Listener,
    ) -> Result<Made, ApiError> {
        if findings.supported().next().is_none() {
            return Ok(Made { sources: self.passages_read(findings), ..Made::default() });
        }
        let mut made = Made::default();
        for generator in writers {
            // Whatever becomes of it, the question and its sources went there.
            made.sent_to = generator.sent_to().map(str::to_owned).or(made.sent_to);
            match self.write(scope, findings, request, earlier, generator, listener).await? {
                Outcome::Holds(written) | Outcome::FoundNothing(written) => {
                    return Ok(Made { sent_to: made.sent_to, ..*written });
                }
                Outcome::Falls { note, usage, timings, silent } => {
                    (made.usage, made.timings) = (usage, timings);
                    made.notes = vec![note.to_owned()];
                    // The next steps in for one that does not answer, not for one whose answer does not hold.
                    if !silent {
                        break;
                    }
                }
            }
        }
        let first_words = Instant::now();
        made.answer = self.extract(findings, listener).await;
        let mut watch = Watch::new(findings.documents.values().map(Arc::as_ref));
        self.look_again_now(scope, &mut watch).await?;
        Ok(Made { sources: self.passages_read(findings), documents: findings.documents.clone(), first_words: Some(first_words), ..made })
    }

    fn passages_read(&self, findings: &Findings<'_>) -> Vec<Source> {
        passages_read(&findings.documents, best(&findings.passages, self.store.config.answer.passages))
    }

    /// Lets the generator write.
    async fn write(
        &self,
        scope: &Scope,
        findings: &Findings<'_>,
        request: &AskRequest,
        earlier: &Earlier,
        generator: &Generator,
        listener: &Listener,
    ) -> Result<Outcome, ApiError> {
        // Before a text is read: what was read under rights that have changed is not to be found.
        self.follow_rights(generator).await?;
        let planned = Instant::now();
        let collection = self.collection(scope, request.filters.collection.as_deref())?;
        let context = self.context(scope, generator, findings, earlier, collection).await?;
        let context_ms = millis(planned);
        let mut ranked: Vec<Ranked> = findings.supported().flat_map(|inquiry| inquiry.ranked.iter().cloned()).collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        let vectors: Vec<&[f32]> = findings.supported().map(|inquiry| inquiry.vector.as_slice()).collect();
        let prompted = Prompted {
            question: findings.question,
            language: findings.language,
            vectors: &vectors,
            turns: &earlier.turns,
            context: &context,
            ranked: &ranked,
            citing: request.citing.unwrap_or_default(),
            strict: request.strict.unwrap_or(self.store.config.answer.strict),
            thinking: request.thinking,
        };
        let written = match self.generate(generator, scope, &prompted, listener).await {
            Ok(written) => written,
            Err(failed) if failed.said_nothing && failed.error.code != Code::SourceWithdrawn => {
                tracing::warn!(error = %failed.error, "the generator could not answer; the extractive answer is given");
                let timings = Timings { context_ms, ..Timings::default() };
                return Ok(Outcome::Falls { note: FELL_SILENT, silent: true, usage: Usage::default(), timings });
            }
            Err(failed) => return Err(failed.error),
        };
        let Written { answer, usage, reasoning, left_out, found_nothing, changed, first_words, verification } = written;
        let timings = Timings { context_ms, verification_ms: verification.as_millis() as u64, ..Timings::default() };
        if answer.citations.is_empty() && !found_nothing {
            return Ok(Outcome::Falls { note: NOT_BORNE_OUT, silent: false, usage, timings });
        }
        let mut notes = Vec::new();
        notes.extend(found_nothing.then(|| FOUND_NOTHING.to_owned()));
        notes.extend((left_out > 0 && !found_nothing).then(|| match left_out {
            1 => "One sentence of the language model was left out: the sources do not bear it out.".to_owned(),
            number => format!("{number} sentences of the language model were left out: the sources do not bear them out."),
        }));
        notes.extend(changed.then(|| CHANGED.to_owned()));
        let made = Made {
            answer,
            sources: context.sources(),
            documents: context.documents(),
            usage,
            reasoning: Some(reasoning).filter(|reasoning| !reasoning.is_empty()),
            notes,
            writer: Some(generator.clone()),
            sent_to: None,
            timings,
            first_words,
        };
        Ok(if found_nothing { Outcome::FoundNothing(Box::new(made)) } else { Outcome::Holds(Box::new(made)) })
    }

    /// What the generator is to read: of the documents of the passages found, the best, with those of the turn before.
    async fn context(
        &self,
        scope: &Scope,
        generator: &Generator,
        findings: &Findings<'_>,
        earlier: &Earlier,
        collection: Option<&Collection>,
    ) -> Result<Context, ApiError> {
        let documents_max = self.store.config.answer.documents;
        let mut best: Vec<&str> = Vec::new();
        for (passage, _) in &findings.passages {
            if best.len() < documents_max && !best.contains(&passage.doc.0.as_str()) {
                best.push(&passage.doc.0);
            }
        }
        let of_best: Vec<_> = findings.passages.iter().filter(|(passage, _)| best.contains(&passage.doc.0.as_str())).cloned().collect();
        let documents = self.documents_of(scope, &of_best, findings.documents.clone()).await?;
        let documents = self.documents_named(scope, &earlier.documents, documents).await?;
        let instructions = collection.and_then(Collection::instructions);
        Context::new(generator, &documents, &of_best, earlier, instructions, documents_max)
    }

    /// The answer in the documents' own sentences.
    async fn extract(&self, findings: &Findings<'_>, listener: &Listener) -> Answer {
        let mut answer = Answer::default();
        let parts = findings.supported().count().max(1);
        let sentences_max = (self.store.config.answer.sentences_max / parts).max(1);
        for chosen in findings.supported().flat_map(|inquiry| choose(&inquiry.ranked, sentences_max)) {
            let words = chosen.sentence.plain.clone();
            if answer.says(&words) {
                continue;
            }
            let (text, citations) = answer.say(&Saying { words, gap: " ", support: Support::Full, quotes: vec![chosen.sentence] });
            listener.words(text).await;
            for citation in citations {
                listener.citation(citation).await;
            }
        }
        answer
    }
}

/// What became of letting the generator write.
enum Outcome {
    Holds(Box<Made>),
    /// It says that its sources are silent.
    FoundNothing(Box<Made>),
    /// The documents' own sentences are to be given instead.
    Falls {
        note: &'static str,
        /// Whether it said nothing at all.
        silent: bool,
        usage: Usage,
        timings: Timings,
    },
}

/// The request within the conversation that it continues: held to the collection which that is held to. Another one would bring documents
/// of one collection into the prompts of the other.
fn held(request: &AskRequest, earlier: &Earlier) -> Result<AskRequest, ApiError> {
    let mut request = request.clone();
    let Some(own) = &earlier.held_to else { return Ok(request) };
    match (&request.filters.collection, own) {
        (None, _) => request.filters.collection.clone_from(own),
        (asked, own) if asked == own => {}
        _ => {
            let words = "A conversation stays with the collection it began with; begin a new one for another.";
            return Err(ApiError::new(Code::BadRequest, words));
        }
    }
    Ok(request)
}

const NOT_BORNE_OUT: &str =
    "What the language model wrote was not borne out by the documents; the answer is made of the documents' own sentences.";
const FELL_SILENT: &str = "The language model could not answer; the answer is made of the documents' own sentences.";
const FOUND_NOTHING: &str = "The language model found no answer in what it read.";
const CHANGED: &str = "A source was changed while the answer was written; its quotations are from before.";

/// The answer as the API tells it.
fn response(made: Made) -> AskResponse {
    let Made { answer, sources, usage, reasoning, notes, writer, sent_to, .. } = made;
    let name = writer.as_ref().map_or(AskResponse::EXTRACTIVE, Generator::name);
    AskResponse {
        answer: answer.text,
        model: name.to_owned(),
        citations: answer.citations,
        sentences: answer.sentences,
        usage,
        extractive: writer.is_none(),
        sources,
        reasoning,
        notes,
        sent_to,
        ..AskResponse::default()
    }
}

/// The passages as they are shown.
fn shown(query: &str, passages: &[(Passage, Candidate)]) -> Vec<Hit> {
    let words = content_words(query);
    let places = passages.iter().enumerate();
    places.map(|(place, (passage, candidate))| hit(place + 1, passage.clone(), candidate, &words, false)).collect()
}

/// The parts of a question that nothing was found for, where something was for others.
fn unanswered<'a>(findings: &'a Findings<'_>) -> impl Iterator<Item = String> + 'a {
    let silent = findings.inquiries.iter().filter(|inquiry| !inquiry.supported);
    silent.map(|inquiry| format!("No answer was found for: {}", inquiry.query))
}

fn strongest(findings: &Findings<'_>) -> Evidence {
    let all = findings.inquiries.iter().map(|inquiry| inquiry.evidence);
    all.max_by(|a, b| a.support.total_cmp(&b.support)).unwrap_or_default()
}

/// The documents an answer cites.
fn cited(made: &Made) -> Vec<&Document> {
    let cites = |source: &&Source| made.answer.citations.iter().any(|citation| citation.doc_id == source.doc_id);
    let sources = made.sources.iter().filter(cites);
    sources.filter_map(|source| made.documents.get(&source.doc_id).map(Arc::as_ref)).collect()
}

fn millis(since: Instant) -> u64 {
    since.elapsed().as_millis() as u64
}
