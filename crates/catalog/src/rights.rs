//! Who may read which document, and the number that says when that last changed.
//!
//! Both legs filter by the labels a document had when it was indexed. A change is made here alone, in one transaction, and is in force
//! for whoever asks next: what the legs propose is checked here in any case, and whoever reads them lays the changed labels
//! ([`Catalog::relabelled`]) over the ones they hold as soon as the epoch has moved. Some later run of the writer brings them over for good.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pinakes_types::{DocId, Label, SourceId, Timestamp, VersionSeq};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};

use crate::publish::to_i64;
use crate::{Catalog, CatalogError};

/// Who may read a document, and what decided so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Any one of them suffices; none: nobody.
    pub labels: BTreeSet<Label>,
    /// What decided, in words.
    pub origin: String,
}

impl Catalog {
    /// Raised with every change of rights.
    ///
    /// # Errors
    /// Database errors.
    pub async fn rights_epoch(&self) -> Result<u64, CatalogError> {
        let epoch: String = sqlx::query_scalar("SELECT value FROM settings WHERE name = 'rights_epoch'").fetch_one(&self.readers).await?;
        epoch.parse().map_err(|_| CatalogError::Damaged(format!("rights_epoch is {epoch:?}")))
    }

    /// Who may read a document today, and why. For administrators: it asks nobody who wants to know.
    ///
    /// # Errors
    /// Database errors.
    pub async fn rights_of(&self, doc: &DocId) -> Result<Option<Decided>, CatalogError> {
        let origin: Option<String> =
            sqlx::query_scalar("SELECT labels_origin FROM documents WHERE doc_id = $1").bind(&doc.0).fetch_optional(&self.readers).await?;
        let Some(origin) = origin else { return Ok(None) };
        let labels: Vec<String> =
            sqlx::query_scalar("SELECT label FROM document_labels WHERE doc_id = $1").bind(&doc.0).fetch_all(&self.readers).await?;
        Ok(Some(Decided { labels: labels.into_iter().map(Label).collect(), origin }))
    }

    /// The same for every document of a source, by its path.
    ///
    /// # Errors
    /// Database errors.
    pub async fn rights_in(&self, source: &SourceId) -> Result<HashMap<String, (DocId, Decided)>, CatalogError> {
        let rows = sqlx::query(
            "SELECT d.doc_id, d.path, d.labels_origin, l.label FROM documents d LEFT JOIN document_labels l ON l.doc_id = d.doc_id \
             WHERE d.source_id = $1",
        )
        .bind(&source.0)
        .fetch_all(&self.readers)
        .await?;
        let mut all: HashMap<String, (DocId, Decided)> = HashMap::new();
        for row in rows {
            let known = all
                .entry(row.get("path"))
                .or_insert_with(|| (DocId(row.get("doc_id")), Decided { labels: BTreeSet::new(), origin: row.get("labels_origin") }));
            known.1.labels.extend(row.get::<Option<String>, _>("label").map(Label));
        }
        Ok(all)
    }

