//! What can go wrong while indexing, in words that say what to do, and as the API's codes.

use std::io;
use std::path::{Path, PathBuf};

use pinakes_api::{ApiError, Code};
use pinakes_catalog::CatalogError;
use pinakes_embed::EmbedError;
use pinakes_index::IndexError;
use thiserror::Error;

use crate::lock::Holder;

/// Errors that end a run. What goes wrong with one file ends that file only and is a state, not an error.
#[derive(Debug, Error)]
pub enum IngestError {
    /// Another process writes.
    #[error("{} is writing to this store; wait for it to end, or stop it", holder.as_ref().map_or("another process".to_owned(), ToString::to_string))]
    Locked {
        /// Who, where it could be read.
        holder: Option<Holder>,
    },
    /// A source cannot be read.
    #[error("{path}: {error}. Nothing of it was removed from the index; if it is gone for good, run `pinakes index rm {path}`", path = path.display())]
    SourceUnreadable {
        /// Its root.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A path given by the operator that is not there.
    #[error("{}: there is no such file or folder", .0.display())]
    NoSuchPath(PathBuf),
    /// A path that belongs to no source.
    #[error("{} is not part of any source; `pinakes index status` lists them", .0.display())]
    NotASource(PathBuf),
    /// Inside the store itself.
    #[error("{} lies in the data directory and cannot be a source", .0.display())]
    SourceIsStore(PathBuf),
    /// The vectors were made by another model.
    #[error(
        "this store was made with the embedding model {store}, but {configured} is configured; go back to that model, or run `pinakes index rebuild --embed-only` to embed everything anew"
    )]
    ModelMismatch {
        /// Of the store.
        store: String,
        /// Of the configuration.
        configured: String,
    },
    /// A rule that says who may read what, and cannot be understood.
    #[error("{0}")]
    Rule(#[from] pinakes_access::RuleError),
    /// No room.
    #[error("no space is left for {}; free some and run the command again, nothing that was published is lost", .0.display())]
    StorageFull(PathBuf),
    /// No right to write.
    #[error("{path} cannot be written: {error}", path = path.display())]
    CannotWrite {
        /// What.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Reading or writing failed otherwise.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The catalog.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A leg.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The model.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// Too much work waits.
    #[error("too many jobs are waiting already; try again when some are done")]
    QueueFull,
    /// A task of ours died.
    #[error("an internal task ended unexpectedly: {0}")]
    Task(String),
}

impl IngestError {
    pub(crate) fn io(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::StorageFull(path.to_owned()),
            _ => Self::Io { path: path.to_owned(), error },
        }
    }

    pub(crate) fn cannot_write(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::StorageFull(path.to_owned()),
            _ => Self::CannotWrite { path: path.to_owned(), error },
        }
    }
}

impl From<tokio::task::JoinError> for IngestError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Task(error.to_string())
    }
}

/// The catalog's errors as the API's codes.
#[must_use]
pub fn catalog_code(error: &CatalogError) -> Code {
    match error {
        CatalogError::NoStore(_) => Code::NotReady,
        CatalogError::StorageFull => Code::StorageFull,
        CatalogError::Busy => Code::Locked,
        CatalogError::ReadOnly(_) => Code::CannotWrite,
        CatalogError::Damaged(_) | CatalogError::Foreign(_) => Code::IndexDamaged,
        CatalogError::Other(_) => Code::Internal,
    }
}

impl From<IngestError> for ApiError {
    fn from(error: IngestError) -> Self {
        let code = match &error {
            IngestError::Locked { .. } => Code::Locked,
            IngestError::SourceUnreadable { .. } | IngestError::Io { .. } => Code::IoFailed,
            IngestError::NoSuchPath(_) | IngestError::NotASource(_) => Code::NotFound,
            IngestError::SourceIsStore(_) => Code::BadRequest,
            IngestError::Rule(_) => Code::InvalidConfig,
            IngestError::ModelMismatch { .. } => Code::ModelMismatch,
            IngestError::StorageFull(_) => Code::StorageFull,
            IngestError::CannotWrite { .. } => Code::CannotWrite,
            IngestError::Catalog(error) => catalog_code(error),
            IngestError::Index(error) if error.is_storage_full() => Code::StorageFull,
            IngestError::Index(IndexError::Busy { .. }) => Code::Locked,
            IngestError::Index(_) => Code::IndexDamaged,
            IngestError::Embed(_) => Code::ModelInvalid,
            IngestError::QueueFull => Code::Busy,
            IngestError::Task(_) => Code::Internal,
        };
        let words = match code {
            Code::StorageFull => {
                format!("no space is left on the disk ({error}); free some and run the command again, nothing that was published is lost")
            }
            _ => error.to_string(),
        };
        Self::new(code, words).caused_by(error)
    }
}
