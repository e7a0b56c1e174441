//! Who did what, when: one line of JSON a record, each holding the hash of the one before and of itself, so that no byte of it, no line
//! and no end of it can be changed or taken away without [`verify`] finding it. Records name documents, never what they say, and hold no
//! secrets.
//!
//! What it cannot do: somebody who can write the folder can write the whole chain anew. Whoever fears that sends the lines elsewhere, or
//! keeps the last hash that `pinakes audit verify` prints.

mod chain;
mod files;
mod record;
mod tail;
mod verify;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pinakes_api::AuditRecord;
use pinakes_config::AuditConfig;
use pinakes_config::limits::access::AUDIT_QUEUE_MAX;
use pinakes_types::{Clock, Timestamp};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

pub use record::{Event, Outcome};
pub use verify::{Verified, verify};

use record::Noted;

/// What goes wrong with the log.
#[derive(Debug, Error)]
pub enum AuditError {
    /// The folder cannot be read or written.
    #[error("the audit log in {folder} cannot be used: {error}")]
    Io {
        /// The folder.
        folder: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is not as it was written.
    #[error("{file}, line {line}: {problem}")]
    Changed {
        /// File in the folder.
        file: String,
        /// From 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
}

/// A record on its way to the disk; whoever waits for it is told when it is there.
struct Waiting {
    /// `None`: only to be told that all before it is there.
    noted: Option<Noted>,
    durable: Option<oneshot::Sender<bool>>,
}

/// Takes records. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    /// `None`: nothing is kept.
    sender: Option<mpsc::Sender<Waiting>>,
    clock: Option<Arc<dyn Clock>>,
    folder: PathBuf,
}

impl Audit {
    /// Keeps nothing.
    #[must_use]
    pub fn off() -> Self {
        Self { sender: None, clock: None, folder: PathBuf::new() }
    }

    /// Writes to a folder, which is made; other processes may write to the same one.
    ///
    /// # Errors
    /// [`AuditError::Io`] when the folder cannot be written.
    pub fn open(folder: &Path, config: AuditConfig, clock: Arc<dyn Clock>) -> Result<Self, AuditError> {
        let (sender, receiver) = mpsc::channel(AUDIT_QUEUE_MAX);
        let writer = writer::Writer::open(folder, config)?;
        std::thread::Builder::new()
            .name("audit".into())
            .spawn(move || writer.run(receiver))
            .map_err(|error| AuditError::Io { folder: folder.display().to_string(), error })?;
        Ok(Self { sender: Some(sender), clock: Some(clock), folder: folder.to_owned() })
    }

    /// Notes something. Waits only while very many records are on their way to the disk.
    pub async fn note(&self, subject: &str, event: Event) {
        self.send(subject, event, None).await;
    }

    /// Notes something and waits until it is on the disk. That it could not be written is logged, and keeps nobody from working.
    pub async fn note_durably(&self, subject: &str, event: Event) {
        let (durable, written) = oneshot::channel();
        if self.send(subject, event, Some(durable)).await && !written.await.unwrap_or(false) {
            tracing::error!(subject, "a record of the audit log could not be written");
        }
    }

    /// The latest records, newest first; `None` where none are kept.
    ///
    /// # Errors
    /// [`AuditError::Io`] when the folder cannot be read.
    pub async fn latest(&self, most: usize) -> Result<Option<Vec<AuditRecord>>, AuditError> {
        if self.sender.is_none() {
            return Ok(None);
        }
        let folder = self.folder.clone();
        let failed = |error| AuditError::Io { folder: self.folder.display().to_string(), error };
        let read = tokio::task::spawn_blocking(move || tail::latest(&folder, most)).await.map_err(|error| failed(error.into()))?;
        Ok(Some(read.map_err(failed)?.into_iter().filter_map(record::shown).collect()))
    }

    /// Waits until everything noted before is on the disk: for the end of a process.
    pub async fn flush(&self) {
        let Some(sender) = &self.sender else { return };
        let (durable, written) = oneshot::channel();
        if sender.send(Waiting { noted: None, durable: Some(durable) }).await.is_ok() && !written.await.unwrap_or(false) {
            tracing::error!("the last records of the audit log could not be written");
        }
    }

    async fn send(&self, subject: &str, event: Event, durable: Option<oneshot::Sender<bool>>) -> bool {
        let Some(sender) = &self.sender else { return false };
        let at = self.clock.as_ref().map_or(Timestamp(0), |clock| clock.now());
        let noted = Some(Noted { at, subject: subject.to_owned(), event });
        if sender.send(Waiting { noted, durable }).await.is_err() {
            tracing::error!(subject, "the audit log's writer has ended; a record is lost");
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests;
