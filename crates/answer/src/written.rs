//! An answer in the generator's own words, each sentence held against what it was given.
//!
//! A sentence is kept only when a sentence of the evidence carries it, and its citation quotes that one: a quotation therefore always
//! stands in the document, and a number that stands nowhere in the evidence is never shown. What the check cannot see is a sentence that
//! uses the evidence's words to say the opposite.

use pinakes_api::{ApiError, Citation, Citing, Support, Usage};
use pinakes_types::{Scope, sentences};

use crate::Searcher;
use crate::compose::{Ranked, cite};
use crate::context::{Context, conversation};
use crate::conversation::Turn;
use crate::generator::{Generator, Options, Words, Writing};
use crate::listener::Listener;
use crate::question::{content_words, words};
use crate::support::{cosine, coverage};

/// Shares of a sentence's content words that must stand in the evidence for it to be carried wholly, or in part, and how many words that
/// must be: of two words, two are soon found anywhere.
const FULLY: (f32, f32) = (0.8, 3.0);
const PARTLY: (f32, f32) = (0.6, 4.0);
/// What carries an answer must itself be nearly as much to the point as the best sentence of the evidence.
const TO_THE_POINT: f32 = 0.75;
/// What likeness of meaning counts beside words when the best evidence is looked for.
const WEIGHT_MEANING: f32 = 0.4;

/// What a generator is asked.
pub(crate) struct Prompted<'a> {
    /// The question as it was asked.
    pub(crate) question: &'a str,
    /// Earlier turns.
    pub(crate) turns: &'a [Turn],
    /// What it reads.
    pub(crate) context: &'a Context,
    /// The sentences of the passages found, best first.
    pub(crate) ranked: &'a [Ranked],
}

/// An answer and what it cites.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) answer: String,
    pub(crate) citations: Vec<Citation>,
    pub(crate) usage: Usage,
}

/// The generator did not come to an end.
pub(crate) struct Failed {
    /// Why.
    pub(crate) error: ApiError,
    /// Whether nothing of it was shown.
    pub(crate) said_nothing: bool,
}

impl Searcher {
    /// Lets the generator answer from the passages. `None` when nothing it said is carried by them.
    ///
    /// # Errors
    /// The engine is busy or failed; the error says whether the listener had heard anything by then.
    pub(crate) async fn generate(
        &self,
        generator: &Generator,
        scope: &Scope,
        prompted: &Prompted<'_>,
        listener: &Listener,
    ) -> Result<Option<Written>, Failed> {
        let Prompted { question, turns, context, ranked } = prompted;
        let mut draft = Draft { ranked, answer: String::new(), citations: vec![] };
        let conversation = conversation(Citing::Markers, context.parts(), turns, &context.remarks(), question);
        let begun = generator.begin(scope, conversation, Options::default());
        let result = match begun {
            Ok(writing) => self.draft(writing, &mut draft, listener).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(usage) => Ok(draft.finish(usage)),
            Err(error) => Err(Failed { said_nothing: draft.answer.is_empty(), error }),
        }
    }

    async fn draft(&self, mut writing: Writing, draft: &mut Draft<'_>, listener: &Listener) -> Result<Usage, ApiError> {
        let mut text = String::new();
        while let Some(Words { text: more, .. }) = writing.next().await? {
            text.push_str(&more);
            // The last sentence may go on.
            let whole = sentences(&text).into_iter().rev().nth(1).map_or(0, |range| range.end);
            let rest = text.split_off(whole);
            self.keep(&std::mem::replace(&mut text, rest), draft, listener).await?;
        }
        self.keep(&text, draft, listener).await?;
        Ok(writing.usage())
    }

    /// Takes up what is carried of some whole sentences.
    async fn keep(&self, text: &str, draft: &mut Draft<'_>, listener: &Listener) -> Result<(), ApiError> {
        for range in sentences(text) {
            let said = without_markers(&text[range]);
            if !said.chars().any(char::is_alphanumeric) {
                continue;
            }
            let vector = self.embed_query(&said).await?;
            if let Some((words, citation)) = draft.take(&said, &vector) {
                listener.words(words).await;
                if let Some(citation) = citation {
                    listener.citation(citation).await;
                }
            }
        }
        Ok(())
    }
}

