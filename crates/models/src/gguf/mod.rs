//! A GGUF file checked before anything maps or computes from it.
//!
//! Layout (versions 2 and 3, little-endian): magic, version, counts, metadata, tensor descriptions, padding, data. Source:
//! <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Promised of a file that passes: every count was held against the bytes
//! that could hold it before memory was taken; every tensor has a known type, whole blocks and a range of its own in the file; the
//! ranges follow each other with no more than padding between them (ggml's own rule, which also keeps a file from carrying anything
//! hidden). Whether the tensors are the ones a model needs, and of types that we compute with, is the engine's to say.

mod kind;
mod layout;
mod metadata;
mod read;

use std::path::{Path, PathBuf};

use thiserror::Error;

pub use kind::Kind;
pub use metadata::{Array, BadMetadata, FromValue, Metadata, Value};

/// Why a file is refused.
#[derive(Debug, Error)]
#[error("{}: {}", path.display(), self.describe())]
pub struct BadGguf {
    /// The file.
    pub path: PathBuf,
    /// The tensor at fault, if one is.
    pub tensor: Option<String>,
    /// What is wrong.
    pub problem: String,
}

impl BadGguf {
    /// Tensor and problem, without the file.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.tensor {
            Some(name) => format!("tensor {name:?} {}", self.problem),
            None => self.problem.clone(),
        }
    }
}

/// A sound file's metadata and table of contents.
#[derive(Debug, Clone, PartialEq)]
pub struct Gguf {
    /// Every key once.
    pub metadata: Metadata,
    /// In the order of their data.
    pub tensors: Vec<Tensor>,
    /// Where the data starts, in bytes from the start of the file.
    pub data_start: u64,
    /// Length of the file.
    pub file_bytes: u64,
}

/// One tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// ggml's number of its type; [`Kind::of`] knows it.
    pub kind: u32,
    /// Innermost (fastest) dimension first, as ggml counts: a matrix of `rows` outputs and `columns` inputs is `[columns, rows]`.
    pub dimensions: Vec<u64>,
    /// First byte, counted from the start of the data.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

impl Tensor {
    /// How many numbers it holds.
    #[must_use]
    pub fn elements(&self) -> u64 {
        // Checked when it was read: the bytes that hold them are in the file.
        self.dimensions.iter().product()
    }
}

impl Gguf {
    /// The tensor of that name.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }
}

/// Tensor at fault and what is wrong.
type Fault = (Option<String>, String);

/// Checks the file at `path`; only its header is read.
///
/// # Errors
/// It cannot be read, or breaks a rule above or a limit in [`crate::limits`].
pub fn check(path: &Path) -> Result<Gguf, BadGguf> {
    let bad = |(tensor, problem)| BadGguf { path: path.into(), tensor, problem };
    let file = fs_err::File::open(path).map_err(|error| bad((None, error.to_string())))?;
    let file_bytes = file.metadata().map_err(|error| bad((None, error.to_string())))?.len();
    check_from(std::io::BufReader::with_capacity(1 << 16, file), file_bytes).map_err(bad)
}

/// Checks a file of `file_bytes` bytes that is read from its start.
fn check_from(source: impl std::io::Read, file_bytes: u64) -> Result<Gguf, Fault> {
    let raw = read::header(source, file_bytes)?;
    let alignment = layout::alignment(&raw.metadata).map_err(|problem| (None, problem))?;
    let data_start = raw.bytes.next_multiple_of(alignment);
    let tensors = layout::check(raw.tensors, alignment, file_bytes.saturating_sub(data_start))?;
    Ok(Gguf { metadata: raw.metadata, tensors, data_start, file_bytes })
}

#[cfg(test)]
mod tests;
