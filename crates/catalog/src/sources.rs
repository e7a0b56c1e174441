//! Where documents come from, and what is already known of each of their files.

use std::collections::HashMap;

use pinakes_types::{DocId, DocVersion, FileState, SourceId, Timestamp};
use sqlx::Row;

use crate::{Catalog, CatalogError};

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A folder indexed in place, with everything below it.
    Folder,
    /// One file indexed in place.
    File,
    /// Files people handed in, kept in the data directory.
    Uploads,
}

impl SourceKind {
    /// Its name in the catalog and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::File => "file",
            Self::Uploads => "uploads",
        }
    }

    fn parse(name: &str) -> Result<Self, CatalogError> {
        [Self::Folder, Self::File, Self::Uploads]
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| CatalogError::Foreign(format!("source kind {name}")))
    }
}

/// A source of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Id, used in filters.
    pub id: SourceId,
    /// What it is.
    pub kind: SourceKind,
    /// Absolute path.
    pub root: String,
    /// When it was added.
    pub added_at: Timestamp,
}

/// What the catalog knows of a file, enough to tell whether it must be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// The document.
    pub doc: DocId,
    /// Size when read.
    pub bytes: u64,
    /// The file's time when read, nanoseconds since 1970.
    pub modified_ns: i64,
    /// Hash of what was read.
    pub version: Option<DocVersion>,
    /// What read it.
    pub read_by: String,
    /// How it ended.
    pub state: FileState,
    /// Code of the reason, where there is one.
    pub reason_code: Option<String>,
    /// When it was read.
    pub indexed_at: Timestamp,
}

impl Catalog {
    /// Remembers a source; one that is known keeps its row.
    ///
    /// # Errors
    /// Database errors.
    pub async fn add_source(&self, source: &SourceRow) -> Result<(), CatalogError> {
        sqlx::query("INSERT INTO sources (source_id, kind, root, added_at) VALUES ($1, $2, $3, $4) ON CONFLICT (source_id) DO NOTHING")
            .bind(&source.id.0)
            .bind(source.kind.as_str())
            .bind(&source.root)
            .bind(source.added_at.0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// All sources, oldest first.
    ///
    /// # Errors
    /// Database errors.
    pub async fn sources(&self) -> Result<Vec<SourceRow>, CatalogError> {
        let rows = sqlx::query("SELECT source_id, kind, root, added_at FROM sources ORDER BY added_at, source_id")
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(SourceRow {
                    id: SourceId(row.get("source_id")),
                    kind: SourceKind::parse(row.get("kind"))?,
                    root: row.get("root"),
                    added_at: Timestamp(row.get("added_at")),
                })
            })
            .collect()
    }

    /// Forgets a source. Its documents must have been removed.
    ///
    /// # Errors
    /// Database errors.
    pub async fn remove_source(&self, source: &SourceId) -> Result<(), CatalogError> {
        sqlx::query("DELETE FROM sources WHERE source_id = $1").bind(&source.0).execute(&self.writer).await?;
        Ok(())
    }

    /// Every file of a source by its path.
    ///
    /// # Errors
    /// Database errors.
    pub async fn known_files(&self, source: &SourceId) -> Result<HashMap<String, KnownFile>, CatalogError> {
        let rows = sqlx::query("SELECT path, doc_id, bytes, modified_ns, doc_version, read_by, state, reason_code, indexed_at FROM documents WHERE source_id = $1")
            .bind(&source.0)
            .fetch_all(&self.readers)
            .await?;
        Ok(rows
            .iter()
            .map(|row| {
                let known = KnownFile {
                    doc: DocId(row.get("doc_id")),
                    bytes: row.get::<i64, _>("bytes").unsigned_abs(),
                    modified_ns: row.get("modified_ns"),
                    version: row.get::<Option<String>, _>("doc_version").map(DocVersion),
                    read_by: row.get("read_by"),
                    state: FileState::parse(row.get("state")).unwrap_or(FileState::Failed),
                    reason_code: row.get("reason_code"),
                    indexed_at: Timestamp(row.get("indexed_at")),
                };
                (row.get("path"), known)
            })
            .collect())
    }
}
