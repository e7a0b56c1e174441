//! A text that can be quoted: for any words that began a quotation, what may follow them.
//!
//! Quotations begin where words do, so what is kept is a suffix array over the beginnings of words only (a sparse suffix array: Kärkkäinen
//! and Ukkonen 1996): all places where a quotation of some bytes can stand are one range of it, and one more byte narrows the range by two
//! binary searches. Against a suffix automaton it takes a tenth of the memory, is built by one sort, and shares the walk over the vocabulary
//! between places that go on in the same way. It is over bytes, not tokens: whichever tokens spell the words of the text are allowed.

use std::ops::Range;

use super::marks::{CLOSE, OPEN};
use super::words::joined;
use crate::Tokenizer;
use crate::limits::{QUOTE_BYTES_MAX, QUOTE_CHARS_MIN};
use crate::tokenizer::Trie;

/// Stands where no quotation goes across: a byte that no text has.
const BREAK: u8 = 0xFF;
/// Bytes of a quotation by which it is closed even inside a word.
const CUT_BYTES: usize = QUOTE_BYTES_MAX + 200;
/// Bytes by which beginnings are ordered: those of the longest quotation and a token.
const ORDERED_BYTES: usize = QUOTE_BYTES_MAX + 1_000;

/// A text with white space folded: quotations are on one line. Paragraphs, quotation marks and what the vocabulary cannot spell divide it.
#[derive(Debug)]
pub struct QuotableText {
    bytes: Vec<u8>,
    /// Where each byte stands in the text given.
    origin: Vec<u32>,
    /// Whether a quotation may end before each byte.
    ends: Vec<bool>,
    /// Where words begin, in the order of what follows.
    starts: Vec<u32>,
}

/// Where in one text a quotation can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    low: u32,
    high: u32,
}

impl QuotableText {
    /// Prepares a text; some 10 milliseconds for 100 kB.
    #[must_use]
    pub fn new(text: &str, tokenizer: &Tokenizer) -> Self {
        let (bytes, origin) = fold(text, tokenizer);
        let (ends, starts) = boundaries(&bytes);
        let mut folded = Self { bytes, origin, ends, starts: Vec::new() };
        folded.starts = folded.ordered(starts);
        folded
    }

    /// The beginnings in the order of what follows them.
    fn ordered(&self, starts: Vec<u32>) -> Vec<u32> {
        let key = |start: u32| {
            let mut first = [0; 8];
            let rest = &self.bytes[start as usize..];
            let length = rest.len().min(8);
            first[..length].copy_from_slice(&rest[..length]);
            u64::from_be_bytes(first)
        };
        let rest = |start: u32| {
            let from = (start as usize + 8).min(self.bytes.len());
            &self.bytes[from..(from + ORDERED_BYTES).min(self.bytes.len())]
        };
        let mut keyed: Vec<(u64, u32)> = starts.into_iter().map(|start| (key(start), start)).collect();
        keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| rest(a.1).cmp(rest(b.1))));
        keyed.into_iter().map(|(_, start)| start).collect()
    }

    /// Where a quotation stands in the text given, in bytes: every place, in order. White space may differ from the text's.
    #[must_use]
    pub fn find(&self, quotation: &str) -> Vec<Range<usize>> {
        let wanted: Vec<u8> = quotation.split_whitespace().collect::<Vec<_>>().join(" ").into_bytes();
        let narrowed = wanted
            .iter()
            .enumerate()
            .take(ORDERED_BYTES)
            .try_fold(self.everywhere(), |places, (depth, byte)| self.narrow(places, depth, *byte));
        let Some(places) = narrowed.filter(|_| !wanted.is_empty() && wanted.len() <= ORDERED_BYTES) else { return Vec::new() };
        let starts = self.starts[places.low as usize..places.high as usize].iter();
        let mut found: Vec<Range<usize>> = starts
            .map(|start| *start as usize)
            .map(|start| self.origin[start] as usize..self.origin[start + wanted.len() - 1] as usize + 1)
            .collect();
        found.sort_unstable_by_key(|range| range.start);
        found
    }

    /// Whether nothing of it can be quoted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    pub(super) fn everywhere(&self) -> Places {
        Places { low: 0, high: self.starts.len() as u32 }
    }

    /// The places where `byte` follows the `depth` bytes that all of `places` share.
    pub(super) fn narrow(&self, places: Places, depth: usize, byte: u8) -> Option<Places> {
        if byte == BREAK {
            return None;
        }
        let starts = &self.starts[places.low as usize..places.high as usize];
        let at = |start: &u32| self.bytes.get(*start as usize + depth).copied().unwrap_or(BREAK);
        let low = starts.partition_point(|start| at(start) < byte);
        let high = low + starts[low..].partition_point(|start| at(start) == byte);
        (low < high).then(|| Places { low: places.low + low as u32, high: places.low + high as u32 })
    }

    /// Whether a quotation of `depth` bytes and `chars` characters may end at one of the places.
    pub(super) fn may_end(&self, places: Places, depth: usize, chars: usize) -> bool {
        self.starts[places.low as usize..places.high as usize].iter().any(|start| self.ends_at(*start as usize + depth, depth, chars))
    }

    fn ends_at(&self, at: usize, depth: usize, chars: usize) -> bool {
        let next = self.bytes[at];
        (self.ends[at] && (chars >= QUOTE_CHARS_MIN || next == BREAK)) || (depth >= CUT_BYTES && !(0x80..0xC0).contains(&next))
    }

    /// Walks the vocabulary along what follows at the places, for a quotation of `depth` bytes and `chars` characters. `token` is told each
    /// token that a place goes on with; `end` each node at which the quotation may end, with the length of what leads there.
    pub(super) fn walk(
        &self,
        trie: &Trie,
        places: Places,
        (depth, chars): (usize, usize),
        token: &mut impl FnMut(u32),
        end: &mut impl FnMut(u32, usize),
    ) {
        let mut path = vec![Trie::ROOT];
        let mut before: &[u8] = &[];
        for start in &self.starts[places.low as usize..places.high as usize] {
            let from = *start as usize + depth;
            let rest = &self.bytes[from..];
            // What follows here began like what followed at the place before: that part of the walk is done.
            let shared = before.iter().zip(rest).take(path.len()).take_while(|(a, b)| a == b).count();
            if shared == path.len() {
                continue;
            }
            path.truncate(shared + 1);
            let mut node = path[shared];
            for at in shared.. {
                if at > 0 && self.ends_at(from + at, depth + at, chars + count(&rest[..at])) {
                    end(node, at);
                }
                let Some(child) = Some(rest[at]).filter(|byte| *byte != BREAK).and_then(|byte| trie.child(node, byte)) else { break };
                trie.token(child).into_iter().for_each(&mut *token);
                path.push(child);
                node = child;
            }
            before = rest;
        }
    }
}

