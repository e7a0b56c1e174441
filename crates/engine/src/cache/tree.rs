//! Snapshots in memory, found by the tokens before them, under a budget of bytes.
//!
//! Each domain has a root of its own, and so has the public preamble; a look-up goes along two of them, its own and the public one as far
//! as the request says that its prompt is public. Where texts part, the old branch stays. What is let go first is what saves the fewest
//! operations for its bytes and was not used for longest (Pan et al. 2024, "Marconi"); never what a running request stands on, as that
//! would free nothing. Bytes are those of distinct pages, so they go down exactly when memory is given back.

use std::collections::HashMap;
use std::sync::Arc;

use super::radix::{NodeId, Parting, Radix, Walk};
use super::{CacheStats, Domain, PrefillCost, Prefix, ReuseEnd, worth};
use crate::engine::{SequenceCost, Snapshot, guarded};
use crate::limits::CACHE_TOKENS_MAX;

/// The tree.
pub struct SnapshotTree<S> {
    radix: Radix<Held<S>>,
    roots: HashMap<Domain, NodeId>,
    /// How many snapshots hold each page.
    pages: HashMap<usize, u32>,
    /// Counts look-ups and insertions: the age of things.
    clock: u64,
    prefill: PrefillCost,
    cost: SequenceCost,
    pub(crate) stats: CacheStats,
    #[cfg(test)]
    pub(super) log: Vec<(Domain, Vec<u32>)>,
}

struct Held<S> {
    snapshot: S,
    pages: Vec<usize>,
    used: u64,
    pin: Pin,
}

/// Held by a request while it goes on from a snapshot; as long as it lives, the snapshot stays.
#[derive(Debug, Clone, Default)]
pub struct Pin(Arc<()>);

/// What a look-up found.
pub struct Found<S> {
    /// The longest snapshot, after how many tokens it was taken, and what keeps it.
    pub snapshot: Option<(usize, S, Pin)>,
    /// Why there is none that is longer.
    pub end: ReuseEnd,
    /// Where the prompt parts from what others read, if it does, and whether others have parted there before.
    pub fork: Option<(usize, bool)>,
}

impl<S: Snapshot> SnapshotTree<S> {
    /// An empty tree of at most `bytes_max`; 0 keeps nothing.
    #[must_use]
    pub fn new(bytes_max: u64, prefill: PrefillCost, cost: SequenceCost) -> Self {
        let stats = CacheStats { bytes_max, ..CacheStats::default() };
        Self {
            radix: Radix::new(),
            roots: HashMap::new(),
            pages: HashMap::new(),
            clock: 0,
            prefill,
            cost,
            stats,
            #[cfg(test)]
            log: Vec::new(),
        }
    }

