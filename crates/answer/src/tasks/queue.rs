//! Tasks on many documents, one after the other in the background. What is to be done and what came of it stand in the catalog alone: a job
//! is there before it is acknowledged, each result before the next document begins, and a process that starts goes on where one ended.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use pinakes_api::{ApiError, Code, JobState, TaskAnswer, TaskJob, TaskRequest, TaskResult};
use pinakes_catalog::{JobRow, TaskCounts, TaskItem};
use pinakes_config::limits::tasks::{RESULTS_PAGE, WAITING_MAX};
use pinakes_types::Scope;
use tokio::sync::Notify;

use crate::Searcher;
use crate::searcher::catalog_error;

/// How often the queue is looked at when nobody said that there is something new, and how soon a cancelled task stops.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// Who somebody is, on its way.
type Found = Pin<Box<dyn Future<Output = Result<Option<Scope>, ApiError>> + Send>>;

/// Who somebody is now: rights are asked for each document anew, as they may have changed since the job was asked for.
pub trait Readers: Send + Sync {
    /// What a subject may read; `None` when they may not come in any more.
    fn scope_of(&self, subject: &str) -> Found;
}

/// Takes tasks on many documents. Cheap to share; the worker ends with the last of them.
#[derive(Clone)]
pub struct TaskQueue {
    searcher: Searcher,
    news: Arc<Notify>,
    _worker: Arc<Worker>,
}

struct Worker(tokio::task::JoinHandle<()>);

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl TaskQueue {
    /// Starts the worker, which takes up what a process before this one left.
    #[must_use]
    pub fn start(searcher: Searcher, readers: Arc<dyn Readers>) -> Self {
        let news = Arc::new(Notify::new());
        let worker = tokio::spawn(work(searcher.clone(), readers, Arc::clone(&news)));
        Self { searcher, news, _worker: Arc::new(Worker(worker)) }
    }

    /// Does a task at once where it is about one document, else queues it.
    ///
    /// # Errors
    /// As [`Searcher::check_task`], [`Searcher::task_documents`] and [`Searcher::task`]; [`Code::Busy`] when the asker has too many unfinished.
    pub async fn ask(&self, scope: &Scope, request: &TaskRequest) -> Result<TaskAnswer, ApiError> {
        self.searcher.check_task(&request.task)?;
        let documents = self.searcher.task_documents(scope, request).await?;
        let together = matches!(request.task, pinakes_api::Task::Draft { .. });
        if together || (documents.len() == 1 && !request.background) {
            return Ok(TaskAnswer::Result(Box::new(self.searcher.task(scope, &request.task, &documents).await?)));
        }
        let mut bytes = [0; 12];
        self.searcher.random.fill(&mut bytes);
        let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let now = self.searcher.store.now();
        let detail =
            serde_json::to_string(&TaskRequest { documents: vec![], filters: None, ..request.clone() }).map_err(ApiError::internal)?;
        let row = JobRow {
            id: id.clone(),
            kind: pinakes_catalog::TASK.to_owned(),
            state: pinakes_catalog::JobState::Queued,
            detail,
            created_at: now,
            updated_at: now,
        };
        let catalog = &self.searcher.store.catalog;
        if !catalog.add_task(scope, &row, &documents, WAITING_MAX).await.map_err(catalog_error)? {
            let words = format!("You have {WAITING_MAX} unfinished tasks; wait for one, or cancel one.");
            return Err(ApiError::new(Code::Busy, words).retry_after(30));
        }
        self.news.notify_one();
        self.job(scope, &id).await.map(TaskAnswer::Job)
    }

    /// How far one of the asker's own tasks is.
    ///
    /// # Errors
    /// [`Code::NotFound`] for one that is not there or somebody else's.
    pub async fn job(&self, scope: &Scope, id: &str) -> Result<TaskJob, ApiError> {
        let found = self.searcher.store.catalog.task(scope, id).await.map_err(catalog_error)?;
        found.map(|(row, counts)| shown(row, counts)).ok_or_else(|| ApiError::new(Code::NotFound, "There is no such task."))
    }

    /// Ends a task; a result under way is given up within a second, those that are there stay.
    ///
    /// # Errors
    /// As [`TaskQueue::job`].
    pub async fn cancel(&self, scope: &Scope, id: &str) -> Result<TaskJob, ApiError> {
        self.job(scope, id).await?;
        let store = &self.searcher.store;
        store.catalog.move_task(id, pinakes_catalog::JobState::Cancelled, store.now()).await.map_err(catalog_error)?;
        self.job(scope, id).await
    }

    /// Some results from a place on, and the place to go on from; none when there are no more. Of a document that the asker may not read any
    /// more, nothing but that it is gone.
    ///
    /// # Errors
    /// As [`TaskQueue::job`].
    pub async fn results(&self, scope: &Scope, id: &str, from: u64) -> Result<(Vec<TaskResult>, u64), ApiError> {
        self.job(scope, id).await?;
        let catalog = &self.searcher.store.catalog;
        let items = catalog.task_results(id, from, RESULTS_PAGE).await.map_err(catalog_error)?;
        let next = items.last().map_or(from, |last| last.place + 1);
        let mut results = Vec::with_capacity(items.len());
        for TaskItem { doc, result, .. } in items {
            let result: TaskResult = serde_json::from_str(&result.unwrap_or_default()).map_err(ApiError::internal)?;
            results.push(match self.searcher.document(scope, &doc).await {
                Ok(_) => result,
                Err(error) if error.code == Code::NotFound => {
                    let error = Some(pinakes_types::Reason::new(error.code.as_str(), error.detail));
                    TaskResult { kind: result.kind, doc_id: doc, error, ..TaskResult::default() }
                }
                Err(error) => return Err(error),
            });
        }
        Ok((results, next))
    }
}

