//! Work in the background: reading, re-reading, removing documents.

use pinakes_types::{FileState, Reason, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schemas;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    /// Reads a folder or file for the first time.
    Add,
    /// Reads what changed in the sources.
    Sync,
    /// Reads one uploaded file.
    Upload,
    /// Makes both indexes anew from the stored text.
    Rebuild,
    /// Drops what was deleted from the indexes.
    Remove,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Waits for its turn.
    Queued,
    /// At work.
    Running,
    /// Every file reached a state.
    Done,
    /// Stopped by an error; what was done stays.
    Failed,
    /// Stopped on request; what was done stays.
    Cancelled,
}

impl JobState {
    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// Files by how they ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct StateCounts {
    /// Wholly searchable.
    pub indexed: u64,
    /// Partly searchable.
    pub partial: u64,
    /// Left out on purpose.
    pub skipped: u64,
    /// Could not be read.
    pub failed: u64,
    /// Not read again, being as before.
    pub unchanged: u64,
    /// No longer there and removed.
    pub deleted: u64,
}

impl StateCounts {
    /// Counts one more file in `state`.
    pub fn add(&mut self, state: FileState) {
        match state {
            FileState::Indexed => self.indexed += 1,
            FileState::Partial => self.partial += 1,
            FileState::Skipped => self.skipped += 1,
            FileState::Failed => self.failed += 1,
        }
    }
}

/// One file that did not go well, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobFailure {
    /// Its path within its source.
    pub path: String,
    /// How it ended.
    #[schema(value_type = schemas::FileState)]
    pub state: FileState,
    /// Why.
    #[schema(value_type = schemas::Reason)]
    pub reason: Reason,
}

/// A job and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// The job.
    pub id: String,
    /// What it does.
    pub kind: JobKind,
    /// Where it stands.
    pub state: JobState,
    /// Files to do, as far as known.
    pub files_total: u64,
    /// Files that reached a state.
    pub files_done: u64,
    /// Files by how they ended.
    pub counts: StateCounts,
    /// Passages written.
    pub chunks: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Files a second, over the last stretch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_per_second: Option<f64>,
    /// Seconds left at that rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<u64>,
    /// The file being read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_file: Option<String>,
    /// When it was asked for.
    #[schema(value_type = i64)]
    pub queued_at: Timestamp,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub finished_at: Option<Timestamp>,
    /// Why it failed, when it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Reason>)]
    pub error: Option<Reason>,
    /// The first files that did not go well; the document list has all.
    #[serde(default)]
    pub problems: Vec<JobFailure>,
}

/// The latest jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobList {
    /// Newest first.
    pub jobs: Vec<Job>,
}

impl Job {
    /// The same for whoever asked for it and administers nothing: the state, without files and counts, which may be others'.
    #[must_use]
    pub fn for_uploaders(self) -> Self {
        let error = self.error.map(|error| Reason::new(error.code, "It did not end well; ask an administrator."));
        Self {
            files_total: 0,
            files_done: 0,
            counts: StateCounts::default(),
            chunks: 0,
            bytes: 0,
            files_per_second: None,
            eta_seconds: None,
            current_file: None,
            error,
            problems: vec![],
            ..self
        }
    }
}
