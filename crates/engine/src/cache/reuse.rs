//! What a request says about reuse, and what is said to it about how far that went.

use super::{Domain, Prefix};

/// How a prompt may be reused, and from where on by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheRequest {
    /// Who may meet what is read here, from `public_tokens` on.
    pub domain: Domain,
    /// So many tokens at the start of the prompt are the same for everybody and say nothing about anybody.
    pub public_tokens: usize,
    /// After how many tokens a part ends behind which other prompts may differ: the preamble, each document, the last turn.
    pub boundaries: Vec<usize>,
    /// Whether the answer is likely to be continued word for word.
    pub keep_answer: bool,
}

impl CacheRequest {
    /// `tokens` as this request's.
    #[must_use]
    pub fn prefix<'a>(&self, tokens: &'a [u32]) -> Prefix<'a> {
        Prefix { domain: self.domain, public_tokens: self.public_tokens, tokens }
    }
}

/// Why reuse went no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ReuseEnd {
    /// The request does not take part.
    #[default]
    Off,
    /// Nobody in this domain has read on.
    NoEntry,
    /// What was read so far goes another way after so many tokens.
    ForkedAt(usize),
    /// There was more, and it was let go to make room.
    Evicted,
    /// Nothing at all was read in this domain, only the public preamble.
    Domain,
    /// What is on the disk was computed by something else than this engine.
    Fingerprint,
    /// What is on the disk cannot be used: damaged, gone, or too much else being read.
    Disk,
    /// A defect of ours; what was kept in memory is gone.
    Defect,
    /// Everything that could be was reused.
    Complete,
}

impl ReuseEnd {
    /// A short name that does not change.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::NoEntry => "no_entry",
            Self::ForkedAt(_) => "forked_at",
            Self::Evicted => "evicted",
            Self::Domain => "domain",
            Self::Fingerprint => "fingerprint",
            Self::Disk => "disk",
            Self::Defect => "defect",
            Self::Complete => "complete",
        }
    }
}

/// What the tree in memory holds and did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Bytes of snapshots: pages, each counted once however many share it, and states.
    pub bytes: u64,
    /// The most they may take.
    pub bytes_max: u64,
    /// Snapshots held.
    pub snapshots: u64,
    /// Tokens whose way is remembered, with a snapshot or without one.
    pub tokens_known: u64,
    /// Requests that went on from a snapshot.
    pub hits: u64,
    /// Of which from the disk.
    pub hits_disk: u64,
    /// Requests that wanted to and found none.
    pub misses: u64,
    /// By why reuse went no further, hits and misses.
    pub ended_no_entry: u64,
    /// See [`ReuseEnd::ForkedAt`].
    pub ended_forked: u64,
    /// See [`ReuseEnd::Evicted`].
    pub ended_evicted: u64,
    /// See [`ReuseEnd::Domain`].
    pub ended_domain: u64,
    /// See [`ReuseEnd::Fingerprint`].
    pub ended_fingerprint: u64,
    /// See [`ReuseEnd::Disk`].
    pub ended_disk: u64,
    /// See [`ReuseEnd::Defect`].
    pub ended_defect: u64,
    /// See [`ReuseEnd::Complete`].
    pub ended_complete: u64,
    /// Tokens of prompts that were not computed.
    pub tokens_reused: u64,
    /// Tokens of prompts that were.
    pub tokens_computed: u64,
    /// Snapshots put in.
    pub inserted: u64,
    /// Snapshots let go to make room.
    pub evicted: u64,
    /// Snapshots larger than everything that is allowed.
    pub too_large: u64,
    /// Hits that were computed again from the start to compare.
    pub checks: u64,
    /// Of which gave other bits. Anything but zero is a defect.
    pub check_mismatches: u64,
    /// Times that the tree panicked and was begun anew. Anything but zero is a defect.
    pub defects: u64,
    /// Times that the slower tier panicked, from when on it is left alone. Anything but zero is a defect.
    pub defects_tier: u64,
}

impl CacheStats {
    /// Counts one request that reused `reused` of its prompt.
    pub(crate) fn count(&mut self, reused: usize, end: ReuseEnd) {
        let ended = match end {
            ReuseEnd::Off => return,
            ReuseEnd::NoEntry => &mut self.ended_no_entry,
            ReuseEnd::ForkedAt(_) => &mut self.ended_forked,
            ReuseEnd::Evicted => &mut self.ended_evicted,
            ReuseEnd::Domain => &mut self.ended_domain,
            ReuseEnd::Fingerprint => &mut self.ended_fingerprint,
            ReuseEnd::Disk => &mut self.ended_disk,
            ReuseEnd::Defect => &mut self.ended_defect,
            ReuseEnd::Complete => &mut self.ended_complete,
        };
        *ended += 1;
        if reused > 0 {
            self.hits += 1
        } else {
            self.misses += 1
        }
        self.tokens_reused += reused as u64;
    }
}