    /// What is held and was done.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        CacheStats { tokens_known: self.radix.tokens() as u64, ..self.stats }
    }

    /// Whether anything can be kept at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.stats.bytes_max > 0
    }

    /// The snapshot after most of `prefix`, at most `most` tokens of it.
    pub fn look_up(&mut self, prefix: Prefix<'_>, most: usize) -> Found<S> {
        self.clock += 1;
        let text = &prefix.tokens[..most.min(prefix.tokens.len())];
        let own = self.walk(prefix.domain, text);
        let public = self.walk(Domain::PUBLIC, &text[..prefix.public_tokens.min(text.len())]);
        let deepest = |walk: &Option<Walk>| {
            let nodes = walk.iter().flat_map(|walk| &walk.nodes).rev();
            nodes.copied().find(|node| self.radix.value(*node).is_some()).map(|node| (self.radix.end(node), node))
        };
        // Of equals the public one, which more people use.
        let best = [deepest(&own), deepest(&public)].into_iter().flatten().max_by_key(|(end, _)| *end);
        let reached = best.map_or(0, |(end, _)| end);
        let end = self.why(&own, &public, reached, text.len());
        let fork = [&public, &own].into_iter().flatten().max_by_key(|walk| walk.matched).and_then(|walk| match walk.parting {
            Parting::AtNode => Some((walk.matched, true)),
            Parting::InRun => Some((walk.matched, false)),
            _ => None,
        });
        for walk in [own, public].into_iter().flatten() {
            self.radix.touch(&walk.nodes, self.clock);
        }
        let clock = self.clock;
        let snapshot = best.and_then(|(end, node)| {
            let held = self.radix.value_mut(node)?;
            held.used = clock;
            Some((end, held.snapshot.clone(), held.pin.clone()))
        });
        Found { snapshot, end, fork }
    }

    /// Keeps `snapshot`, taken after exactly the tokens of `prefix`, if there is room or can be made.
    pub fn insert(&mut self, prefix: Prefix<'_>, snapshot: &S) {
        let bytes = self.cost.bytes(prefix.tokens.len());
        if bytes > self.stats.bytes_max || prefix.tokens.is_empty() {
            self.stats.too_large += u64::from(self.is_on());
            return;
        }
        self.clock += 1;
        let root = *self.roots.entry(prefix.domain_at(prefix.tokens.len())).or_insert_with(|| self.radix.root());
        let node = self.radix.insert(root, prefix.tokens, self.clock);
        if let Some(held) = self.radix.value_mut(node) {
            held.used = self.clock;
            return;
        }
        let pages = snapshot.pages();
        for page in &pages {
            let holders = self.pages.entry(*page).or_default();
            *holders += 1;
            self.stats.bytes += if *holders == 1 { self.cost.page_bytes } else { 0 };
        }
        self.stats.bytes += self.cost.fixed_bytes;
        self.stats.snapshots += 1;
        self.stats.inserted += 1;
        let pin = Pin::default();
        self.radix.put(node, Held { snapshot: snapshot.clone(), pages, used: self.clock, pin });
        self.make_room();
        self.radix.prune(CACHE_TOKENS_MAX);
    }

    /// Drops everything of a domain, whose epoch is over.
    pub fn forget(&mut self, domain: Domain) {
        let Some(root) = self.roots.remove(&domain) else { return };
        let mut gone = Vec::new();
        self.radix.remove_tree(root, &mut |held| gone.push(held));
        gone.into_iter().for_each(|held| self.let_go(held));
    }

    /// Drops everything of all domains but the public preambles.
    pub fn forget_private(&mut self) {
        let private: Vec<Domain> = self.roots.keys().copied().filter(|domain| *domain != Domain::PUBLIC).collect();
        private.into_iter().for_each(|domain| self.forget(domain));
    }

    /// An empty tree in place of this one, which panicked: what was counted stays, what is held goes.
    pub(crate) fn begin_anew(&mut self) {
        let counted = self.stats;
        let fresh = Self::new(counted.bytes_max, self.prefill, self.cost);
        let broken = std::mem::replace(self, fresh);
        self.stats = CacheStats { bytes: 0, snapshots: 0, defects: counted.defects + 1, ..counted };
        // A defect may be in letting go too.
        guarded("drop", || drop(broken));
    }

    /// Lets snapshots go until the rest fits. What requests stand on stays, and is tried again the next time.
    pub fn make_room(&mut self) {
        while self.stats.bytes > self.stats.bytes_max {
            let least = self.radix.holders().filter_map(|node| Some((self.worth_of(node)?, node))).min_by(|a, b| a.0.total_cmp(&b.0));
            let Some((_, node)) = least else { return };
            #[cfg(test)]
            self.record(node);
            if let Some(held) = self.radix.take(node) {
                self.let_go(held);
                self.stats.evicted += 1;
            }
        }
    }

    /// What keeping a snapshot is worth; `None` where a request stands on it.
    fn worth_of(&self, node: NodeId) -> Option<f64> {
        let held = self.radix.value(node)?;
        if Arc::strong_count(&held.pin.0) > 1 {
            return None;
        }
        let (end, before) = (self.radix.end(node), self.radix.holder_before(node).map_or(0, |node| self.radix.end(node)));
        // Those behind it hold its pages too; then only its states would come free.
        let pages = if self.radix.has_values_below(node) {
            0
        } else {
            let size = self.cost.page_tokens.max(1);
            (end.div_ceil(size) - before / size) as u64
        };
        let bytes = self.cost.fixed_bytes + pages * self.cost.page_bytes;
        Some(worth(self.prefill.flops(before, end), bytes, self.clock - held.used))
    }

    fn let_go(&mut self, held: Held<S>) {
        for page in &held.pages {
            let Some(holders) = self.pages.get_mut(page) else { continue };
            *holders -= 1;
            if *holders == 0 {
                self.pages.remove(page);
                self.stats.bytes -= self.cost.page_bytes;
            }
        }
        self.stats.bytes -= self.cost.fixed_bytes;
        self.stats.snapshots -= 1;
    }

    fn walk(&self, domain: Domain, text: &[u32]) -> Option<Walk> {
        Some(self.radix.walk(*self.roots.get(&domain)?, text))
    }

    /// Why a look-up in `wanted` tokens ended after `reached`.
    fn why(&self, own: &Option<Walk>, public: &Option<Walk>, reached: usize, wanted: usize) -> ReuseEnd {
        let Some(longest) = [public, own].into_iter().flatten().max_by_key(|walk| walk.matched) else { return ReuseEnd::NoEntry };
        let evicted = |node: &NodeId| self.radix.end(*node) > reached && self.radix.is_emptied(*node);
        if [own, public].into_iter().flatten().flat_map(|walk| &walk.nodes).any(evicted) {
            return ReuseEnd::Evicted;
        }
        match longest.parting {
            Parting::InRun | Parting::AtNode if longest.matched > 0 => ReuseEnd::ForkedAt(longest.matched),
            Parting::TextEnds if longest.matched == wanted => ReuseEnd::Complete,
            _ if own.is_none() && longest.matched > 0 => ReuseEnd::Domain,
            _ => ReuseEnd::NoEntry,
        }
    }

    #[cfg(test)]
    fn record(&mut self, node: NodeId) {
        let root = self.radix.root_of(node);
        let domain = self.roots.iter().find(|(_, id)| **id == root).map(|(domain, _)| *domain);
        self.log.push((domain.unwrap_or(Domain::PUBLIC), self.radix.text(node)));
    }
}

#[cfg(test)]
mod tests;
