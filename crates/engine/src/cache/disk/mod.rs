//! Snapshots on the disk: what was read before a restart need not be read again.
//!
//! One file for each run of tokens between two snapshots, named by a hash of all that decides its content: keys and values of the run's
//! tokens, states at its end, a checksum for every megabyte. Written behind, by a thread of its own, under another name until it is
//! durable; known again from its first 4 KiB when the folder is opened.
//! Promised: a damaged, foreign, cut off or deleted file is a miss and is counted, never a wrong snapshot; at any instant the process may
//! end and the folder be opened again; offering and looking up touch no disk.

mod chain;
mod file;
mod fingerprint;
mod form;
mod header;
mod id;
mod index;
mod key;
mod lock;
mod places;
mod reader;
mod restore;
mod shelf;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use thiserror::Error;

use super::{Domain, Fetching, Miss, PrefillCost, Prefix, Tier, TierStats};
use crate::limits::disk::{BYTES_WAITING_MAX, FETCHES_MAX, FILES_MAX};
use crate::{Model, Sequence};
use file::Files;
use form::Form;
use index::Index;
use lock::FolderLock;
use reader::Fetch;
use shelf::Shelf;
use writer::Work;

pub use fingerprint::Fingerprint;
pub use key::Key;

/// What a tier may take.
#[derive(Debug, Clone)]
pub struct DiskOptions {
    /// Bytes of all files.
    pub bytes_max: u64,
    /// Bytes of snapshots that wait to be written; further ones are dropped, unless nothing waits.
    pub bytes_waiting_max: u64,
    /// What to seal files with.
    pub key: Option<Key>,
}

impl DiskOptions {
    /// Plain files of at most `bytes_max`.
    #[must_use]
    pub fn plain(bytes_max: u64) -> Self {
        Self { bytes_max, bytes_waiting_max: BYTES_WAITING_MAX, key: None }
    }
}

/// Why a folder cannot serve. The engine runs without it.
#[derive(Debug, Error)]
pub enum DiskError {
    /// Another process has it.
    #[error("{} is used by {holder}; this process goes on without a cache on the disk", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// Who has it.
        holder: String,
    },
    /// It cannot be created, read or written.
    #[error("{} cannot hold a cache, this process goes on without one: {error}", folder.display())]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

/// Snapshots of one model's sequences in a folder. Dropping it writes what still waits.
pub struct DiskTier {
    shared: Arc<Shared>,
    work: Option<Sender<Work>>,
    fetches: Option<SyncSender<Fetch>>,
    threads: Vec<JoinHandle<()>>,
    bytes_waiting_max: u64,
    _lock: FolderLock,
}

/// What the threads share. The shelf is never locked while a file is touched.
struct Shared {
    files: Files,
    cost: PrefillCost,
    bytes_max: u64,
    shelf: Mutex<Shelf>,
}

impl Shared {
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // Nothing panics while it holds the lock; if it did, the numbers might be off and the contents are checked all the same.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DiskTier {
    /// Opens `folder`, which is created where it is missing, for the sequences of `model`.
    ///
    /// # Errors
    /// [`DiskError`], when another process has the folder or it cannot be used.
    pub fn open(folder: &Path, model: &Model, fingerprint: Fingerprint, options: DiskOptions) -> Result<Self, DiskError> {
        let unusable = |error| DiskError::Unusable { folder: folder.into(), error };
        create(folder).map_err(unusable)?;
        let lock = FolderLock::take(folder)?;
        let mut shelf = restore::restore(folder, &fingerprint.0, options.key.as_ref()).map_err(unusable)?;
        let cost = PrefillCost::of(model.config());
        for id in shelf.make_room(options.bytes_max, FILES_MAX, &cost) {
            // What cannot be removed is met again next time.
            let _ = fs_err::remove_file(file::path(folder, id));
        }
        let files = Files { folder: folder.into(), fingerprint: fingerprint.0, key: options.key, form: Form::of(model) };
        let shared = Arc::new(Shared { files, cost, bytes_max: options.bytes_max, shelf: Mutex::new(shelf) });

        let (work, to_do) = channel();
        let (fetches, to_fetch) = sync_channel(FETCHES_MAX);
        let thread = |name: &str, run: Box<dyn FnOnce() + Send>| std::thread::Builder::new().name(name.into()).spawn(run);
        let (writing, reading, removals) = (shared.clone(), shared.clone(), work.clone());
        let writer = thread("cache-writer", Box::new(move || writer::run(&writing, &to_do))).map_err(unusable)?;
        let mut tier = Self {
            shared,
            work: Some(work),
            fetches: None,
            threads: vec![writer],
            bytes_waiting_max: options.bytes_waiting_max,
            _lock: lock,
        };
        // From here on dropping the tier ends the writer.
        let reader = thread("cache-reader", Box::new(move || reader::run(&reading, &to_fetch, &removals))).map_err(unusable)?;
        tier.threads.insert(0, reader);
        tier.fetches = Some(fetches);
        Ok(tier)
    }

