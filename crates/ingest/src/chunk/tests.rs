use pinakes_types::{Block, BlockKind, CharSpan, DocumentKind, Page, StructuredText};

use super::*;

/// One token a word: easy to count by hand.
struct Words;

impl CountTokens for Words {
    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}

/// Builds a document from lines: `#` headings, `|` table rows, indented code, everything else paragraphs; blocks end at blank lines.
fn document(text: &str) -> StructuredText {
    let mut blocks = Vec::new();
    let mut at = 0;
    for block in text.split_inclusive("\n\n") {
        let trimmed = block.trim_end();
        let start = text[..at].chars().count();
        let span = CharSpan::new(start, start + trimmed.chars().count());
        let hashes = trimmed.chars().take_while(|c| *c == '#').count() as u8;
        let kind = match trimmed.chars().next() {
            Some('#') => BlockKind::Heading(hashes),
            Some('|') => BlockKind::Table,
            Some(' ') => BlockKind::Code,
            _ => BlockKind::Paragraph,
        };
        blocks.push(Block { kind, span });
        at += block.len();
    }
    let markup =
        text.char_indices().filter(|(_, c)| *c == '#').map(|(byte, _)| text[..byte].chars().count()).map(|c| CharSpan::new(c, c + 1));
    StructuredText {
        kind: DocumentKind::Markdown,
        title: "Doc".into(),
        language: None,
        text: text.to_owned(),
        blocks,
        markup: markup.collect(),
        pages: vec![Page { number: 1, span: CharSpan::new(0, 40) }, Page { number: 2, span: CharSpan::new(40, 9999) }],
        warnings: vec![],
    }
}

fn cut(text: &str, tokens_max: usize, merge_below: usize) -> Vec<(String, String)> {
    let document = document(text);
    let chunks = chunk(&document, &Words, ChunkSettings { tokens_max, tokens_merge_below: merge_below });
    let index = CharIndex::new(text);
    for pair in chunks.windows(2) {
        assert!(pair[0].span.end <= pair[1].span.start, "passages overlap");
    }
    for chunk in &chunks {
        assert!(!index.slice(chunk.span).trim().is_empty());
        assert!(
            Words.count_tokens(&embedded_text("Doc", &chunk.heading, &chunk.body)) + SPECIAL_TOKENS <= tokens_max,
            "too long: {chunk:?}"
        );
    }
    chunks.into_iter().map(|chunk| (chunk.heading, chunk.body)).collect()
}

fn check(text: &str, tokens_max: usize, merge_below: usize, expected: &[(&str, &str)]) {
    let found = cut(text, tokens_max, merge_below);
    let found: Vec<(&str, &str)> = found.iter().map(|(heading, body)| (heading.as_str(), body.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn sections_are_not_mixed() {
    let text = "# A\n\none two three\n\n## B\n\nfour five six\n\n# C\n\nseven eight nine";
    check(text, 30, 0, &[("A", "one two three"), ("A › B", "four five six"), ("C", "seven eight nine")]);
}

#[test]
fn small_neighbours_join_under_their_shared_heading() {
    let text = "# A\n\n## B\n\none two\n\n## C\n\nthree four";
    check(text, 30, 10, &[("A", "B\none two\nC\nthree four")]);
    // Chapters of different parents stay apart.
    let apart = "# A\n\n## B\n\n### D\n\none two\n\n# E\n\n## F\n\nthree four";
    check(apart, 30, 10, &[("A › B › D", "one two"), ("E › F", "three four")]);
}

#[test]
fn blocks_stay_whole_where_they_fit() {
    let text = "one two three four.\n\nfive six seven eight.\n\nnine ten";
    check(text, 11, 0, &[("", "one two three four.\nfive six seven eight."), ("", "nine ten")]);
}

#[test]
fn long_paragraphs_break_between_sentences() {
    let text = "Ax by cz dw. Ex fy gz hw. Ix jy kz lw.";
    check(text, 8, 0, &[("", "Ax by cz dw."), ("", "Ex fy gz hw."), ("", "Ix jy kz lw.")]);
    check(text, 11, 0, &[("", "Ax by cz dw. Ex fy gz hw."), ("", "Ix jy kz lw.")]);
}

#[test]
fn table_rows_carry_their_header() {
    let text = "| Grade | Days |\n| Junior | 25 |\n| Senior | 30 |";
    check(text, 14, 0, &[("", "| Grade | Days |\n| Junior | 25 |"), ("", "| Grade | Days |\n| Senior | 30 |")]);
}

#[test]
fn code_breaks_between_lines_and_words_only_when_nothing_else_helps() {
    check("  let a = 1;\n  let b = 2;", 8, 0, &[("", "let a = 1;"), ("", "let b = 2;")]);
    let endless = "x".repeat(200);
    assert_eq!(cut(&endless, 4, 0).iter().map(|(_, body)| body.len()).sum::<usize>(), 200);
    assert_eq!(cut("a b c d e f g h", 6, 0).len(), 3);
}

#[test]
fn a_heading_alone_is_still_found() {
    check("# A\n\n# B\n\nwords here", 30, 0, &[("A", "A"), ("B", "words here")]);
}

#[test]
fn pages_and_empty_documents() {
    let document = document("one two three four five six seven eight nine.\n\nlater words");
    let chunks = chunk(&document, &Words, ChunkSettings { tokens_max: 12, tokens_merge_below: 0 });
    assert_eq!(chunks.iter().map(|chunk| chunk.page).collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert_eq!(cut("", 30, 10), []);
    assert_eq!(cut("---\n\n***", 30, 10), []);
}

#[test]
fn the_place_is_bounded_and_says_nothing_twice() {
    assert_eq!(embedded_text("Leave", "Leave › Sick", "body"), "Leave › Sick\nbody");
    assert_eq!(embedded_text("Leave", "", "body"), "Leave\nbody");
    assert_eq!(below_title("Leave", "Leave"), "");
    assert_eq!(below_title("Leave", "Leavers › Sick"), "Leavers › Sick");
    assert!(embedded_text(&"t".repeat(900), "h", "body").len() < 200);
}
