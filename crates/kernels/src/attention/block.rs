//! A block of queries that share a key/value head, over the pages of some segments: online soft maximum (Milakov and Gimelshein 2018;
//! Dao et al. 2022), a tile of one page at a time.
//!
//! A row's sums are made in an order of its own: page after page within a segment of [`SEGMENT_PAGES`], each segment from nothing, then
//! segments merged in order. Pages and segments stand at absolute positions, so whoever computes a row, alone or among others, at once or
//! split among threads, gets the same bits.

use super::page::{HeadPlaces, KvKind, KvLayout, KvPage, PAGE_TOKENS};
use super::product::{ACROSS, Element, Half, product, unpack};
use crate::Isa;
use crate::aligned::with_scratch;
use crate::shared::SharedMut;
use crate::simd::{LANES, Vector, dispatch, exp};

/// Pages of a segment: 1,024 tokens, enough work for a task of its own when there is only one row.
pub(super) const SEGMENT_PAGES: usize = 16;

/// From how many rows on a page's numbers are unpacked to floats first: with fewer the unpacked are used only once.
const UNPACK_FROM_ROWS: usize = 8;

/// Rows of a page that are unpacked together: 128 times 64 floats, which with the rows of a tile fill the first-level cache.
const UNPACKED_ROWS: usize = 128;

/// Queries of consecutive positions, for the heads of one group.
pub(super) struct Block<'a> {
    pub(super) layout: &'a KvLayout,
    pub(super) pages: &'a [&'a KvPage],
    /// `[positions, heads, head_dim]`, the block's only.
    pub(super) q: &'a [f32],
    pub(super) heads: usize,
    pub(super) kv_head: usize,
    pub(super) scale: f32,
    /// Position of the first query.
    pub(super) first: usize,
}

/// Where results go.
pub(super) enum Target<'a> {
    /// Segments from the first on, merged and divided: `[positions, heads, head_dim]` from this float on.
    Output(&'a SharedMut<'a, f32>, usize),
    /// One segment as it is: a [`Partial`]'s floats.
    Partial(&'a mut [f32]),
}

impl Block<'_> {
    pub(super) fn positions(&self) -> usize {
        self.q.len() / (self.heads * self.layout.head_dim)
    }

    fn group(&self) -> usize {
        self.heads / self.layout.kv_heads
    }

    /// Rows: the group's heads of the first position, then of the second, …
    pub(super) fn rows(&self) -> usize {
        self.positions() * self.group()
    }

    /// Segments that the last position sees.
    pub(super) fn segments(&self) -> usize {
        (self.first + self.positions()).div_ceil(SEGMENT_PAGES * PAGE_TOKENS)
    }

    fn position(&self, row: usize) -> usize {
        self.first + row / self.group()
    }
}

/// Sums over some keys: for each row the largest score, the sum of weights, and the weighted values.
pub(super) struct Partial<'a> {
    most: &'a mut [f32],
    total: &'a mut [f32],
    /// `[rows, padded head_dim]`.
    values: &'a mut [f32],
}

impl<'a> Partial<'a> {
    /// Floats for `rows` rows, whole cache lines.
    pub(super) fn floats(rows: usize, padded_dim: usize) -> usize {
        rows * padded_dim + 2 * rows.next_multiple_of(LANES)
    }

    pub(super) fn new(memory: &'a mut [f32], rows: usize) -> Self {
        let lines = rows.next_multiple_of(LANES);
        let (most, rest) = memory.split_at_mut(lines);
        let (total, values) = rest.split_at_mut(lines);
        Self { most: &mut most[..rows], total: &mut total[..rows], values }
    }

    fn clear(&mut self) {
        self.most.fill(f32::NEG_INFINITY);
        self.total.fill(0.0);
        self.values.fill(0.0);
    }
}

/// Runs a block over its segments: all of them into the output, or just number `segment` into a partial.
pub(super) fn run(isa: Isa, block: &Block<'_>, segment: usize, target: Target<'_>) {
    let (rows, dim) = (block.rows(), block.layout.padded_dim());
    let floats = rows * (dim + PAGE_TOKENS) + 2 * Partial::floats(rows, dim) + UNPACKED_ROWS * PAGE_TOKENS + rows;
    with_scratch(floats, |scratch| run_in(isa, block, segment, target, scratch));
}

