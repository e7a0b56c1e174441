//! Identifiers. Each is its own type, so that one cannot be handed where another is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A configured origin of documents: a folder, or `uploads`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub String);

/// A document: one path in one source, whatever its content is today. 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocId(pub String);

impl DocId {
    /// The same source and path give the same id on every machine and after every rebuild, so links to a document last.
    #[must_use]
    pub fn derive(source: &SourceId, path: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(source.0.as_bytes());
        hasher.update(b"\0");
        hasher.update(path.as_bytes());
        Self(hasher.finalize().to_hex()[..32].to_owned())
    }
}

/// What a document said at one time: the BLAKE3 hash of the bytes it was read from. 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocVersion(pub String);

impl DocVersion {
    /// The version of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).to_hex().to_string())
    }
}

/// The catalog's running number of one read of one document. Never reused, so whatever an index still holds of an old read
/// can be told from the current one by this number alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionSeq(pub u64);

/// A chunk: a [`VersionSeq`] and the chunk's ordinal in it, in one number that both indexes store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChunkId(pub u64);

impl ChunkId {
    const ORDINAL_BITS: u32 = 20;
    /// Chunks one version can have: 2^20, far above what the text limit allows.
    pub const PER_VERSION_MAX: u64 = 1 << Self::ORDINAL_BITS;

    /// The `ordinal`-th chunk (from 0) of `version`. `None` when the ordinal is out of range.
    #[must_use]
    pub fn new(version: VersionSeq, ordinal: u64) -> Option<Self> {
        (ordinal < Self::PER_VERSION_MAX).then_some(Self((version.0 << Self::ORDINAL_BITS) | ordinal))
    }

    /// The read of the document that this chunk belongs to.
    #[must_use]
    pub fn version(self) -> VersionSeq {
        VersionSeq(self.0 >> Self::ORDINAL_BITS)
    }

    /// Position among the chunks of its version, from 0.
    #[must_use]
    pub fn ordinal(self) -> u64 {
        self.0 & (Self::PER_VERSION_MAX - 1)
    }
}

macro_rules! display {
    ($($name:ty),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
display!(SourceId, DocId, DocVersion, VersionSeq, ChunkId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_ids_carry_their_version() {
        let id = ChunkId::new(VersionSeq(77), 12).unwrap();
        assert_eq!((id.version(), id.ordinal()), (VersionSeq(77), 12));
        assert_eq!(ChunkId::new(VersionSeq(1), ChunkId::PER_VERSION_MAX), None);
    }

    #[test]
    fn doc_ids_do_not_run_source_and_path_together() {
        let id = |s: &str, p: &str| DocId::derive(&SourceId(s.into()), p);
        assert_ne!(id("a", "bc"), id("ab", "c"));
        assert_eq!(id("a", "b"), id("a", "b"));
        assert_eq!(id("a", "b").0.len(), 32);
    }
}
