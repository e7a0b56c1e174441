//! Why a model cannot be loaded, with the file, the key or tensor at fault and what to do.

use std::path::{Path, PathBuf};

use pinakes_models::gguf::BadGguf;
use pinakes_models::safetensors::BadSafetensors;
use thiserror::Error;

/// Why a model is refused.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The model's description is wrong or asks for what this engine does not have.
    #[error("{}: {key} {problem}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// The key at fault, as the file spells it.
        key: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A tensor is missing, surplus, of the wrong shape or of a format that is not read.
    #[error("{}: tensor {tensor:?} {problem}", path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name in the file.
        tensor: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A safetensors header breaks the format's rules.
    #[error(transparent)]
    Safetensors(#[from] BadSafetensors),
    /// A GGUF header breaks the format's rules.
    #[error(transparent)]
    Gguf(#[from] BadGguf),
    /// The model is sound but larger than the memory it was given.
    #[error("{}: the weights take {needed_bytes} bytes of memory where {allowed_bytes} are allowed; take a smaller model or a coarser quantisation", path.display())]
    TooLarge {
        /// The model.
        path: PathBuf,
        /// What its weights take, packed.
        needed_bytes: u64,
        /// What they may take.
        allowed_bytes: u64,
    },
}

/// What a caller does about a [`LoadError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadErrorKind {
    /// The file is at fault: exit code 65.
    BadModel,
    /// The machine is too small: exit code 78.
    DoesNotFit,
    /// Reading failed: exit code 74.
    Unreadable,
}

impl LoadError {
    /// Who is at fault.
    #[must_use]
    pub fn kind(&self) -> LoadErrorKind {
        match self {
            Self::Unreadable { .. } => LoadErrorKind::Unreadable,
            Self::TooLarge { .. } => LoadErrorKind::DoesNotFit,
            _ => LoadErrorKind::BadModel,
        }
    }

    pub(crate) fn unreadable(path: &Path, error: std::io::Error) -> Self {
        Self::Unreadable { path: path.into(), error }
    }

    pub(crate) fn config(path: &Path, key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Config { path: path.into(), key: key.into(), problem: problem.into() }
    }

    pub(crate) fn tensor(path: &Path, tensor: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Tensor { path: path.into(), tensor: tensor.into(), problem: problem.into() }
    }
}
