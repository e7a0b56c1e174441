//! The words every other crate speaks: ids, spans, structured text, labels and scopes, clock and randomness.
//!
//! Nothing here does I/O, reads a clock or knows a library; everything above may depend on it and it depends on nothing of ours.

mod access;
mod clock;
mod ids;
mod path_pattern;
mod sentence;
mod span;
mod state;
mod text;

pub use access::{Label, NotAllowed, Principal, Scope};
pub use clock::{Clock, Random, Timestamp};
pub use ids::{ChunkId, DocId, DocVersion, SourceId, VersionSeq};
pub use path_pattern::PathPattern;
pub use sentence::sentences;
pub use span::{CharIndex, CharSpan};
pub use state::{FileState, Reason};
pub use text::{Block, BlockKind, DocumentKind, Page, StructuredText};