/// Merges the partials of a block's segments, in order, into the output.
pub(super) fn merge(isa: Isa, block: &Block<'_>, partials: &mut [f32], output: &SharedMut<'_, f32>, start: usize) {
    let floats = Partial::floats(block.rows(), block.layout.padded_dim());
    with_scratch(floats, |scratch| merge_in(isa, block, partials, output, start, scratch));
}

dispatch! { fn run_in(block: &Block<'_>, segment: usize, target: Target<'_>, scratch: &mut [f32]) = run_block }
dispatch! {
    fn merge_in(block: &Block<'_>, partials: &mut [f32], output: &SharedMut<'_, f32>, start: usize, sum: &mut [f32]) = merge_partials
}

#[inline(always)]
unsafe fn run_block<V: Vector>(block: &Block<'_>, segment: usize, target: Target<'_>, scratch: &mut [f32]) {
    // SAFETY: the caller has the instruction set.
    unsafe {
        match block.layout.kind {
            KvKind::F32 => run_kind::<V, f32>(block, segment, target, scratch),
            KvKind::F16 => run_kind::<V, Half>(block, segment, target, scratch),
            KvKind::Q8 => run_kind::<V, i8>(block, segment, target, scratch),
        }
    }
}

#[inline(always)]
unsafe fn run_kind<V: Vector, E: Element>(block: &Block<'_>, segment: usize, target: Target<'_>, scratch: &mut [f32]) {
    let (rows, dim) = (block.rows(), block.layout.padded_dim());
    let (q, rest) = scratch.split_at_mut(rows * dim);
    let (scores, rest) = rest.split_at_mut(rows * PAGE_TOKENS);
    let (current, rest) = rest.split_at_mut(Partial::floats(rows, dim));
    let (sum, rest) = rest.split_at_mut(Partial::floats(rows, dim));
    let (unpacked, keep) = rest.split_at_mut(UNPACKED_ROWS * PAGE_TOKENS);
    pack(block, q);
    // SAFETY: the caller has the instruction set.
    unsafe {
        match target {
            Target::Partial(memory) => {
                Tiles { block, q, scores, sums: Partial::new(memory, rows), unpacked, keep }.segment::<V, E>(segment);
            }
            Target::Output(output, start) => {
                let mut sum = Partial::new(sum, rows);
                let mut tiles = Tiles { block, q, scores, sums: Partial::new(current, rows), unpacked, keep };
                for segment in 0..block.segments() {
                    tiles.segment::<V, E>(segment);
                    join::<V>(block, segment, &mut sum, &tiles.sums);
                }
                finish::<V>(block, &sum, output, start);
            }
        }
    }
}

#[inline(always)]
unsafe fn merge_partials<V: Vector>(block: &Block<'_>, partials: &mut [f32], output: &SharedMut<'_, f32>, start: usize, sum: &mut [f32]) {
    let rows = block.rows();
    let mut sum = Partial::new(sum, rows);
    // SAFETY: the caller has the instruction set.
    unsafe {
        for (segment, partial) in partials.chunks_exact_mut(Partial::floats(rows, block.layout.padded_dim())).enumerate() {
            join::<V>(block, segment, &mut sum, &Partial::new(partial, rows));
        }
        finish::<V>(block, &sum, output, start);
    }
}

/// Scaled queries of the group's heads, row after row, `padded head_dim` apart.
fn pack(block: &Block<'_>, q: &mut [f32]) {
    let (group, dim) = (block.group(), block.layout.head_dim);
    for (row, to) in q.chunks_exact_mut(block.layout.padded_dim()).enumerate() {
        let head = row / group * block.heads + block.kv_head * group + row % group;
        to.iter_mut().zip(&block.q[head * dim..][..dim]).for_each(|(to, x)| *to = x * block.scale);
    }
}

/// Puts a segment's sums to those before it. A row that stands before the segment has no part in it.
#[inline(always)]
unsafe fn join<V: Vector>(block: &Block<'_>, segment: usize, sum: &mut Partial<'_>, next: &Partial<'_>) {
    let dim = block.layout.padded_dim();
    let from = segment * SEGMENT_PAGES * PAGE_TOKENS;
    for row in 0..block.rows() {
        let values = row * dim..(row + 1) * dim;
        if segment == 0 {
            (sum.most[row], sum.total[row]) = (next.most[row], next.total[row]);
            sum.values[values.clone()].copy_from_slice(&next.values[values]);
        } else if block.position(row) >= from {
            // SAFETY: the caller has the instruction set; rows are whole vectors.
            unsafe {
                let most = if next.most[row] > sum.most[row] { next.most[row] } else { sum.most[row] };
                let old = exp(V::splat(sum.most[row] - most));
                let new = exp(V::splat(next.most[row] - most));
                let total = V::splat(next.total[row]).fma(new, V::splat(sum.total[row]).mul(old));
                (sum.most[row], sum.total[row]) = (most, total.largest());
                for at in values.step_by(LANES) {
                    let x = V::load(next.values[at..].as_ptr()).fma(new, V::load(sum.values[at..].as_ptr()).mul(old));
                    x.store(sum.values[at..].as_mut_ptr());
                }
            }
        }
    }
}

