//! Work that outlives a request: what it is, where it stands, how it ended.

use pinakes_types::Timestamp;
use sqlx::Row;

use crate::{Catalog, CatalogError};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Waiting for the writer.
    Queued,
    /// At work.
    Running,
    /// Finished.
    Done,
    /// Ended by an error.
    Failed,
    /// Stopped on request, or by the end of the process that ran it.
    Cancelled,
}

impl JobState {
    /// Its name in the catalog and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(name: &str) -> Self {
        [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == name)
            .unwrap_or(Self::Failed)
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Id.
    pub id: String,
    /// What it does, such as `add`.
    pub kind: String,
    /// Where it stands.
    pub state: JobState,
    /// Progress and result, JSON of the crate that runs it.
    pub detail: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

impl Catalog {
    /// Writes a job's row, new or not.
    ///
    /// # Errors
    /// Database errors.
    pub async fn put_job(&self, job: &JobRow) -> Result<(), CatalogError> {
        sqlx::query(
            "INSERT INTO jobs (job_id, kind, state, detail, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (job_id) DO UPDATE SET state = excluded.state, detail = excluded.detail, updated_at = excluded.updated_at",
        )
        .bind(&job.id)
        .bind(&job.kind)
        .bind(job.state.as_str())
        .bind(&job.detail)
        .bind(job.created_at.0)
        .bind(job.updated_at.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// One job.
    ///
    /// # Errors
    /// Database errors.
    pub async fn job(&self, id: &str) -> Result<Option<JobRow>, CatalogError> {
        let row = sqlx::query("SELECT * FROM jobs WHERE job_id = $1").bind(id).fetch_optional(&self.readers).await?;
        Ok(row.as_ref().map(job))
    }

    /// The newest jobs first.
    ///
    /// # Errors
    /// Database errors.
    pub async fn jobs(&self, limit: u32) -> Result<Vec<JobRow>, CatalogError> {
        let rows = sqlx::query("SELECT * FROM jobs ORDER BY created_at DESC, job_id LIMIT $1").bind(limit).fetch_all(&self.readers).await?;
        Ok(rows.iter().map(job).collect())
    }

    /// Jobs that a process left unfinished, oldest first, so that they can be taken up again.
    ///
    /// # Errors
    /// Database errors.
    pub async fn unfinished_jobs(&self) -> Result<Vec<JobRow>, CatalogError> {
        let rows = sqlx::query("SELECT * FROM jobs WHERE state IN ('queued', 'running') ORDER BY created_at, job_id")
            .fetch_all(&self.readers)
            .await?;
        Ok(rows.iter().map(job).collect())
    }

    /// Keeps the newest `keep` jobs.
    ///
    /// # Errors
    /// Database errors.
    pub async fn trim_jobs(&self, keep: u32) -> Result<(), CatalogError> {
        sqlx::query("DELETE FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND job_id NOT IN (SELECT job_id FROM jobs ORDER BY created_at DESC LIMIT $1)")
            .bind(keep)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

pub(crate) fn job(row: &sqlx::sqlite::SqliteRow) -> JobRow {
    JobRow {
        id: row.get("job_id"),
        kind: row.get("kind"),
        state: JobState::parse(row.get("state")),
        detail: row.get("detail"),
        created_at: Timestamp(row.get("created_at")),
        updated_at: Timestamp(row.get("updated_at")),
    }
}
