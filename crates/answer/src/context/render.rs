//! A document as it stands in a prompt.
//!
//! Promised: a part given whole depends on the document and its number alone, so that what was read once, or ahead, is found again; every
//! character comes from a known place of the stored text; text inside is data, and the frame around it is the same whatever it says.

use std::ops::Range;

use pinakes_types::{BlockKind, CharIndex, CharSpan, StructuredText};

use super::stretches::headings_above;
use crate::dated::date_of;
use crate::standing;

/// A document's part of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// What the model reads; ends with an empty line.
    pub(crate) text: String,
    /// Where the stored text stands in it, ascending.
    pub(crate) pieces: Vec<Piece>,
}

/// A run of stored text in a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Bytes of the part.
    pub(crate) bytes: Range<usize>,
    /// Where they stand in the stored text.
    pub(crate) span: CharSpan,
}

/// The header line of a source: its number as the model is to cite it. Without a word before it, as small models answer "the source says"
/// where they read one.
pub(crate) fn header(number: usize, title: &str, text: &StructuredText) -> String {
    let dated = date_of(text).map_or(String::new(), |date| format!(", dated {date}"));
    let old = if standing::is_superseded(text) { ", superseded" } else { "" };
    format!("[{number}] {}{dated}{old}\n", one_line(title))
}

/// A document's part of a prompt, given as source `number`: all of it when `spans` is its whole text, else the stretches that `spans`
/// name, each under the headings it stands below. The one function that does it, whoever reads: an answer, or reading ahead.
pub(crate) fn part(number: usize, title: &str, text: &StructuredText, spans: &[CharSpan]) -> Part {
    let index = CharIndex::new(&text.text);
    let mut part = Part { text: header(number, title, text), pieces: vec![] };
    for span in spans {
        if span.start > 0 {
            let path: Vec<String> = headings_above(text, span.start)
                .iter()
                .filter(|heading| heading.span.start < span.start)
                .map(|heading| one_line(&text.plain(&index, heading.span)))
                .collect();
            let path = path.join(" › ");
            part.text.push_str(&if path.is_empty() { "[…]\n".to_owned() } else { format!("[…] {path}:\n") });
        }
        body(text, &index, *span, &mut part);
        part.text.push('\n');
    }
    if spans.last().is_some_and(|last| last.end < index.len_chars()) {
        part.text.push_str("[…]\n");
    }
    part.text.push('\n');
    part
}

/// The readable text of a span, without what only tells programs something: link targets, emphasis, tags, front matter. Marks that begin
/// a line stay, as they say what the line is.
pub(crate) fn body(text: &StructuredText, index: &CharIndex<'_>, span: CharSpan, part: &mut Part) {
    let mut at = span.start;
    for block in text.blocks.iter().filter(|block| block.kind == BlockKind::Metadata) {
        if let Some(hidden) = block.span.intersection(span) {
            visible(text, index, CharSpan::new(at, hidden.start.max(at)), part);
            at = at.max(hidden.end);
        }
    }
    visible(text, index, CharSpan::new(at.min(span.end), span.end), part);
    let kept = part.text.trim_end().len();
    part.text.truncate(kept);
    part.pieces.retain_mut(|piece| {
        let cut = piece.bytes.end.saturating_sub(kept);
        // What was cut is white space; it may take several bytes a character, so the span is counted anew.
        if cut > 0 {
            piece.bytes = piece.bytes.start.min(kept)..kept;
            piece.span.end = piece.span.start + part.text[piece.bytes.clone()].chars().count();
        }
        !piece.bytes.is_empty()
    });
    part.text.push('\n');
}

fn visible(text: &StructuredText, index: &CharIndex<'_>, span: CharSpan, part: &mut Part) {
    let first = text.markup.partition_point(|markup| markup.end <= span.start);
    let mut at = span.start;
    for markup in text.markup[first..].iter().take_while(|markup| markup.start < span.end) {
        let Some(markup) = markup.intersection(span) else { continue };
        push(index, CharSpan::new(at, markup.start.max(at)), part);
        if begins_line(&part.text, index.slice(markup)) {
            push(index, markup, part);
        }
        at = markup.end;
    }
    push(index, CharSpan::new(at.min(span.end), span.end), part);
}

