//! All files of a folder: ours, those of other engines, and those that cannot be told; and which have to go when there is no room.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::id::{Id, Naming};
use super::index::Index;
use crate::cache::{PrefillCost, Prefix, TierStats};

/// What the folder holds.
pub(super) struct Shelf {
    pub(super) own: Index,
    /// By fingerprint.
    pub(super) foreign: BTreeMap<[u8; 32], Index>,
    /// Of another version or sealed with another key: names and bytes.
    pub(super) sealed: Vec<(Id, u64)>,
    /// The newest time of any file. Files that are used get later ones, so that the order of use is known after a restart; a clock is
    /// not needed for that.
    pub(super) latest: SystemTime,
    /// What happened; what there is comes from the above.
    pub(super) counts: TierStats,
}

impl Shelf {
    pub(super) fn new(naming: Naming) -> Self {
        let (own, counts) = (Index::new(naming), TierStats::default());
        Self { own, foreign: BTreeMap::new(), sealed: Vec::new(), latest: SystemTime::UNIX_EPOCH, counts }
    }

    /// Bytes of all files that are complete.
    pub(super) fn bytes(&self) -> u64 {
        let foreign: u64 = self.foreign.values().map(Index::bytes).sum();
        self.own.bytes() + foreign + self.sealed.iter().map(|(_, bytes)| bytes).sum::<u64>()
    }

    /// Files, those to be written included.
    pub(super) fn files(&self) -> usize {
        self.own.len() + self.foreign.values().map(Index::len).sum::<usize>() + self.sealed.len()
    }

    /// Whether another engine kept some of this prefix, longer than `base`.
    pub(super) fn is_foreign(&self, prefix: Prefix<'_>, base: usize) -> bool {
        let longest = |index: &Index| index.chain(prefix, prefix.tokens.len(), false).last().map_or(0, |last| last.end);
        self.foreign.values().any(|index| longest(index) > base)
    }

    /// Takes runs off until there are at most `bytes` in `files`, and says which: first what this engine cannot read, then what is worth
    /// least. Stops early when all that is left is what others go on from that wait to be written.
    pub(super) fn make_room(&mut self, bytes: u64, files: usize, cost: &PrefillCost) -> Vec<Id> {
        let mut gone = Vec::new();
        while (self.bytes() > bytes || self.files() > files)
            && let Some((id, _)) = self.sealed.pop()
        {
            gone.push(id);
        }
        let mut beside = (self.bytes(), self.files());
        for index in self.foreign.values_mut().chain([&mut self.own]) {
            // What all others hold stays as it is while this one shrinks.
            beside = (beside.0 - index.bytes(), beside.1 - index.len());
            gone.extend(index.evict(cost, |index| beside.0 + index.bytes() > bytes || beside.1 + index.len() > files));
            beside = (beside.0 + index.bytes(), beside.1 + index.len());
        }
        self.counts.evicted += gone.len() as u64;
        gone
    }

    pub(super) fn stats(&self) -> TierStats {
        let foreign: u64 = self.foreign.values().map(Index::stored).sum();
        TierStats { snapshots: self.own.stored(), bytes: self.bytes(), foreign: foreign + self.sealed.len() as u64, ..self.counts }
    }
}
