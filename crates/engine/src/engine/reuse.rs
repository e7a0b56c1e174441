//! Between requests and the snapshots: where a request goes on from, where its sequence is kept, and whose work it can wait for.

use super::guard::{Below, Lower, guarded};
use super::running::Active;
use super::{Backend, Failure, Snapshot};
use crate::cache::{CacheRequest, CacheStats, Domain, Fetched, Fetching, Found, Miss, Pin, ReuseEnd, SnapshotTree};
use crate::limits::{FORK_TOKENS_MIN, SNAPSHOT_TOKENS, SNAPSHOT_TOKENS_MIN};

/// The snapshots of an engine. A panic in the tree costs what it holds, one in the tier costs the tier.
pub(super) struct Reuse<S> {
    pub(super) tree: SnapshotTree<S>,
    lower: Lower<S>,
    /// Share of hits to be verified.
    pub(super) verify_rate: f32,
    /// Hits times the share, since the last one that is verified.
    verify_due: f32,
}

impl<S: Snapshot> Reuse<S> {
    pub(super) fn new(tree: SnapshotTree<S>, below: Below<S>, verify_rate: f32) -> Self {
        Self { tree, lower: Lower::new(below), verify_rate, verify_due: 0.0 }
    }

    /// Gives `one` the longest sequence there is for its tokens, and says where to keep it on the way. What is on the disk comes later.
    pub(super) fn begin<B: Backend<Sequence = S>>(&mut self, one: &mut Active<S>, backend: &B) {
        let Some(fresh) = guarded("begin", || backend.begin()) else { return one.fail(Failure::Panicked) };
        let Some(cache) = one.cache.clone().filter(|_| self.tree.is_on() || self.lower.is_on()) else {
            one.stand(fresh, 0, None);
            self.record(one, 0, ReuseEnd::Off);
            return;
        };
        let most = one.reusable();
        let found = self.on_tree("look up", |tree| tree.look_up(cache.prefix(&one.tokens), most));
        let found = found.unwrap_or(Found { snapshot: None, end: ReuseEnd::Defect, fork: None });
        let fork = found.fork.filter(|(at, seen)| {
            let from = found.snapshot.as_ref().map_or(0, |(length, ..)| *length);
            *at > from && (*seen || at - from >= FORK_TOKENS_MIN)
        });
        one.stops = stops(&cache, one.prompt_tokens, fork.map(|(at, _)| at));
        let mut end = found.end;
        let (sequence, read, pin) = match found.snapshot {
            Some((length, sequence, pin)) => (sequence, length, Some(pin)),
            None => (fresh, 0, None),
        };
        if let Some(fetching) = self.fetch(&cache, one, most, (read, &sequence)) {
            match fetching.poll() {
                Some(Err(miss)) => end = missed(miss, end),
                Some(Ok(fetched)) => return self.arrive(one, sequence, read, pin, Ok(fetched), end),
                None => one.fetching = Some(fetching),
            }
        }
        one.stand(sequence, read, pin);
        if one.fetching.is_none() {
            self.record(one, read, end);
        } else {
            one.reuse = Some((read, end));
        }
    }

    /// Starts to read what the slower tier has beyond `base`, if there may be something. Asked for nothing, it says why there is nothing.
    fn fetch(&mut self, cache: &CacheRequest, one: &Active<S>, most: usize, base: (usize, &S)) -> Option<Fetching<S>> {
        let prefix = cache.prefix(&one.tokens);
        if self.lower.longest(prefix, most).is_some_and(|length| length <= base.0) {
            return None;
        }
        self.lower.fetch(prefix, most, (base.0 > 0).then_some(base))
    }

    /// Looks whether what `one` waits for has arrived from the disk.
    pub(super) fn poll(&mut self, one: &mut Active<S>) {
        let Some(fetched) = one.fetching.as_ref().and_then(Fetching::poll) else { return };
        one.fetching = None;
        let end = one.reuse.map_or(ReuseEnd::NoEntry, |(_, end)| end);
        if let Some(standing) = one.standing.take() {
            let read = one.read;
            self.arrive(one, standing.sequence, read, standing.pin, fetched, end);
        }
    }

    /// Goes on from what came from the disk, or from what there was.
    fn arrive(&mut self, one: &mut Active<S>, sequence: S, read: usize, pin: Option<Pin>, fetched: Fetched<S>, end: ReuseEnd) {
        match (fetched, &one.cache) {
            (Ok((length, fetched)), Some(cache)) if length > read && length <= one.reusable() => {
                self.on_tree("insert", |tree| tree.insert(cache.prefix(&one.tokens[..length]), &fetched));
                self.tree.stats.hits_disk += 1;
                let end = if length == one.reusable() { ReuseEnd::Complete } else { end };
                one.stand(fetched, length, None);
                self.record(one, length, end);
            }
            (fetched, _) => {
                let end = fetched.err().map_or(end, |miss| missed(miss, end));
                one.stand(sequence, read, pin);
                self.record(one, read, end);
            }
        }
    }

    /// Writes down how far reuse went, the first time that a request begins.
    fn record(&mut self, one: &mut Active<S>, read: usize, end: ReuseEnd) {
        if std::mem::replace(&mut one.counted, true) {
            return one.finish_if_read();
        }
        one.reuse = Some((read, end));
        one.usage.cached_tokens = read;
        self.tree.stats.count(read, end);
        self.tree.stats.tokens_computed += (one.prompt_tokens - read) as u64;
        if read > 0 {
            self.verify_due += self.verify_rate;
            one.verify = self.verify_due >= 1.0;
            self.verify_due -= if one.verify { 1.0 } else { 0.0 };
        }
        one.finish_if_read();
    }

