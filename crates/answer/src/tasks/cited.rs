//! Holds a text that a model wrote against the sentences of documents, by the same verification as answers: what says otherwise than they do
//! is left out, what they bear out is cited, and the rest is marked.

use pinakes_api::{ApiError, Support, TaskResult};
use pinakes_types::sentences;

use super::work::Work;
use crate::answer::{Answer, Saying};
use crate::sentence::Sentence;
use crate::verify::{Case, Claim, Grounds, Judged, Standing, judge, said};

/// What kind of text it is.
pub(super) struct Kind<'a> {
    /// Sentences that are shown at most.
    pub(super) sentences_max: usize,
    /// Whether what claims nothing, such as a heading or a greeting, is part of it.
    pub(super) with_filling: bool,
    /// The language it is in, where known.
    pub(super) language: Option<&'a str>,
}

/// A text with its citations.
#[derive(Default)]
pub(super) struct Cited {
    answer: Answer,
    /// Sentences left out, as they say otherwise than the documents.
    pub(super) left_out: usize,
}

impl Cited {
    /// Sentences themselves as a text, each its own citation.
    pub(super) fn own_words(chosen: &[&Sentence]) -> Self {
        let mut cited = Self::default();
        for sentence in chosen {
            let quotes = vec![(*sentence).clone()];
            cited.answer.say(&Saying { words: sentence.plain.clone(), gap: " ", support: Support::Full, quotes });
        }
        cited
    }

    /// Share of the model's sentences that are borne out, wholly or in part.
    pub(super) fn share(&self) -> f32 {
        let all = self.answer.sentences.len() + self.left_out;
        if all == 0 { 0.0 } else { (all - self.left_out - self.unborne()) as f32 / all as f32 }
    }

    /// Sentences shown that nothing bears out.
    pub(super) fn unborne(&self) -> usize {
        self.answer.sentences.iter().filter(|sentence| sentence.support == Support::None).count()
    }

    /// A result with this text, and what is to be said of it.
    pub(super) fn told(self, result: TaskResult) -> TaskResult {
        let mut notes = result.notes;
        let shown = self.answer.sentences.len();
        if self.unborne() > 0 {
            notes.push(format!("{} of {shown} sentences rest on nothing that was found in the documents: check them.", self.unborne()));
        }
        if self.left_out > 0 {
            notes.push(format!("{} sentences were left out, as they say otherwise than the documents.", self.left_out));
        }
        let Answer { text, sentences, citations } = self.answer;
        TaskResult { text: Some(text), sentences, citations, notes, ..result }
    }
}

impl Work<'_> {
    /// The text with each sentence cited from `evidence` where it is borne out.
    pub(super) async fn cited(&self, text: &str, evidence: Vec<Sentence>, kind: &Kind<'_>) -> Result<Cited, ApiError> {
        let mut cited = Cited::default();
        let mut grounds = Grounds::new(evidence.into_iter().map(|sentence| (1, sentence)));
        let mut before = 0;
        for range in sentences(text) {
            let gap = if text[before..range.start].contains('\n') { "\n" } else { " " };
            before = range.end;
            let claim = Claim::of(said(unlisted(&text[range])));
            if !claim.words.chars().any(char::is_alphanumeric) || cited.answer.says(&claim.words) {
                continue;
            }
            let Judged { standing, support, grounds: places } = self.judged(&claim, &mut grounds, kind.language).await?;
            match standing {
                Standing::Contradicted => cited.left_out += 1,
                Standing::Neutral if !kind.with_filling => {}
                _ => {
                    let quotes = places.iter().map(|place| grounds.get(*place).sentence.clone()).collect();
                    cited.answer.say(&Saying { words: claim.words, gap, support, quotes });
                }
            }
            if cited.answer.sentences.len() == kind.sentences_max {
                break;
            }
        }
        Ok(cited)
    }

    async fn judged(&self, claim: &Claim, grounds: &mut Grounds, language: Option<&str>) -> Result<Judged, ApiError> {
        let candidates = grounds.candidates(claim);
        let missing = grounds.unembedded(candidates.iter().map(|(place, _)| *place));
        let (places, texts): (Vec<usize>, Vec<String>) = missing.into_iter().unzip();
        let mut vectors = self.searcher.embed_all(std::iter::once(claim.words.clone()).chain(texts).collect()).await?;
        let own = vectors.remove(0);
        for (place, vector) in places.into_iter().zip(vectors) {
            grounds.embedded(place, vector);
        }
        Ok(judge(grounds, &Case { claim, vector: &own, language }, &candidates))
    }
}

/// A sentence without the bullet, number or heading mark that a model puts before it.
fn unlisted(sentence: &str) -> &str {
    let line = sentence.trim_start_matches(|c: char| matches!(c, '-' | '*' | '•' | '#') || c.is_whitespace());
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let numbered = (1..3).contains(&digits) && line[digits..].starts_with(['.', ')']) && line[digits + 1..].starts_with(' ');
    if numbered { line[digits + 1..].trim_start() } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_puts_before_a_sentence_goes() {
        for (written, expected) in
            [("- Up to five days.", "Up to five days."), ("2. Ask HR.", "Ask HR."), ("2024 was good", "2024 was good"), ("### ", "")]
        {
            assert_eq!(unlisted(written), expected);
        }
    }
}
