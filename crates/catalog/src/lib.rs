//! The truth: which documents there are, what they say, who may read them, and which state of the search legs is published.
//!
//! The indexes propose, this crate decides: a passage reaches a reader only through [`Catalog::resolve`], which knows the current
//! version and the labels of its document. It knows nothing of search or models.

mod among;
mod bot;
mod cited;
mod conversations;
mod credentials;
mod current;
mod documents;
mod error;
mod expired;
mod feedback;
mod jobs;
mod open;
mod people;
mod publish;
mod read;
mod rights;
mod settings;
mod sources;
mod stored_text;
mod tasks;

pub use bot::{BotEventKept, BotEventKey, BotEventRow};
pub use conversations::{Appended, ConversationRow, NewTurn, Older, TurnRow};
pub use credentials::{KeyRow, SessionRow};
pub use documents::{DocumentFilter, DocumentRow, REMOVED, StateCounts};
pub use error::CatalogError;
pub use feedback::FeedbackRow;
pub use jobs::{JobRow, JobState};
pub use open::Catalog;
pub use people::{MembershipOrigin, PersonRow};
pub use publish::{DocumentFate, NewChunk, NewDocument, NewText, Publication};
pub use read::Passage;
pub use rights::Decided;
pub use sources::{KnownFile, SourceKind, SourceRow};
pub use tasks::{TASK, TaskCounts, TaskItem};
