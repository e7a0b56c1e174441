//! Tiles over pages of 8-bit integers, in integer products.
//!
//! A query, and a row's weights of a page (each times its value's scale), are brought to 16 bits relative to their largest number, and
//! met with a page's bytes two at a time in exact 32-bit sums; a sum is converted once, and what follows are the floating operations
//! that stand in [`IntegerTiles::weigh`] and [`IntegerTiles::gather`], in that order. With 8 bits a query would be half the work, but
//! where a few of its dimensions are large, as trained models have them, outputs erred up to five times as much as by the pages alone.
//!
//! Numbers that are not finite: a row whose query has one, or that sees a key or value that had one, is NaN throughout. What stands
//! behind a row cannot reach it.

#![allow(clippy::needless_range_loop, reason = "an index names the same row of several arrays, and closures lose the instruction set")]

use std::ops::Range;

use super::block::{Block, Partial};
use super::page::{HeadPlaces, PAGE_TOKENS};
use super::tiles::{ACROSS, TILE_ROWS_MAX, Tiles, by_tiles, load, only, raise, store, weigh};
use crate::simd::{Integers, LANES, LINE_BYTES, Vector, prefetch};

/// The largest 16-bit code. Sums over a page's tokens stay below 64 · 128 · 32,767 < 2^28.
const CODE_MAX: f32 = 32_767.0;

/// Rows whose largest number is below this count as zeros: its inverse would be no number.
const LEAST: f32 = 1e-30;

/// Cache lines of the scales of 64 keys and 64 values.
const SCALE_LINES: usize = 2 * PAGE_TOKENS * size_of::<f32>() / LINE_BYTES;

/// Bytes of a pair of keys' dimensions, or of values' tokens, over 64 tokens or dimensions.
const PAIR_BYTES: usize = 2 * PAGE_TOKENS;

pub(super) struct IntegerTiles<'a> {
    block: &'a Block<'a>,
    /// Codes of the queries, `[rows, padded head_dim]`.
    q: &'a [i16],
    /// What a code of a row's query is worth, in scores.
    q_worth: &'a [f32],
    /// Scores of a tile, `[TILE_ROWS_MAX, 64]`.
    scores: &'a mut [f32],
    /// Codes of the weights at this page, `[rows, 64]`.
    weights: &'a mut [i16],
    /// What a code of a row's weights is worth at this page.
    worth: &'a mut [f32],
    /// What a row's sums of earlier pages are multiplied by at this page.
    keep: &'a mut [f32],
}

// SAFETY of every block below: the instruction set is there and rows are the block's by the callers' promise, and pages have the
// layout's size as `attend` has checked.
impl<'a> Tiles<'a> for IntegerTiles<'a> {
    fn floats(rows: usize, padded_dim: usize) -> usize {
        rows * (padded_dim + PAGE_TOKENS) / 2 + TILE_ROWS_MAX * PAGE_TOKENS + 3 * rows
    }

    #[inline(always)]
    unsafe fn new<V: Vector>(block: &'a Block<'a>, memory: &'a mut [f32]) -> Self {
        let (rows, dim) = (block.rows(), block.layout.padded_dim());
        let (q, rest) = memory.split_at_mut(rows * dim / 2);
        let (weights, rest) = rest.split_at_mut(rows * PAGE_TOKENS / 2);
        let (scores, rest) = rest.split_at_mut(TILE_ROWS_MAX * PAGE_TOKENS);
        let (worth, rest) = rest.split_at_mut(rows);
        let (keep, q_worth) = rest.split_at_mut(rows);
        let (q, weights) = (shorts(q), shorts(weights));
        for (row, (to, worth)) in q.chunks_exact_mut(dim).zip(q_worth.iter_mut()).enumerate() {
            *worth = block.scale * code(block.query(row), to);
        }
        Self { block, q, q_worth, scores, weights, worth, keep }
    }

    /// All scores and weights, then all outputs, so that the keys and then the values stay in the first-level cache.
    ///
    /// A few rows are done with a page sooner than the next comes from memory, and pages are allocations of their own that no hardware
    /// sees coming: so each pass asks for what the same pass over the next page will read, which is twice as far ahead as floats need.
    #[inline(always)]
    unsafe fn page<V: Vector>(&mut self, sums: &mut Partial<'_>, page: usize, rows: Range<usize>, limit: usize) {
        let places = self.block.layout.places(self.block.kv_head);
        let bytes = self.block.pages[page].as_bytes();
        let values = bytes[places.values..].as_ptr();
        let next = self.block.pages.get(page + 1).map(|page| page.as_bytes());
        let next_keys = next.map(|page| page[places.keys..].as_ptr());
        let next_values = next.map(|page| page[places.values..].as_ptr());
        if let Some(next) = next {
            next[places.key_scales..].iter().step_by(LINE_BYTES).take(SCALE_LINES).for_each(|line| prefetch(line));
        }
        // SAFETY: see above.
        unsafe {
            by_tiles!(V, rows.start, rows.end, |row| self.weigh::<V>(sums, bytes, places, limit, next_keys.filter(|_| row == rows.start)));
            for first in (0..self.block.layout.padded_dim()).step_by(PAGE_TOKENS) {
                let values = values.add(2 * first).cast();
                let ahead = next_values.map(|next| next.wrapping_add(first * PAGE_TOKENS));
                by_tiles!(V, rows.start, rows.end, |row| self.gather::<V>(sums, values, first, limit, ahead.filter(|_| row == rows.start)));
            }
        }
    }
}

