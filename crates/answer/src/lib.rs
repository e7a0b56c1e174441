//! From a question to passages, and from passages to an answer whose every claim is a quotation that stands in the stored text.
//!
//! The order is always the same: the legs propose, the catalog decides with the asker's scope, and only then is anything looked at.
//! A generator's answer is held against the documents it was given, sentence by sentence; without one, or when nothing it said holds, the
//! answer is made of the documents' own sentences, and says so. Nothing here knows HTTP or SQL.

mod answer;
mod ask;
mod asked;
mod collections;
mod complete;
mod compose;
mod context;
mod conversation;
mod dated;
mod dialogue;
mod documents;
mod drafting;
mod evidence;
mod explain;
mod figures;
mod generator;
mod generators;
mod highlight;
mod inquiry;
mod language;
mod lineage;
mod listener;
mod queries;
mod question;
mod ranking;
mod recheck;
mod search;
mod searcher;
mod sentence;
mod standing;
mod support;
mod tasks;
mod verify;
mod visible;
mod warm;
mod watch;

pub use ask::EVENTS_MAX;
pub use conversation::{Earlier, Judged, Turn};
pub use figures::Figure;
pub use generator::{Ending, Generator, Held, Options, Outgoing, Words, Writing};
pub use generators::Generators;
pub use searcher::Searcher;
pub use tasks::{Readers, TaskQueue};
pub use warm::{Chosen, Warmed};
