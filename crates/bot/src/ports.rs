//! What the bot needs of the rest of the house: answers, people and a memory.

use futures::future::BoxFuture;
use pinakes_api::{ApiError, AskEvent, AskResponse};
use pinakes_types::{DocId, Principal, Scope, Timestamp};
use tokio::sync::mpsc;

use crate::event::{Account, Event};
use crate::journal::{Acceptance, Entry, Kept};
use crate::platform::Posted;

/// A piece of work. Dropping it cancels it.
pub type Promise<T> = BoxFuture<'static, Result<T, ApiError>>;

/// A question as the bot puts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The words.
    pub text: String,
    /// The conversation it goes on with; a new one is begun without, where conversations are kept.
    pub conversation: Option<String>,
    /// The collection that the channel is held to.
    pub collection: Option<String>,
}

/// Whoever answers questions.
pub trait Answers: Send + Sync + 'static {
    /// Answers from what the scope allows, and keeps the answer in a conversation of that reader, which it names. Events go to `events`
    /// while the answer is made; nobody need listen.
    fn ask(&self, scope: Scope, question: Question, events: mpsc::Sender<AskEvent>) -> Promise<AskResponse>;

    /// Which of the documents the scope allows now.
    fn readable(&self, scope: Scope, documents: Vec<DocId>) -> Promise<Vec<DocId>>;

    /// Whether there is a collection of that name for that reader.
    fn has_collection(&self, scope: Scope, name: String) -> Promise<bool>;

    /// What `by` thinks of an answer that the scope was given.
    fn feedback(&self, scope: Scope, answer_id: String, helped: bool, by: String) -> Promise<()>;
}

/// Whoever knows who is who.
pub trait People: Send + Sync + 'static {
    /// The person behind an account: the one it was linked to, else the one whose e-mail address it is. A person who was switched off is
    /// given as such.
    fn person(&self, account: Account, verified_email: Option<String>) -> Promise<Option<Principal>>;

    /// Notes in the log of who did what that `by` decided something here. Durable when the promise is kept.
    fn note(&self, by: String, action: &'static str, target: String, detail: String) -> Promise<()>;
}

/// What outlives a restart. Everything is durable when the promise is kept.
pub trait Memory: Send + Sync + 'static {
    /// Keeps an event that is to be answered, unless its id or its message is known.
    fn accept(&self, event: Event) -> Promise<Acceptance>;

    /// Gives the event of a message other words, said `at` a time, to be answered anew in the place of the first answer. `None`: not known,
    /// the same words, or older than those it has.
    fn amend(&self, message_key: String, text: String, at: String) -> Promise<Option<String>>;

    /// Ids of events not answered yet, oldest first.
    fn waiting(&self) -> Promise<Vec<String>>;

    /// Takes an event up, and counts that; `None` when it is answered.
    fn begin(&self, id: String) -> Promise<Option<Entry>>;

    /// Keeps which message of ours answers an event.
    fn replied(&self, id: String, reply: Posted) -> Promise<()>;

    /// The event is answered, unless its words changed since `revision`: then `false`. With `u32::MAX` it is done with whatever changed.
    fn finish(&self, id: String, revision: u32) -> Promise<bool>;

    /// Something kept under a name.
    fn value(&self, kind: Kept, key: String) -> Promise<Option<String>>;

    /// Names and values of a kind, by name, at most so many.
    fn values(&self, kind: Kept, limit: u64) -> Promise<Vec<(String, String)>>;

    /// Keeps something under a name.
    fn set_value(&self, kind: Kept, key: String, value: String, now: Timestamp) -> Promise<()>;

    /// Forgets answered events and everything but settings from before.
    fn forget(&self, before: Timestamp) -> Promise<()>;
}