// SAFETY of every block below: as above.
impl IntegerTiles<'_> {
    /// Scores and then codes of the weights of `R` rows.
    #[inline(always)]
    unsafe fn weigh<V: Vector, const R: usize>(
        &mut self,
        row: usize,
        sums: &mut Partial<'_>,
        page: &[u8],
        places: HeadPlaces,
        limit: usize,
        ahead: Option<*const u8>,
    ) {
        let (dim, pairs) = (self.block.layout.padded_dim(), self.block.layout.head_dim.div_ceil(2));
        let keys = page[places.keys..].as_ptr().cast();
        let scales = |place: usize| page[place..].as_ptr().cast::<f32>();
        let (key_scales, value_scales) = (scales(places.key_scales), scales(places.value_scales));
        let scores = self.scores.as_mut_ptr();
        // SAFETY: see above.
        unsafe {
            let products = products::<V, R>((self.q[row * dim..].as_ptr(), dim), pairs, (keys, PAIR_BYTES), ahead);
            for r in 0..R {
                for n in 0..ACROSS {
                    products[r][n].floats().store(scores.add(r * PAGE_TOKENS + n * LANES));
                }
            }
            // Step by step for all rows, as one row's steps wait for each other.
            for r in 0..R {
                let mut s = load::<V>(scores.add(r * PAGE_TOKENS));
                for n in 0..ACROSS {
                    s[n] = s[n].mul(V::splat(self.q_worth[row + r])).mul(V::load(key_scales.add(n * LANES)));
                }
                if limit < PAGE_TOKENS {
                    s = only::<V>(s, limit, V::splat(f32::NEG_INFINITY));
                }
                store(s, scores.add(r * PAGE_TOKENS));
                self.keep[row + r] = raise::<V>(s, &mut sums.most[row + r]);
            }
            for r in 0..R {
                let s = load::<V>(scores.add(r * PAGE_TOKENS));
                let mut w = weigh::<V>(s, sums.most[row + r], self.keep[row + r], &mut sums.total[row + r]);
                for n in 0..ACROSS {
                    w[n] = w[n].mul(V::load(value_scales.add(n * LANES)));
                }
                if limit < PAGE_TOKENS {
                    w = only::<V>(w, limit, V::splat(0.0));
                }
                store(w, scores.add(r * PAGE_TOKENS));
            }
            for r in 0..R {
                let codes = self.weights[(row + r) * PAGE_TOKENS..][..PAGE_TOKENS].as_mut_ptr();
                self.worth[row + r] = code_weights::<V>(load(scores.add(r * PAGE_TOKENS)), codes);
            }
        }
    }

    /// Outputs of `R` rows, 64 dimensions from `first` on; `values` begin with that dimension.
    #[inline(always)]
    unsafe fn gather<V: Vector, const R: usize>(
        &mut self,
        row: usize,
        sums: &mut Partial<'_>,
        values: *const i8,
        first: usize,
        limit: usize,
        ahead: Option<*const u8>,
    ) {
        let dim = self.block.layout.padded_dim();
        let weights = self.weights[row * PAGE_TOKENS..].as_ptr();
        let out = sums.values[row * dim + first..].as_mut_ptr();
        // SAFETY: see above.
        unsafe {
            let products = products::<V, R>((weights, PAGE_TOKENS), limit.div_ceil(2), (values, 2 * dim), ahead);
            for r in 0..R {
                let (worth, keep) = (V::splat(self.worth[row + r]), V::splat(self.keep[row + r]));
                for n in 0..ACROSS {
                    let out = out.add(r * dim + n * LANES);
                    products[r][n].floats().fma(worth, V::load(out).mul(keep)).store(out);
                }
            }
        }
    }
}

