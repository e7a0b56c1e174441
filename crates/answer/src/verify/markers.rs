//! The markers a model writes after what it says, in the many forms models write them, taken out of its words.
//!
//! Promised: what is left reads as if no marker had been there, and brackets that are no marker stay.

/// A sentence of a model, apart from its markers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// The words.
    pub(crate) words: String,
    /// The sources named, in order, each once.
    pub(crate) sources: Vec<usize>,
}

/// Most sources named in one marker: `[1-9999]` is no marker.
const SOURCES_MAX: usize = 16;

/// What models call a source inside or before a marker, lower case.
const SOURCE_WORDS: &[&str] =
    &["sources", "source", "quellen", "quelle", "fuentes", "fuente", "documents", "document", "docs", "doc", "dokument", "ref", "来源"];

/// What introduces a source in prose, lower case: with the marker gone, it would introduce nothing.
const INTRODUCTIONS: &[&str] = &["according to", "as stated in", "based on", "as per", "per", "laut", "gemäß", "según", "selon", "d'après"];

/// Takes the markers out of a sentence. White space in a row becomes one space.
pub(crate) fn said(sentence: &str) -> Said {
    let mut said = Said::default();
    let mut kept = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some(start) = rest.find(['[', '【', '(']) {
        kept.push_str(&rest[..start]);
        let (numbers, length) = match marker(&rest[start..]) {
            Some(marker) => marker,
            None => {
                let bracket = rest[start..].chars().next().map_or(1, char::len_utf8);
                kept.push_str(&rest[start..start + bracket]);
                rest = &rest[start + bracket..];
                continue;
            }
        };
        without_introduction(&mut kept);
        for number in numbers {
            if !said.sources.contains(&number) {
                said.sources.push(number);
            }
        }
        rest = &rest[start + length..];
    }
    kept.push_str(rest);
    said.words = tidy(&kept);
    said
}

/// The numbers of a marker at the beginning of a text, and its length in bytes.
fn marker(text: &str) -> Option<(Vec<usize>, usize)> {
    let open = text.chars().next()?;
    let close = match open {
        '[' => ']',
        '【' => '】',
        _ => ')',
    };
    // `[[1]]` and `[^1]` are markers too.
    let inner = text[open.len_utf8()..].trim_start_matches(['[', '^']);
    let from = text.len() - inner.len();
    let end = inner.find(close)?;
    let doubled = text[from + end + close.len_utf8()..].starts_with(']') && text.starts_with("[[");
    let length = from + end + close.len_utf8() + usize::from(doubled);
    // 【1†source】
    let inside = inner[..end].split('†').next().unwrap_or_default().to_lowercase();
    let (named, numbers) = without_word(&inside);
    // A number in round brackets is a marker only where it is called one.
    if open == '(' && !named {
        return None;
    }
    numbers_in(numbers).map(|numbers| (numbers, length))
}

fn without_word(inside: &str) -> (bool, &str) {
    let inside = inside.trim();
    SOURCE_WORDS
        .iter()
        .find_map(|word| inside.strip_prefix(word))
        .map_or((false, inside), |rest| (true, rest.trim_start_matches([' ', ':', '#', '.', '['])))
}

/// `1`, `1, 2`, `1 and 2`, `1-3`.
fn numbers_in(text: &str) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    for part in text.trim_end_matches(']').split([',', ';', '&', ' ', '，', '、']).filter(|part| !part.is_empty()) {
        let (_, part) = without_word(part);
        let bare = part.trim_matches(['[', ']', '#', '.']);
        if matches!(bare, "" | "and" | "und" | "y" | "et") {
            continue;
        }
        let (first, last) = bare.split_once(['-', '–']).unwrap_or((bare, bare));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if last.checked_sub(first)? >= SOURCES_MAX || numbers.len() >= SOURCES_MAX {
            return None;
        }
        numbers.extend(first..=last);
    }
    (!numbers.is_empty()).then_some(numbers)
}

/// "According to source [1], five days" is "five days".
fn without_introduction(kept: &mut String) {
    let lower = kept.to_lowercase();
    if lower.len() != kept.len() {
        return;
    }
    let bare = lower.trim_end();
    let bare = SOURCE_WORDS.iter().find_map(|word| bare.strip_suffix(word)).unwrap_or(bare).trim_end();
    let bare = ["the", "der", "den", "la", "le"].iter().find_map(|word| bare.strip_suffix(word)).unwrap_or(bare).trim_end();
    let before = INTRODUCTIONS.iter().find_map(|words| bare.strip_suffix(words));
    if let Some(before) = before.filter(|before| before.is_empty() || before.ends_with([' ', ','])) {
        kept.truncate(before.len());
    }
}

/// White space in a row as one space, none before a stop, no comma at the beginning, a capital where there was one.
fn tidy(kept: &str) -> String {
    let joined = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    // "25 days [1]." leaves a space before the stop.
    let joined = [" .", " ,", " ;", " !", " ?", " 。"].iter().fold(joined, |text, gap| text.replace(gap, &gap[1..]));
    let words = joined.trim_start_matches([',', ' ', ':']);
    let shortened = words.len() < joined.len();
    let mut chars = words.chars();
    match chars.next() {
        Some(first) if shortened => first.to_uppercase().chain(chars).collect(),
        _ => words.to_owned(),
    }
}

