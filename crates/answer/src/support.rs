//! Whether the evidence carries an answer: a logistic model over what speaks for it.
//!
//! Fitted on ClapNQ (150 questions with an answer in the passages, 150 without; Rosenthal et al. 2024, arXiv:2404.02103), on XQuAD with
//! every second paragraph taken away, and on the sample company's golden questions, the three counting alike
//! (`benches/refusal_weights.py`).

use pinakes_api::Evidence;
use pinakes_catalog::Passage;
use pinakes_index::Candidate;

use crate::asked::Asked;
use crate::question::{content_words, held, names};
use crate::ranking::Ranked;

/// How far down the ranking a sentence no longer competes with the best.
const LEAD_OVER: usize = 5;
/// From which passage on those found are taken for what any question finds.
const BACKGROUND_FROM: usize = 3;

/// Weights of [`Evidence`]'s fields, and intercept.
const SENTENCE: f32 = 3.08;
const NEAREST: f32 = -1.28;
const PASSAGE: f32 = 8.22;
const WORDS: f32 = -3.40;
const COVERAGE: f32 = 4.10;
const RANK: f32 = 2.36;
const LEAD: f32 = 1.74;
const SPREAD: f32 = -3.22;
const PARTICULAR: f32 = 0.60;
/// None of the questions fitted on turns on a product code, so this one is not fitted but set; a question without any loses nothing,
/// which the intercept allows for.
const NAMES: f32 = 2.00;
const INTERCEPT: f32 = -9.12 - NAMES;

/// What speaks for an answer. Nothing does where no sentence was found.
pub(crate) fn evidence(question: &str, ranked: &[Ranked], passages: &[(Passage, Candidate)]) -> Evidence {
    let Some(best) = ranked.first() else { return Evidence::default() };
    let (asked, names) = (content_words(question), names(question));
    let texts = passages.iter().map(|(passage, _)| format!("{} {} {}", passage.title, passage.heading, passage.body));
    let texts: Vec<String> = texts.collect();
    let likenesses: Vec<f32> = passages.iter().map(|(_, candidate)| candidate.vector.map_or(0.0, |leg| leg.score)).collect();
    let background = &likenesses[BACKGROUND_FROM.min(likenesses.len())..];
    let most = |values: &mut dyn Iterator<Item = f32>| values.fold(0.0, f32::max);
    let mut evidence = Evidence {
        sentence: best.likeness,
        nearest: most(&mut ranked.iter().map(|one| one.likeness)),
        passage: most(&mut likenesses.iter().copied()),
        words: most(&mut ranked.iter().map(|one| one.words)),
        coverage: most(&mut texts.iter().map(|text| coverage(&asked, text))),
        names: texts.get(best.passage).map_or(0.0, |text| coverage(&names, text)),
        rank: best.score,
        lead: best.score - ranked[LEAD_OVER.min(ranked.len() - 1)].score,
        spread: likenesses.first().copied().unwrap_or_default() - mean(background),
        particular: if Asked::of(question) == Asked::Anything { 0.0 } else { 1.0 },
        support: 0.0,
    };
    evidence.support = support(&evidence);
    evidence
}

/// How likely the evidence answers the question, 0 to 1.
fn support(evidence: &Evidence) -> f32 {
    let sum = SENTENCE * evidence.sentence
        + NEAREST * evidence.nearest
        + PASSAGE * evidence.passage
        + WORDS * evidence.words
        + COVERAGE * evidence.coverage
        + NAMES * evidence.names
        + RANK * evidence.rank
        + LEAD * evidence.lead
        + SPREAD * evidence.spread
        + PARTICULAR * evidence.particular
        + INTERCEPT;
    1.0 / (1.0 + (-sum).exp())
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

/// Share of these words found in a text, in any form; 1 when there are none.
pub(crate) fn coverage(question_words: &[String], text: &str) -> f32 {
    let held = held(question_words, text).into_iter().filter(|held| *held).count();
    if question_words.is_empty() { 1.0 } else { held as f32 / question_words.len() as f32 }
}

/// Cosine of two vectors of unit length.
pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_evidence_supports_and_weak_does_not() {
        let strong = Evidence {
            sentence: 0.8,
            nearest: 0.8,
            passage: 0.75,
            words: 0.9,
            coverage: 1.0,
            names: 1.0,
            rank: 1.8,
            lead: 0.4,
            spread: 0.3,
            particular: 1.0,
            support: 0.0,
        };
        let weak = Evidence { sentence: 0.2, nearest: 0.25, passage: 0.2, words: 0.1, coverage: 0.2, rank: 0.6, lead: 0.1, ..strong };
        assert!(support(&strong) > 0.8 && support(&weak) < 0.2, "{} {}", support(&strong), support(&weak));
        assert!(support(&Evidence { names: 0.0, ..strong }) < support(&strong), "another product is no evidence");
        assert_eq!(evidence("why?", &[], &[]), Evidence::default());
    }

    #[test]
    fn coverage_counts_forms_of_words() {
        let wanted = ["invoice".to_owned(), "approve".to_owned(), "burst".to_owned()];
        let share = coverage(&wanted, "Invoices are approved by finance.");
        assert!((share - 2.0 / 3.0).abs() < 1e-6, "{share}");
    }
}