/// Characters that begin in these bytes.
pub(super) fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !(0x80..0xC0).contains(*byte)).count()
}

/// The text with each run of white space as one space, and breaks; where each byte came from. It ends with a break.
fn fold(text: &str, tokenizer: &Tokenizer) -> (Vec<u8>, Vec<u32>) {
    let (mut bytes, mut origin) = (Vec::with_capacity(text.len() + 1), Vec::with_capacity(text.len() + 1));
    let mut gap = Some(BREAK);
    let mut lines = 0;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            lines += usize::from(c == '\n');
            gap = gap.max(Some(if lines > 1 { BREAK } else { b' ' }));
            continue;
        }
        lines = 0;
        let mut buffer = [0; 4];
        let own = c.encode_utf8(&mut buffer);
        if c.is_control() || [OPEN, CLOSE].contains(&&*own) || !tokenizer.can_spell(own) {
            gap = Some(BREAK);
            continue;
        }
        if let Some(gap) = gap.take().filter(|_| !bytes.is_empty()) {
            bytes.push(gap);
            origin.push(at as u32);
        }
        origin.extend((at..at + own.len()).map(|byte| byte as u32));
        bytes.extend_from_slice(own.as_bytes());
    }
    bytes.push(BREAK);
    origin.push(text.len() as u32);
    (bytes, origin)
}

/// For each byte whether a quotation may end before it, and where one may begin.
fn boundaries(bytes: &[u8]) -> (Vec<bool>, Vec<u32>) {
    let mut ends = vec![false; bytes.len()];
    let mut starts = Vec::new();
    let mut from = 0;
    for piece in bytes.split_inclusive(|byte| *byte == BREAK) {
        let own = &piece[..piece.len() - 1];
        let text = std::str::from_utf8(own).expect("breaks stand between whole characters");
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        for (place, &(at, c)) in chars.iter().enumerate() {
            let near = |offset: usize| place.checked_sub(offset).map(|place| chars[place].1);
            let cut = near(1).is_none_or(|left| !joined(near(2), left, c, chars.get(place + 1).map(|(_, after)| *after)));
            ends[from + at] = cut && near(1).is_some_and(|left| left != ' ');
            if cut && c != ' ' {
                starts.push((from + at) as u32);
            }
        }
        ends[from + own.len()] = !own.is_empty();
        from += piece.len();
    }
    (ends, starts)
}
