//! The documents: listing, uploading, deleting.

use pinakes_types::{DocId, DocVersion, DocumentKind, FileState, Reason, SourceId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::schemas;
use crate::status::DocumentCounts;

/// Which documents to list, in the order of their paths.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentListQuery {
    /// Only files in this state.
    #[param(value_type = Option<schemas::FileState>)]
    pub state: Option<FileState>,
    /// Only this source.
    #[param(value_type = Option<String>)]
    pub source: Option<SourceId>,
    /// Only paths or titles that contain this, whatever the case.
    pub contains: Option<String>,
    /// Documents wanted, 1 to 500, 100 when absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<usize>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// One document, or one file that did not become one, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentSummary {
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// Its title; the file name where nothing was read.
    pub title: String,
    /// Its path within its source.
    pub path: String,
    /// Where it comes from.
    #[schema(value_type = String)]
    pub source: SourceId,
    /// Format, where known.
    #[schema(value_type = Option<schemas::DocumentKind>)]
    pub kind: Option<DocumentKind>,
    /// Detected language.
    pub language: Option<String>,
    /// How reading it ended.
    #[schema(value_type = schemas::FileState)]
    pub state: FileState,
    /// Why, unless it is simply indexed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Reason>)]
    pub reason: Option<Reason>,
    /// Pages, where the format has them.
    pub pages: Option<u32>,
    /// Passages it was cut into.
    pub chunks: u64,
    /// Size of the file.
    pub bytes: u64,
    /// When the file was last modified.
    #[schema(value_type = Option<i64>)]
    pub modified: Option<Timestamp>,
    /// When it was last read.
    #[schema(value_type = Option<i64>)]
    pub indexed_at: Option<Timestamp>,
    /// What it said when it was read; absent where nothing was.
    #[schema(value_type = Option<String>)]
    pub doc_version: Option<DocVersion>,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentList {
    /// In the order of their paths.
    pub documents: Vec<DocumentSummary>,
    /// Pass it as `cursor` for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Documents by state, over all that the asker may see.
    pub counts: DocumentCounts,
}

/// An upload was stored durably and waits to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Uploaded {
    /// The document it will be.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// The job that reads it.
    pub job_id: String,
    /// Name it is stored under.
    pub path: String,
    /// Size received.
    pub bytes: u64,
}

/// A document is gone: no request from now on sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deleted {
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// Always true.
    pub deleted: bool,
}