fn shown(row: JobRow, counts: TaskCounts) -> TaskJob {
    use pinakes_catalog::JobState as Kept;
    let request: Option<TaskRequest> = serde_json::from_str(&row.detail).ok();
    TaskJob {
        id: row.id,
        kind: request.map_or(String::new(), |request| request.task.name().to_owned()),
        state: match row.state {
            Kept::Queued => JobState::Queued,
            Kept::Running => JobState::Running,
            Kept::Done => JobState::Done,
            Kept::Failed => JobState::Failed,
            Kept::Cancelled => JobState::Cancelled,
        },
        documents_total: counts.total,
        documents_done: counts.done,
        documents_failed: counts.failed,
        queued_at: row.created_at,
        updated_at: row.updated_at,
    }
}

async fn work(searcher: Searcher, readers: Arc<dyn Readers>, news: Arc<Notify>) {
    loop {
        match step(&searcher, &*readers).await {
            Ok(true) => {}
            Ok(false) => drop(tokio::time::timeout(LOOK_INTERVAL * 4, news.notified()).await),
            Err(error) => {
                tracing::error!(%error, "tasks wait: the catalog does not answer");
                tokio::time::sleep(LOOK_INTERVAL).await;
            }
        }
    }
}

/// Does one document of the oldest unfinished task; `false` when there is nothing to do.
async fn step(searcher: &Searcher, readers: &dyn Readers) -> Result<bool, ApiError> {
    use pinakes_catalog::JobState as Kept;
    let (catalog, now) = (&searcher.store.catalog, || searcher.store.now());
    let Some((job, owner)) = catalog.next_task().await.map_err(catalog_error)? else { return Ok(false) };
    let end = async |state: Kept| catalog.move_task(&job.id, state, now()).await.map(|_| true).map_err(catalog_error);
    let Ok(request) = serde_json::from_str::<TaskRequest>(&job.detail) else { return end(Kept::Failed).await };
    let Some(item) = catalog.next_task_item(&job.id).await.map_err(catalog_error)? else { return end(Kept::Done).await };
    let Some(scope) = readers.scope_of(&owner).await? else { return end(Kept::Failed).await };
    if job.state == Kept::Queued {
        end(Kept::Running).await?;
    }
    let doing = searcher.task(&scope, &request.task, std::slice::from_ref(&item.doc));
    let done = tokio::select! {
        done = doing => done,
        () = cancelled(searcher, &scope, &job.id) => return Ok(true),
    };
    let result = done.unwrap_or_else(|error| Searcher::failed(&request.task, &item.doc, &error));
    let failed = result.error.is_some();
    let text = serde_json::to_string(&result).map_err(ApiError::internal)?;
    catalog.finish_task_item(&job.id, item.place, &text, failed, now()).await.map_err(catalog_error)?;
    Ok(true)
}

/// Comes back when a task is over without being done.
async fn cancelled(searcher: &Searcher, scope: &Scope, id: &str) {
    loop {
        tokio::time::sleep(LOOK_INTERVAL).await;
        if let Ok(found) = searcher.store.catalog.task(scope, id).await
            && found.is_none_or(|(row, _)| row.state == pinakes_catalog::JobState::Cancelled)
        {
            return;
        }
    }
}
