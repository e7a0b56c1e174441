//! Finding chunks: by words (tantivy), by meaning (LanceDB), and both joined.
//!
//! The index proposes, the catalog decides: whatever a search returns must be checked against the catalog before anyone sees it. In return
//! the index promises three things. Filters and the reader's labels are applied inside each leg, so that `depth` candidates are `depth`
//! candidates the reader may have. A commit is durable in both legs when it returns. And an index opened with a record is in exactly
//! that state, whatever a crash or a power cut left behind it.
//!
//! Knows nothing of users, HTTP or embedding models.

mod blocking;
mod directory;
mod error;
mod fusion;
mod indexes;
mod lexical;
mod lookup;
mod manifests;
mod model;
mod neighbourhood;
mod opening;
mod overlay;
mod parts;
mod predicate;
mod quarantine;
mod question;
mod readable;
mod reading;
mod resident;
mod rows;
mod scoped;
mod stems;
mod sums;
mod sweep;
mod table;
mod words;
mod writing;

pub use error::IndexError;
pub use indexes::Indexes;
pub use model::{
    Candidate, Filter, Fusion, IndexSettings, IndexStats, IndexedChunk, Leg, LegHit, Mode, OpenReport, OptimizeReport, Part, Query, Record,
};

/// Named points of a commit at which tests end the process (feature `failpoints`), in the order they are passed.
pub const FAIL_POINTS: &[&str] = &["index.before_lexical_commit", "index.between_legs", "index.before_sweep", "index.after_sweep"];
