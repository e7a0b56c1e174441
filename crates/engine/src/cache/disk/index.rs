//! Which runs there are, in memory: a tree by name, without the tokens. A prompt is looked up by computing the names that its prefixes
//! would have.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};

use super::file::Place;
use super::id::{Id, Naming};
use crate::cache::{Domain, PrefillCost, Prefix, worth};

/// A run that is known.
#[derive(Debug)]
struct Node {
    place: Place,
    bytes: u64,
    /// When it was used last, by the index's clock.
    used: u64,
    /// Runs that go on from it.
    children: usize,
    /// Whether its file is complete; all before it are then complete too.
    stored: bool,
}

/// The runs of one fingerprint.
pub(super) struct Index {
    naming: Naming,
    nodes: HashMap<Id, Node>,
    /// Lengths of the runs behind a run, by their domain, and how many have each.
    lengths: HashMap<(Id, Domain), BTreeMap<usize, usize>>,
    clock: u64,
    /// Used since their files were last given a time.
    touched: HashSet<Id>,
    bytes: u64,
    stored: u64,
}

impl Index {
    pub(super) fn new(naming: Naming) -> Self {
        Self { naming, nodes: HashMap::new(), lengths: HashMap::new(), clock: 0, touched: HashSet::new(), bytes: 0, stored: 0 }
    }

