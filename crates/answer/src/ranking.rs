//! Ranks the sentences that may answer a question, by what they say themselves and by what they stand in.
//!
//! The weights were fitted, as the softmax over a question's sentences, on ClapNQ, XQuAD and the chunking questions of Smith and
//! Troynikov (2024), by a script that was not kept, and rounded. Among weights that did as well there, those were taken that did best on
//! the sample company's golden questions, so these say little of how well they carry over.

use std::collections::HashMap;
use std::sync::Arc;

use pinakes_catalog::Passage;
use pinakes_index::Candidate;

use crate::asked::Asked;
use crate::question::{content_words, held, is_common, same_word, words};
use crate::sentence::{Document, Sentence};
use crate::standing;
use crate::support::cosine;

/// A sentence with what speaks for it.
#[derive(Debug, Clone)]
pub(crate) struct Ranked {
    pub(crate) sentence: Sentence,
    /// Which of the passages it stands in.
    pub(crate) passage: usize,
    pub(crate) score: f32,
    /// Cosine of the question and the sentence, 0 to 1.
    pub(crate) likeness: f32,
    /// Share of the question's telling words that it has, each weighed by how few sentences have it, 0 to 1.
    pub(crate) words: f32,
}

const LIKENESS: f32 = 0.60;
/// Telling words in the sentence itself, …
const WORDS: f32 = 0.55;
/// … and in it, the sentences beside it, its heading and its title.
const WORDS_AROUND: f32 = 0.35;
const PASSAGE: f32 = 0.50;
const FIRST_PASSAGES: f32 = 0.10;
/// A sentence that says a thing of the kind that is asked for.
const KIND: f32 = 0.25;
/// Up to [`LONG`] characters: what is short says little.
const LENGTH: f32 = 0.10;
const LONG: f32 = 300.0;
/// What only repeats the question, as titles do: fewer than [`NEW_WORDS`] of its own.
const REPEATS: f32 = -0.40;
const NEW_WORDS: usize = 3;
const IS_QUESTION: f32 = -0.30;

/// Ranks sentences, best first. `vectors` are the embeddings of what [`Sentence::by_itself`] gives, `passages` the evidence in its order.
pub(crate) fn rank(
    question: &str,
    question_vector: &[f32],
    sentences: Vec<(usize, Sentence)>,
    vectors: &[Vec<f32>],
    passages: &[(Passage, Candidate)],
) -> Vec<Ranked> {
    let asked = Asked::of(question);
    let telling = Telling::of(question, &sentences);
    let standings = standings(&sentences);
    let around: Vec<f32> = (0..sentences.len()).map(|at| telling.share(&telling.held_around(at, &sentences))).collect();
    let mut ranked: Vec<Ranked> = sentences
        .into_iter()
        .zip(vectors)
        .enumerate()
        .map(|(at, ((passage, sentence), vector))| {
            let likeness = cosine(question_vector, vector).max(0.0);
            let words = telling.share(&telling.held[at]);
            let plain = &sentence.plain;
            let own = LIKENESS * likeness
                + WORDS * words
                + WORDS_AROUND * around[at]
                + PASSAGE * passages[passage].1.score
                + FIRST_PASSAGES / (1 + passage) as f32
                + KIND * asked.said_in(plain, question)
                + LENGTH * (plain.chars().count() as f32 / LONG).min(1.0);
            let against = if plain.trim_end().ends_with(['?', '？']) { IS_QUESTION } else { 0.0 }
                + if says_something(plain, question) { 0.0 } else { REPEATS };
            let score = standings[&passage] * (own + against).max(0.0);
            Ranked { sentence, passage, score, likeness, words }
        })
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)).then(a.sentence.span.cmp(&b.sentence.span)));
    ranked
}

/// What the documents of passages count for beside each other.
fn standings(sentences: &[(usize, Sentence)]) -> HashMap<usize, f32> {
    let documents: HashMap<usize, &Arc<Document>> = sentences.iter().map(|(passage, sentence)| (*passage, &sentence.document)).collect();
    let weight = |document: &Document| standing::weight(&document.text, documents.values().map(|other| &other.text));
    documents.iter().map(|(passage, document)| (*passage, weight(document))).collect()
}

/// The telling words of a question, and which of the sentences have them.
struct Telling {
    words: Vec<String>,
    /// How telling each is among the sentences looked at: inverse document frequency (Spärck Jones 1972).
    weights: Vec<f32>,
    /// By sentence, then by word.
    held: Vec<Vec<bool>>,
}

impl Telling {
    fn of(question: &str, sentences: &[(usize, Sentence)]) -> Self {
        let words = content_words(question);
        let held: Vec<Vec<bool>> = sentences.iter().map(|(_, sentence)| held(&words, &sentence.plain)).collect();
        let rarity = |word: usize| {
            let holders = held.iter().filter(|held| held[word]).count() as f32;
            ((sentences.len() as f32 + 1.0) / (holders + 0.5)).ln()
        };
        let weights = (0..words.len()).map(rarity).collect();
        Self { words, weights, held }
    }

    /// Those in a sentence, in the ones beside it in its passage, in its heading and title.
    fn held_around(&self, at: usize, sentences: &[(usize, Sentence)]) -> Vec<bool> {
        let (passage, sentence) = &sentences[at];
        let above = [&*sentence.heading, &sentence.document.title, sentence.header.as_deref().unwrap_or_default()].join(" ");
        let mut around = held(&self.words, &above);
        let beside = at.saturating_sub(1)..(at + 2).min(sentences.len());
        let those = sentences[beside.clone()].iter().zip(&self.held[beside]).filter(|((other, _), _)| other == passage);
        for (_, held) in those {
            around.iter_mut().zip(held).for_each(|(around, held)| *around |= held);
        }
        around
    }

    /// Their share by weight.
    fn share(&self, held: &[bool]) -> f32 {
        let all: f32 = self.weights.iter().sum();
        let some: f32 = self.weights.iter().zip(held).filter(|(_, held)| **held).map(|(weight, _)| weight).sum();
        if all > 0.0 { some / all } else { 0.0 }
    }
}

/// Whether it says more than the question does.
fn says_something(sentence: &str, question: &str) -> bool {
    let asked: Vec<String> = words(question).map(|(_, word)| word.to_lowercase()).collect();
    let mut new: Vec<String> = Vec::new();
    for (_, word) in words(sentence) {
        let word = word.to_lowercase();
        if !is_common(&word) && !new.contains(&word) && !asked.iter().any(|asked| same_word(asked, &word)) {
            new.push(word);
        }
        if new.len() == NEW_WORDS {
            return true;
        }
    }
    // A code, an amount or a date says much in a word.
    new.iter().any(|word| word.contains(char::is_numeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_the_question_says_nothing() {
        let question = "How long is the warranty on a VP-420?";
        assert!(!says_something("Warranty of the VP-420", question));
        assert!(says_something("Warranty | 36 months", question));
        assert!(says_something("Mission control watched the landing closely.", question));
    }

    #[test]
    fn rare_words_tell_more_than_frequent_ones() {
        let telling = Telling { words: vec!["room".into(), "leipzig".into()], weights: vec![0.2, 1.8], held: vec![] };
        assert!((telling.share(&[false, true]) - 0.9).abs() < 1e-6);
        assert!(telling.share(&[true, false]) < 0.2);
        assert_eq!(held(&telling.words, "Rooms in Leipzig"), [true, true]);
    }
}
