//! The index against a list of prefixes.

use std::collections::BTreeMap;

use super::*;
use crate::sampler::Random;

const PUBLIC_TOKENS: usize = 3;
const COST: PrefillCost = PrefillCost { token: 1.0, pair: 0.1 };

fn below(random: &mut Random, bound: usize) -> usize {
    (random.bits() % bound as u64) as usize
}

/// Few different tokens, so that prefixes meet.
fn prompt(random: &mut Random) -> Vec<u32> {
    (0..1 + below(random, 12)).map(|_| random.bits() as u32 % 2).collect()
}

#[test]
fn ten_thousand_operations_agree_with_a_list_of_prefixes() {
    let mut random = Random::new(3);
    let mut index = Index::new(Naming::new(&[7; 32], None));
    // By domain and tokens: the run's name, and whether its file is complete.
    let mut naive: BTreeMap<(Domain, Vec<u32>), (Id, bool)> = BTreeMap::new();
    let (mut hits, mut evicted) = (0, 0);
    for _ in 0..10_000 {
        let tokens = prompt(&mut random);
        let domain = Domain([1 + below(&mut random, 3) as u8; 32]);
        let prefix = Prefix { domain, public_tokens: PUBLIC_TOKENS, tokens: &tokens };
        match below(&mut random, 100) {
            0..40 => {
                let chain = index.chain(prefix, tokens.len(), true);
                let known = naive.contains_key(&(prefix.domain_at(tokens.len()), tokens.clone()));
                let place = index.next_place(&chain, prefix);
                assert_eq!(place.is_none(), known, "{tokens:?}");
                if let Some(place) = place {
                    // Complete at once only where everything before it is.
                    let ready = chain.len() == index.chain(prefix, tokens.len(), false).len();
                    let stored = ready && below(&mut random, 4) > 0;
                    assert!(index.insert(place, 10, stored));
                    naive.insert((place.domain, tokens), (place.id, stored));
                }
            }
            40..60 => {
                let chain = index.chain(prefix, tokens.len(), true);
                for place in chain {
                    index.complete(place.id);
                    let entry = naive.values_mut().find(|(id, _)| *id == place.id).unwrap();
                    entry.1 = true;
                }
            }
            60..70 => {
                let enough = index.bytes().saturating_sub(5);
                for id in index.evict(&COST, |index| index.bytes() > enough) {
                    assert!(!index.nodes.values().any(|node| node.place.parent == id), "nothing goes on from it");
                    naive.retain(|_, (other, _)| *other != id);
                    evicted += 1;
                }
            }
            70 => {
                let gone = index.remove_domain(domain).len();
                let before = naive.len();
                naive.retain(|(of, _), _| *of != domain);
                assert_eq!(before - naive.len(), gone);
            }
            _ => {
                let found = index.chain(prefix, tokens.len(), false).last().map_or(0, |last| last.end);
                let stored = |length: &usize| naive.get(&(prefix.domain_at(*length), tokens[..*length].to_vec())).is_some_and(|at| at.1);
                let longest = (1..=tokens.len()).rev().find(stored).unwrap_or(0);
                assert_eq!(found, longest, "{tokens:?} of {domain:?}");
                hits += usize::from(found > 0);
            }
        }
        let stored = naive.values().filter(|(_, stored)| *stored).count() as u64;
        assert_eq!((index.len(), index.stored(), index.bytes()), (naive.len(), stored, 10 * stored));
    }
    assert!(hits > 1000 && evicted > 500, "{hits} hits, {evicted} evicted");
    assert_eq!(index.lengths.values().flat_map(BTreeMap::values).sum::<usize>(), naive.len());
}

#[test]
fn all_can_be_evicted_and_the_least_worthy_goes_first() {
    let mut random = Random::new(5);
    let mut index = Index::new(Naming::new(&[7; 32], None));
    for _ in 0..500 {
        let tokens = prompt(&mut random);
        let prefix = Prefix { domain: Domain([1; 32]), public_tokens: 0, tokens: &tokens };
        let chain = index.chain(prefix, tokens.len(), true);
        if let Some(place) = index.next_place(&chain, prefix) {
            assert!(index.insert(place, 10, true));
        }
    }
    let places: HashMap<Id, Place> = index.nodes.values().map(|node| (node.place.id, node.place)).collect();
    let gone = index.evict(&COST, |index| index.bytes() > 0);
    assert_eq!((gone.len(), index.len(), index.stored()), (places.len(), 0, 0));
    // Children before parents.
    for (at, id) in gone.iter().enumerate() {
        let parent = gone.iter().position(|other| *other == places[id].parent);
        assert!(parent.is_none_or(|parent| parent > at));
    }
    assert!(index.lengths.is_empty());
}
