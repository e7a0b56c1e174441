//! The tree against a map that knows every snapshot by its whole text, and its rules one by one.

use std::collections::HashMap;
use std::sync::Arc;

use super::*;
use crate::Random;

const COST: SequenceCost = SequenceCost { fixed_bytes: 1_000, page_tokens: 4, page_bytes: 100 };

/// The text itself, and pages that are shared as a sequence's are.
#[derive(Clone)]
struct Toy {
    text: Vec<u32>,
    pages: Vec<Arc<()>>,
}

impl Toy {
    fn new() -> Self {
        Self { text: Vec::new(), pages: Vec::new() }
    }

    /// Reads on, with a copy of the page that is half full.
    fn read(mut self, tokens: &[u32]) -> Self {
        self.pages.truncate(self.text.len() / COST.page_tokens);
        self.text.extend(tokens);
        self.pages.resize_with(self.text.len().div_ceil(COST.page_tokens), Arc::default);
        self
    }
}

impl Snapshot for Toy {
    fn pages(&self) -> Vec<usize> {
        self.pages.iter().map(|page| Arc::as_ptr(page) as usize).collect()
    }
}

fn tree(bytes_max: u64) -> SnapshotTree<Toy> {
    SnapshotTree::new(bytes_max, PrefillCost { token: 10.0, pair: 1.0 }, COST)
}

fn domain(n: u8) -> Domain {
    Domain([n; 32])
}

fn prefix(domain: Domain, public_tokens: usize, tokens: &[u32]) -> Prefix<'_> {
    Prefix { domain, public_tokens, tokens }
}

/// Goes on from what the tree has and keeps what comes out, as the engine does.
fn read(tree: &mut SnapshotTree<Toy>, prefix: Prefix<'_>) -> usize {
    let found = tree.look_up(prefix, prefix.tokens.len());
    let (length, toy, _pin) = found.snapshot.unwrap_or((0, Toy::new(), Pin::default()));
    tree.insert(prefix, &toy.read(&prefix.tokens[length..]));
    length
}

/// Short texts over a small alphabet, so that they share much and part everywhere.
fn text(random: &mut Random) -> Vec<u32> {
    let length = random.bits() % 24 + 1;
    (0..length).map(|_| u32::from(random.bits().is_multiple_of(4))).collect()
}

fn agrees_with_a_map(seed: u64, bytes_max: u64) {
    let (mut tree, mut map, mut random) = (tree(bytes_max), HashMap::new(), Random::new(seed));
    let (mut hits, mut evicted) = (0, 0);
    for step in 0..10_000 {
        let (own, public_tokens, text) = (domain(random.bits() as u8 % 3 + 1), random.bits() as usize % 6, text(&mut random));
        let asked = prefix(own, public_tokens, &text);
        match random.bits() % 100 {
            0 => {
                tree.forget(own);
                map.retain(|(domain, _), _| *domain != own);
            }
            1..50 => {
                read(&mut tree, asked);
                if COST.bytes(text.len()) <= bytes_max {
                    map.insert((asked.domain_at(text.len()), text.clone()), ());
                }
            }
            _ => {
                let most = random.bits() as usize % (text.len() + 1);
                let found = tree.look_up(asked, most);
                let known = |length: &usize| {
                    let known = |domain| map.contains_key(&(domain, text[..*length].to_vec()));
                    known(own) || (*length <= public_tokens && known(Domain::PUBLIC))
                };
                let expected = (1..=most).rev().find(known);
                assert_eq!(found.snapshot.as_ref().map(|(length, ..)| *length), expected, "step {step}, {text:?}");
                if let Some((length, toy, _)) = found.snapshot {
                    assert_eq!(toy.text, text[..length]);
                    hits += 1;
                }
            }
        }
        for key in tree.log.drain(..) {
            assert!(map.remove(&key).is_some(), "step {step}: {key:?} was let go and never there");
            evicted += 1;
        }
        let stats = tree.stats();
        assert_eq!(stats.snapshots as usize, map.len(), "step {step}");
        assert!(stats.bytes <= bytes_max && stats.bytes >= stats.snapshots * COST.fixed_bytes);
    }
    assert!(hits > 100 && (evicted > 100 || bytes_max > 1 << 30), "{hits} hits, {evicted} let go");
    for n in 1..4 {
        tree.forget(domain(n));
    }
    tree.forget(Domain::PUBLIC);
    let stats = tree.stats();
    assert_eq!((stats.bytes, stats.snapshots, stats.tokens_known, tree.pages.len()), (0, 0, 0, 0));
}

#[test]
fn ten_thousand_operations_agree_with_a_map() {
    agrees_with_a_map(1, u64::MAX);
    agrees_with_a_map(2, 20_000);
    agrees_with_a_map(3, 5_000);
}

