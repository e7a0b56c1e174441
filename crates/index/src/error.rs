//! What can go wrong, and what to do about it.

use std::{io, path::PathBuf};

use pinakes_types::ChunkId;
use thiserror::Error;

use crate::model::Leg;

/// Why the index could not do what was asked.
#[derive(Debug, Error)]
pub enum IndexError {
    /// A leg's files cannot be used.
    #[error("the {leg} index cannot be opened: {} is damaged ({detail}). Run `pinakes index rebuild`.", path.display())]
    Damaged {
        /// Which leg.
        leg: Leg,
        /// What cannot be read.
        path: PathBuf,
        /// What the library says.
        detail: String,
    },
    /// The leg was made for other vectors or by another release.
    #[error("the {leg} index was made for {found}, this configuration needs {needed}. Run `pinakes index rebuild`.")]
    Incompatible {
        /// Which leg.
        leg: Leg,
        /// As it is.
        found: String,
        /// As it should be.
        needed: String,
    },
    /// Another process writes here.
    #[error("another process is writing to the index in {}", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// An earlier write failed; searching goes on, writing waits for [`crate::Indexes::recover`].
    #[error("an earlier write to the index failed; it must be recovered before the next")]
    NeedsRecovery,
    /// A vector of the wrong length.
    #[error("the vector has {found} numbers, the index holds vectors of {needed}")]
    Dimensions {
        /// As given.
        found: usize,
        /// As configured.
        needed: usize,
    },
    /// A vector with NaN or infinity.
    #[error("the vector of {0} is not finite")]
    NotFinite(String),
    /// A search by meaning without a vector.
    #[error("a vector search needs a query vector")]
    NoVector,
    /// A chunk both or either leg holds more than once, or with fields it cannot hold.
    #[error("chunk {id} cannot be indexed: {detail}")]
    Chunk {
        /// Which one.
        id: ChunkId,
        /// Why.
        detail: String,
    },
    /// Tantivy failed.
    #[error("lexical index: {0}")]
    Lexical(#[from] tantivy::TantivyError),
    /// Lance failed.
    #[error("vector index: {0}")]
    Vector(#[source] Box<lancedb::Error>),
    /// The file system failed.
    #[error("index files: {0}")]
    Io(#[from] io::Error),
    /// A worker panicked; a damaged file is the likely cause.
    #[error("the index failed while {doing} ({detail}). If it happens again, run `pinakes index rebuild`.")]
    Panicked {
        /// What it was doing.
        doing: &'static str,
        /// The panic's message, or the cancellation.
        detail: String,
    },
}

impl From<lancedb::Error> for IndexError {
    fn from(error: lancedb::Error) -> Self {
        Self::Vector(Box::new(error))
    }
}

impl From<arrow::error::ArrowError> for IndexError {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::from(lancedb::Error::from(error))
    }
}

impl IndexError {
    /// Whether the disk is full: nothing is damaged, and the same call succeeds after space is made.
    #[must_use]
    pub fn is_storage_full(&self) -> bool {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            if error.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::StorageFull) {
                return true;
            }
            cause = error.source();
        }
        // Lance and tantivy wrap some I/O errors in text.
        self.to_string().contains("No space left on device")
    }
}

/// Of this crate.
pub(crate) type Result<T, E = IndexError> = std::result::Result<T, E>;
