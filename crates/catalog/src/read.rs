//! What readers get: passages and texts of current versions, of documents whose labels the scope allows. Nothing else leaves.

use std::collections::{HashMap, HashSet};

use pinakes_types::{CharSpan, ChunkId, DocId, DocVersion, Label, Scope, SourceId, StructuredText, VersionSeq};
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::publish::to_i64;
use crate::stored_text::unpack;
use crate::{Catalog, CatalogError};

/// A passage that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Id in the legs.
    pub chunk: ChunkId,
    /// Where it stands in the text of its version.
    pub span: CharSpan,
    /// The page it starts on.
    pub page: Option<u32>,
    /// Headings above it.
    pub heading: String,
    /// Its prose.
    pub body: String,
    /// The document.
    pub doc: DocId,
    /// The version that is current.
    pub version: DocVersion,
    /// Its source.
    pub source: SourceId,
    /// Its path in the source.
    pub path: String,
    /// Its title.
    pub title: String,
    /// Its format's name.
    pub kind: String,
    /// Its language, where known.
    pub language: Option<String>,
    /// The file's time, nanoseconds since 1970.
    pub modified_ns: i64,
}

const PASSAGE: &str = "SELECT c.chunk_id, c.span_start, c.span_end, c.page, c.heading, c.body, d.doc_id, d.doc_version, d.source_id, d.path, \
                       d.title, d.kind, d.language, d.modified_ns FROM chunks c JOIN documents d ON d.current_version = c.version_seq";

/// Ids per statement.
const IDS_PER_STATEMENT: usize = 500;