/// Divides by the sums of weights and writes the heads' part of each position.
#[inline(always)]
unsafe fn finish<V: Vector>(block: &Block<'_>, sum: &Partial<'_>, output: &SharedMut<'_, f32>, start: usize) {
    let (group, dim) = (block.group(), block.layout.head_dim);
    for (row, values) in sum.values.chunks_exact(block.layout.padded_dim()).take(block.rows()).enumerate() {
        let head = row / group * block.heads + block.kv_head * group + row % group;
        // SAFETY: the caller has the instruction set; no other task writes this head of this position; the padded row is whole vectors.
        unsafe {
            let out = output.slice(start + head * dim, dim);
            let total = V::splat(sum.total[row]);
            for (out, values) in out.chunks_mut(LANES).zip(values.chunks_exact(LANES)) {
                V::load(values.as_ptr()).div(total).store_up_to(out);
            }
        }
    }
}

/// A block's rows against one page after the other.
struct Tiles<'a> {
    block: &'a Block<'a>,
    /// `[rows, padded head_dim]`.
    q: &'a [f32],
    /// `[rows, 64]`: scores, then weights.
    scores: &'a mut [f32],
    sums: Partial<'a>,
    /// `[UNPACKED_ROWS, 64]`.
    unpacked: &'a mut [f32],
    /// What a row's sums of earlier pages are multiplied by at this page.
    keep: &'a mut [f32],
}

/// Calls `$call::<R>` for rows `$from..$to` in tiles as large as the registers allow. A row's bits do not depend on its tile.
macro_rules! by_tiles {
    ($vector:ident, $from:expr, $to:expr, |$row:ident| $self:ident.$call:ident::<$($kind:ident),+>($($argument:expr),*)) => {
        let mut $row = $from;
        while $row < $to {
            let left = $to - $row;
            if $vector::TILE_ROWS >= 6 && left >= 6 {
                $self.$call::<$($kind,)+ 6>($row, $($argument),*);
                $row += 6;
            } else if $vector::TILE_ROWS >= 4 && left >= 4 {
                $self.$call::<$($kind,)+ 4>($row, $($argument),*);
                $row += 4;
            } else if $vector::TILE_ROWS >= 2 && left >= 2 {
                $self.$call::<$($kind,)+ 2>($row, $($argument),*);
                $row += 2;
            } else {
                $self.$call::<$($kind,)+ 1>($row, $($argument),*);
                $row += 1;
            }
        }
    };
}

