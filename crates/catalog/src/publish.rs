//! The one transaction that makes new versions current and old ones invisible.
//!
//! Order matters to a crash: the legs were made durable before this is called, and nothing of what they hold counts until it commits.

use pinakes_types::{CharSpan, ChunkId, DocId, DocVersion, FileState, Label, Reason, SourceId, StructuredText, Timestamp, VersionSeq};
use sqlx::{QueryBuilder, Row, Sqlite, Transaction};

use crate::rights;
use crate::stored_text::pack;
use crate::{Catalog, CatalogError, Decided};

/// A passage to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChunk {
    /// Its id in both legs.
    pub id: ChunkId,
    /// Where it stands in the text.
    pub span: CharSpan,
    /// The page it starts on.
    pub page: Option<u32>,
    /// Headings above it, outermost first, joined by ` › `.
    pub heading: String,
    /// Its prose, as embedded and searched.
    pub body: String,
}

/// A document's text as it becomes current.
#[derive(Debug, Clone)]
pub struct NewText {
    /// This read of the document.
    pub seq: VersionSeq,
    /// The text.
    pub structured: StructuredText,
    /// Its passages.
    pub chunks: Vec<NewChunk>,
}

/// What becomes of a file.
#[derive(Debug, Clone)]
pub enum DocumentFate {
    /// Its text becomes current.
    Searchable {
        /// Why it is only partial, if it is.
        reason: Option<Reason>,
        /// The text.
        text: Box<NewText>,
    },
    /// It stays or becomes unsearchable.
    NotSearchable {
        /// Skipped or failed.
        state: FileState,
        /// Why.
        reason: Reason,
    },
}

/// A file that was read.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// Id.
    pub doc: DocId,
    /// Where it comes from.
    pub source: SourceId,
    /// Path in the source.
    pub path: String,
    /// Size, bytes.
    pub bytes: u64,
    /// The file's time, nanoseconds since 1970.
    pub modified_ns: i64,
    /// Hash of the content, where it was read.
    pub version: Option<DocVersion>,
    /// What read it.
    pub read_by: String,
    /// Who may read it; any one suffices.
    pub labels: Vec<Label>,
    /// What decided so, in words.
    pub labels_origin: String,
    /// How it ended.
    pub fate: DocumentFate,
}

/// What one commit publishes.
#[derive(Debug, Clone, Default)]
pub struct Publication {
    /// The state of the legs that goes with it; `None` when they were not touched.
    pub record: Option<String>,
    /// Files read.
    pub documents: Vec<NewDocument>,
    /// Documents that are gone.
    pub removed: Vec<DocId>,
    /// Reads that have been removed from the legs and need not be remembered any more.
    pub forgotten: Vec<VersionSeq>,
}

/// Rows bound per statement, below SQLite's limit of 32,766 variables at seven a row.
const ROWS_PER_STATEMENT: usize = 1000;

impl Catalog {
    /// Takes `count` numbers for reads that are about to be written to the legs. Durable at once and never given again, so that
    /// what a crash leaves in a leg can never be taken for something published later.
    ///
    /// # Errors
    /// Database errors.
    pub async fn allocate_versions(&self, count: u64) -> Result<VersionSeq, CatalogError> {
        let next: String = sqlx::query_scalar(
            "UPDATE settings SET value = CAST(CAST(value AS BIGINT) + $1 AS TEXT) WHERE name = 'next_version' RETURNING value",
        )
        .bind(to_i64(count))
        .fetch_one(&self.writer)
        .await?;
        let next: u64 = next.parse().map_err(|_| CatalogError::Damaged(format!("next_version is {next:?}")))?;
        Ok(VersionSeq(next - count))
    }

