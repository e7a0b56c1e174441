//! Work asked for over the API, done one after the other by one task that takes the writer's lock for each. A job is in the catalog
//! before it is acknowledged, and a process that starts takes up what one before it left.

use std::sync::Arc;
use std::time::Duration;

use pinakes_api::{Job, JobKind, JobState, StateCounts};
use pinakes_catalog::CatalogError;
use pinakes_embed::Embedder;
use pinakes_extract::WorkerCommand;
use pinakes_types::{Random, Reason, SourceId};
use tokio::sync::mpsc;

use crate::progress::row;
use crate::{IngestError, Quiet, Store, UPLOADS, Writer};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Reads what changed among the uploads.
    Uploads,
    /// Reads what changed in every source.
    Sync,
    /// Takes deleted documents out of the legs.
    Sweep,
}

/// Jobs that may wait.
const QUEUE_MAX: usize = 256;
/// Finished jobs kept.
const JOBS_KEPT: u32 = 1_000;
/// How long to wait before asking again for a lock that another process holds.
const LOCK_RETRY: Duration = Duration::from_secs(1);

/// Takes jobs.
#[derive(Clone)]
pub struct JobQueue {
    store: Store,
    random: Arc<dyn Random>,
    sender: mpsc::Sender<(Job, Work)>,
}

impl JobQueue {
    /// Starts the task that does the work, with what an earlier process left unfinished at the head of the queue.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn start(store: Store, embedder: Arc<Embedder>, worker: WorkerCommand, random: Arc<dyn Random>) -> Result<Self, IngestError> {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let queue = Self { store: store.clone(), random, sender };
        let left = store.catalog.unfinished_jobs().await?;
        tokio::spawn(work(store.clone(), embedder, worker, receiver));
        let mut uploads_left = false;
        // Tasks go on by themselves.
        for old in left.into_iter().filter(|old| old.kind != pinakes_catalog::TASK) {
            uploads_left |= old.kind == "upload";
            close_left_over(&store, &old.detail, &old.id).await?;
        }
        if uploads_left {
            queue.submit(Work::Uploads).await?;
        }
        Ok(queue)
    }

    /// Queues work. It is in the catalog when this returns.
    ///
    /// # Errors
    /// A full queue ([`IngestError::QueueFull`]); catalog errors.
    pub async fn submit(&self, work: Work) -> Result<Job, IngestError> {
        let place = self.sender.try_reserve().map_err(|_| IngestError::QueueFull)?;
        let kind = match work {
            Work::Uploads => JobKind::Upload,
            Work::Sync => JobKind::Sync,
            Work::Sweep => JobKind::Remove,
        };
        let job = queued(self.new_id(), kind, &self.store);
        self.store.catalog.put_job(&row(&job, self.store.now())).await?;
        place.send((job.clone(), work));
        Ok(job)
    }

    fn new_id(&self) -> String {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// One job, with its progress.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn job(&self, id: &str) -> Result<Option<Job>, IngestError> {
        Ok(self.store.catalog.job(id).await?.and_then(|row| serde_json::from_str(&row.detail).ok()))
    }

    /// The newest jobs first.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn jobs(&self, limit: u32) -> Result<Vec<Job>, IngestError> {
        let rows = self.store.catalog.jobs(limit).await?;
        Ok(rows.iter().filter_map(|row| serde_json::from_str(&row.detail).ok()).collect())
    }
}

fn queued(id: String, kind: JobKind, store: &Store) -> Job {
    Job {
        id,
        kind,
        state: JobState::Queued,
        files_total: 0,
        files_done: 0,
        counts: StateCounts::default(),
        chunks: 0,
        bytes: 0,
        files_per_second: None,
        eta_seconds: None,
        current_file: None,
        queued_at: store.now(),
        started_at: None,
        finished_at: None,
        error: None,
        problems: Vec::new(),
    }
}

async fn close_left_over(store: &Store, detail: &str, id: &str) -> Result<(), CatalogError> {
    let Ok(mut job) = serde_json::from_str::<Job>(detail) else {
        tracing::warn!(id, "a job's row cannot be read");
        return Ok(());
    };
    job.state = JobState::Cancelled;
    job.finished_at = Some(store.now());
    job.error = Some(Reason::new("interrupted", "the process that ran it ended; what it had published stays, the rest is read again"));
    store.catalog.put_job(&row(&job, store.now())).await
}

async fn work(store: Store, embedder: Arc<Embedder>, worker: WorkerCommand, mut receiver: mpsc::Receiver<(Job, Work)>) {
    while let Some((job, work)) = receiver.recv().await {
        if let Err(error) = run(&store, &embedder, &worker, &job, work).await {
            tracing::error!(job = job.id, %error, "job failed");
            let mut failed = job;
            failed.state = JobState::Failed;
            failed.finished_at = Some(store.now());
            failed.error = Some(Reason::new("run_ended", error.to_string()));
            if let Err(error) = store.catalog.put_job(&row(&failed, store.now())).await {
                tracing::error!(%error, "the job's end could not be written");
            }
        }
        if let Err(error) = store.catalog.trim_jobs(JOBS_KEPT).await {
            tracing::warn!(%error, "old jobs could not be removed");
        }
    }
}

async fn run(store: &Store, embedder: &Arc<Embedder>, worker: &WorkerCommand, job: &Job, work: Work) -> Result<(), IngestError> {
    let writer = loop {
        match Writer::open(store, Arc::clone(embedder), worker.clone(), "serve").await {
            // Another process indexes: the job keeps its place.
            Err(IngestError::Locked { .. }) => tokio::time::sleep(LOCK_RETRY).await,
            other => break other?,
        }
    };
    match work {
        Work::Uploads => {
            store.uploads_source().await?;
            writer.sync(Some(&SourceId(UPLOADS.into())), JobKind::Upload, job.id.clone(), &Quiet).await?;
        }
        Work::Sync => {
            writer.sync(None, JobKind::Sync, job.id.clone(), &Quiet).await?;
        }
        Work::Sweep => {
            writer.sweep_job(job.id.clone()).await?;
        }
    }
    Ok(())
}