// SAFETY of every block below: the instruction set is there by `run_block`'s promise; rows are the block's, and pages have the layout's
// size as `attend` has checked.
impl Tiles<'_> {
    /// Sums over one segment, from nothing.
    #[inline(always)]
    unsafe fn segment<V: Vector, E: Element>(&mut self, segment: usize) {
        self.sums.clear();
        let (first, rows, group) = (self.block.first, self.block.rows(), self.block.group());
        let end = (first + self.block.positions()).div_ceil(PAGE_TOKENS).min((segment + 1) * SEGMENT_PAGES);
        for page in segment * SEGMENT_PAGES..end {
            let start = page * PAGE_TOKENS;
            // SAFETY: see above.
            unsafe {
                if first + 1 >= start + PAGE_TOKENS {
                    self.page::<V, E>(page, 0..rows, PAGE_TOKENS);
                } else {
                    // Positions within the page see different numbers of its keys.
                    for position in first.max(start)..first + self.block.positions() {
                        let row = (position - first) * group;
                        self.page::<V, E>(page, row..row + group, (position + 1 - start).min(PAGE_TOKENS));
                    }
                }
            }
        }
    }

    /// Rows against the first `limit` keys of a page: all scores, then all weights, then all outputs, so that the keys and then the
    /// values stay in the first-level cache. Unpacking is exact and sums go on where they stood, so both ways give the same bits.
    ///
    /// A few rows are done with a page sooner than the next comes from memory, and pages are allocations of their own that no hardware
    /// sees coming: so the keys' pass asks for the values, and the values' for the next page's keys.
    #[inline(always)]
    unsafe fn page<V: Vector, E: Element>(&mut self, page: usize, rows: std::ops::Range<usize>, limit: usize) {
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
                self.weigh::<V, E>(row, bytes, places, limit);
            }
            for first in (0..dim).step_by(PAGE_TOKENS) {
                let values = values.add(first);
                let ahead = next.map(|next| next.wrapping_add(first * PAGE_TOKENS * size_of::<E>()));
                if unpacks {
                    unpack::<V, E>(values, dim, limit, self.unpacked);
                    let values = self.unpacked.as_ptr();
                    by_tiles!(V, rows.start, rows.end, |row| self.gather::<V, f32>((values, PAGE_TOKENS), first, limit, None));
                } else {
                    by_tiles!(V, rows.start, rows.end, |row| self.gather::<V, E>(
                        (values, dim),
                        first,
                        limit,
                        ahead.filter(|_| row == rows.start)
                    ));
                }
            }
        }
    }

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

    /// Outputs of `R` rows, 64 dimensions from `first` on; `values` begin with that dimension.
    #[inline(always)]
    unsafe fn gather<V: Vector, E: Element, const R: usize>(
        &mut self,
        row: usize,
        values: (*const E, usize),
        first: usize,
        limit: usize,
        ahead: Option<*const u8>,
    ) {
        let dim = self.block.layout.padded_dim();
        let weights = self.scores[row * PAGE_TOKENS..].as_ptr();
        let mut keep = [0.0; R];
        keep.copy_from_slice(&self.keep[row..row + R]);
        let out = self.sums.values[row * dim + first..].as_mut_ptr();
        // SAFETY: see above.
        unsafe { product::<V, E, R>((weights, PAGE_TOKENS), limit, values, (out, dim), Some(&keep), ahead) };
    }

    /// Scores of one row to weights relative to the largest so far, and what the sums of earlier pages are worth beside them.
    #[inline(always)]
    unsafe fn weigh<V: Vector, E: Element>(&mut self, row: usize, page: &[u8], places: HeadPlaces, limit: usize) {
        let scores = self.scores[row * PAGE_TOKENS..][..PAGE_TOKENS].as_mut_ptr();
        // SAFETY: see above.
        unsafe {
            let nothing = V::splat(f32::NEG_INFINITY);
            let mut s = [nothing; ACROSS];
            for (n, s) in s.iter_mut().enumerate() {
                *s = V::load(scores.add(n * LANES));
            }
            if E::SCALED {
                let scales = page[places.key_scales..].as_ptr().cast::<f32>();
                for (n, s) in s.iter_mut().enumerate() {
                    *s = s.mul(V::load(scales.add(n * LANES)));
                }
            }
            if limit < PAGE_TOKENS {
                let limit = V::splat(limit as f32);
                for (n, s) in s.iter_mut().enumerate() {
                    *s = V::load(TOKENS[n * LANES..].as_ptr()).if_less(limit, *s, nothing);
                }
            }
            let largest = s[0].max(s[1]).max(s[2].max(s[3])).largest();
            let before = self.sums.most[row];
            let most = if before > largest { before } else { largest };
            for s in &mut s {
                *s = exp(s.sub(V::splat(most)));
            }
            let weights = s;
            let keep = exp(V::splat(before - most)).largest();
            let total = weights[0].add(weights[1]).add(weights[2].add(weights[3])).sum();
            self.sums.most[row] = most;
            self.sums.total[row] = self.sums.total[row] * keep + total;
            for (n, weights) in weights.into_iter().enumerate() {
                let weights = if E::SCALED {
                    weights.mul(V::load(page[places.value_scales..].as_ptr().cast::<f32>().add(n * LANES)))
                } else {
                    weights
                };
                weights.store(scores.add(n * LANES));
            }
            self.keep[row] = keep;
        }
    }
}

/// Token numbers within a page.
const TOKENS: [f32; PAGE_TOKENS] = {
    let mut tokens = [0.0; PAGE_TOKENS];
    let mut at = 0;
    while at < PAGE_TOKENS {
        tokens[at] = at as f32;
        at += 1;
    }
    tokens
};
