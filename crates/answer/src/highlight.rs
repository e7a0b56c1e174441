//! Where the words of a query stand in a passage.

use pinakes_types::{CharIndex, CharSpan};

use crate::question::{same_word, words};

/// Most words marked in one passage.
const SPANS_MAX: usize = 64;

/// Spans of the query's words, in characters, ascending.
pub(crate) fn highlight(query_words: &[String], text: &str) -> Vec<CharSpan> {
    let index = CharIndex::new(text);
    words(text)
        .filter(|(_, word)| {
            let word = word.to_lowercase();
            query_words.iter().any(|wanted| same_word(wanted, &word))
        })
        .map(|(at, word)| index.span_of_bytes(at..at + word.len()))
        .take(SPANS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_count_characters() {
        let spans = highlight(&["prüfung".into(), "kosten".into()], "Die Prüfungen — was kosten sie? Kosten!");
        let text = CharIndex::new("Die Prüfungen — was kosten sie? Kosten!");
        assert_eq!(spans.iter().map(|span| text.slice(*span)).collect::<Vec<_>>(), ["Prüfungen", "kosten", "Kosten"]);
    }
}
