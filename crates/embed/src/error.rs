//! What can go wrong, in words that name the file.

use std::path::PathBuf;

use thiserror::Error;

/// A model could not be loaded or a text not embedded.
#[derive(Debug, Error)]
pub enum EmbedError {
    /// A file of the model folder could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the model folder does not hold what it must.
    #[error("{}: {problem}", path.display())]
    BadModel {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The model is sound but of a kind that is not computed here.
    #[error("{}: {problem} is not supported; supported are BERT and (XLM-)RoBERTa encoders with mean or CLS pooling", path.display())]
    Unsupported {
        /// The file that says so.
        path: PathBuf,
        /// What it asks for.
        problem: String,
    },
    /// The tokenizer refused a text.
    #[error("the tokenizer failed on a text of {bytes} bytes: {problem}")]
    Tokenize {
        /// Length of the text.
        bytes: usize,
        /// The tokenizer's words.
        problem: String,
    },
    /// The model computed something that is not a number: its weights are damaged.
    #[error("the embedding model {model} computed a vector that is not finite; verify its files")]
    NotFinite {
        /// The model's name.
        model: String,
    },
}

impl EmbedError {
    pub(crate) fn bad(path: impl Into<PathBuf>, problem: impl Into<String>) -> Self {
        Self::BadModel { path: path.into(), problem: problem.into() }
    }

    pub(crate) fn unsupported(path: impl Into<PathBuf>, problem: impl Into<String>) -> Self {
        Self::Unsupported { path: path.into(), problem: problem.into() }
    }
}
