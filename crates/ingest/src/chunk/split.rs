//! Takes a block apart that is larger than a passage may be: sentences of prose, rows of a table, lines of code, then words.

use pinakes_types::{Block, BlockKind, CharSpan, sentences};

use super::pack::Text;

/// A stretch of text and its size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub(super) span: CharSpan,
    pub(super) tokens: usize,
    /// A table's first row, to be repeated above rows that come to stand in a later passage.
    pub(super) table_header: Option<CharSpan>,
}

/// The block as it is where it fits into `budget` tokens, else its parts.
pub(super) fn split(text: &Text<'_>, block: &Block, budget: usize) -> Vec<Unit> {
    let tokens = text.tokens_in(block.span);
    if tokens <= budget {
        return vec![Unit { span: block.span, tokens, table_header: None }];
    }
    let source = text.index.slice(block.span);
    let base = text.index.byte_of(block.span.start);
    let ranges = match block.kind {
        BlockKind::Table | BlockKind::Code => lines(source),
        _ => sentences(source),
    };
    let spans: Vec<CharSpan> = ranges.into_iter().map(|range| text.index.span_of_bytes(base + range.start..base + range.end)).collect();
    let table_header = (block.kind == BlockKind::Table).then(|| spans.first().copied()).flatten();
    spans
        .into_iter()
        .flat_map(|span| match text.tokens_in(span) {
            tokens if tokens <= budget => vec![Unit { span, tokens, table_header }],
            _ => words(text, span, budget),
        })
        .collect()
}

fn lines(source: &str) -> Vec<std::ops::Range<usize>> {
    let mut start = 0;
    let mut ranges = Vec::new();
    for line in source.split_inclusive('\n') {
        let trimmed = line.trim_end();
        if !trimmed.is_empty() {
            ranges.push(start..start + trimmed.len());
        }
        start += line.len();
    }
    ranges
}

/// Runs of words of at most `budget` tokens; a word longer than that is cut every [`WORD_CHARS_MAX`] characters.
fn words(text: &Text<'_>, span: CharSpan, budget: usize) -> Vec<Unit> {
    /// One character is at most one token of a word-piece vocabulary.
    const WORD_CHARS_MAX: usize = 64;
    let mut units: Vec<Unit> = Vec::new();
    let source = text.index.slice(span);
    let mut at = span.start;
    for word in source.split_inclusive(char::is_whitespace) {
        let length = word.chars().count();
        let end = at + length;
        while at < end {
            let piece = CharSpan::new(at, end.min(at + WORD_CHARS_MAX));
            let tokens = text.tokens_in(piece);
            match units.last_mut() {
                Some(unit) if unit.tokens + tokens <= budget => {
                    unit.span.end = piece.end;
                    unit.tokens += tokens;
                }
                _ => units.push(Unit { span: piece, tokens, table_header: None }),
            }
            at = piece.end;
        }
    }
    units
}