/// Puts markers that follow a stop before it, "Five days. [1] Then" as "Five days [1]. Then", so that each stands in its own sentence.
pub(crate) fn before_stops(text: &str) -> String {
    let mut moved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['.', '!', '?', '。', '！', '？']) {
        let stop = rest[at..].chars().next().map_or(1, char::len_utf8);
        moved.push_str(&rest[..at]);
        let after = &rest[at + stop..];
        let markers = leading_markers(after);
        let leading = after.len() - after.trim_start_matches(' ').len();
        if markers > leading {
            if !moved.ends_with(' ') {
                moved.push(' ');
            }
            moved.push_str(after[..markers].trim());
            moved.push_str(&rest[at..at + stop]);
            rest = &after[markers..];
            if rest.starts_with(|c: char| c.is_alphanumeric()) {
                moved.push(' ');
            }
        } else {
            moved.push_str(&rest[at..at + stop]);
            rest = after;
        }
    }
    moved.push_str(rest);
    moved
}

/// Bytes of the markers at the beginning of a text, with the spaces before and between them.
fn leading_markers(text: &str) -> usize {
    let mut length = 0;
    loop {
        let spaces = text[length..].len() - text[length..].trim_start_matches(' ').len();
        match marker(&text[length + spaces..]) {
            Some((_, marker)) => length += spaces + marker,
            None => return length,
        }
    }
}

/// Whether a text may be the beginning of markers and nothing else: what follows a sentence may still belong to it.
pub(crate) fn may_be_markers(text: &str) -> bool {
    let rest = text[leading_markers(text)..].trim();
    rest.is_empty() || (rest.starts_with(['[', '【', '(']) && !rest.contains([']', '】', ')']) && rest.chars().count() < 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_in_all_the_forms_they_are_written_in() {
        for (written, words, sources) in [
            ("Up to five days [1].", "Up to five days.", &[1][..]),
            ("Up to five days [1][3].", "Up to five days.", &[1, 3]),
            ("Up to five days [1, 2].", "Up to five days.", &[1, 2]),
            ("Up to five days [2-4].", "Up to five days.", &[2, 3, 4]),
            ("Up to five days【1】.", "Up to five days.", &[1]),
            ("Up to five days 【2†source】.", "Up to five days.", &[2]),
            ("Up to five days (source 2).", "Up to five days.", &[2]),
            ("Up to five days (Sources 1 and 2).", "Up to five days.", &[1, 2]),
            ("Bis zu fünf Tage (Quelle [3]).", "Bis zu fünf Tage.", &[3]),
            ("Up to five days [Source 1].", "Up to five days.", &[1]),
            ("Up to five days [^1].", "Up to five days.", &[1]),
            ("Up to five days [[1]].", "Up to five days.", &[1]),
            ("According to source [1], up to five days.", "Up to five days.", &[1]),
            ("Laut Quelle [2] sind es fünf.", "Sind es fünf.", &[2]),
            ("最多五天[1]。", "最多五天。", &[1]),
            ("[1]", "", &[1]),
        ] {
            let Said { words: found, sources: named } = said(written);
            // Without a comma after it the introduction leaves a small letter, as the word order tells.
            assert_eq!(found.to_lowercase(), words.to_lowercase(), "{written}");
            assert_eq!(named, sources, "{written}");
        }
    }

    #[test]
    fn what_is_no_marker_stays() {
        for written in [
            "Ask HR first [HR].",
            "a [b",
            "It has 48 places (2024).",
            "f(x)",
            "See [annex A], page 1",
            "[1-99999]",
            "A (source unknown) B",
            "[-]",
        ] {
            assert_eq!(said(written), Said { words: written.into(), sources: vec![] }, "{written}");
        }
    }

    #[test]
    fn a_marker_after_the_stop_belongs_to_the_sentence_before() {
        for (written, expected) in [
            ("Five days. [1] Then ask.", "Five days [1]. Then ask."),
            ("Five days.[1][2] Then ask. (source 3)", "Five days [1][2]. Then ask (source 3)."),
            ("五天。【1】然后", "五天 【1】。 然后"),
            ("It is 3.5 [kg]. See [1].", "It is 3.5 [kg]. See [1]."),
            ("No marker. None", "No marker. None"),
        ] {
            assert_eq!(before_stops(written), expected);
        }
    }

    #[test]
    fn the_beginning_of_a_marker_is_waited_for() {
        for text in ["", " ", "[", "[1", " [1]", "[1] [", "(source", "【"] {
            assert!(may_be_markers(text), "{text:?}");
        }
        for text in ["Then", "[1] Then", "[see the annex] for", "1"] {
            assert!(!may_be_markers(text), "{text:?}");
        }
    }
}
