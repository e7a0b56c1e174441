//! Where words that a model wrote stand in a document: character by character, or but for white space, case and typography.

use pinakes_api::{QuoteMatch, ValueFound};
use pinakes_config::limits::tasks::VALUES_MAX;
use pinakes_types::{CharIndex, CharSpan, StructuredText};
use serde_json::Value;

/// A document's prose in a form in which its words are found however they are set.
pub(super) struct Places<'a> {
    text: &'a StructuredText,
    index: CharIndex<'a>,
    /// Folded prose, and where each of its characters stands in the stored text.
    folded: String,
    /// By byte of `folded`.
    origin: Vec<u32>,
}

impl<'a> Places<'a> {
    pub(super) fn new(text: &'a StructuredText) -> Self {
        let index = CharIndex::new(&text.text);
        let (mut folded, mut origin) = (String::new(), Vec::new());
        for piece in text.prose(CharSpan::new(0, index.len_chars())) {
            for (place, character) in (piece.start..).zip(index.slice(piece).chars()) {
                for folded_character in fold(character) {
                    if folded_character == ' ' && folded.ends_with(' ') {
                        continue;
                    }
                    folded.push(folded_character);
                    origin.resize(folded.len(), place as u32);
                }
            }
        }
        Self { text, index, folded, origin }
    }

    /// The first place where these words stand, whole.
    pub(super) fn find(&self, words: &str) -> Option<(CharSpan, QuoteMatch)> {
        let words = words.trim();
        let wanted: String = words.chars().flat_map(fold).collect();
        let wanted = wanted.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        if !wanted.chars().any(char::is_alphanumeric) {
            return None;
        }
        let whole = |start: usize| {
            let before = self.folded[..start].chars().next_back();
            let after = self.folded[start + wanted.len()..].chars().next();
            let joined = |outer: Option<char>, inner: Option<char>| {
                outer.is_some_and(char::is_alphanumeric) && inner.is_some_and(char::is_alphanumeric)
            };
            !joined(before, wanted.chars().next()) && !joined(after, wanted.chars().next_back())
        };
        let mut found: Vec<CharSpan> = Vec::new();
        for (start, _) in self.folded.match_indices(&wanted).filter(|(start, _)| whole(*start)).take(64) {
            let span = CharSpan::new(self.origin[start] as usize, self.origin[start + wanted.len() - 1] as usize + 1);
            if self.index.slice(span) == words {
                return Some((span, QuoteMatch::Exact));
            }
            found.push(span);
        }
        found.first().map(|span| (*span, QuoteMatch::Normalized))
    }

    /// The stored text at a span, and its page.
    pub(super) fn quote(&self, span: CharSpan) -> (String, Option<u32>) {
        (self.index.slice(span).to_owned(), self.text.page_at(span.start))
    }

    /// Which values of a form stand in the document.
    pub(super) fn values(&self, form: &Value) -> Vec<ValueFound> {
        let mut leaves = Vec::new();
        collect(form, &mut String::new(), &mut leaves);
        let mut found = Vec::new();
        for (pointer, writings) in leaves {
            let Some((char_span, quote_match)) = writings.iter().find_map(|writing| self.find(writing)) else { continue };
            let (quote, page) = self.quote(char_span);
            found.push(ValueFound { pointer, char_span, page, quote, quote_match });
        }
        found
    }
}

/// The texts and numbers of a form, each with the ways it may be written.
fn collect(value: &Value, pointer: &mut String, leaves: &mut Vec<(String, Vec<String>)>) {
    if leaves.len() >= VALUES_MAX {
        return;
    }
    let length = pointer.len();
    let mut inner = |key: &str, value: &Value, pointer: &mut String| {
        pointer.push('/');
        pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        collect(value, pointer, leaves);
        pointer.truncate(length);
    };
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(place, item)| inner(&place.to_string(), item, pointer)),
        Value::Object(entries) => entries.iter().for_each(|(key, value)| inner(key, value, pointer)),
        Value::String(text) => leaves.push((pointer.clone(), vec![text.clone()])),
        Value::Number(number) => leaves.push((pointer.clone(), number_writings(&number.to_string()))),
        Value::Null | Value::Bool(_) => {}
    }
}

