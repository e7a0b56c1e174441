//! Documents as people list them: with state, reason and size. Only what the scope allows is listed, counted or found.

use pinakes_types::{DocId, DocVersion, FileState, Reason, Scope, SourceId, Timestamp};
use sqlx::{QueryBuilder, Row};

use crate::read::only_allowed;
use crate::{Catalog, CatalogError};

/// A document in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// Id.
    pub doc: DocId,
    /// Source.
    pub source: SourceId,
    /// Path in the source.
    pub path: String,
    /// Title; the file name where the text could not be read.
    pub title: String,
    /// Format's name, where it was read.
    pub kind: Option<String>,
    /// Language, where known.
    pub language: Option<String>,
    /// How its last read ended.
    pub state: FileState,
    /// Why, unless indexed.
    pub reason: Option<Reason>,
    /// Size, bytes.
    pub bytes: u64,
    /// The file's time, nanoseconds since 1970.
    pub modified_ns: i64,
    /// Hash of the content, where it was read.
    pub version: Option<DocVersion>,
    /// Pages; 0 where the format has none.
    pub pages: u64,
    /// Passages.
    pub chunks: u64,
    /// When it was last read.
    pub indexed_at: Timestamp,
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct DocumentFilter {
    /// Only this state.
    pub state: Option<FileState>,
    /// Only this source.
    pub source: Option<SourceId>,
    /// Only paths or titles that contain this, whatever the case.
    pub contains: Option<String>,
    /// After this position: path and id of the last row of the page before.
    pub after: Option<(String, DocId)>,
}

/// Documents by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StateCounts {
    /// Fully searchable.
    pub indexed: u64,
    /// Partly searchable.
    pub partial: u64,
    /// Left out on purpose.
    pub skipped: u64,
    /// Not readable.
    pub failed: u64,
}

/// Reason of a document that was taken out on request: it is in no list, as if it were not there.
pub const REMOVED: &str = "removed";

const COLUMNS: &str = "SELECT d.doc_id, d.source_id, d.path, d.title, d.kind, d.language, d.state, d.reason_code, d.reason_message, d.bytes, \
                       d.modified_ns, d.doc_version, d.pages, d.chunks, d.indexed_at FROM documents d WHERE ";

impl Catalog {
    /// At most `limit` documents in order of path.
    ///
    /// # Errors
    /// Database errors.
    pub async fn documents(&self, scope: &Scope, filter: &DocumentFilter, limit: u32) -> Result<Vec<DocumentRow>, CatalogError> {
        let mut select = QueryBuilder::new(COLUMNS);
        select.push("COALESCE(d.reason_code, '') <> ").push_bind(REMOVED);
        if let Some(state) = filter.state {
            select.push(" AND d.state = ").push_bind(state.as_str());
        }
        if let Some(source) = &filter.source {
            select.push(" AND d.source_id = ").push_bind(source.0.clone());
        }
        if let Some(words) = &filter.contains {
            let pattern = format!("%{}%", words.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            select.push(" AND (LOWER(d.path) LIKE ").push_bind(pattern.clone()).push(" ESCAPE '\\' OR LOWER(d.title) LIKE ");
            select.push_bind(pattern).push(" ESCAPE '\\')");
        }
        if let Some((path, doc)) = &filter.after {
            select.push(" AND (d.path, d.doc_id) > (").push_bind(path.clone()).push(", ").push_bind(doc.0.clone()).push(")");
        }
        only_allowed(&mut select, scope);
        select.push(" ORDER BY d.path, d.doc_id LIMIT ").push_bind(i64::from(limit));
        Ok(select.build().fetch_all(&self.readers).await?.iter().map(document).collect())
    }

    /// One document.
    ///
    /// # Errors
    /// Database errors.
    pub async fn document(&self, scope: &Scope, doc: &DocId) -> Result<Option<DocumentRow>, CatalogError> {
        let mut select = QueryBuilder::new(COLUMNS);
        select.push("d.doc_id = ").push_bind(doc.0.clone());
        select.push(" AND COALESCE(d.reason_code, '') <> ").push_bind(REMOVED);
        only_allowed(&mut select, scope);
        Ok(select.build().fetch_optional(&self.readers).await?.as_ref().map(document))
    }

    /// How many documents are in each state.
    ///
    /// # Errors
    /// Database errors.
    pub async fn state_counts(&self, scope: &Scope) -> Result<StateCounts, CatalogError> {
        self.state_counts_of(scope, None).await
    }

    /// The same for one source.
    ///
    /// # Errors
    /// Database errors.
    pub async fn state_counts_of(&self, scope: &Scope, source: Option<&SourceId>) -> Result<StateCounts, CatalogError> {
        let mut select =
            QueryBuilder::new("SELECT d.state AS state, COUNT(*) AS documents FROM documents d WHERE COALESCE(d.reason_code, '') <> ");
        select.push_bind(REMOVED);
        if let Some(source) = source {
            select.push(" AND d.source_id = ").push_bind(source.0.clone());
        }
        only_allowed(&mut select, scope);
        select.push(" GROUP BY d.state");
        let mut counts = StateCounts::default();
        for row in select.build().fetch_all(&self.readers).await? {
            let number = row.get::<i64, _>("documents").unsigned_abs();
            match FileState::parse(row.get("state")) {
                Some(FileState::Indexed) => counts.indexed = number,
                Some(FileState::Partial) => counts.partial = number,
                Some(FileState::Skipped) => counts.skipped = number,
                Some(FileState::Failed) | None => counts.failed += number,
            }
        }
        Ok(counts)
    }
}

fn document(row: &sqlx::sqlite::SqliteRow) -> DocumentRow {
    let unsigned = |name: &str| row.get::<i64, _>(name).unsigned_abs();
    let reason = row
        .get::<Option<String>, _>("reason_code")
        .map(|code| Reason { code, message: row.get::<Option<String>, _>("reason_message").unwrap_or_default() });
    DocumentRow {
        doc: DocId(row.get("doc_id")),
        source: SourceId(row.get("source_id")),
        path: row.get("path"),
        title: row.get("title"),
        kind: row.get("kind"),
        language: row.get("language"),
        state: FileState::parse(row.get("state")).unwrap_or(FileState::Failed),
        reason,
        bytes: unsigned("bytes"),
        modified_ns: row.get("modified_ns"),
        version: row.get::<Option<String>, _>("doc_version").map(DocVersion),
        pages: unsigned("pages"),
        chunks: unsigned("chunks"),
        indexed_at: Timestamp(row.get("indexed_at")),
    }
}
