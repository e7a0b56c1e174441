//! What the tree in memory asks of a slower tier below it: take copies without making anybody wait, and give them back.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

use thiserror::Error;

/// Who may reach a snapshot: an opaque number that the caller makes of a reader's rights and their epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(pub [u8; 32]);

impl Domain {
    /// Of the public preamble, which everybody's prompt starts with.
    pub const PUBLIC: Self = Self([0; 32]);
}

/// Tokens from the first one of a sequence on, and who may know that they were read.
#[derive(Debug, Clone, Copy)]
pub struct Prefix<'a> {
    /// Whose they are from `public_tokens` on.
    pub domain: Domain,
    /// So many at the start are everybody's.
    pub public_tokens: usize,
    /// The tokens.
    pub tokens: &'a [u32],
}

impl Prefix<'_> {
    /// The domain of a snapshot after `length` of the tokens.
    #[must_use]
    pub fn domain_at(&self, length: usize) -> Domain {
        if length <= self.public_tokens { Domain::PUBLIC } else { self.domain }
    }
}

/// Keeps snapshots of type `S` somewhere slower and larger than memory.
///
/// Whatever fails inside (a full disk, a flipped bit, a deleted file) is a miss and a number in [`TierStats`], never an error to the caller
/// and never a wrong snapshot.
pub trait Tier<S>: Send + Sync {
    /// Keeps `snapshot`, taken after exactly `prefix.tokens`, if it can. Returns at once: it is written later, or dropped when too much is
    /// waiting to be written. What is kept already is not written again.
    fn offer(&self, prefix: Prefix<'_>, snapshot: &S);

    /// The length of the longest kept prefix of at most `most` tokens. Counts as a use of it, so that what is used from memory is not
    /// the first to go here. Touches no disk.
    fn longest(&self, prefix: Prefix<'_>, most: usize) -> Option<usize>;

    /// Starts to read back the longest kept prefix that is longer than `base` and at most `most` tokens long; a shorter one where that
    /// one turns out to be damaged. `base` is a snapshot of the same prefix after so many tokens, whose memory the result will share.
    fn fetch(&self, prefix: Prefix<'_>, most: usize, base: Option<(usize, &S)>) -> Fetching<S>;

    /// Drops everything of a domain, whose epoch is over.
    fn forget(&self, domain: Domain);

    /// Drops everything of all domains but the public preambles.
    fn forget_private(&self);

    /// What happened so far. Does not wait for any reading or writing.
    fn stats(&self) -> TierStats;
}

/// A snapshot and after how many tokens it was taken, or why there is none.
pub type Fetched<S> = Result<(usize, S), Miss>;

/// A snapshot on its way. Dropping it is allowed at any time.
#[derive(Debug)]
pub struct Fetching<S> {
    receiver: Receiver<Fetched<S>>,
}

impl<S> Fetching<S> {
    /// One that is already decided.
    #[must_use]
    pub fn ready(fetched: Fetched<S>) -> Self {
        let (sender, fetching) = Self::pending();
        // The receiver lives and there is room for one.
        let _ = sender.send(fetched);
        fetching
    }

    /// One that is decided by sending to it.
    #[must_use]
    pub fn pending() -> (SyncSender<Fetched<S>>, Self) {
        let (sender, receiver) = sync_channel(1);
        (sender, Self { receiver })
    }

    /// The snapshot, if it has arrived; gives it once.
    #[must_use]
    pub fn poll(&self) -> Option<Fetched<S>> {
        match self.receiver.try_recv() {
            Ok(fetched) => Some(fetched),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(Miss::Closed)),
        }
    }

    /// Waits for the snapshot.
    ///
    /// # Errors
    /// See [`Miss`].
    pub fn wait(self) -> Fetched<S> {
        self.receiver.recv().unwrap_or(Err(Miss::Closed))
    }
}

/// Why nothing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum Miss {
    /// No longer prefix was ever kept, as far as is known.
    #[error("nothing is kept of this prefix")]
    NoEntry,
    /// It was kept by another model, another format of numbers, another processor or another version of the kernels.
    #[error("what is kept of this prefix was computed by something else than this engine")]
    Fingerprint,
    /// It is kept, but not as it was written.
    #[error("what was kept of this prefix is damaged")]
    Damaged,
    /// It is kept, but the file is gone or cannot be read.
    #[error("what was kept of this prefix cannot be read")]
    Unreadable,
    /// Too many others are being read back.
    #[error("too much is being read back")]
    Busy,
    /// The tier was closed meanwhile.
    #[error("the tier is closed")]
    Closed,
}

impl Miss {
    /// A short name that does not change.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoEntry => "no_entry",
            Self::Fingerprint => "fingerprint",
            Self::Damaged => "damaged",
            Self::Unreadable => "unreadable",
            Self::Busy => "busy",
            Self::Closed => "closed",
        }
    }
}

/// What a tier holds and did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TierStats {
    /// Snapshots that can be given back.
    pub snapshots: u64,
    /// Bytes that everything written takes, of foreign engines too.
    pub bytes: u64,
    /// Snapshots of foreign engines, which can not be given back.
    pub foreign: u64,
    /// Written so far.
    pub written: u64,
    /// Bytes of these.
    pub bytes_written: u64,
    /// Offered and dropped because too much was waiting.
    pub dropped_behind: u64,
    /// Offered and dropped because it is larger than all that may be kept, or than what is left of that beside what it goes on from.
    pub dropped_no_room: u64,
    /// Offered and not written because writing failed: no room, no right to.
    pub write_failures: u64,
    /// Bytes that wait to be written.
    pub bytes_waiting: u64,
    /// Given back.
    pub hits: u64,
    /// Bytes read for these.
    pub bytes_read: u64,
    /// Asked for and never kept.
    pub misses_no_entry: u64,
    /// Asked for and kept by a foreign engine.
    pub misses_fingerprint: u64,
    /// Files that were not as they had been written.
    pub damaged: u64,
    /// Files that were gone or could not be read.
    pub unreadable: u64,
    /// Removed to make room.
    pub evicted: u64,
    /// Times that a thread of the tier panicked over a snapshot, which was then given up. Anything but zero is a defect.
    pub defects: u64,
}
