//! One process at a time in a folder: an advisory lock on a file that says who holds it, which the system lets go of when its holder
//! ends, however it ends.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::DiskError;

const HOLDER_BYTES_MAX: u64 = 64;

/// The right to the folder, for as long as it lives.
#[derive(Debug)]
pub(super) struct FolderLock {
    file: File,
}

impl FolderLock {
    pub(super) fn take(folder: &Path) -> Result<Self, DiskError> {
        let path = folder.join("lock");
        let unusable = |error| DiskError::Unusable { folder: folder.into(), error };
        let mut options = fs_err::OpenOptions::new();
        let opened = options.create(true).read(true).write(true).truncate(false).open(&path);
        let mut file = opened.map_err(unusable)?.into_parts().0;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DiskError::Locked { folder: folder.into(), holder: holder(&mut file) }),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "process {}", std::process::id()));
        written.map_err(unusable)?;
        Ok(Self { file })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // The words are for people; the lock goes with the file.
        let _ = self.file.set_len(0);
    }
}

fn holder(file: &mut File) -> String {
    let mut words = String::new();
    match file.take(HOLDER_BYTES_MAX).read_to_string(&mut words) {
        Ok(bytes) if bytes > 0 => words,
        _ => "another process".to_owned(),
    }
}