#[test]
fn a_domain_meets_nothing_of_another_but_the_public_preamble() {
    let mut tree = tree(u64::MAX);
    let text: Vec<u32> = (0..20).collect();
    read(&mut tree, prefix(domain(1), 8, &text[..8]));
    read(&mut tree, prefix(domain(1), 8, &text[..16]));
    let mut look = |n, public| {
        let found = tree.look_up(prefix(domain(n), public, &text), 19);
        (found.snapshot.map_or(0, |(length, ..)| length), found.end)
    };
    assert_eq!(look(1, 8), (16, ReuseEnd::NoEntry));
    assert_eq!(look(2, 8), (8, ReuseEnd::Domain));
    assert_eq!(look(2, 0), (0, ReuseEnd::NoEntry));
    tree.forget(domain(1));
    assert_eq!(tree.look_up(prefix(domain(1), 8, &text), 19).end, ReuseEnd::Domain);
}

#[test]
fn where_reuse_ends_is_said_with_its_reason() {
    let mut tree = tree(2 * COST.bytes(40));
    let one: Vec<u32> = (0..40).collect();
    assert_eq!(tree.look_up(prefix(domain(1), 0, &one), 39).end, ReuseEnd::NoEntry);
    read(&mut tree, prefix(domain(1), 0, &one));
    // All but the last token of a text is everything; but a snapshot in a run cannot be gone back to.
    let found = tree.look_up(prefix(domain(1), 0, &one), 39);
    assert!(found.end == ReuseEnd::Complete && found.snapshot.is_none());
    let mut other = one.clone();
    other[30] = 99;
    let found = tree.look_up(prefix(domain(1), 0, &other), 39);
    assert_eq!((found.end, found.fork), (ReuseEnd::ForkedAt(30), Some((30, false))));
    read(&mut tree, prefix(domain(1), 0, &other));
    other[30] = 98;
    let found = tree.look_up(prefix(domain(1), 0, &other), 39);
    assert_eq!((found.end, found.fork), (ReuseEnd::ForkedAt(30), Some((30, true))), "others have parted there");
    // Two more push out the first, and that is what is said of it.
    let long: Vec<u32> = (0..41).collect();
    for first in [50, 60] {
        read(&mut tree, prefix(domain(1), 0, &[&[first], &one[1..]].concat()));
    }
    let found = tree.look_up(prefix(domain(1), 0, &long), 40);
    assert!(found.end == ReuseEnd::Evicted && found.snapshot.is_none());
}

#[test]
fn what_is_in_use_stays_and_what_is_cheap_goes_first() {
    let mut tree = tree(COST.bytes(40) + COST.bytes(20));
    let (long, short): (Vec<u32>, Vec<u32>) = ((0..40).collect(), (100..120).collect());
    read(&mut tree, prefix(domain(1), 0, &long));
    read(&mut tree, prefix(domain(1), 0, &short));
    // The longer one was used longer ago, but costs more to read again.
    read(&mut tree, prefix(domain(1), 0, &(200..212).collect::<Vec<u32>>()));
    let mut holds = |text: &[u32]| tree.look_up(prefix(domain(1), 0, text), text.len()).snapshot;
    let held = holds(&long).expect("the longer one");
    assert!(holds(&short).is_none());
    // Somebody stands on it now: everything else goes before.
    for n in 3..20 {
        read(&mut tree, prefix(domain(1), 0, &(n * 100..n * 100 + 36).collect::<Vec<u32>>()));
        assert!(tree.look_up(prefix(domain(1), 0, &long), 40).snapshot.is_some());
    }
    drop(held);
}

#[test]
fn no_budget_keeps_nothing() {
    let mut tree = tree(0);
    let text: Vec<u32> = (0..10).collect();
    read(&mut tree, prefix(domain(1), 5, &text));
    let found = tree.look_up(prefix(domain(1), 5, &text), 9);
    assert!(found.snapshot.is_none() && !tree.is_on());
    assert_eq!(tree.stats(), CacheStats::default());
}

#[test]
fn ways_that_lead_nowhere_are_bounded() {
    let mut radix: Radix<()> = Radix::new();
    let root = radix.root();
    for n in 0..100_u32 {
        let node = radix.insert(root, &[n; 10], u64::from(n));
        radix.put(node, ());
        radix.take(node);
    }
    radix.prune(1000);
    assert_eq!(radix.tokens(), 1000);
    radix.prune(342);
    assert_eq!(radix.tokens(), 300);
    assert_eq!(radix.walk(root, &[69; 10]).matched, 0);
    assert_eq!(radix.walk(root, &[70; 10]).matched, 10);
}
