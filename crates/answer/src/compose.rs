//! Makes an extractive answer of sentences: which ones, in which order.

use std::collections::HashMap;
use std::sync::Arc;

use pinakes_catalog::Passage;
use pinakes_index::Candidate;

use crate::question::{asks_for_number, content_words, names, words};
use crate::sentence::{Document, Sentence};
use crate::standing;
use crate::support::{Signals, cosine, coverage};

/// A sentence with what speaks for it.
#[derive(Debug, Clone)]
pub(crate) struct Ranked {
    pub(crate) sentence: Sentence,
    /// Which of the passages it stands in.
    pub(crate) passage: usize,
    pub(crate) score: f32,
    pub(crate) signals: Signals,
    /// Its embedding, in place.
    pub(crate) vector: Vec<f32>,
}

/// What a sentence's own words, its passage and its place among the passages count for.
const WEIGHT_SENTENCE: f32 = 0.55;
const WEIGHT_PASSAGE: f32 = 0.30;
const WEIGHT_COVERAGE: f32 = 0.15;
/// What a number counts for in a sentence, when a number is asked for.
const WEIGHT_NUMBER: f32 = 0.08;
/// A further sentence joins the answer when it is nearly as good as the best.
const NEARLY_AS_GOOD: f32 = 0.92;

/// Ranks sentences, best first. `vectors` are the sentences' embeddings, `passages` the evidence in its order.
pub(crate) fn rank(
    question: &str,
    question_vector: &[f32],
    sentences: Vec<(usize, Sentence)>,
    vectors: Vec<Vec<f32>>,
    passages: &[(Passage, Candidate)],
) -> Vec<Ranked> {
    let asked = content_words(question);
    let names = names(question);
    let covered: Vec<(f32, f32)> =
        passages.iter().map(|(passage, _)| whole(passage)).map(|text| (coverage(&asked, &text), coverage(&names, &text))).collect();
    let number_wanted = asks_for_number(question);
    let documents: HashMap<usize, Arc<Document>> =
        sentences.iter().map(|(passage, sentence)| (*passage, Arc::clone(&sentence.document))).collect();
    let standings: HashMap<usize, f32> = documents
        .iter()
        .map(|(passage, document)| (*passage, standing::weight(&document.text, documents.values().map(|other| &other.text))))
        .collect();
    let mut ranked: Vec<Ranked> = sentences
        .into_iter()
        .zip(vectors)
        .map(|((passage, sentence), vector)| {
            let (_, candidate) = &passages[passage];
            let passage_cosine = candidate.vector.map_or(0.0, |leg| leg.score);
            let own = cosine(question_vector, &vector).max(0.0);
            let (passage_coverage, passage_names) = covered[passage];
            let signals = Signals { sentence: own, passage: passage_cosine.max(0.0), coverage: passage_coverage, names: passage_names };
            let own_coverage = coverage(&asked, &sentence.plain);
            let number = if number_wanted && says_a_number(&sentence.plain, question) { WEIGHT_NUMBER } else { 0.0 };
            let likeness = WEIGHT_SENTENCE * own + WEIGHT_PASSAGE * candidate.score + WEIGHT_COVERAGE * own_coverage + number;
            let score = standings[&passage] * likeness;
            Ranked { sentence, passage, score, signals, vector }
        })
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)).then(a.sentence.span.cmp(&b.sentence.span)));
    ranked
}

/// Whether it has a number that the question does not have: that of a product is no answer.
fn says_a_number(sentence: &str, question: &str) -> bool {
    words(sentence).any(|(_, word)| word.chars().any(char::is_numeric) && !words(question).any(|(_, asked)| asked == word))
}

fn whole(passage: &Passage) -> String {
    format!("{} {} {}", passage.title, passage.heading, passage.body)
}

/// The best sentences that make the answer: those nearly as good as the best, none twice, in the order of passages and text.
pub(crate) fn choose(ranked: &[Ranked], sentences_max: usize) -> Vec<Ranked> {
    let Some(best) = ranked.first() else { return vec![] };
    let mut chosen: Vec<Ranked> = Vec::new();
    for candidate in ranked.iter().take_while(|candidate| candidate.score >= best.score * NEARLY_AS_GOOD) {
        if chosen.len() == sentences_max {
            break;
        }
        if !chosen.iter().any(|chosen| says_the_same(&chosen.sentence, &candidate.sentence)) {
            chosen.push(candidate.clone());
        }
    }
    // The best sentence comes first; what follows it in its passage comes after it.
    let first = (chosen[0].passage, chosen[0].sentence.span);
    chosen.sort_by_key(|one| {
        let place = (one.passage, one.sentence.span);
        (place != first, place.0 != first.0, place)
    });
    chosen
}

fn says_the_same(a: &Sentence, b: &Sentence) -> bool {
    let letters =
        |sentence: &Sentence| sentence.plain.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    letters(a) == letters(b)
}