/// Whether a piece of markup is the mark of a line: a bullet, a number, the hashes of a heading, the bar of a quotation or a row.
fn begins_line(before: &str, markup: &str) -> bool {
    let marks = |c: char| c.is_ascii_digit() || matches!(c, '#' | '-' | '*' | '+' | '>' | '|' | '.' | ')' | ' ' | '\t');
    (before.is_empty() || before.ends_with('\n')) && markup.ends_with([' ', '\t']) && markup.chars().all(marks)
}

fn push(index: &CharIndex<'_>, span: CharSpan, part: &mut Part) {
    let words = index.slice(span);
    if words.is_empty() {
        return;
    }
    let start = part.text.len();
    part.text.push_str(words);
    let bytes = start..part.text.len();
    match part.pieces.last_mut() {
        Some(last) if last.bytes.end == bytes.start && last.span.end == span.start => {
            last.bytes.end = bytes.end;
            last.span.end = span.end;
        }
        _ => part.pieces.push(Piece { bytes, span }),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use pinakes_types::{Block, DocumentKind};

    use super::*;

    fn markdown() -> StructuredText {
        let text = "---\nowner: HR\n---\n# Leave\n\n- *Five* days [lapse](https://x.example/y).\n- Ask HR.\n\n## Sick\n\nCall first.\n";
        let span = |words: &str, length: usize| {
            let start = text.find(words).unwrap();
            CharSpan::new(start, start + length)
        };
        let block = |kind, words: &str| Block { kind, span: span(words, words.len()) };
        StructuredText {
            kind: DocumentKind::Markdown,
            title: "Leave\npolicy 2026".into(),
            language: None,
            blocks: vec![
                block(BlockKind::Metadata, "---\nowner: HR\n---"),
                block(BlockKind::Heading(1), "# Leave"),
                block(BlockKind::ListItem, "- *Five* days [lapse](https://x.example/y)."),
                block(BlockKind::ListItem, "- Ask HR."),
                block(BlockKind::Heading(2), "## Sick"),
                block(BlockKind::Paragraph, "Call first."),
            ],
            markup: [("# L", 2), ("- *", 2), ("*F", 1), ("* d", 1), ("[l", 1), ("](h", 22), ("- A", 2), ("## S", 3)]
                .map(|(words, length)| span(words, length))
                .into(),
            pages: vec![],
            warnings: vec![],
            text: text.into(),
        }
    }

    #[test]
    fn a_whole_document_reads_cleanly() {
        let text = markdown();
        let chars = text.text.chars().count();
        let part = part(2, &text.title, &text, &[CharSpan::new(0, chars)]);
        assert_eq!(
            part.text,
            "[2] Leave policy 2026, dated 2026\n\n# Leave\n\n- Five days lapse.\n- Ask HR.\n\n## Sick\n\nCall first.\n\n\n"
        );
    }

    #[test]
    fn every_character_of_a_piece_is_the_stored_one() {
        let text = markdown();
        let index = CharIndex::new(&text.text);
        let chars = index.len_chars();
        for (start, end) in [(0, chars), (30, chars), (0, 60), (20, 44), (70, chars)] {
            let part = part(1, &text.title, &text, &[CharSpan::new(start, end)]);
            assert!(!part.pieces.is_empty());
            for piece in &part.pieces {
                assert_eq!(&part.text[piece.bytes.clone()], index.slice(piece.span), "{start}..{end}");
            }
        }
    }

    #[test]
    fn white_space_in_several_pieces_at_the_end_falls_away() {
        let text = StructuredText {
            text: "Role\n<br>\n<br>\n".into(),
            blocks: vec![Block { kind: BlockKind::Paragraph, span: CharSpan::new(0, 16) }],
            markup: vec![CharSpan::new(5, 9), CharSpan::new(10, 14)],
            ..markdown()
        };
        for end in 4..=15 {
            let part = part(1, "t", &text, &[CharSpan::new(0, end)]);
            assert_eq!(part.text.lines().nth(1), Some("Role"));
            assert_eq!(part.pieces.iter().map(|piece| &part.text[piece.bytes.clone()]).collect::<String>(), "Role", "to {end}");
        }
    }

    #[test]
    fn a_section_says_what_it_stands_under_and_that_more_was_left_out() {
        let text = markdown();
        let at = text.text.find("- Ask").unwrap();
        let part = part(1, "Leave", &text, &[CharSpan::new(at, at + 9)]);
        assert!(part.text.contains("[…] Leave:\n- Ask HR.\n"), "{}", part.text);
        assert!(part.text.ends_with("[…]\n\n"), "{}", part.text);
    }
}
