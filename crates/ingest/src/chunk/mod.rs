//! Cuts a document into passages along its structure: sections first, then whole paragraphs, lists, tables and code where they fit,
//! then sentences and lines, and only then words.
//!
//! Size is counted in the embedder's own tokens, so that nothing of a passage is cut off when it is embedded. Spans are exact: a
//! passage is one unbroken stretch of the stored text.

mod outline;
mod pack;
mod split;

use pinakes_types::{CharIndex, CharSpan, StructuredText};

/// Counts text in the embedder's tokens, special tokens not included.
pub trait CountTokens {
    /// Tokens in the text.
    fn count_tokens(&self, text: &str) -> usize;
}

/// How large passages may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkSettings {
    /// What the embedder reads at once, special tokens included.
    pub tokens_max: usize,
    /// Neighbouring passages are joined while one of them is smaller than this.
    pub tokens_merge_below: usize,
}

/// A passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Where it stands in the text.
    pub span: CharSpan,
    /// The page it starts on.
    pub page: Option<u32>,
    /// Headings above it, outermost first, joined by ` › `.
    pub heading: String,
    /// Its prose.
    pub body: String,
}

/// Special tokens the embedder puts around a text.
const SPECIAL_TOKENS: usize = 2;

/// Cuts a document into passages, in reading order.
#[must_use]
pub fn chunk(document: &StructuredText, tokens: &dyn CountTokens, settings: ChunkSettings) -> Vec<Chunk> {
    let index = CharIndex::new(&document.text);
    let sections = outline::sections(document, &index);
    let text = pack::Text { document, index: &index, tokens, tokens_max: settings.tokens_max.saturating_sub(SPECIAL_TOKENS) };
    let pieces = sections.iter().flat_map(|section| pack::pack(&text, section)).collect();
    pack::merge_small(&text, pieces, settings.tokens_merge_below).into_iter().filter_map(|piece| piece.finish(&text)).collect()
}

/// What is embedded for a passage: where it stands, then what it says.
#[must_use]
pub fn embedded_text(title: &str, heading: &str, body: &str) -> String {
    let place = place(title, heading);
    if place.is_empty() { body.to_owned() } else { format!("{place}\n{body}") }
}

/// The heading path without a first heading that only repeats the title: most documents begin with theirs, and words counted twice would
/// outweigh what a passage says.
pub(crate) fn below_title<'h>(title: &str, heading: &'h str) -> &'h str {
    match heading.strip_prefix(title) {
        Some("") => "",
        Some(rest) => rest.strip_prefix(outline::SEPARATOR).unwrap_or(heading),
        None => heading,
    }
}

/// Title and heading path in one line, bounded so that the passage itself keeps most of the embedder's window.
fn place(title: &str, heading: &str) -> String {
    const CHARS_MAX: usize = 160;
    let heading = below_title(title, heading);
    let mut place = if heading.is_empty() { title.to_owned() } else { format!("{title}{}{heading}", outline::SEPARATOR) };
    if let Some((cut, _)) = place.char_indices().nth(CHARS_MAX) {
        place.truncate(cut);
    }
    place
}

#[cfg(test)]
mod tests;
