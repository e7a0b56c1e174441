//! How each file ended. Nothing is dropped silently: a file is in exactly one of these states, and all but the first say why.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileState {
    /// All of its text is searchable.
    Indexed,
    /// Some of its text is searchable.
    Partial,
    /// Left out on purpose: empty, binary, too large, of a kind that is not read.
    Skipped,
    /// Could not be read; tried again when it changes or on request.
    Failed,
}

impl FileState {
    /// The name used in JSON and the catalog.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Indexed => "indexed",
            Self::Partial => "partial",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    /// The state with that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Indexed, Self::Partial, Self::Skipped, Self::Failed].into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a file is not simply indexed: a stable code for programs, and words with the remedy for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable, such as `password_protected`.
    pub code: String,
    /// What happened and what to do about it.
    pub message: String,
}

impl Reason {
    /// A reason.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}