    /// Waits until everything that was offered so far is written or given up.
    pub fn flush(&self) {
        let (sender, done) = sync_channel(1);
        if let Some(work) = &self.work
            && work.send(Work::Tell(sender)).is_ok()
        {
            // An error says that the writer is gone, and with it what waited.
            let _ = done.recv();
        }
    }
}

/// Creates a folder for its owner alone: what is in it is as private as the documents it was computed from.
fn create(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

impl Drop for DiskTier {
    fn drop(&mut self) {
        (self.fetches, self.work) = (None, None);
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

impl Tier<Sequence> for DiskTier {
    fn offer(&self, prefix: Prefix<'_>, snapshot: &Sequence) {
        let Some(work) = &self.work else { return };
        if prefix.tokens.is_empty() || !self.shared.files.form.fits(snapshot, prefix.tokens.len()) {
            return;
        }
        let mut shelf = self.shared.shelf();
        let chain = shelf.own.chain(prefix, prefix.tokens.len(), true);
        let Some(place) = shelf.own.next_place(&chain, prefix) else { return };
        let bytes = self.shared.files.bytes(place.start, place.end);
        if bytes > self.shared.bytes_max {
            shelf.counts.dropped_no_room += 1;
            return;
        }
        // One is always taken, however large.
        let waiting = shelf.counts.bytes_waiting;
        if waiting > 0 && waiting.saturating_add(bytes) > self.bytes_waiting_max {
            shelf.counts.dropped_behind += 1;
            return;
        }
        let tokens = prefix.tokens[place.start..].to_vec();
        // Under the lock, so that the writer meets what is written and removed in the order of the shelf's changes.
        if shelf.own.insert(place, bytes, false) && work.send(Work::Write { place, bytes, tokens, snapshot: snapshot.clone() }).is_ok() {
            shelf.counts.bytes_waiting += bytes;
        }
    }

    fn longest(&self, prefix: Prefix<'_>, most: usize) -> Option<usize> {
        let mut shelf = self.shared.shelf();
        let chain = shelf.own.chain(prefix, most, false);
        shelf.own.touch(&chain);
        chain.last().map(|last| last.end)
    }

    fn fetch(&self, prefix: Prefix<'_>, most: usize, base: Option<(usize, &Sequence)>) -> Fetching<Sequence> {
        let most = most.min(prefix.tokens.len());
        let (sender, fetching) = Fetching::pending();
        let base_length = base.map_or(0, |(length, _)| length);
        let mut shelf = self.shared.shelf();
        let end = shelf.own.chain(prefix, most, false).last().map_or(0, |last| last.end);
        if end <= base_length {
            let foreign = shelf.is_foreign(Prefix { tokens: &prefix.tokens[..most], ..prefix }, base_length);
            let counts = &mut shelf.counts;
            let (miss, count) =
                if foreign { (Miss::Fingerprint, &mut counts.misses_fingerprint) } else { (Miss::NoEntry, &mut counts.misses_no_entry) };
            *count += 1;
            return Fetching::ready(Err(miss));
        }
        drop(shelf);
        let fetch = Fetch {
            domain: prefix.domain,
            public_tokens: prefix.public_tokens,
            tokens: prefix.tokens[..end].to_vec(),
            base: base.map(|(length, sequence)| (length, sequence.clone())),
            answer: sender,
        };
        let Some(fetches) = &self.fetches else { return Fetching::ready(Err(Miss::Closed)) };
        match fetches.try_send(fetch) {
            Ok(()) => fetching,
            Err(TrySendError::Full(_)) => Fetching::ready(Err(Miss::Busy)),
            Err(TrySendError::Disconnected(_)) => Fetching::ready(Err(Miss::Closed)),
        }
    }

    fn forget(&self, domain: Domain) {
        let Some(work) = &self.work else { return };
        let mut shelf = self.shared.shelf();
        let gone = shelf.own.remove_domain(domain);
        let foreign = shelf.foreign.values_mut().flat_map(|index| index.remove_domain(domain));
        let gone: Vec<_> = foreign.chain(gone).collect();
        // If the writer is gone, so is the tier.
        let _ = work.send(Work::Remove(gone));
    }

    fn forget_private(&self) {
        let Some(work) = &self.work else { return };
        let mut shelf = self.shared.shelf();
        let gone = shelf.own.remove_private();
        let foreign = shelf.foreign.values_mut().flat_map(Index::remove_private);
        let gone: Vec<_> = foreign.chain(gone).collect();
        // As above.
        let _ = work.send(Work::Remove(gone));
    }

    fn stats(&self) -> TierStats {
        self.shared.shelf().stats()
    }
}

#[cfg(test)]
mod tests;
