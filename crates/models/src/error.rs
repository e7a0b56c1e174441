//! What can go wrong when a model is fetched, checked or installed.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// The kind of failure, for an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request names no model that could be fetched (64).
    Usage,
    /// The files are not what they should be (65).
    BadData,
    /// No source could be reached, or the model is not installed (69).
    Unavailable,
    /// The store cannot be written (73).
    CannotWrite,
    /// The store or a source folder cannot be read (74).
    CannotRead,
    /// Another process is installing a model (75).
    Locked,
}

/// A failure, in words that name the file, host or model.
#[derive(Debug, Error)]
#[allow(missing_docs, reason = "each field is named for what it holds and shown in the message")]
pub enum ModelError {
    #[error("{name:?} is not a model name: letters, digits, '.', '_' and '-', at most 96, as in all-minilm-l6-v2")]
    BadName { name: String },
    #[error("{file:?} is not the path of a GGUF file in a repository, as in Qwen3.5-0.8B-Q4_K_M.gguf or BF16/model.gguf")]
    BadFile { file: String },
    #[error("the name {name} is taken by a model from {from}; delete its folder first")]
    NameTaken { name: String, from: String },
    #[error("{name} can be fetched from no source of that kind; known models: {known}")]
    UnknownModel { name: String, known: String },
    #[error("the model {name} is not installed; `pinakes model pull {name}` fetches it")]
    NotInstalled { name: String },
    #[error("{source_name} cannot be reached: {problem}")]
    Unavailable { source_name: String, problem: String },
    #[error("{what}: {problem}")]
    BadData { what: String, problem: String },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("another process is installing a model ({} is locked); try again when it is done", path.display())]
    Locked { path: PathBuf },
}

impl ModelError {
    /// For an exit code.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::BadName { .. } | Self::BadFile { .. } | Self::NameTaken { .. } | Self::UnknownModel { .. } => ErrorKind::Usage,
            Self::BadData { .. } => ErrorKind::BadData,
            Self::Unavailable { .. } | Self::NotInstalled { .. } => ErrorKind::Unavailable,
            Self::Write { .. } => ErrorKind::CannotWrite,
            Self::Read { .. } => ErrorKind::CannotRead,
            Self::Locked { .. } => ErrorKind::Locked,
        }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Read { path: path.into(), source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Write { path: path.into(), source }
    }

    pub(crate) fn bad(what: impl ToString, problem: impl ToString) -> Self {
        Self::BadData { what: what.to_string(), problem: problem.to_string() }
    }

    pub(crate) fn gguf(error: crate::gguf::BadGguf) -> Self {
        Self::bad(error.path.display(), error.describe())
    }

    pub(crate) fn safetensors(error: crate::safetensors::BadSafetensors) -> Self {
        Self::bad(error.path.display(), error.describe())
    }

    pub(crate) fn unavailable(source_name: impl ToString, problem: impl ToString) -> Self {
        Self::Unavailable { source_name: source_name.to_string(), problem: problem.to_string() }
    }
}