/// `sum over i of a[r][i] * b[i]` for `R` rows, each 64 wide. Rows of `a` are `a_stride` numbers apart, pairs of rows of `b` as many bytes
/// as `b_stride`.
///
/// Meanwhile as many bytes as are read of `b` are asked for from `ahead` on, which may be any address.
///
/// # Safety
/// `a` has `R` rows of `pairs` pairs, `b` `pairs` pairs of rows of 64; the instruction set is there.
#[inline(always)]
unsafe fn products<V: Vector, const R: usize>(
    (a, a_stride): (*const i16, usize),
    pairs: usize,
    (b, b_stride): (*const i8, usize),
    ahead: Option<*const u8>,
) -> [[V::Integers; ACROSS]; R] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[V::Integers::zero(); ACROSS]; R];
        for i in 0..pairs {
            let from = b.add(i * b_stride);
            if let Some(ahead) = ahead {
                prefetch(ahead.wrapping_add(i * PAIR_BYTES));
                prefetch(ahead.wrapping_add(i * PAIR_BYTES + LINE_BYTES));
            }
            let mut b = [V::Integers::zero(); ACROSS];
            for n in 0..ACROSS {
                b[n] = V::Integers::load_pairs(from.add(2 * n * LANES));
            }
            for r in 0..R {
                let a = V::Integers::splat_pair(a.add(r * a_stride + 2 * i));
                for n in 0..ACROSS {
                    sums[r][n] = sums[r][n].add_products(b[n], a);
                }
            }
        }
        sums
    }
}

/// Puts the codes of a query to `to`, zeros behind them, and gives what a code is worth: not finite when a number is not.
#[inline(always)]
fn code(query: &[f32], to: &mut [i16]) -> f32 {
    // With so many dimensions that sums could pass 32 bits, fewer codes are used.
    let most = CODE_MAX.min((i32::MAX / (128 * to.len() as i32)) as f32);
    let mut largest = 0.0_f32;
    for x in query {
        if x.is_nan() || x.abs() > largest {
            largest = x.abs();
        }
    }
    let inverse = inverse(largest, most);
    let (codes, rest) = to.split_at_mut(query.len());
    for (to, x) in codes.iter_mut().zip(query) {
        *to = (x * inverse).clamp(-most, most).round_ties_even() as i16;
    }
    rest.fill(0);
    largest / most
}

/// Puts the codes of a page's weights, none negative, to `to`, and gives what a code is worth: not finite when a weight is not.
///
/// # Safety
/// `to` has room for 64; the instruction set is there.
#[inline(always)]
unsafe fn code_weights<V: Vector>(weights: [V; ACROSS], to: *mut i16) -> f32 {
    let [a, b, c, d] = weights;
    let largest = a.max(b).max(c.max(d)).largest();
    // Maxima lose a NaN, a sum does not.
    let nan = a.add(b).add(c.add(d)).any_nan();
    // SAFETY: the caller's promise.
    unsafe {
        let inverse = V::splat(inverse(largest, CODE_MAX));
        for (n, weights) in weights.into_iter().enumerate() {
            // In this order of operands NaN becomes 0, so that the codes are the same everywhere.
            let codes = weights.mul(inverse).max(V::splat(0.0)).min(V::splat(CODE_MAX));
            V::Integers::store_short(codes, to.add(n * LANES));
        }
    }
    if nan { f32::NAN } else { largest / CODE_MAX }
}

/// What brings numbers up to `largest` to codes up to `most`.
#[inline(always)]
fn inverse(largest: f32, most: f32) -> f32 {
    if largest > LEAST { most / largest } else { 0.0 }
}

/// Scratch memory as 16-bit integers, twice as many.
fn shorts(floats: &mut [f32]) -> &mut [i16] {
    // SAFETY: every pattern of bytes is an integer, which asks for less alignment; the memory stays borrowed.
    unsafe { std::slice::from_raw_parts_mut(floats.as_mut_ptr().cast(), 2 * floats.len()) }
}
