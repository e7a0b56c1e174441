//! The sentences that may bear out what a model says: all of what it was given, found by their words first, as comparing meanings costs
//! more and is left to the few that words leave over.

use std::collections::{HashMap, HashSet};

use super::claim::Claim;
use super::numbers::numbers;
use crate::question::{same_word, words};
use crate::sentence::Sentence;

/// Sentences looked at; more than any prompt of today holds.
const GROUNDS_MAX: usize = 16_384;
/// Sentences whose meaning is compared with a claim.
const CANDIDATES: usize = 8;
/// What the source a claim names counts for beside shares of words.
const NAMED: f32 = 0.15;

/// A sentence that was given.
#[derive(Debug)]
pub(crate) struct Ground {
    /// The sentence.
    pub(crate) sentence: Sentence,
    /// The number of its source.
    pub(crate) source: usize,
    /// Its own words, lower case, without those of what it stands under.
    own: HashSet<String>,
    /// Its numbers and those of what it stands under.
    pub(crate) numbers: Vec<String>,
    /// Its own numbers.
    own_numbers: Vec<String>,
    /// Its embedding, in place, once it was wanted.
    pub(crate) vector: Option<Vec<f32>>,
}

impl Ground {
    /// Of the words and numbers that it and what it stands under share with a claim, the share that stand in itself: a title says what a
    /// sentence is about, and bears nothing out. `has` is as [`Grounds::candidates`] gives it.
    pub(crate) fn own_share(&self, claim: &Claim, has: &[bool]) -> f32 {
        let shared: Vec<&String> = claim.content.iter().zip(has).filter(|(_, has)| **has).map(|(word, _)| word).collect();
        let numbers: Vec<&String> = claim.numbers.iter().filter(|number| self.numbers.contains(number)).collect();
        let own = shared.iter().filter(|word| self.own.iter().any(|own| same_word(word, own))).count()
            + numbers.iter().filter(|number| self.own_numbers.contains(number)).count();
        own as f32 / (shared.len() + numbers.len()).max(1) as f32
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Grounds {
    all: Vec<Ground>,
    /// For each word, lower case, the sentences it stands in or under.
    places: HashMap<String, Vec<usize>>,
    numbers: HashSet<String>,
}

impl Grounds {
    /// Takes sentences with the numbers of their sources.
    pub(crate) fn new(sentences: impl IntoIterator<Item = (usize, Sentence)>) -> Self {
        let mut grounds = Self::default();
        for (source, sentence) in sentences.into_iter().take(GROUNDS_MAX) {
            let place = grounds.all.len();
            let text = sentence.in_place();
            for (_, word) in words(&text) {
                let places = grounds.places.entry(word.to_lowercase()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
            let own = words(&sentence.plain).map(|(_, word)| word.to_lowercase()).collect();
            let (numbers, own_numbers) = (numbers(&text), numbers(&sentence.plain));
            grounds.numbers.extend(numbers.iter().cloned());
            grounds.all.push(Ground { sentence, source, own, numbers, own_numbers, vector: None });
        }
        grounds
    }

    /// One of them.
    pub(crate) fn get(&self, place: usize) -> &Ground {
        &self.all[place]
    }

    /// Whether a number stands anywhere in them.
    pub(crate) fn hold_number(&self, number: &str) -> bool {
        self.numbers.contains(number)
    }

    /// For each of a claim's content words, the sentences that have it in any form.
    fn holders(&self, content: &[String]) -> Vec<HashSet<usize>> {
        let holders = content.iter().map(|wanted| {
            let forms = self.places.iter().filter(|(word, _)| same_word(wanted, word));
            forms.flat_map(|(_, places)| places.iter().copied()).collect()
        });
        holders.collect()
    }

    /// The sentences that may bear a claim out, likeliest first, each with which of its content words it has.
    pub(crate) fn candidates(&self, claim: &Claim) -> Vec<(usize, Vec<bool>)> {
        let holders = self.holders(&claim.content);
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for place in holders.iter().flatten() {
            *counts.entry(*place).or_default() += 1;
        }
        // Where nothing is said in a source's words, as across languages, the named source's sentences are all there is.
        if counts.values().all(|count| *count < 2) {
            let named = self.all.iter().enumerate().filter(|(_, ground)| claim.sources.contains(&ground.source));
            let some = named.filter(|(_, ground)| claim.numbers.iter().all(|number| ground.numbers.contains(number)));
            counts.extend(some.take(4 * CANDIDATES).map(|(place, _)| (place, 0)).collect::<Vec<_>>());
        }
        let share = |count: usize| count as f32 / claim.content.len().max(1) as f32;
        let likely = |place: usize, count: usize| {
            let ground = &self.all[place];
            let named = if claim.sources.contains(&ground.source) { NAMED } else { 0.0 };
            let numbered = if claim.numbers.iter().all(|number| ground.numbers.contains(number)) { 0.0 } else { -1.0 };
            share(count) + named + numbered
        };
        let mut found: Vec<(usize, f32)> = counts.iter().map(|(place, count)| (*place, likely(*place, *count))).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let several = if claim.content.is_empty() || counts.values().all(|count| *count < 2) { 4 * CANDIDATES } else { CANDIDATES };
        found.truncate(several);
        found.into_iter().map(|(place, _)| (place, holders.iter().map(|holders| holders.contains(&place)).collect())).collect()
    }

    /// Of these, those whose embedding is not there yet, with the text to embed.
    pub(crate) fn unembedded(&self, places: impl Iterator<Item = usize>) -> Vec<(usize, String)> {
        places.filter(|place| self.all[*place].vector.is_none()).map(|place| (place, self.all[place].sentence.in_place())).collect()
    }

    /// Keeps an embedding.
    pub(crate) fn embedded(&mut self, place: usize, vector: Vec<f32>) {
        self.all[place].vector = Some(vector);
    }
}