    /// Sets who may read documents, in force for every request from now on. What was said of a document by hand or with its upload
    /// stands above it. Returns how many documents have other labels than before.
    ///
    /// # Errors
    /// Database errors.
    pub async fn set_rights(&self, changes: &[(DocId, Decided)]) -> Result<u64, CatalogError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let mut changed = Vec::new();
        for (doc, decided) in changes {
            if change(&mut transaction, doc, decided).await? {
                changed.push(doc);
            }
        }
        bump(&mut transaction, &changed).await?;
        transaction.commit().await?;
        Ok(changed.len() as u64)
    }

    /// Says by hand, or with an upload, who may read a document, above whatever rules say; it holds although the document may not be
    /// there yet. `None` takes it back; what the rules say is then to be set by the caller.
    ///
    /// # Errors
    /// Database errors.
    pub async fn override_rights(&self, doc: &DocId, decided: Option<&Decided>, now: Timestamp) -> Result<(), CatalogError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM label_overrides WHERE doc_id = $1").bind(&doc.0).execute(&mut *transaction).await?;
        if let Some(decided) = decided {
            let labels = serde_json::to_string(&decided.labels).map_err(|error| CatalogError::Other(error.to_string()))?;
            sqlx::query("INSERT INTO label_overrides (doc_id, labels, origin, set_at) VALUES ($1, $2, $3, $4)")
                .bind(&doc.0)
                .bind(labels)
                .bind(&decided.origin)
                .bind(now.0)
                .execute(&mut *transaction)
                .await?;
            if change(&mut transaction, doc, decided).await? {
                bump(&mut transaction, &[doc]).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// What was said of a document by hand or with its upload.
    ///
    /// # Errors
    /// Database errors.
    pub async fn overridden(&self, doc: &DocId) -> Result<Option<Decided>, CatalogError> {
        let row =
            sqlx::query("SELECT labels, origin FROM label_overrides WHERE doc_id = $1").bind(&doc.0).fetch_optional(&self.readers).await?;
        row.as_ref().map(overriding).transpose()
    }

    /// Searchable reads whose labels are others than those both legs hold.
    ///
    /// # Errors
    /// Database errors.
    pub async fn relabelled(&self) -> Result<BTreeMap<VersionSeq, BTreeSet<Label>>, CatalogError> {
        let rows = sqlx::query(
            "SELECT d.current_version, l.label FROM documents d LEFT JOIN document_labels l ON l.doc_id = d.doc_id \
             WHERE d.rights_at > 0 AND d.current_version IS NOT NULL",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut all: BTreeMap<VersionSeq, BTreeSet<Label>> = BTreeMap::new();
        for row in rows {
            let version = VersionSeq(row.get::<i64, _>("current_version").unsigned_abs());
            all.entry(version).or_default().extend(row.get::<Option<String>, _>("label").map(Label));
        }
        Ok(all)
    }

    /// Notes that both legs, as published, hold the labels that documents had at this epoch. Those changed since stay noted.
    ///
    /// # Errors
    /// Database errors.
    pub async fn relabelled_until(&self, epoch: u64) -> Result<(), CatalogError> {
        sqlx::query("UPDATE documents SET rights_at = 0 WHERE rights_at > 0 AND rights_at <= $1")
            .bind(to_i64(epoch))
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

/// The labels a document gets as it is published: what was said of it by hand stands above what the reader of the file decided. The
/// second value tells whether they are others than those it was indexed under.
pub(crate) async fn deciding(
    transaction: &mut Transaction<'_, Sqlite>,
    doc: &DocId,
    read: &Decided,
) -> Result<(Decided, bool), CatalogError> {
    let row =
        sqlx::query("SELECT labels, origin FROM label_overrides WHERE doc_id = $1").bind(&doc.0).fetch_optional(&mut **transaction).await?;
    let Some(said) = row.as_ref().map(overriding).transpose()? else { return Ok((read.clone(), false)) };
    let others = said.labels != read.labels;
    Ok((said, others))
}

/// Raises the epoch, and notes it at these documents.
pub(crate) async fn bump(transaction: &mut Transaction<'_, Sqlite>, docs: &[&DocId]) -> Result<(), CatalogError> {
    if docs.is_empty() {
        return Ok(());
    }
    let epoch: String = sqlx::query_scalar(
        "UPDATE settings SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'rights_epoch' RETURNING value",
    )
    .fetch_one(&mut **transaction)
    .await?;
    let epoch: i64 = epoch.parse().map_err(|_| CatalogError::Damaged(format!("rights_epoch is {epoch:?}")))?;
    for doc in docs {
        sqlx::query("UPDATE documents SET rights_at = $1 WHERE doc_id = $2").bind(epoch).bind(&doc.0).execute(&mut **transaction).await?;
    }
    Ok(())
}

/// Writes a document's labels; whether they were others. What was said by hand is left in place by anything that says less.
async fn change(transaction: &mut Transaction<'_, Sqlite>, doc: &DocId, decided: &Decided) -> Result<bool, CatalogError> {
    let (decided, _) = deciding(transaction, doc, decided).await?;
    let before: Vec<String> =
        sqlx::query_scalar("SELECT label FROM document_labels WHERE doc_id = $1").bind(&doc.0).fetch_all(&mut **transaction).await?;
    let before: BTreeSet<Label> = before.into_iter().map(Label).collect();
    let known = sqlx::query("UPDATE documents SET labels_origin = $1 WHERE doc_id = $2")
        .bind(&decided.origin)
        .bind(&doc.0)
        .execute(&mut **transaction)
        .await?;
    if known.rows_affected() == 0 || before == decided.labels {
        return Ok(false);
    }
    write_labels(transaction, doc, &decided.labels).await?;
    Ok(true)
}

/// Replaces a document's labels.
pub(crate) async fn write_labels(
    transaction: &mut Transaction<'_, Sqlite>,
    doc: &DocId,
    labels: &BTreeSet<Label>,
) -> Result<(), CatalogError> {
    sqlx::query("DELETE FROM document_labels WHERE doc_id = $1").bind(&doc.0).execute(&mut **transaction).await?;
    for label in labels {
        sqlx::query("INSERT INTO document_labels (doc_id, label) VALUES ($1, $2)")
            .bind(&doc.0)
            .bind(&label.0)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

fn overriding(row: &SqliteRow) -> Result<Decided, CatalogError> {
    let labels: String = row.get("labels");
    let labels = serde_json::from_str(&labels).map_err(|error| CatalogError::Damaged(format!("labels of a document: {error}")))?;
    Ok(Decided { labels, origin: row.get("origin") })
}
