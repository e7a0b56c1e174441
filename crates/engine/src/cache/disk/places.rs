//! Where a file's units stand. Unit 0 is the table (tokens, then the tags of the units after it); pages follow, then states. Each begins
//! at a multiple of 4 KiB.

use std::ops::Range;

use super::form::{Form, pages};
use super::header::HEADER_BYTES;

/// Bytes of a tag.
const TAG_BYTES: usize = 32;

/// The places in the file of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    tokens: usize,
    /// Numbers of the pages it holds, counted from the sequence's first token.
    pub(super) pages: Range<usize>,
    page_bytes: usize,
    states: usize,
    state_bytes: usize,
}

impl Places {
    /// Of the run from position `start` to `end`, both at most [`crate::limits::CONTEXT_MAX`].
    pub(super) fn new(form: &Form, start: usize, end: usize) -> Self {
        let (page_bytes, states, state_bytes) = (form.page_bytes(), form.states(), form.state_bytes());
        Self { tokens: end - start, pages: pages(start, end), page_bytes, states, state_bytes }
    }

    pub(super) fn units(&self) -> usize {
        1 + self.pages.len() + self.states
    }

    /// The unit of a page by its number in the sequence.
    pub(super) fn page_unit(&self, page: usize) -> usize {
        1 + page - self.pages.start
    }

    /// The units of the states, in the order of their layers.
    pub(super) fn state_units(&self) -> Range<usize> {
        1 + self.pages.len()..self.units()
    }

    /// Bytes of a unit.
    pub(super) fn bytes(&self, unit: usize) -> usize {
        match unit {
            0 => 4 * self.tokens + TAG_BYTES * (self.units() - 1),
            page if page <= self.pages.len() => self.page_bytes,
            _ => self.state_bytes,
        }
    }

    /// Where a unit begins; that of the one behind the last is the file's length.
    pub(super) fn at(&self, unit: usize) -> u64 {
        let whole = |bytes: usize| bytes.next_multiple_of(HEADER_BYTES) as u64;
        let pages = unit.saturating_sub(1).min(self.pages.len());
        let states = unit.saturating_sub(1 + pages);
        let table = if unit > 0 { whole(self.bytes(0)) } else { 0 };
        HEADER_BYTES as u64 + table + pages as u64 * whole(self.page_bytes) + states as u64 * whole(self.state_bytes)
    }

    pub(super) fn file_bytes(&self) -> u64 {
        self.at(self.units())
    }

    /// Tokens and tags out of a table.
    pub(super) fn table(&self, bytes: &[u8]) -> (Vec<u32>, Vec<[u8; TAG_BYTES]>) {
        let (tokens, tags) = bytes.split_at(4 * self.tokens);
        let token = |bytes: &[u8]| bytes.iter().rev().fold(0_u32, |token, byte| token << 8 | u32::from(*byte));
        let tag = |bytes: &[u8]| std::array::from_fn(|at| bytes[at]);
        (tokens.chunks_exact(4).map(token).collect(), tags.chunks_exact(TAG_BYTES).map(tag).collect())
    }
}