    /// Keeps the sequence of `one` if this is a place to.
    pub(super) fn keep(&mut self, one: &Active<S>) {
        let (Some(cache), Some(standing)) = (&one.cache, &one.standing) else { return };
        let ends = one.is_done() && cache.keep_answer && one.read > one.prompt_tokens;
        if ends || one.stops.contains(&one.read) {
            self.insert(cache, &one.tokens[..one.read], &standing.sequence);
        }
    }

    /// Keeps the sequence of one that has to give its place away.
    pub(super) fn keep_parked(&mut self, one: &Active<S>) {
        if let (Some(cache), Some(standing), true) = (&one.cache, &one.standing, one.fetching.is_none() && one.read > 0) {
            self.insert(cache, &one.tokens[..one.read], &standing.sequence);
        }
    }

    /// Drops everything of a domain, in memory and on the disk. Who is being answered from it is answered.
    pub(super) fn forget(&mut self, domain: Domain) {
        self.on_tree("forget", |tree| tree.forget(domain));
        self.lower.forget(domain);
    }

    /// Drops everything but public preambles, in memory and on the disk.
    pub(super) fn forget_private(&mut self) {
        self.on_tree("forget", SnapshotTree::forget_private);
        self.lower.forget_private();
    }

    /// What is held in memory and was done.
    pub(super) fn stats(&self) -> CacheStats {
        CacheStats { defects_tier: self.lower.defects, ..self.tree.stats() }
    }

    fn insert(&mut self, cache: &CacheRequest, tokens: &[u32], sequence: &S) {
        self.on_tree("insert", |tree| tree.insert(cache.prefix(tokens), sequence));
        self.lower.offer(cache.prefix(tokens), sequence);
    }

    /// Does something with the tree; where that panics there is an empty one from then on.
    fn on_tree<T>(&mut self, place: &str, work: impl FnOnce(&mut SnapshotTree<S>) -> T) -> Option<T> {
        let done = guarded(place, || work(&mut self.tree));
        if done.is_none() {
            self.tree.begin_anew();
        }
        done
    }

    /// Whom among `active` to wait for, as it is reading the same and will keep it, and after how many tokens.
    pub(super) fn leader(&self, one: &Active<S>, active: &[Active<S>]) -> Option<(u64, usize)> {
        let cache = one.cache.as_ref().filter(|_| self.tree.is_on())?;
        let stop = |other: &Active<S>| {
            let same_readers = other.cache.as_ref().is_some_and(|theirs| {
                theirs.domain == cache.domain && theirs.public_tokens == cache.public_tokens && !other.is_done() && other.is_reading()
            });
            let common = || one.tokens.iter().zip(&other.tokens).take_while(|(a, b)| a == b).count().min(one.tokens.len() - 1);
            let common = if same_readers { common() } else { 0 };
            let ahead = |stop: &usize| *stop > other.read && *stop >= one.read + SNAPSHOT_TOKENS_MIN && *stop <= common;
            other.stops.iter().copied().rev().find(ahead).map(|stop| (other.id, stop))
        };
        active.iter().filter_map(stop).max_by_key(|(_, stop)| *stop)
    }
}

/// Why reuse ended, when the disk could not help.
fn missed(miss: Miss, end: ReuseEnd) -> ReuseEnd {
    match miss {
        Miss::NoEntry => end,
        Miss::Fingerprint => ReuseEnd::Fingerprint,
        Miss::Damaged | Miss::Unreadable | Miss::Busy | Miss::Closed => ReuseEnd::Disk,
    }
}

/// Where a prompt's sequence is kept: at the end of the public preamble, at boundaries that are not too close, where it parts from what
/// others read, and within long runs at absolute places, so that different prompts agree on them.
fn stops(cache: &CacheRequest, prompt_tokens: usize, fork: Option<usize>) -> Vec<usize> {
    let within = |at: &usize| (1..=prompt_tokens).contains(at);
    let mut fixed: Vec<usize> = [cache.public_tokens].into_iter().chain(fork).filter(within).collect();
    let mut boundaries: Vec<usize> = cache.boundaries.iter().copied().filter(within).collect();
    boundaries.sort_unstable();
    fixed.extend(boundaries.last());
    let mut last = 0;
    for at in boundaries {
        if at - last >= SNAPSHOT_TOKENS_MIN {
            fixed.push(at);
            last = at;
        }
    }
    fixed.sort_unstable();
    fixed.dedup();
    let mut all = fixed.clone();
    let starts = [0].into_iter().chain(fixed.iter().copied());
    for (start, end) in starts.zip(fixed.iter().copied().chain([prompt_tokens])) {
        let margin = SNAPSHOT_TOKENS / 2;
        let inner = (1..).map(|n| n * SNAPSHOT_TOKENS).skip_while(|at| *at < start + margin).take_while(|at| at + margin <= end);
        all.extend(inner);
    }
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_kept_where_prompts_may_part() {
        let cache = |boundaries: &[usize]| CacheRequest {
            domain: Domain([1; 32]),
            public_tokens: 100,
            boundaries: boundaries.to_vec(),
            keep_answer: false,
        };
        assert_eq!(stops(&cache(&[100, 700, 710, 730]), 740, None), [100, 700, 730], "what ends last counts, however close");
        assert_eq!(stops(&cache(&[100, 700, 9000]), 740, Some(300)), [100, 300, 700]);
        assert_eq!(stops(&cache(&[100, 9000]), 20_000, None), [100, 4096, 9000, 12_288, 16_384]);
        assert!(stops(&cache(&[]), 50, None).is_empty());
    }
}
