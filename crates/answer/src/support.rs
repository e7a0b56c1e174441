//! Whether the evidence carries an answer: a logistic model over what speaks for it, fitted on ClapNQ (150 questions with an answer in the
//! passages, 150 without; Rosenthal et al. 2024, arXiv:2404.02103), on the sample company's golden questions and on questions of XQuAD.
//!
//! Fitted on ClapNQ alone, the line is drawn better there (F1 of "unanswerable" 0.79 instead of 0.62) and refuses two of three of the
//! golden questions: encyclopaedia passages resemble their questions more than company documents do. Refusing a question that has an
//! answer was taken to be the worse fault, as every sentence shown is a quotation that can be judged.

use pinakes_api::Evidence;

use crate::question::{same_word, words};

/// What speaks for an answer, each 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signals {
    /// Cosine of the question and the best sentence.
    pub sentence: f32,
    /// Cosine of the question and that sentence's passage.
    pub passage: f32,
    /// Share of the question's content words that stand in that passage, its title and headings.
    pub coverage: f32,
    /// Share of the question's acronyms and product codes that stand there; 1 when it has none.
    pub names: f32,
}

/// Weights and intercept; `benches/refusal_clapnq.py` prints the signals and fits them on ClapNQ alone. The likeness of the best sentence adds
/// nothing to that of its passage and is left out. None of the questions fitted on turns on a product code, so the weight of names is not
/// fitted but set; a question without any loses nothing, which the intercept allows for.
const WEIGHT_PASSAGE: f32 = 5.30;
const WEIGHT_COVERAGE: f32 = 3.93;
const WEIGHT_NAMES: f32 = 2.00;
const INTERCEPT: f32 = -4.63 - WEIGHT_NAMES;

impl Signals {
    /// How likely the evidence answers the question, 0 to 1.
    #[must_use]
    pub fn support(&self) -> f32 {
        let sum = WEIGHT_PASSAGE * self.passage + WEIGHT_COVERAGE * self.coverage + WEIGHT_NAMES * self.names + INTERCEPT;
        1.0 / (1.0 + (-sum).exp())
    }
}

impl Signals {
    /// As the answer shows it.
    pub(crate) fn evidence(&self) -> Evidence {
        Evidence { support: self.support(), sentence: self.sentence, passage: self.passage, coverage: self.coverage, names: self.names }
    }
}

/// Share of these words found in a text, in any form; 1 when there are none.
pub(crate) fn coverage(question_words: &[String], text: &str) -> f32 {
    let found: Vec<String> = words(text).map(|(_, word)| word.to_lowercase()).collect();
    let held = question_words.iter().filter(|wanted| found.iter().any(|word| same_word(wanted, word))).count();
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
    fn more_evidence_never_means_less_support() {
        let weak = Signals { sentence: 0.1, passage: 0.1, coverage: 0.1, names: 0.0 };
        let strong = Signals { sentence: 0.9, passage: 0.9, coverage: 1.0, names: 1.0 };
        assert!(strong.support() > 0.8 && weak.support() < 0.2, "{} {}", strong.support(), weak.support());
        for better in [
            Signals { sentence: 0.5, ..weak },
            Signals { passage: 0.5, ..weak },
            Signals { coverage: 0.5, ..weak },
            Signals { names: 0.5, ..weak },
        ] {
            assert!(better.support() >= weak.support(), "{better:?}");
        }
    }

    #[test]
    fn coverage_counts_forms_of_words() {
        let wanted = ["invoice".to_owned(), "approve".to_owned(), "burst".to_owned()];
        let share = coverage(&wanted, "Invoices are approved by finance.");
        assert!((share - 2.0 / 3.0).abs() < 1e-6, "{share}");
    }
}
