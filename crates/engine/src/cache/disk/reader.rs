//! The thread that reads snapshots back.

use std::sync::mpsc::{Receiver, Sender, SyncSender};

use super::Shared;
use super::file::Fault;
use super::writer::Work;
use crate::cache::{Domain, Fetched, Miss, Prefix};
use crate::engine::guarded;
use crate::limits::disk::FAULTS_MAX;
use crate::sequence::Sequence;

/// A snapshot that is asked for.
pub(super) struct Fetch {
    pub(super) domain: Domain,
    pub(super) public_tokens: usize,
    /// It should stand after these.
    pub(super) tokens: Vec<u32>,
    /// It should stand after more than these, and share their pages.
    pub(super) base: Option<(usize, Sequence)>,
    pub(super) answer: SyncSender<Fetched<Sequence>>,
}

/// Works until nobody can ask for more.
pub(super) fn run(shared: &Shared, fetches: &Receiver<Fetch>, removals: &Sender<Work>) {
    for fetch in fetches {
        let fetched = guarded("read", || fetch_longest(shared, &fetch, removals)).unwrap_or_else(|| {
            shared.shelf().counts.defects += 1;
            Err(Miss::Unreadable)
        });
        // Who asked may have left.
        let _ = fetch.answer.send(fetched);
    }
}

/// The longest that is whole. What is found damaged is taken off the shelf with all behind it.
fn fetch_longest(shared: &Shared, fetch: &Fetch, removals: &Sender<Work>) -> Fetched<Sequence> {
    let prefix = Prefix { domain: fetch.domain, public_tokens: fetch.public_tokens, tokens: &fetch.tokens };
    let base = fetch.base.as_ref().map(|(length, sequence)| (*length, sequence));
    let mut miss = Miss::NoEntry;
    for _ in 0..FAULTS_MAX {
        let chain = shared.shelf().own.chain(prefix, prefix.tokens.len(), false);
        let Some(end) = chain.last().map(|last| last.end).filter(|end| *end > base.map_or(0, |(length, _)| length)) else { break };
        match shared.files.read(&chain, &prefix.tokens[..end], base) {
            Ok((sequence, bytes)) => {
                let mut shelf = shared.shelf();
                shelf.own.touch(&chain);
                shelf.counts.hits += 1;
                shelf.counts.bytes_read += bytes;
                return Ok((end, sequence));
            }
            Err((id, fault)) => {
                let mut shelf = shared.shelf();
                // Evicted between looking and reading: no fault of the disk.
                if !shelf.own.contains(id) {
                    continue;
                }
                let counts = &mut shelf.counts;
                let (found, count) = match fault {
                    Fault::Damaged => (Miss::Damaged, &mut counts.damaged),
                    Fault::Unreadable => (Miss::Unreadable, &mut counts.unreadable),
                };
                *count += 1;
                miss = found;
                tracing::warn!(%id, reason = found.code(), "a snapshot on the disk cannot be used");
                let gone = shelf.own.remove(id);
                // Under the lock, as all orders are.
                let _ = removals.send(Work::Remove(gone));
            }
        }
    }
    if miss == Miss::NoEntry {
        shared.shelf().counts.misses_no_entry += 1;
    }
    Err(miss)
}
