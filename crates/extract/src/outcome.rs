//! How reading one file ended.

use pinakes_types::{DocVersion, Reason, StructuredText};
use serde::{Deserialize, Serialize};

/// The outcome for one file. There is no error beside it: whatever happens is one of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extraction {
    /// The file's text; partial when `document.warnings` is not empty.
    Text {
        /// What was read.
        document: StructuredText,
        /// The version of the very bytes it was read from.
        version: DocVersion,
        /// Size of the file in bytes.
        bytes: u64,
    },
    /// Left out on purpose.
    Skipped {
        /// Why, and what to do about it.
        reason: Reason,
        /// Version of the bytes, where they were read.
        version: Option<DocVersion>,
        /// Size of the file in bytes, as far as known.
        bytes: u64,
    },
    /// Could not be read.
    Failed {
        /// Why, and what to do about it.
        reason: Reason,
        /// Version of the bytes, where they were read, so that a poisonous file can be remembered.
        version: Option<DocVersion>,
        /// Size of the file in bytes, as far as known.
        bytes: u64,
    },
}

/// Why bytes did not become text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// Left out on purpose: empty, binary, too large, of a kind that is not read.
    Skipped(Reason),
    /// Could not be read.
    Failed(Reason),
}

impl Rejection {
    /// The reason, whichever it is.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Skipped(reason) | Self::Failed(reason) => reason,
        }
    }

    /// The outcome for a file of this size and, where known, version.
    pub(crate) fn into_extraction(self, version: Option<DocVersion>, bytes: u64) -> Extraction {
        match self {
            Self::Skipped(reason) => Extraction::Skipped { reason, version, bytes },
            Self::Failed(reason) => Extraction::Failed { reason, version, bytes },
        }
    }
}
