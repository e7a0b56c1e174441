//! One writer at a time, across processes: an advisory lock on a file that says who holds it. The operating system lets go of it when
//! its holder ends, however it ends, so there is no stale lock to clean up.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use pinakes_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::IngestError;

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// What it does, such as `index add`.
    pub command: String,
    /// Since when.
    pub since: Timestamp,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} (`pinakes {}`)", self.pid, self.command)
    }
}

/// The right to write, for as long as it lives.
#[derive(Debug)]
pub struct WriterLock {
    file: File,
}

impl WriterLock {
    fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("writer.lock")
    }

    /// Takes the lock.
    ///
    /// # Errors
    /// [`IngestError::Locked`] with the holder's name when another process has it; [`IngestError::Io`] when the folder cannot be written.
    pub fn take(data_dir: &Path, command: &str, now: Timestamp) -> Result<Self, IngestError> {
        let path = Self::path(data_dir);
        let mut file = fs_err::OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| IngestError::cannot_write(&path, error))?
            .into_parts()
            .0;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(IngestError::Locked { holder: read_holder(&mut file) }),
            Err(TryLockError::Error(error)) => return Err(IngestError::io(&path, error)),
        }
        let holder = Holder { pid: std::process::id(), command: command.to_owned(), since: now };
        let words = serde_json::to_vec(&holder).expect("a holder is plain data");
        // The words are for people; the lock holds without them.
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(&words));
        written.map_err(|error| IngestError::io(&path, error))?;
        Ok(Self { file })
    }

    /// Who holds the lock now, if anybody does.
    #[must_use]
    pub fn holder(data_dir: &Path) -> Option<Holder> {
        let mut file = fs_err::File::open(Self::path(data_dir)).ok()?.into_parts().0;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => read_holder(&mut file),
            _ => None,
        }
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
    }
}

fn read_holder(file: &mut File) -> Option<Holder> {
    const HOLDER_BYTES_MAX: u64 = 4096;
    let mut words = String::new();
    file.take(HOLDER_BYTES_MAX).read_to_string(&mut words).ok()?;
    serde_json::from_str(&words).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_writer_learns_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let lock = WriterLock::take(folder.path(), "index add", Timestamp(5)).unwrap();
        let error = WriterLock::take(folder.path(), "index sync", Timestamp(6)).unwrap_err();
        let words = error.to_string();
        assert!(words.contains(&std::process::id().to_string()) && words.contains("index add"), "{words}");
        assert_eq!(WriterLock::holder(folder.path()).unwrap().command, "index add");
        drop(lock);
        assert_eq!(WriterLock::holder(folder.path()), None);
        WriterLock::take(folder.path(), "index sync", Timestamp(7)).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let error = WriterLock::take(Path::new("/nonexistent/pinakes"), "index add", Timestamp(0)).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/pinakes"), "{error}");
    }
}
