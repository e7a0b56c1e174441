//! A person's text → what to look up. There is no grammar that could refuse: quotation marks make phrases, everything else is words.

use std::collections::HashSet;

use pinakes_config::limits::{QUESTION_CHARS_MAX, QUESTION_PHRASES_MAX, QUESTION_WORDS_MAX};

use crate::words::{Purpose, Word, words};

/// What to look up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Question {
    /// Words, each once, in the order asked.
    pub words: Vec<Word>,
    /// Sequences of words that must stand in a chunk as they are.
    pub phrases: Vec<Vec<Word>>,
}

impl Question {
    /// Reads any text. What is beyond the limits is left out.
    pub(crate) fn read(text: &str) -> Self {
        let end = text.char_indices().nth(QUESTION_CHARS_MAX).map_or(text.len(), |(byte, _)| byte);
        let (quoted, loose) = quotations(&text[..end]);
        let mut question = Self::default();
        let mut left = QUESTION_WORDS_MAX;
        for quotation in quoted.into_iter().take(QUESTION_PHRASES_MAX) {
            let mut phrase = words(quotation, Purpose::Question);
            phrase.truncate(left);
            left -= phrase.len();
            if !phrase.is_empty() {
                question.phrases.push(phrase);
            }
        }
        let mut seen = HashSet::new();
        for word in loose.into_iter().flat_map(|piece| words(piece, Purpose::Question)) {
            if question.words.len() < left && seen.insert(word.text.clone()) {
                question.words.push(word);
            }
        }
        question
    }
}

/// Splits into quoted and other pieces. A quotation mark that is never closed is no quotation mark.
fn quotations(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut quoted, mut loose) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(open) = rest.find(is_quotation_mark) {
        let after = &rest[open + rest[open..].chars().next().map_or(0, char::len_utf8)..];
        loose.push(&rest[..open]);
        let Some(close) = after.find(is_quotation_mark) else {
            rest = after;
            break;
        };
        quoted.push(&after[..close]);
        rest = &after[close + after[close..].chars().next().map_or(0, char::len_utf8)..];
    }
    loose.push(rest);
    (quoted, loose)
}

fn is_quotation_mark(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Vec<String>) {
        let join = |words: &[Word]| words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let question = Question::read(text);
        (join(&question.words), question.phrases.iter().map(|phrase| join(phrase)).collect())
    }

    #[test]
    fn quotation_marks_make_phrases_and_nothing_else_has_meaning() {
        assert_eq!(read(r#"who signs "annual leave" forms"#), ("who signs forms".into(), vec!["annual leave".into()]));
        assert_eq!(read("„Bau Plan“ «x y»"), (String::new(), vec!["bau plan".into(), "x y".into()]));
        assert_eq!(read(r#"a 5" pipe AND (NOT title:^x~2 *"#), ("a 5 pipe and not title x 2".into(), vec![]));
        assert_eq!(read(r#""" " ""#), (String::new(), vec![]));
    }

    #[test]
    fn ten_thousand_words_are_capped() {
        let long: String = (0..10_000).map(|n| format!("word{n} ")).collect();
        assert_eq!(Question::read(&long).words.len(), QUESTION_WORDS_MAX);
        let phrase = Question::read(&format!("\"{long}\" and \"{long}\""));
        assert!(phrase.phrases.iter().map(Vec::len).sum::<usize>() + phrase.words.len() <= QUESTION_WORDS_MAX);
        assert_eq!(Question::read(&"same ".repeat(100)).words.len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_refused(text in ".*") {
            let question = Question::read(&text);
            proptest::prop_assert!(question.words.len() <= QUESTION_WORDS_MAX);
            let indexed = words(&text, Purpose::Document);
            proptest::prop_assert!(indexed.is_sorted_by_key(|word| word.position));
            // Whatever is asked outside quotation marks is found in the same text.
            for word in question.words.iter().filter(|_| question.phrases.is_empty()) {
                proptest::prop_assert!(indexed.iter().any(|held| held.text == word.text), "{:?}", word);
            }
        }
    }
}