    /// Bytes of the files that are complete.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Files that are complete.
    pub(super) fn stored(&self) -> u64 {
        self.stored
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn contains(&self, id: Id) -> bool {
        self.nodes.contains_key(&id)
    }

    pub(super) fn place(&self, id: Id) -> Option<Place> {
        self.nodes.get(&id).map(|node| node.place)
    }

    /// Adds a run as the most recently used; false when its parent is not known, or it does not go on where that ends.
    pub(super) fn insert(&mut self, place: Place, bytes: u64, stored: bool) -> bool {
        let parent_end = if place.parent == Id::ROOT { Some(0) } else { self.nodes.get(&place.parent).map(|parent| parent.place.end) };
        if parent_end != Some(place.start) || self.contains(place.id) {
            return false;
        }
        if let Some(parent) = self.nodes.get_mut(&place.parent) {
            parent.children += 1;
        }
        *self.lengths.entry((place.parent, place.domain)).or_default().entry(place.end - place.start).or_default() += 1;
        self.clock += 1;
        self.nodes.insert(place.id, Node { place, bytes, used: self.clock, children: 0, stored: false });
        if stored {
            self.complete(place.id);
        }
        true
    }

    /// Records that the file of a run is complete.
    pub(super) fn complete(&mut self, id: Id) {
        if let Some(node) = self.nodes.get_mut(&id).filter(|node| !node.stored) {
            node.stored = true;
            self.stored += 1;
            self.bytes += node.bytes;
        }
    }

    /// Records that runs were used.
    pub(super) fn touch(&mut self, chain: &[Place]) {
        self.clock += 1;
        for place in chain {
            if let Some(node) = self.nodes.get_mut(&place.id) {
                node.used = self.clock;
                self.touched.insert(place.id);
            }
        }
    }

    /// What was used since this was asked last, and is complete, in the order of its use.
    pub(super) fn take_touched(&mut self) -> Vec<Id> {
        let used = |id: &Id| self.nodes.get(id).filter(|node| node.stored).map(|node| (node.used, *id));
        let mut touched: Vec<(u64, Id)> = self.touched.iter().filter_map(used).collect();
        self.touched.clear();
        touched.sort_unstable();
        touched.into_iter().map(|(_, id)| id).collect()
    }

    /// The runs that lead to the longest known prefix of at most `most` tokens, and where a run behind the last would be. Runs whose file
    /// is not complete count only if `unfinished` do.
    pub(super) fn chain(&self, prefix: Prefix<'_>, most: usize, unfinished: bool) -> Vec<Place> {
        let tokens = &prefix.tokens[..most.min(prefix.tokens.len())];
        let mut longest: Option<Place> = None;
        let mut open = vec![(Id::ROOT, 0)];
        while let Some((id, end)) = open.pop() {
            for domain in [Domain::PUBLIC, prefix.domain] {
                let Some(lengths) = self.lengths.get(&(id, domain)) else { continue };
                let mut run = self.naming.behind(id, domain);
                let mut at = end;
                for length in lengths.keys() {
                    let Some(more) = tokens.get(at..end + length) else { break };
                    run.push(more);
                    at = end + length;
                    let Some(node) = self.nodes.get(&run.id()).filter(|node| node.stored || unfinished) else { continue };
                    // The preamble is found as the public's only, the rest as the reader's only.
                    if domain != prefix.domain_at(at) {
                        continue;
                    }
                    if longest.is_none_or(|longest| at > longest.end) {
                        longest = Some(node.place);
                    }
                    open.push((node.place.id, at));
                }
                if domain == prefix.domain {
                    break;
                }
            }
        }
        self.up_from(longest)
    }

    fn up_from(&self, last: Option<Place>) -> Vec<Place> {
        let parent = |place: &Place| self.nodes.get(&place.parent).map(|node| node.place);
        let mut chain: Vec<Place> = std::iter::successors(last, parent).collect();
        chain.reverse();
        chain
    }

    /// Where the run behind `chain` up to the end of the prefix belongs; `None` when that is where the chain ends.
    pub(super) fn next_place(&self, chain: &[Place], prefix: Prefix<'_>) -> Option<Place> {
        let (parent, start) = chain.last().map_or((Id::ROOT, 0), |last| (last.id, last.end));
        let (end, domain) = (prefix.tokens.len(), prefix.domain_at(prefix.tokens.len()));
        if end <= start {
            return None;
        }
        let mut run = self.naming.behind(parent, domain);
        run.push(&prefix.tokens[start..]);
        Some(Place { id: run.id(), parent, domain, start, end })
    }

    /// Removes a run and all that go on from it, and says which.
    pub(super) fn remove(&mut self, id: Id) -> Vec<Id> {
        self.remove_if(|place| place.id == id)
    }

    /// Removes the runs of a domain and all that go on from them, and says which.
    pub(super) fn remove_domain(&mut self, domain: Domain) -> Vec<Id> {
        self.remove_if(|place| place.domain == domain)
    }

    /// Removes all runs but public ones, and says which.
    pub(super) fn remove_private(&mut self) -> Vec<Id> {
        self.remove_if(|place| place.domain != Domain::PUBLIC)
    }

    fn remove_if(&mut self, doomed: impl Fn(&Place) -> bool) -> Vec<Id> {
        let mut places: Vec<Place> = self.nodes.values().map(|node| node.place).collect();
        places.sort_unstable_by_key(|place| place.start);
        let mut gone = HashSet::new();
        for place in &places {
            if doomed(place) || gone.contains(&place.parent) {
                gone.insert(place.id);
            }
        }
        places.iter().rev().filter(|place| gone.contains(&place.id)).for_each(|place| self.unlink(place));
        gone.into_iter().collect()
    }

    /// Removes runs while `more` says so of this index, each time the one that is worth least of those that no other goes on from, and
    /// says which. Runs that wait to be written are left alone, and what they go on from.
    pub(super) fn evict(&mut self, cost: &PrefillCost, more: impl Fn(&Self) -> bool) -> Vec<Id> {
        if !more(self) {
            return Vec::new();
        }
        // Worth is never negative, so its bits are in its order.
        let clock = self.clock;
        let entry = |node: &Node| {
            let saved = cost.flops(node.place.start, node.place.end);
            Reverse((worth(saved, node.bytes, clock - node.used).to_bits(), node.place.id))
        };
        let free = |node: &&Node| node.children == 0 && node.stored;
        let mut leaves: BinaryHeap<_> = self.nodes.values().filter(free).map(entry).collect();
        let mut gone = Vec::new();
        while more(self) {
            let Some(Reverse((_, id))) = leaves.pop() else { break };
            let Some(place) = self.nodes.get(&id).map(|node| node.place) else { continue };
            self.unlink(&place);
            gone.push(id);
            leaves.extend(self.nodes.get(&place.parent).filter(free).map(entry));
        }
        gone
    }

    fn unlink(&mut self, place: &Place) {
        let Some(node) = self.nodes.remove(&place.id) else { return };
        self.touched.remove(&place.id);
        if node.stored {
            self.bytes -= node.bytes;
            self.stored -= 1;
        }
        if let Some(parent) = self.nodes.get_mut(&place.parent) {
            parent.children -= 1;
        }
        let key = (place.parent, place.domain);
        if let Some(lengths) = self.lengths.get_mut(&key) {
            let length = place.end - place.start;
            if let Some(count) = lengths.get_mut(&length) {
                *count -= 1;
                if *count == 0 {
                    lengths.remove(&length);
                }
            }
            if lengths.is_empty() {
                self.lengths.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
