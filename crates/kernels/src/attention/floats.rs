//! Tiles over pages of floats.

use std::marker::PhantomData;
use std::ops::Range;

use super::block::{Block, Partial};
use super::page::PAGE_TOKENS;
use super::product::{Element, product, unpack};
use super::tiles::{Tiles, by_tiles, load, only, raise, store, weigh};
use crate::simd::Vector;

/// From how many rows on a page's numbers are unpacked to floats first: with fewer the unpacked are used only once.
const UNPACK_FROM_ROWS: usize = 8;

/// Rows of a page that are unpacked together: 128 times 64 floats, which with the rows of a tile fill the first-level cache.
const UNPACKED_ROWS: usize = 128;

pub(super) struct FloatTiles<'a, E> {
    block: &'a Block<'a>,
    /// Scaled queries, `[rows, padded head_dim]`.
    q: &'a [f32],
    /// `[rows, 64]`: scores, then weights.
    scores: &'a mut [f32],
    /// `[UNPACKED_ROWS, 64]`.
    unpacked: &'a mut [f32],
    /// What a row's sums of earlier pages are multiplied by at this page.
    keep: &'a mut [f32],
    element: PhantomData<E>,
}

// SAFETY of every block below: the instruction set is there and rows are the block's by the callers' promise, and pages have the
// layout's size as `attend` has checked.
impl<'a, E: Element> Tiles<'a> for FloatTiles<'a, E> {
    fn floats(rows: usize, padded_dim: usize) -> usize {
        rows * (padded_dim + PAGE_TOKENS) + UNPACKED_ROWS * PAGE_TOKENS + rows
    }

    #[inline(always)]
    unsafe fn new<V: Vector>(block: &'a Block<'a>, memory: &'a mut [f32]) -> Self {
        let rows = block.rows();
        let (q, rest) = memory.split_at_mut(rows * block.layout.padded_dim());
        let (scores, rest) = rest.split_at_mut(rows * PAGE_TOKENS);
        let (unpacked, keep) = rest.split_at_mut(UNPACKED_ROWS * PAGE_TOKENS);
        for (row, to) in q.chunks_exact_mut(block.layout.padded_dim()).enumerate() {
            to.iter_mut().zip(block.query(row)).for_each(|(to, x)| *to = x * block.scale);
        }
        Self { block, q, scores, unpacked, keep, element: PhantomData }
    }

    /// All scores, then all weights, then all outputs, so that the keys and then the values stay in the first-level cache. Unpacking is
    /// exact and sums go on where they stood, so both ways give the same bits.
    ///
    /// A few rows are done with a page sooner than the next comes from memory, and pages are allocations of their own that no hardware
    /// sees coming: so the keys' pass asks for the values, and the values' for the next page's keys.
    #[inline(always)]
    unsafe fn page<V: Vector>(&mut self, sums: &mut Partial<'_>, page: usize, rows: Range<usize>, limit: usize) {
        let places = self.block.layout.places(self.block.kv_head);
        let bytes = self.block.pages[page].as_bytes();
        let (dim, depth) = (self.block.layout.padded_dim(), self.block.layout.head_dim);
        let keys = bytes[places.keys..].as_ptr().cast::<E>();
        let values = bytes[places.values..].as_ptr().cast::<E>();
        let unpacks = rows.len() >= UNPACK_FROM_ROWS;
        let next = self.block.pages.get(page + 1).map(|page| page.as_bytes()[places.keys..].as_ptr());
        // SAFETY: see above.
        unsafe {
            if unpacks {
                for from in (0..depth).step_by(UNPACKED_ROWS) {
                    let count = UNPACKED_ROWS.min(depth - from);
                    unpack::<V, E>(keys.add(from * PAGE_TOKENS), PAGE_TOKENS, count, self.unpacked);
                    let keys = self.unpacked.as_ptr();
                    by_tiles!(V, rows.start, rows.end, |row| self.scores_of::<V, f32>(keys, from, count, None));
                }
            } else {
                by_tiles!(V, rows.start, rows.end, |row| self.scores_of::<V, E>(
                    keys,
                    0,
                    depth,
                    (row == rows.start).then_some(values.cast())
                ));
            }
            for row in rows.clone() {
                self.weigh::<V>(sums, row, limit);
            }
            for first in (0..dim).step_by(PAGE_TOKENS) {
                let values = values.add(first);
                let ahead = next.map(|next| next.wrapping_add(first * PAGE_TOKENS * size_of::<E>()));
                if unpacks {
                    unpack::<V, E>(values, dim, limit, self.unpacked);
                    let values = self.unpacked.as_ptr();
                    by_tiles!(V, rows.start, rows.end, |row| self.gather::<V, f32>(sums, (values, PAGE_TOKENS), first, limit, None));
                } else {
                    by_tiles!(V, rows.start, rows.end, |row| self.gather::<V, E>(
                        sums,
                        (values, dim),
                        first,
                        limit,
                        ahead.filter(|_| row == rows.start)
                    ));
                }
            }
        }
    }
}

// SAFETY of every block below: as above.
impl<T: Element> FloatTiles<'_, T> {
    /// Scores of `R` rows, summed over `count` dimensions from `from` on; `keys` begin with that dimension.
    #[inline(always)]
    unsafe fn scores_of<V: Vector, E: Element, const R: usize>(
        &mut self,
        row: usize,
        keys: *const E,
        from: usize,
        count: usize,
        ahead: Option<*const u8>,
    ) {
        let dim = self.block.layout.padded_dim();
        let q = self.q[row * dim + from..].as_ptr();
        let out = self.scores[row * PAGE_TOKENS..].as_mut_ptr();
        let keep = if from == 0 { None } else { Some(&[1.0; R]) };
        // SAFETY: see above.
        unsafe { product::<V, E, R>((q, dim), count, (keys, PAGE_TOKENS), (out, PAGE_TOKENS), keep, ahead) };
    }

    /// Scores of one row to weights.
    #[inline(always)]
    unsafe fn weigh<V: Vector>(&mut self, sums: &mut Partial<'_>, row: usize, limit: usize) {
        let scores = self.scores[row * PAGE_TOKENS..][..PAGE_TOKENS].as_mut_ptr();
        // SAFETY: see above.
        unsafe {
            let mut s = load::<V>(scores);
            if limit < PAGE_TOKENS {
                s = only::<V>(s, limit, V::splat(f32::NEG_INFINITY));
            }
            self.keep[row] = raise::<V>(s, &mut sums.most[row]);
            store(weigh::<V>(s, sums.most[row], self.keep[row], &mut sums.total[row]), scores);
        }
    }

    /// Outputs of `R` rows, 64 dimensions from `first` on; `values` begin with that dimension.
    #[inline(always)]
    unsafe fn gather<V: Vector, E: Element, const R: usize>(
        &mut self,
        row: usize,
        sums: &mut Partial<'_>,
        values: (*const E, usize),
        first: usize,
        limit: usize,
        ahead: Option<*const u8>,
    ) {
        let dim = self.block.layout.padded_dim();
        let weights = self.scores[row * PAGE_TOKENS..].as_ptr();
        let mut keep = [0.0; R];
        keep.copy_from_slice(&self.keep[row..row + R]);
        let out = sums.values[row * dim + first..].as_mut_ptr();
        // SAFETY: see above.
        unsafe { product::<V, E, R>((weights, PAGE_TOKENS), limit, values, (out, dim), Some(&keep), ahead) };
    }
}