    /// Publishes: all of it or, on an error or a crash, nothing of it.
    ///
    /// # Errors
    /// Database errors.
    pub async fn publish(&self, publication: &Publication, now: Timestamp) -> Result<(), CatalogError> {
        // Packing is the slow part and needs no lock.
        let packed = publication
            .documents
            .iter()
            .map(|document| match &document.fate {
                DocumentFate::Searchable { text, .. } => pack(&text.structured).map(Some),
                DocumentFate::NotSearchable { .. } => Ok(None),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        for doc in &publication.removed {
            drop_current(&mut transaction, doc, now).await?;
            sqlx::query("DELETE FROM documents WHERE doc_id = $1").bind(&doc.0).execute(&mut *transaction).await?;
        }
        for (document, packed) in publication.documents.iter().zip(packed) {
            drop_current(&mut transaction, &document.doc, now).await?;
            write_document(&mut transaction, document, now).await?;
            if let (DocumentFate::Searchable { text, .. }, Some(packed)) = (&document.fate, packed) {
                write_text(&mut transaction, &document.doc, text, packed).await?;
            }
        }
        for seq in &publication.forgotten {
            sqlx::query("DELETE FROM dropped_versions WHERE version_seq = $1").bind(to_i64(seq.0)).execute(&mut *transaction).await?;
        }
        if let Some(record) = &publication.record {
            write_record(&mut transaction, record, now).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The last published state of the legs, with its running number.
    ///
    /// # Errors
    /// Database errors.
    pub async fn published(&self) -> Result<Option<(u64, String)>, CatalogError> {
        let row = sqlx::query("SELECT publication, record FROM publications ORDER BY publication DESC LIMIT 1")
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.map(|row| (row.get::<i64, _>("publication").unsigned_abs(), row.get("record"))))
    }

    /// When something last became searchable.
    ///
    /// # Errors
    /// Database errors.
    pub async fn published_at(&self) -> Result<Option<Timestamp>, CatalogError> {
        let at: Option<i64> = sqlx::query_scalar("SELECT MAX(published_at) FROM publications").fetch_one(&self.readers).await?;
        Ok(at.map(Timestamp))
    }

    /// A file that was touched but says what it said: only its size and time are noted.
    ///
    /// # Errors
    /// Database errors.
    pub async fn note_unchanged(&self, doc: &DocId, modified_ns: i64) -> Result<(), CatalogError> {
        sqlx::query("UPDATE documents SET modified_ns = $1 WHERE doc_id = $2").bind(modified_ns).bind(&doc.0).execute(&self.writer).await?;
        Ok(())
    }

    /// Takes a document out of every later request, the moment this returns. The row stays with a reason, so that the file, which
    /// still lies in its folder, is not read again by the next sync.
    ///
    /// # Errors
    /// Database errors.
    pub async fn withdraw(&self, doc: &DocId, message: &str, now: Timestamp) -> Result<bool, CatalogError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        drop_current(&mut transaction, doc, now).await?;
        let done = sqlx::query(
            "UPDATE documents SET state = 'skipped', reason_code = $1, reason_message = $2, current_version = NULL, chunks = 0, pages = 0 WHERE doc_id = $3",
        )
        .bind(crate::REMOVED)
        .bind(message)
        .bind(&doc.0)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Reads that are no longer current but may still stand in the legs, oldest first.
    ///
    /// # Errors
    /// Database errors.
    pub async fn dropped_versions(&self, limit: u32) -> Result<Vec<VersionSeq>, CatalogError> {
        let rows: Vec<i64> = sqlx::query_scalar("SELECT version_seq FROM dropped_versions ORDER BY version_seq LIMIT $1")
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        Ok(rows.into_iter().map(|seq| VersionSeq(seq.unsigned_abs())).collect())
    }
}

/// The current read of a document, if it has one, stops being current.
async fn drop_current(transaction: &mut Transaction<'_, Sqlite>, doc: &DocId, now: Timestamp) -> Result<(), CatalogError> {
    let current: Option<Option<i64>> = sqlx::query_scalar("SELECT current_version FROM documents WHERE doc_id = $1")
        .bind(&doc.0)
        .fetch_optional(&mut **transaction)
        .await?;
    let Some(Some(seq)) = current else { return Ok(()) };
    sqlx::query("INSERT INTO dropped_versions (version_seq, dropped_at) VALUES ($1, $2) ON CONFLICT (version_seq) DO NOTHING")
        .bind(seq)
        .bind(now.0)
        .execute(&mut **transaction)
        .await?;
    sqlx::query("DELETE FROM chunks WHERE version_seq = $1").bind(seq).execute(&mut **transaction).await?;
    sqlx::query("DELETE FROM texts WHERE version_seq = $1").bind(seq).execute(&mut **transaction).await?;
    Ok(())
}

async fn write_document(transaction: &mut Transaction<'_, Sqlite>, document: &NewDocument, now: Timestamp) -> Result<(), CatalogError> {
    let file_name = document.path.rsplit('/').next().unwrap_or(&document.path);
    let (state, reason, text) = match &document.fate {
        DocumentFate::Searchable { reason, text } => {
            (if reason.is_some() { FileState::Partial } else { FileState::Indexed }, reason.as_ref(), Some(text))
        }
        DocumentFate::NotSearchable { state, reason } => (*state, Some(reason), None),
    };
    let structured = text.map(|text| &text.structured);
    sqlx::query(
        "INSERT INTO documents (doc_id, source_id, path, title, kind, language, state, reason_code, reason_message, bytes, modified_ns, \
         doc_version, read_by, current_version, pages, chunks, indexed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
         ON CONFLICT (doc_id) DO UPDATE SET title = excluded.title, kind = excluded.kind, language = excluded.language, \
         state = excluded.state, reason_code = excluded.reason_code, reason_message = excluded.reason_message, bytes = excluded.bytes, \
         modified_ns = excluded.modified_ns, doc_version = excluded.doc_version, read_by = excluded.read_by, \
         current_version = excluded.current_version, pages = excluded.pages, chunks = excluded.chunks, indexed_at = excluded.indexed_at",
    )
    .bind(&document.doc.0)
    .bind(&document.source.0)
    .bind(&document.path)
    .bind(structured.map_or(file_name, |text| text.title.as_str()))
    .bind(structured.map(|text| text.kind.as_str()))
    .bind(structured.and_then(|text| text.language.as_deref()))
    .bind(state.as_str())
    .bind(reason.map(|reason| reason.code.as_str()))
    .bind(reason.map(|reason| reason.message.as_str()))
    .bind(to_i64(document.bytes))
    .bind(document.modified_ns)
    .bind(document.version.as_ref().map(|version| version.0.as_str()))
    .bind(&document.read_by)
    .bind(text.map(|text| to_i64(text.seq.0)))
    .bind(structured.map_or(0, |text| text.pages.len() as i64))
    .bind(text.map_or(0, |text| text.chunks.len() as i64))
    .bind(now.0)
    .execute(&mut **transaction)
    .await?;
    write_rights(transaction, document).await
}

async fn write_rights(transaction: &mut Transaction<'_, Sqlite>, document: &NewDocument) -> Result<(), CatalogError> {
    let read = Decided { labels: document.labels.iter().cloned().collect(), origin: document.labels_origin.clone() };
    let (decided, others) = rights::deciding(transaction, &document.doc, &read).await?;
    sqlx::query("UPDATE documents SET labels_origin = $1, rights_at = 0 WHERE doc_id = $2")
        .bind(&decided.origin)
        .bind(&document.doc.0)
        .execute(&mut **transaction)
        .await?;
    rights::write_labels(transaction, &document.doc, &decided.labels).await?;
    if others { rights::bump(transaction, &[&document.doc]).await } else { Ok(()) }
}

async fn write_text(transaction: &mut Transaction<'_, Sqlite>, doc: &DocId, text: &NewText, packed: Vec<u8>) -> Result<(), CatalogError> {
    let seq = to_i64(text.seq.0);
    sqlx::query("INSERT INTO texts (version_seq, doc_id, structured) VALUES ($1, $2, $3)")
        .bind(seq)
        .bind(&doc.0)
        .bind(packed)
        .execute(&mut **transaction)
        .await?;
    for rows in text.chunks.chunks(ROWS_PER_STATEMENT) {
        let mut insert = QueryBuilder::new("INSERT INTO chunks (chunk_id, version_seq, span_start, span_end, page, heading, body) ");
        insert.push_values(rows, |mut row, chunk| {
            row.push_bind(to_i64(chunk.id.0))
                .push_bind(seq)
                .push_bind(chunk.span.start as i64)
                .push_bind(chunk.span.end as i64)
                .push_bind(chunk.page.map(i64::from))
                .push_bind(chunk.heading.clone())
                .push_bind(chunk.body.clone());
        });
        insert.build().execute(&mut **transaction).await?;
    }
    Ok(())
}

async fn write_record(transaction: &mut Transaction<'_, Sqlite>, record: &str, now: Timestamp) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO publications (publication, record, published_at) SELECT COALESCE(MAX(publication), 0) + 1, $1, $2 FROM publications",
    )
    .bind(record)
    .bind(now.0)
    .execute(&mut **transaction)
    .await?;
    // Only the newest counts; the one before is kept for whoever reads a damaged store by hand.
    sqlx::query("DELETE FROM publications WHERE publication < (SELECT MAX(publication) FROM publications) - 1")
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// SQL integers are signed; ours stay far below 2^63.
pub(crate) fn to_i64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