impl Catalog {
    /// Of these candidates, the passages that are current and that the scope allows, in the order given.
    ///
    /// # Errors
    /// Database errors.
    pub async fn resolve(&self, scope: &Scope, candidates: &[ChunkId]) -> Result<Vec<Passage>, CatalogError> {
        let mut found = HashMap::with_capacity(candidates.len());
        for ids in candidates.chunks(IDS_PER_STATEMENT) {
            let mut select = QueryBuilder::new(PASSAGE);
            select.push(" WHERE c.chunk_id IN (");
            let mut list = select.separated(", ");
            for id in ids {
                list.push_bind(to_i64(id.0));
            }
            select.push(")");
            only_allowed(&mut select, scope);
            for row in select.build().fetch_all(&self.readers).await? {
                let passage = passage(&row);
                found.insert(passage.chunk, passage);
            }
        }
        Ok(candidates.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// The text of a document's current version.
    ///
    /// # Errors
    /// Database errors.
    pub async fn text(&self, scope: &Scope, doc: &DocId) -> Result<Option<(DocVersion, StructuredText)>, CatalogError> {
        let mut select = QueryBuilder::new(
            "SELECT d.doc_version, t.structured FROM documents d JOIN texts t ON t.version_seq = d.current_version WHERE d.doc_id = ",
        );
        select.push_bind(doc.0.clone());
        only_allowed(&mut select, scope);
        let Some(row) = select.build().fetch_optional(&self.readers).await? else { return Ok(None) };
        let text = unpack(row.get("structured"))?;
        Ok(Some((DocVersion(row.get("doc_version")), text)))
    }

    /// Of these documents, those that the scope may read now: what was made of one earlier may be shown again only while it is among them.
    ///
    /// # Errors
    /// Database errors.
    pub async fn readable(&self, scope: &Scope, documents: &[DocId]) -> Result<HashSet<DocId>, CatalogError> {
        let mut found = HashSet::with_capacity(documents.len());
        for ids in documents.chunks(IDS_PER_STATEMENT) {
            let mut select = QueryBuilder::new("SELECT d.doc_id FROM documents d WHERE d.current_version IS NOT NULL AND d.doc_id IN (");
            let mut list = select.separated(", ");
            for id in ids {
                list.push_bind(id.0.clone());
            }
            select.push(")");
            only_allowed(&mut select, scope);
            found.extend(select.build().fetch_all(&self.readers).await?.iter().map(|row| DocId(row.get("doc_id"))));
        }
        Ok(found)
    }

    /// How many documents and passages the scope can search.
    ///
    /// # Errors
    /// Database errors.
    pub async fn searchable(&self, scope: &Scope) -> Result<(u64, u64), CatalogError> {
        let mut select = QueryBuilder::new(
            "SELECT COUNT(*) AS documents, COALESCE(SUM(d.chunks), 0) AS passages FROM documents d WHERE d.current_version IS NOT NULL",
        );
        only_allowed(&mut select, scope);
        let row = select.build().fetch_one(&self.readers).await?;
        Ok((row.get::<i64, _>("documents").unsigned_abs(), row.get::<i64, _>("passages").unsigned_abs()))
    }

    /// Every passage id of every current version, ascending: what both legs must hold. Maintenance only.
    ///
    /// # Errors
    /// Database errors.
    pub async fn current_chunk_ids(&self) -> Result<Vec<ChunkId>, CatalogError> {
        let ids: Vec<i64> =
            sqlx::query_scalar("SELECT c.chunk_id FROM chunks c JOIN documents d ON d.current_version = c.version_seq ORDER BY c.chunk_id")
                .fetch_all(&self.readers)
                .await?;
        Ok(ids.into_iter().map(|id| ChunkId(id.unsigned_abs())).collect())
    }

    /// Passages and labels of one current version, in order: what is needed to index it again without reading the file. Maintenance only.
    ///
    /// # Errors
    /// Database errors.
    pub async fn passages_of(&self, version: VersionSeq) -> Result<(Vec<Passage>, Vec<Label>), CatalogError> {
        let mut select = QueryBuilder::new(PASSAGE);
        select.push(" WHERE c.version_seq = ").push_bind(to_i64(version.0)).push(" ORDER BY c.chunk_id");
        let passages: Vec<Passage> = select.build().fetch_all(&self.readers).await?.iter().map(passage).collect();
        let labels: Vec<String> = match passages.first() {
            Some(first) => {
                sqlx::query_scalar("SELECT label FROM document_labels WHERE doc_id = $1 ORDER BY label")
                    .bind(&first.doc.0)
                    .fetch_all(&self.readers)
                    .await?
            }
            None => Vec::new(),
        };
        Ok((passages, labels.into_iter().map(Label).collect()))
    }

    /// All current versions, ascending. Maintenance only.
    ///
    /// # Errors
    /// Database errors.
    pub async fn current_versions(&self) -> Result<Vec<VersionSeq>, CatalogError> {
        let seqs: Vec<i64> =
            sqlx::query_scalar("SELECT current_version FROM documents WHERE current_version IS NOT NULL ORDER BY current_version")
                .fetch_all(&self.readers)
                .await?;
        Ok(seqs.into_iter().map(|seq| VersionSeq(seq.unsigned_abs())).collect())
    }
}

/// Adds the scope's condition on document `d` to a statement that already has a `WHERE`.
pub(crate) fn only_allowed(select: &mut QueryBuilder<Sqlite>, scope: &Scope) {
    let Some(labels) = scope.labels() else { return };
    select.push(" AND EXISTS (SELECT 1 FROM document_labels l WHERE l.doc_id = d.doc_id AND l.label IN (");
    let mut list = select.separated(", ");
    for label in labels {
        list.push_bind(label.0.clone());
    }
    select.push("))");
}

fn passage(row: &sqlx::sqlite::SqliteRow) -> Passage {
    Passage {
        chunk: ChunkId(row.get::<i64, _>("chunk_id").unsigned_abs()),
        span: CharSpan::new(row.get::<i64, _>("span_start") as usize, row.get::<i64, _>("span_end") as usize),
        page: row.get::<Option<i64>, _>("page").and_then(|page| u32::try_from(page).ok()),
        heading: row.get("heading"),
        body: row.get("body"),
        doc: DocId(row.get("doc_id")),
        version: DocVersion(row.get::<Option<String>, _>("doc_version").unwrap_or_default()),
        source: SourceId(row.get("source_id")),
        path: row.get("path"),
        title: row.get("title"),
        kind: row.get::<Option<String>, _>("kind").unwrap_or_default(),
        language: row.get("language"),
        modified_ns: row.get("modified_ns"),
    }
}