/// The answer so far.
struct Draft<'a> {
    ranked: &'a [Ranked],
    answer: String,
    citations: Vec<Citation>,
}

impl Draft<'_> {
    /// Adds a sentence with the citation that carries it; a quotation cited before keeps its number. What is said twice is left out, and
    /// so is what is carried in part before anything was carried wholly.
    fn take(&mut self, said: &str, vector: &[f32]) -> Option<(String, Option<Citation>)> {
        let (support, best) = self.carrier(said, vector)?;
        if self.answer.contains(said) || (support == Support::Partial && self.citations.is_empty()) {
            return None;
        }
        let sentence = &best.sentence;
        let before = self.citations.iter().find(|known| known.doc_id == sentence.document.doc && known.char_span == sentence.span);
        let marker = before.map_or(self.citations.len() as u32 + 1, |known| known.marker);
        let known = before.is_some();
        let (words, citation) = cite(&self.answer, marker, said, sentence)?;
        self.answer.push_str(&words);
        let citation = (!known).then_some(Citation { support, ..citation });
        self.citations.extend(citation.clone());
        Some((words, citation))
    }

    /// The sentence of the evidence that carries a sentence best.
    fn carrier(&self, said: &str, vector: &[f32]) -> Option<(Support, &Ranked)> {
        let wanted = content_words(said);
        let numbers = numbers(said);
        let enough = self.ranked.first()?.score * TO_THE_POINT;
        let judged = self.ranked.iter().filter(|one| one.score >= enough).map(|one| {
            let text = one.sentence.in_place();
            let share = if numbers.iter().all(|number| holds(&text, number)) { coverage(&wanted, &text) } else { 0.0 };
            (share, share + WEIGHT_MEANING * cosine(vector, &one.vector), one)
        });
        let (share, _, best) = judged.max_by(|a, b| a.1.total_cmp(&b.1))?;
        let reaches = |(share_min, words_min): (f32, f32)| share >= share_min && share * wanted.len() as f32 >= words_min;
        let support = if reaches(FULLY) { Support::Full } else { Support::Partial };
        (support == Support::Full || reaches(PARTLY)).then_some((support, best))
    }

    fn finish(self, usage: Usage) -> Option<Written> {
        (!self.citations.is_empty()).then_some(Written { answer: self.answer, citations: self.citations, usage })
    }
}

/// Words with a digit in them.
fn numbers(text: &str) -> Vec<String> {
    words(text).map(|(_, word)| word.to_lowercase()).filter(|word| word.chars().any(|c| c.is_ascii_digit())).collect()
}

fn holds(text: &str, number: &str) -> bool {
    words(text).any(|(_, word)| word.eq_ignore_ascii_case(number))
}

/// A sentence without the `[1]` and `[2, 3]` that the model wrote: ours are verified. White space in a row becomes one space.
fn without_markers(sentence: &str) -> String {
    let mut kept = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some(start) = rest.find('[') {
        let inside = rest[start + 1..].find(']').map(|end| &rest[start + 1..start + 1 + end]);
        let marker = inside.filter(|inside| inside.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | ' ')));
        kept.push_str(&rest[..start]);
        match marker {
            Some(inside) => rest = &rest[start + inside.len() + 2..],
            None => {
                kept.push('[');
                rest = &rest[start + 1..];
            }
        }
    }
    kept.push_str(rest);
    let joined = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    // "25 days [1]." leaves a space before the stop.
    [" .", " ,", " ;", " !", " ?"].iter().fold(joined, |text, gap| text.replace(gap, &gap[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_go_and_other_brackets_stay() {
        for (written, expected) in [
            ("Up to five days [1].", "Up to five days."),
            ("Ask HR [2, 3] first [HR] .", "Ask HR first [HR]."),
            ("[1]", ""),
            ("a [b", "a [b"),
            ("x[]y", "xy"),
        ] {
            assert_eq!(without_markers(written), expected, "{written}");
        }
    }

    #[test]
    fn numbers_are_words_with_digits() {
        assert_eq!(numbers("Since 2024 it is €135, grade B2"), ["2024", "135", "b2"]);
        assert!(holds("135 € per night", "135") && !holds("1350 €", "135"));
    }
}
