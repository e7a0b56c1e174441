//! A sentence of a model as something that sources can bear out.

use super::markers::Said;
use super::numbers::numbers;
use crate::question::{content_words, words};

/// Words by which a model speaks of its sources and its answer, and says nothing of what they say.
#[rustfmt::skip]
const FILLING: &[&str] = &[
    "source", "sources", "answer", "question", "information", "according", "provides", "provided", "mentions", "mentioned", "states",
    "stated", "quelle", "quellen", "antwort", "frage", "laut", "fuente", "fuentes", "respuesta", "pregunta", "según", "réponse", "selon",
];

/// What a sentence claims.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Claim {
    /// The sentence, without markers.
    pub(crate) words: String,
    /// Its content words, lower case; numbers stand by themselves.
    pub(crate) content: Vec<String>,
    /// Its numbers, in one form.
    pub(crate) numbers: Vec<String>,
    /// Names in it, lower case, as far as capitals tell.
    pub(crate) names: Vec<String>,
    /// The sources it names.
    pub(crate) sources: Vec<usize>,
}

impl Claim {
    /// Reads a sentence.
    pub(crate) fn of(said: Said) -> Self {
        let Said { words, sources } = said;
        let telling = |word: &String| numbers(word).is_empty() && !FILLING.contains(&word.as_str());
        let content = content_words(&words).into_iter().filter(telling).collect();
        Self { content, numbers: numbers(&words), names: names(&words), words, sources }
    }

    /// Whether there is nothing in it that could be borne out: no number, and too few words that carry meaning.
    pub(crate) fn is_filling(&self) -> bool {
        // A sentence that leads over to a list or a quotation says nothing by itself.
        self.numbers.is_empty() && (self.content.len() < 2 || self.words.ends_with(':'))
    }
}

/// Words that a capital letter marks as names: not the first, and not where every other word has one, as German nouns do.
fn names(text: &str) -> Vec<String> {
    let all: Vec<&str> = words(text).map(|(_, word)| word).collect();
    let capital = |word: &&str| word.chars().next().is_some_and(char::is_uppercase);
    let inner: Vec<&str> = all.iter().skip(1).copied().filter(capital).collect();
    let code = |word: &str| word.chars().filter(|c| c.is_uppercase()).count() > 1;
    if inner.len() * 4 > all.len() {
        return inner.into_iter().filter(|word| code(word)).map(str::to_lowercase).collect();
    }
    inner.into_iter().map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::super::markers::said;
    use super::*;

    #[test]
    fn what_a_sentence_claims() {
        let claim = Claim::of(said("Mara Lindt approves travel above €1,000 [2]."));
        assert_eq!(claim.numbers, ["1000"]);
        assert_eq!(claim.names, ["lindt"]);
        assert_eq!(claim.sources, [2]);
        assert!(!claim.is_filling());
        assert!(names("Die Reise nach Leipzig genehmigt die Leitung der HR").contains(&"hr".to_owned()));
        assert!(!names("Die Reise nach Leipzig genehmigt die Leitung").contains(&"reise".to_owned()));
    }

    #[test]
    fn filling_words_claim_nothing() {
        for words in ["Yes.", "Here is what the sources say:", "In short:", "The source provides information about parking."] {
            assert!(Claim::of(said(words)).is_filling(), "{words}");
        }
        assert!(!Claim::of(said("5 days.")).is_filling());
    }
}
