//! Fills passages with units up to the embedder's window, and joins passages that came out very small with a neighbour.

use std::rc::Rc;

use pinakes_types::{CharIndex, CharSpan, StructuredText};

use super::outline::{Heading, SEPARATOR, Section};
use super::split::split;
use super::{Chunk, CountTokens, place};

/// The document being cut, and the ruler it is measured with.
pub(super) struct Text<'a> {
    pub(super) document: &'a StructuredText,
    pub(super) index: &'a CharIndex<'a>,
    pub(super) tokens: &'a dyn CountTokens,
    /// Window without special tokens.
    pub(super) tokens_max: usize,
}

impl Text<'_> {
    pub(super) fn tokens_in(&self, span: CharSpan) -> usize {
        self.tokens.count_tokens(&self.document.plain(self.index, span))
    }

    /// What is left of the window under these headings.
    fn budget(&self, path: &[Heading]) -> usize {
        let place = place(&self.document.title, &heading_line(path));
        // Never less than a quarter, however long the headings are.
        self.tokens_max.saturating_sub(self.tokens.count_tokens(&place)).max(self.tokens_max / 4).max(1)
    }
}

fn heading_line(path: &[Heading]) -> String {
    path.iter().map(|heading| heading.text.as_str()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(SEPARATOR)
}

/// A passage in the making.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    path: Rc<[Heading]>,
    span: CharSpan,
    tokens: usize,
    table_header: Option<CharSpan>,
}

/// Packs the units of one section.
pub(super) fn pack(text: &Text<'_>, section: &Section) -> Vec<Piece> {
    let budget = text.budget(&section.path);
    let mut pieces: Vec<Piece> = Vec::new();
    for unit in section.blocks.iter().flat_map(|block| split(text, block, budget)) {
        match pieces.last_mut() {
            Some(piece) if piece.tokens + unit.tokens <= budget => {
                piece.span.end = unit.span.end;
                piece.tokens += unit.tokens;
            }
            _ => {
                // Rows that continue a table carry its header row along, where there is room for it.
                let header = unit.table_header.filter(|header| *header != unit.span);
                let header_tokens = header.map_or(0, |header| text.tokens_in(header));
                let fits = unit.tokens + header_tokens <= budget;
                pieces.push(Piece {
                    path: Rc::clone(&section.path),
                    span: unit.span,
                    tokens: unit.tokens + if fits { header_tokens } else { 0 },
                    table_header: header.filter(|_| fits),
                });
            }
        }
    }
    pieces
}

/// Joins neighbours while one of the two is smaller than `merge_below` and both fit together. The joined passage stands under the
/// headings both share; the others become part of its text.
pub(super) fn merge_small(text: &Text<'_>, pieces: Vec<Piece>, merge_below: usize) -> Vec<Piece> {
    let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let joined = merged.last().filter(|last| last.tokens.min(piece.tokens) < merge_below).and_then(|last| join(text, last, &piece));
        match (joined, merged.last_mut()) {
            (Some(joined), Some(last)) => *last = joined,
            _ => merged.push(piece),
        }
    }
    merged
}

fn join(text: &Text<'_>, first: &Piece, second: &Piece) -> Option<Piece> {
    let shared = first.path.iter().zip(second.path.iter()).take_while(|(a, b)| a == b).count();
    // Sections of different chapters have nothing to do with each other.
    let related = shared + 1 >= first.path.len().max(second.path.len()) || (shared > 0 && first.path.len() <= shared + 2);
    if !related || second.table_header.is_some() {
        return None;
    }
    let start = first.path.get(shared).map_or(first.span.start, |heading| heading.span.start.min(first.span.start));
    let span = CharSpan::new(start, second.span.end);
    let tokens = text.tokens_in(span);
    let path: Rc<[Heading]> = first.path[..shared].into();
    (tokens <= text.budget(&path)).then_some(Piece { path, span, tokens, table_header: first.table_header })
}

impl Piece {
    /// The passage, or nothing when there are no words in it.
    pub(super) fn finish(self, text: &Text<'_>) -> Option<Chunk> {
        let span = trim(text, self.span)?;
        let mut body = tidy(&text.document.plain(text.index, span));
        if !body.chars().any(char::is_alphanumeric) {
            return None;
        }
        if let Some(header) = self.table_header {
            body = format!("{}\n{body}", tidy(&text.document.plain(text.index, header)));
        }
        Some(Chunk { span, page: text.document.page_at(span.start), heading: heading_line(&self.path), body })
    }
}

/// The span without white space at its ends.
fn trim(text: &Text<'_>, span: CharSpan) -> Option<CharSpan> {
    let source = text.index.slice(span);
    let start = span.start + source.chars().take_while(|c| c.is_whitespace()).count();
    let end = span.end - source.chars().rev().take_while(|c| c.is_whitespace()).count();
    (start < end).then(|| CharSpan::new(start, end))
}

/// One space between words, at most one line break in a row, none at the ends.
fn tidy(plain: &str) -> String {
    let lines = plain.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
