//! How far a run is: counts, rate and time left, told to an observer and kept in the job's row.

use std::time::{Duration, Instant};

use pinakes_api::{Job, JobFailure, JobKind, JobState, StateCounts};
use pinakes_catalog::{CatalogError, JobRow};
use pinakes_types::{FileState, Reason, Timestamp};

use crate::Store;

/// Is told what happens during a run. Called from the run itself: must return at once.
pub trait Observer: Send + Sync {
    /// The run has moved.
    fn moved(&self, job: &Job);
    /// A file ended other than wholly indexed.
    fn problem(&self, path: &str, state: FileState, reason: &Reason);
}

/// An observer that says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Observer for Quiet {
    fn moved(&self, _: &Job) {}
    fn problem(&self, _: &str, _: FileState, _: &Reason) {}
}

/// How many problems a job's row names; the document list has all.
const PROBLEMS_MAX: usize = 50;
/// How often the row is written while nothing is published.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// The progress of one run.
pub(crate) struct Progress<'a> {
    pub(crate) job: Job,
    store: &'a Store,
    observer: &'a dyn Observer,
    started: Instant,
    saved: Option<Instant>,
    /// Bytes of files still to be read, by which the time left is guessed.
    bytes_total: u64,
}

impl<'a> Progress<'a> {
    pub(crate) fn start(id: String, kind: JobKind, queued_at: Timestamp, store: &'a Store, observer: &'a dyn Observer) -> Self {
        let job = Job {
            id,
            kind,
            state: JobState::Running,
            files_total: 0,
            files_done: 0,
            counts: StateCounts::default(),
            chunks: 0,
            bytes: 0,
            files_per_second: None,
            eta_seconds: None,
            current_file: None,
            queued_at,
            started_at: Some(store.now()),
            finished_at: None,
            error: None,
            problems: Vec::new(),
        };
        Self { job, store, observer, started: Instant::now(), saved: None, bytes_total: 0 }
    }

    pub(crate) fn expect(&mut self, files: usize, bytes: u64) {
        self.job.files_total += files as u64;
        self.bytes_total += bytes;
    }

    pub(crate) fn unchanged(&mut self, files: usize) {
        self.job.counts.unchanged += files as u64;
    }

    pub(crate) fn reading(&mut self, path: &str) {
        self.job.current_file = Some(path.to_owned());
    }

    /// A file was published.
    pub(crate) fn done(&mut self, path: &str, state: FileState, reason: Option<&Reason>, bytes: u64, chunks: usize) {
        self.job.files_done += 1;
        self.job.counts.add(state);
        self.job.bytes += bytes;
        self.job.chunks += chunks as u64;
        if let Some(reason) = reason {
            self.observer.problem(path, state, reason);
            if self.job.problems.len() < PROBLEMS_MAX {
                self.job.problems.push(JobFailure { path: path.to_owned(), state, reason: reason.clone() });
            }
        }
        let seconds = self.started.elapsed().as_secs_f64();
        if seconds > 0.5 {
            self.job.files_per_second = Some(self.job.files_done as f64 / seconds);
            // Bytes say more about the time left than files do: a few large ones may come last.
            let left = self.bytes_total.saturating_sub(self.job.bytes) as f64;
            self.job.eta_seconds = (self.job.bytes > 0).then(|| (left * seconds / self.job.bytes as f64).ceil() as u64);
        }
        self.observer.moved(&self.job);
    }

    /// Writes the row, not more often than once a second.
    pub(crate) async fn save(&mut self) -> Result<(), CatalogError> {
        if self.saved.is_some_and(|saved| saved.elapsed() < SAVE_INTERVAL) {
            return Ok(());
        }
        self.saved = Some(Instant::now());
        self.observer.moved(&self.job);
        self.store.catalog.put_job(&row(&self.job, self.store.now())).await
    }

    /// Ends the run and writes the row.
    pub(crate) async fn finish(mut self, error: Option<Reason>) -> Result<Job, CatalogError> {
        self.job.state = if error.is_some() { JobState::Failed } else { JobState::Done };
        self.job.error = error;
        self.job.current_file = None;
        self.job.eta_seconds = None;
        self.job.finished_at = Some(self.store.now());
        self.observer.moved(&self.job);
        self.store.catalog.put_job(&row(&self.job, self.store.now())).await?;
        Ok(self.job)
    }
}

/// A job as the catalog keeps it.
pub(crate) fn row(job: &Job, now: Timestamp) -> JobRow {
    let state = match job.state {
        JobState::Queued => pinakes_catalog::JobState::Queued,
        JobState::Running => pinakes_catalog::JobState::Running,
        JobState::Done => pinakes_catalog::JobState::Done,
        JobState::Failed => pinakes_catalog::JobState::Failed,
        JobState::Cancelled => pinakes_catalog::JobState::Cancelled,
    };
    let kind = serde_json::to_value(job.kind).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    let detail = serde_json::to_string(job).expect("a job is plain data");
    JobRow { id: job.id.clone(), kind, state, detail, created_at: job.queued_at, updated_at: now }
}
