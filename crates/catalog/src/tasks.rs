//! Tasks on many documents: a job with one item a document, and the result of each, kept as it is made. What is done is told by the items
//! alone, so a process that starts goes on with the first that has no result.

use pinakes_types::{DocId, Scope, Timestamp};
use sqlx::Row;

use crate::jobs::{JobRow, job};
use crate::{Catalog, CatalogError};

/// `kind` of these jobs.
pub const TASK: &str = "task";

/// Items of a job by how far they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaskCounts {
    /// All.
    pub total: u64,
    /// With a result.
    pub done: u64,
    /// Whose result is that it failed.
    pub failed: u64,
}

/// One document of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskItem {
    /// Its place, from 0.
    pub place: u64,
    /// The document.
    pub doc: DocId,
    /// What came of it, JSON of the crate that runs it.
    pub result: Option<String>,
}

impl Catalog {
    /// Keeps a new task of the scope's with its documents, unless `waiting_max` of theirs are unfinished; `false` then.
    ///
    /// # Errors
    /// Database errors.
    pub async fn add_task(&self, scope: &Scope, task: &JobRow, docs: &[DocId], waiting_max: u32) -> Result<bool, CatalogError> {
        let mut transaction = self.writer.begin().await?;
        let waiting =
            "SELECT COUNT(*) FROM jobs j JOIN tasks t ON t.job_id = j.job_id WHERE j.state IN ('queued', 'running') AND t.owner = $1";
        let waiting: i64 = sqlx::query_scalar(waiting).bind(scope.subject()).fetch_one(&mut *transaction).await?;
        if waiting >= i64::from(waiting_max) {
            return Ok(false);
        }
        sqlx::query("INSERT INTO jobs (job_id, kind, state, detail, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(&task.id)
            .bind(TASK)
            .bind(task.state.as_str())
            .bind(&task.detail)
            .bind(task.created_at.0)
            .bind(task.updated_at.0)
            .execute(&mut *transaction)
            .await?;
        let owned = sqlx::query("INSERT INTO tasks (job_id, owner) VALUES ($1, $2)").bind(&task.id).bind(scope.subject());
        owned.execute(&mut *transaction).await?;
        for (place, doc) in docs.iter().enumerate() {
            sqlx::query("INSERT INTO task_items (job_id, place, doc_id, failed) VALUES ($1, $2, $3, 0)")
                .bind(&task.id)
                .bind(place as i64)
                .bind(&doc.0)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// One of the scope's own tasks.
    ///
    /// # Errors
    /// Database errors.
    pub async fn task(&self, scope: &Scope, id: &str) -> Result<Option<(JobRow, TaskCounts)>, CatalogError> {
        let select = "SELECT j.* FROM jobs j JOIN tasks t ON t.job_id = j.job_id WHERE j.job_id = $1 AND t.owner = $2";
        let row = sqlx::query(select).bind(id).bind(scope.subject()).fetch_optional(&self.readers).await?;
        let Some(row) = row.as_ref().map(job) else { return Ok(None) };
        let counts = self.task_counts(id).await?;
        Ok(Some((row, counts)))
    }

    async fn task_counts(&self, id: &str) -> Result<TaskCounts, CatalogError> {
        let select =
            "SELECT COUNT(*) AS total, COUNT(result) AS done, COALESCE(SUM(failed), 0) AS failed FROM task_items WHERE job_id = $1";
        let row = sqlx::query(select).bind(id).fetch_one(&self.readers).await?;
        let number = |name: &str| row.get::<i64, _>(name).unsigned_abs();
        Ok(TaskCounts { total: number("total"), done: number("done"), failed: number("failed") })
    }

    /// The oldest unfinished task and whose it is. For whoever does them.
    ///
    /// # Errors
    /// Database errors.
    pub async fn next_task(&self) -> Result<Option<(JobRow, String)>, CatalogError> {
        let select = "SELECT j.*, t.owner FROM jobs j JOIN tasks t ON t.job_id = j.job_id WHERE j.state IN ('queued', 'running') \
                      ORDER BY j.created_at, j.job_id LIMIT 1";
        let row = sqlx::query(select).fetch_optional(&self.readers).await?;
        Ok(row.map(|row| (job(&row), row.get("owner"))))
    }

    /// The first document of a task without a result.
    ///
    /// # Errors
    /// Database errors.
    pub async fn next_task_item(&self, id: &str) -> Result<Option<TaskItem>, CatalogError> {
        let select = "SELECT place, doc_id, result FROM task_items WHERE job_id = $1 AND result IS NULL ORDER BY place LIMIT 1";
        Ok(sqlx::query(select).bind(id).fetch_optional(&self.readers).await?.as_ref().map(item))
    }

    /// Keeps the result of one document.
    ///
    /// # Errors
    /// Database errors.
    pub async fn finish_task_item(&self, id: &str, place: u64, result: &str, failed: bool, now: Timestamp) -> Result<(), CatalogError> {
        let mut transaction = self.writer.begin().await?;
        sqlx::query("UPDATE task_items SET result = $1, failed = $2 WHERE job_id = $3 AND place = $4")
            .bind(result)
            .bind(i64::from(failed))
            .bind(id)
            .bind(place as i64)
            .execute(&mut *transaction)
            .await?;
        let moved = sqlx::query("UPDATE jobs SET updated_at = $1 WHERE job_id = $2").bind(now.0).bind(id);
        moved.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Moves a task that is not over to another state; `false` when it is over already.
    ///
    /// # Errors
    /// Database errors.
    pub async fn move_task(&self, id: &str, state: crate::JobState, now: Timestamp) -> Result<bool, CatalogError> {
        let update = "UPDATE jobs SET state = $1, updated_at = $2 WHERE job_id = $3 AND kind = $4 AND state IN ('queued', 'running')";
        let moved = sqlx::query(update).bind(state.as_str()).bind(now.0).bind(id).bind(TASK).execute(&self.writer).await?;
        Ok(moved.rows_affected() > 0)
    }

    /// At most `limit` results of a task from a place on, in order. The caller has made sure whose it is.
    ///
    /// # Errors
    /// Database errors.
    pub async fn task_results(&self, id: &str, from: u64, limit: u32) -> Result<Vec<TaskItem>, CatalogError> {
        let select =
            "SELECT place, doc_id, result FROM task_items WHERE job_id = $1 AND place >= $2 AND result IS NOT NULL ORDER BY place LIMIT $3";
        let rows = sqlx::query(select).bind(id).bind(from as i64).bind(i64::from(limit)).fetch_all(&self.readers).await?;
        Ok(rows.iter().map(item).collect())
    }
}

fn item(row: &sqlx::sqlite::SqliteRow) -> TaskItem {
    TaskItem { place: row.get::<i64, _>("place").unsigned_abs(), doc: DocId(row.get("doc_id")), result: row.get("result") }
}
