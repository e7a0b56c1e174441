//! What is noted.

use pinakes_api::AuditRecord;
use pinakes_types::{DocId, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As asked.
    Done,
    /// Refused.
    Refused,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Somebody signed in, or tried to.
    SignIn {
        /// How it ended.
        outcome: Outcome,
        /// By what: `password`, `link`, `provider`.
        how: String,
    },
    /// Somebody signed out.
    SignOut,
    /// Somebody was refused what they asked for.
    Refused {
        /// HTTP method.
        method: String,
        /// Route, with its parameters left open.
        route: String,
        /// Why, as the API's code says it: `not_allowed`, `not_signed_in` for a key or session that is none or no longer, `cross_site`.
        code: String,
    },
    /// Passages were found and shown.
    Retrieval {
        /// Documents they are from.
        documents: Vec<DocId>,
    },
    /// A question was answered.
    Answer {
        /// Documents cited.
        documents: Vec<DocId>,
        /// The model that wrote it.
        model: String,
        /// Whether there was no answer.
        refused: bool,
    },
    /// A text is about to leave this process, for a language model on another server.
    Sent {
        /// The host.
        to: String,
        /// The model there.
        model: String,
    },
    /// A document's text was opened or taken away.
    Export {
        /// The document, or `conversation` and the id of one.
        what: String,
    },
    /// Something was administered.
    Administration {
        /// What was done, such as `key_created`.
        action: String,
        /// To whom or what.
        target: String,
        /// How.
        detail: String,
    },
}

/// What happened, to whom and when; the writer adds its number and its place in the chain.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Noted {
    /// When.
    pub(crate) at: Timestamp,
    /// Who.
    pub(crate) subject: String,
    /// What.
    #[serde(flatten)]
    pub(crate) event: Event,
}

/// A line of the log as it is shown: without what chains it to the others. `None` for what is no record.
pub(crate) fn shown(mut line: Map<String, Value>) -> Option<AuditRecord> {
    let mut text = |name: &str| Some(line.remove(name)?.as_str()?.to_owned());
    let (subject, event) = (text("subject")?, text("event")?);
    let mut number = |name: &str| line.remove(name)?.as_i64();
    let (seq, at) = (u64::try_from(number("seq")?).ok()?, Timestamp(number("at")?));
    let details = line.into_iter().filter(|(name, _)| name != "prev" && name != "hash").collect();
    Some(AuditRecord { seq, at, subject, event, details })
}
