//! Positions in text, counted in characters (Unicode scalar values), which is what a reader's tools count in:
//! `text[start:end]` in Python cuts exactly the span.

use serde::{Deserialize, Serialize};

/// Half-open range `[start, end)` of characters. In JSON `[start, end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(from = "(usize, usize)", into = "(usize, usize)")]
pub struct CharSpan {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

impl From<(usize, usize)> for CharSpan {
    fn from((start, end): (usize, usize)) -> Self {
        Self { start, end }
    }
}

impl From<CharSpan> for (usize, usize) {
    fn from(span: CharSpan) -> Self {
        (span.start, span.end)
    }
}

impl CharSpan {
    /// A span; `start` must not exceed `end`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end, "span {start}..{end} runs backwards");
        Self { start, end }
    }

    /// Characters covered.
    #[must_use]
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether it covers nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The part both cover, if any.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Self { start, end })
    }

    /// Whether `other` lies wholly inside.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// Translates between character and byte offsets of one text in near-constant time: a byte offset is kept for every
/// [`CharIndex::STRIDE`]-th character and the rest is counted from there.
#[derive(Debug, Clone)]
pub struct CharIndex<'text> {
    text: &'text str,
    /// `anchors[i]` is the byte offset of character `i * STRIDE`.
    anchors: Vec<usize>,
    chars: usize,
}

impl<'text> CharIndex<'text> {
    const STRIDE: usize = 128;

    /// Reads the text once.
    #[must_use]
    pub fn new(text: &'text str) -> Self {
        let mut anchors = Vec::with_capacity(text.len() / Self::STRIDE + 1);
        let mut chars = 0;
        for (byte, _) in text.char_indices() {
            if chars % Self::STRIDE == 0 {
                anchors.push(byte);
            }
            chars += 1;
        }
        if chars % Self::STRIDE == 0 {
            anchors.push(text.len());
        }
        Self { text, anchors, chars }
    }

    /// Characters in the text.
    #[must_use]
    pub fn len_chars(&self) -> usize {
        self.chars
    }

    /// Byte offset of a character; past the end, the text's length.
    #[must_use]
    pub fn byte_of(&self, char_offset: usize) -> usize {
        if char_offset >= self.chars {
            return self.text.len();
        }
        let anchor = self.anchors[char_offset / Self::STRIDE];
        let rest = &self.text[anchor..];
        let ahead = rest.char_indices().nth(char_offset % Self::STRIDE).map_or(rest.len(), |(byte, _)| byte);
        anchor + ahead
    }

    /// Number of the character that starts at or contains this byte; past the end, the text's character count.
    #[must_use]
    pub fn char_of(&self, byte_offset: usize) -> usize {
        if byte_offset >= self.text.len() {
            return self.chars;
        }
        let slot = self.anchors.partition_point(|&anchor| anchor <= byte_offset).saturating_sub(1);
        let within =
            self.text[self.anchors[slot]..].char_indices().take_while(|(byte, _)| self.anchors[slot] + byte <= byte_offset).count();
        slot * Self::STRIDE + within.saturating_sub(1)
    }

    /// The text a span covers, clamped to the text.
    #[must_use]
    pub fn slice(&self, span: CharSpan) -> &'text str {
        let (start, end) = (self.byte_of(span.start), self.byte_of(span.end));
        if start < end { &self.text[start..end] } else { "" }
    }

    /// The span of a byte range.
    #[must_use]
    pub fn span_of_bytes(&self, bytes: std::ops::Range<usize>) -> CharSpan {
        CharSpan::new(self.char_of(bytes.start), self.char_of(bytes.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_agrees_with_counting_at_every_offset() {
        for text in ["", "a", "grüße 世界 🙂 end", &"äb🙂".repeat(200), &"x".repeat(128), &"x".repeat(256)] {
            let index = CharIndex::new(text);
            assert_eq!(index.len_chars(), text.chars().count());
            for (number, (byte, _)) in text.char_indices().enumerate() {
                assert_eq!(index.byte_of(number), byte);
                assert_eq!(index.char_of(byte), number);
            }
            assert_eq!(index.byte_of(index.len_chars()), text.len());
            assert_eq!(index.char_of(text.len()), index.len_chars());
        }
    }

    #[test]
    fn a_span_cuts_what_python_would_cut() {
        let index = CharIndex::new("naïve 🙂 text");
        assert_eq!(index.slice(CharSpan::new(6, 7)), "🙂");
        assert_eq!(index.slice(CharSpan::new(8, 99)), "text");
        assert_eq!(serde_json::to_string(&CharSpan::new(6, 7)).unwrap(), "[6,7]");
    }
}
