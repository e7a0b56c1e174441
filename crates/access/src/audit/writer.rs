//! The thread that writes: takes what has come together, appends it under the lock, makes it durable, notes the new end, and tells
//! whoever waits.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use pinakes_config::AuditConfig;
use rustix::fs::{FlockOperation, flock};
use tokio::sync::mpsc;

use super::chain::{self, Head};
use super::files::{CURRENT, LOCK, full, full_name, last_line, read_head, write_head};
use super::{AuditError, Waiting};

/// Records written at once.
const BATCH_MAX: usize = 256;
/// Bytes at the end of a file in which its last line must stand.
const TAIL_BYTES: u64 = 1 << 20;

pub(crate) struct Writer {
    folder: PathBuf,
    config: AuditConfig,
    lock: fs_err::File,
}

impl Writer {
    pub(crate) fn open(folder: &Path, config: AuditConfig) -> Result<Self, AuditError> {
        let open = || {
            fs_err::create_dir_all(folder)?;
            let lock = fs_err::OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
            Ok(Self { folder: folder.to_owned(), config, lock })
        };
        open().map_err(|error| AuditError::Io { folder: folder.display().to_string(), error })
    }

    /// Writes until nobody can send any more.
    pub(crate) fn run(self, mut receiver: mpsc::Receiver<Waiting>) {
        let mut batch = Vec::new();
        while receiver.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
            let written = self.write(&batch);
            if let Err(error) = &written {
                tracing::error!(%error, records = batch.len(), "the audit log cannot be written");
            }
            for waiting in batch.drain(..) {
                // Nobody may wait any more: then nobody is told.
                let _ = waiting.durable.map(|durable| durable.send(written.is_ok()));
            }
        }
    }

    fn write(&self, batch: &[Waiting]) -> io::Result<()> {
        flock(&self.lock, FlockOperation::LockExclusive)?;
        let written = self.write_locked(batch);
        flock(&self.lock, FlockOperation::Unlock)?;
        written
    }

    fn write_locked(&self, batch: &[Waiting]) -> io::Result<()> {
        let place = self.folder.join(CURRENT);
        let mut file = fs_err::OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&place)?;
        let (mut head, mut length) = self.end(&mut file)?;
        let mut lines = String::new();
        let begins = head.seq + 1;
        for noted in batch.iter().filter_map(|waiting| waiting.noted.as_ref()) {
            lines.push_str(&chain::append(&mut head, noted));
            lines.push('\n');
        }
        if length > 0 && length + lines.len() as u64 > self.config.file_bytes_max {
            file = self.begin_next(&place, &mut head, begins)?;
            length = 0;
        }
        file.seek(SeekFrom::Start(length))?;
        file.write_all(lines.as_bytes())?;
        file.sync_data()?;
        write_head(&self.folder, &head)
    }

    /// Where the chain ends, as the file itself says; what a crash left of a line is cut off.
    fn end(&self, file: &mut fs_err::File) -> io::Result<(Head, u64)> {
        let noted = read_head(&self.folder)?.unwrap_or_else(Head::start);
        let length = file.metadata()?.len();
        let from = length.saturating_sub(TAIL_BYTES);
        let mut tail = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.read_to_end(&mut tail)?;
        let (last, cut) = last_line(&tail);
        if cut > 0 {
            file.set_len(length - cut as u64)?;
        }
        let head = match last.map(chain::read) {
            Some(Ok((seq, _, hash))) => Head { seq, hash, ..noted },
            // A last line that was changed: the chain goes on from where it was known to end, and the change stays to be found.
            Some(Err(_)) | None => noted,
        };
        Ok((head, length - cut as u64))
    }

    fn begin_next(&self, place: &Path, head: &mut Head, begins: u64) -> io::Result<fs_err::File> {
        let mut kept = full(&self.folder)?;
        let first = self.first_of_current(place)?.unwrap_or(begins);
        let name = self.folder.join(full_name(first));
        fs_err::rename(place, &name)?;
        kept.push((first, name));
        while kept.len() >= self.config.files_max {
            fs_err::remove_file(&kept[0].1)?;
            kept.remove(0);
        }
        head.first = kept.first().map_or(begins, |(first, _)| *first);
        fs_err::File::open(&self.folder)?.sync_all()?;
        fs_err::OpenOptions::new().create(true).truncate(true).read(true).write(true).open(place)
    }

    fn first_of_current(&self, place: &Path) -> io::Result<Option<u64>> {
        let mut start = Vec::new();
        fs_err::File::open(place)?.take(TAIL_BYTES).read_to_end(&mut start)?;
        let line = start.split(|&byte| byte == b'\n').next();
        Ok(line.and_then(|line| chain::read(line).ok()).map(|(seq, ..)| seq))
    }
}
