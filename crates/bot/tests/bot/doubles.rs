//! The rest of the house, as the bot sees it: documents with labels, people with rights, a clock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::ready;
use pinakes_api::{ApiError, AskEvent, AskResponse, Citation, Code, QuoteMatch, Support};
use pinakes_bot::{Account, Answers, People, Promise, Question};
use pinakes_types::{CharSpan, Clock, DocId, DocVersion, Label, Principal, Scope, Timestamp};
use tokio::sync::mpsc;

/// What the engine does.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Mood {
    /// Answers with everything the asker may read.
    #[default]
    Echo,
    Slow(Duration),
    /// Busy so many times, then as usual.
    Busy(usize),
    Panics,
    Hangs,
    Fails,
    /// Never finds anything.
    Ignorant,
}

#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) subject: String,
    /// With the conversation that it was kept in.
    pub(crate) question: Question,
}

#[derive(Default)]
pub(crate) struct Inside {
    /// Title, label, words.
    pub(crate) documents: Vec<(String, String, String)>,
    pub(crate) mood: Mood,
    pub(crate) asked: Vec<Asked>,
    pub(crate) feedback: Vec<(String, String, bool, String)>,
    pub(crate) keeps_conversations: bool,
    /// Names of collections, with the label that each needs.
    pub(crate) collections: Vec<(String, String)>,
}

#[derive(Clone, Default)]
pub(crate) struct Library(pub(crate) Arc<Mutex<Inside>>, Arc<AtomicUsize>);

impl Library {
    pub(crate) fn new(documents: &[(&str, &str, &str)]) -> Self {
        let documents = documents.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect();
        Self(Arc::new(Mutex::new(Inside { documents, keeps_conversations: true, ..Inside::default() })), Arc::default())
    }

    pub(crate) fn mood(&self, mood: Mood) {
        self.0.lock().unwrap().mood = mood;
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.0.lock().unwrap().asked.clone()
    }

    fn response(&self, scope: &Scope, question: &str) -> AskResponse {
        let inside = self.0.lock().unwrap();
        let mut response = AskResponse { answer_id: Some(format!("a{}", inside.asked.len())), ..AskResponse::default() };
        let ignorant = matches!(inside.mood, Mood::Ignorant);
        for (title, _, words) in inside.documents.iter().filter(|(_, label, _)| !ignorant && scope.allows([&Label(label.clone())])) {
            let marker = response.citations.len() as u32 + 1;
            response.answer.push_str(&format!("{words} [{marker}] "));
            response.citations.push(citation(marker, title, words));
        }
        response.refused = response.citations.is_empty();
        if response.refused {
            response.answer = "No answer found.".into();
        } else {
            response.answer.push_str(&format!("({question})"));
        }
        response
    }
}

fn id(title: &str) -> DocId {
    DocId(title.chars().filter(char::is_ascii_alphanumeric).collect())
}

fn citation(marker: u32, title: &str, words: &str) -> Citation {
    Citation {
        marker,
        answer_span: CharSpan::new(0, 1),
        doc_id: id(title),
        doc_version: DocVersion("v".into()),
        title: title.into(),
        path: format!("{title}.md"),
        page: None,
        char_span: CharSpan::new(0, words.chars().count()),
        quote: words.into(),
        quote_match: QuoteMatch::Exact,
        support: Support::Full,
    }
}

impl Answers for Library {
    fn has_collection(&self, scope: Scope, name: String) -> Promise<bool> {
        let inside = self.0.lock().unwrap();
        let mut known = inside.collections.iter();
        ready(Ok(known.any(|(known, label)| *known == name && scope.allows([&Label(label.clone())])))).boxed()
    }

    fn ask(&self, scope: Scope, mut question: Question, events: mpsc::Sender<AskEvent>) -> Promise<AskResponse> {
        let this = self.clone();
        async move {
            let begun = format!("{}-{}", scope.subject(), this.1.fetch_add(1, Ordering::Relaxed));
            let mood = {
                let mut inside = this.0.lock().unwrap();
                let conversation = question.conversation.clone().or(inside.keeps_conversations.then_some(begun));
                question.conversation = conversation;
                inside.asked.push(Asked { subject: scope.subject().to_owned(), question: question.clone() });
                inside.mood
            };
            match mood {
                Mood::Echo | Mood::Ignorant => {}
                Mood::Slow(time) => tokio::time::sleep(time).await,
                Mood::Busy(0) => this.mood(Mood::Echo),
                Mood::Busy(times) => {
                    this.mood(Mood::Busy(times - 1));
                    return Err(ApiError::new(Code::Busy, "busy"));
                }
                Mood::Panics => panic!("the engine is broken"),
                Mood::Hangs => std::future::pending().await,
                Mood::Fails => return Err(ApiError::internal("SECRET-PATH")),
            }
            let conversation_id = question.conversation.clone();
            let response = AskResponse { conversation_id, ..this.response(&scope, &question.text) };
            for word in response.answer.split_inclusive(' ') {
                if let Mood::Slow(time) = mood {
                    tokio::time::sleep(time / 8).await;
                }
                let _ = events.send(AskEvent::Delta { text: word.into() }).await;
            }
            let _ = events.send(AskEvent::Done(Box::new(response.clone()))).await;
            Ok(response)
        }
        .boxed()
    }

    fn readable(&self, scope: Scope, documents: Vec<DocId>) -> Promise<Vec<DocId>> {
        let inside = self.0.lock().unwrap();
        let may = |document: &DocId| {
            inside.documents.iter().any(|(title, label, _)| id(title) == *document && scope.allows([&Label(label.clone())]))
        };
        let readable = documents.into_iter().filter(may).collect();
        ready(Ok(readable)).boxed()
    }

    fn feedback(&self, scope: Scope, answer_id: String, helped: bool, by: String) -> Promise<()> {
        self.0.lock().unwrap().feedback.push((scope.subject().to_owned(), answer_id, helped, by));
        ready(Ok(())).boxed()
    }
}

/// People by e-mail address, and what was noted of what they did.
#[derive(Clone, Default)]
pub(crate) struct Staff(pub(crate) Arc<Mutex<BTreeMap<String, Principal>>>, pub(crate) Arc<Mutex<Vec<String>>>);

impl Staff {
    pub(crate) fn hire(&self, email: &str, labels: &[&str]) {
        let labels = labels.iter().map(|label| Label((*label).into()));
        let person = Principal::person(email.split('@').next().unwrap(), labels);
        self.0.lock().unwrap().insert(email.into(), person);
    }

    pub(crate) fn switch_off(&self, email: &str) {
        self.0.lock().unwrap().get_mut(email).unwrap().active = false;
    }
}

impl People for Staff {
    fn person(&self, _: Account, verified_email: Option<String>) -> Promise<Option<Principal>> {
        let person = verified_email.and_then(|email| self.0.lock().unwrap().get(&email).cloned());
        ready(Ok(person)).boxed()
    }

    fn note(&self, by: String, action: &'static str, target: String, detail: String) -> Promise<()> {
        self.1.lock().unwrap().push(format!("{by} {action} {target} {detail}"));
        ready(Ok(())).boxed()
    }
}

/// A clock that a test sets.
#[derive(Debug, Clone)]
pub(crate) struct Hands(pub(crate) Arc<AtomicI64>);

impl Hands {
    pub(crate) fn at(seconds: i64) -> Self {
        Self(Arc::new(AtomicI64::new(seconds * 1_000)))
    }

    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}