/// A number as JSON writes it, and as people do: with cents, with thousands apart, with a comma.
fn number_writings(number: &str) -> Vec<String> {
    let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
    let rest = rest.trim_end_matches('0');
    let digits = whole.trim_start_matches('-');
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return vec![number.to_owned()];
    }
    let apart = |mark: &str| {
        let first = digits.len() % 3;
        let threes = digits.as_bytes()[first..].chunks(3).map(|three| String::from_utf8_lossy(three).into_owned());
        let groups: Vec<String> = (first > 0).then(|| digits[..first].to_owned()).into_iter().chain(threes).collect();
        groups.join(mark)
    };
    let rests: Vec<String> = if rest.len() < 2 { vec![format!("{rest:0<2}"), rest.to_owned()] } else { vec![rest.to_owned()] };
    let mut writings = vec![number.to_owned()];
    for (thousands, comma) in [("", "."), (",", "."), ("", ","), (".", ","), (" ", ","), ("'", "."), ("\u{a0}", ",")] {
        for rest in &rests {
            let whole = apart(thousands);
            let written = if rest.is_empty() { whole } else { format!("{whole}{comma}{rest}") };
            if !writings.contains(&written) {
                writings.push(written);
            }
        }
    }
    writings
}

/// A character as it is compared: lower case, plain quotation marks and dashes, spaces alike.
fn fold(character: char) -> impl Iterator<Item = char> {
    let plain = match character {
        c if c.is_whitespace() => ' ',
        '‘' | '’' | '‚' | '`' => '\'',
        '“' | '”' | '„' | '«' | '»' => '"',
        '‐' | '‑' | '–' | '—' | '−' => '-',
        c => c,
    };
    plain.to_lowercase()
}

#[cfg(test)]
mod tests {
    use pinakes_types::DocumentKind;
    use serde_json::json;

    use super::*;

    fn text(words: &str) -> StructuredText {
        let markup = words.char_indices().filter(|(_, c)| *c == '*').map(|(at, _)| CharSpan::new(at, at + 1)).collect();
        StructuredText {
            kind: DocumentKind::Text,
            title: "t".into(),
            language: None,
            text: words.into(),
            blocks: vec![],
            markup,
            pages: vec![],
            warnings: vec![],
        }
    }

    #[test]
    fn words_are_found_as_they_stand_and_however_they_are_set() {
        let text = text("Invoice *No.* A-17\nof  Muller - Sons, 1,250.00 EUR, not 12501.");
        let places = Places::new(&text);
        let found = |words: &str| places.find(words).map(|(span, matched)| (places.quote(span).0, matched));
        assert_eq!(found("A-17"), Some(("A-17".into(), QuoteMatch::Exact)));
        assert_eq!(found("invoice no. a-17"), Some(("Invoice *No.* A-17".into(), QuoteMatch::Normalized)));
        assert_eq!(found("of muller – sons"), Some(("of  Muller - Sons".into(), QuoteMatch::Normalized)));
        assert_eq!((found("voice"), found("A-1"), found("...")), (None, None, None));
        let form = json!({"n": "A-17", "total": 1250, "wrong": 99, "lines": [{"a/b": "Sons"}], "paid": false, "none": null});
        let values: Vec<(String, String)> = places.values(&form).into_iter().map(|value| (value.pointer, value.quote)).collect();
        let expected = [("/n", "A-17"), ("/total", "1,250.00"), ("/lines/0/a~1b", "Sons")];
        assert_eq!(values, expected.map(|(pointer, quote)| (pointer.to_owned(), quote.to_owned())));
    }

    #[test]
    fn numbers_are_written_in_many_ways() {
        let writings = number_writings("1234.5");
        for way in ["1234.5", "1,234.50", "1.234,5", "1 234,50", "1'234.5"] {
            assert!(writings.contains(&way.to_owned()), "{way}");
        }
        assert_eq!(number_writings("1e5"), ["1e5"]);
        assert!(number_writings("7").contains(&"7.00".to_owned()));
    }
}
