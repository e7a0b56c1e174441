//! What the store holds.

use pinakes_types::{SourceId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Files by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct DocumentCounts {
    /// All files known.
    pub total: u64,
    /// Wholly searchable.
    pub indexed: u64,
    /// Partly searchable.
    pub partial: u64,
    /// Left out on purpose.
    pub skipped: u64,
    /// Could not be read.
    pub failed: u64,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceStatus {
    /// Its name.
    #[schema(value_type = String)]
    pub id: SourceId,
    /// Folder it reads, for the operator; absent for uploads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Its files.
    pub documents: DocumentCounts,
    /// When it was last walked to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub synced_at: Option<Timestamp>,
}

/// What makes vectors of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EmbeddingStatus {
    /// Its name.
    pub model: String,
    /// Numbers in a vector.
    pub dimensions: usize,
    /// Passages that still wait for a vector.
    pub pending: u64,
}

/// What the store holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IndexStatus {
    /// This program's version.
    pub version: String,
    /// Files by state, over all sources.
    pub documents: DocumentCounts,
    /// Passages searchable.
    pub chunks: u64,
    /// Sources.
    pub sources: Vec<SourceStatus>,
    /// Absent while search is by words only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<EmbeddingStatus>,
    /// Generator that writes answers; absent while they are extractive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// Bytes on disk.
    pub bytes: u64,
    /// When something last became searchable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub published_at: Option<Timestamp>,
    /// Jobs that wait or run.
    pub jobs_active: u64,
}

impl IndexStatus {
    /// The same without what only those who run the server need: where documents lie, how large the store is, what is being done.
    #[must_use]
    pub fn for_readers(self) -> Self {
        let sources = self.sources.into_iter().filter(|source| source.documents.total > 0);
        let sources = sources.map(|source| SourceStatus { root: None, synced_at: None, ..source }).collect();
        Self { sources, bytes: 0, published_at: None, jobs_active: 0, ..self }
    }
}
