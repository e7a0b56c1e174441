//! A block of queries that share a key/value head, over the pages of some segments: online soft maximum (Milakov and Gimelshein 2018;
//! Dao et al. 2022), a tile of one page at a time.
//!
//! A row's sums are made in an order of its own: page after page within a segment of [`SEGMENT_PAGES`], each segment from nothing, then
//! segments merged in order. Pages and segments stand at absolute positions, so whoever computes a row, alone or among others, at once or
//! split among threads, gets the same bits.

use super::floats::FloatTiles;
use super::integers::IntegerTiles;
use super::page::{KvKind, KvLayout, KvPage, PAGE_TOKENS};
use super::product::Half;
use super::tiles::{self, Tiles};
use crate::Isa;
use crate::aligned::with_scratch;
use crate::shared::SharedMut;
use crate::simd::{LANES, Vector, dispatch, exp};

/// Pages of a segment: 1,024 tokens, enough work for a task of its own when there is only one row.
pub(super) const SEGMENT_PAGES: usize = 16;

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

    pub(super) fn group(&self) -> usize {
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

    /// A row's head among all heads of all positions.
    fn head(&self, row: usize) -> usize {
        let group = self.group();
        row / group * self.heads + self.kv_head * group + row % group
    }

    pub(super) fn query(&self, row: usize) -> &[f32] {
        let dim = self.layout.head_dim;
        &self.q[self.head(row) * dim..][..dim]
    }
}

/// Sums over some keys: for each row the largest score, the sum of weights, and the weighted values.
pub(super) struct Partial<'a> {
    pub(super) most: &'a mut [f32],
    pub(super) total: &'a mut [f32],
    /// `[rows, padded head_dim]`.
    pub(super) values: &'a mut [f32],
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

    pub(super) fn clear(&mut self) {
        self.most.fill(f32::NEG_INFINITY);
        self.total.fill(0.0);
        self.values.fill(0.0);
    }
}

/// Runs a block over its segments: all of them into the output, or just number `segment` into a partial.
pub(super) fn run(isa: Isa, block: &Block<'_>, segment: usize, target: Target<'_>) {
    let (rows, dim) = (block.rows(), block.layout.padded_dim());
    let tiles = match block.layout.kind {
        KvKind::F32 => FloatTiles::<f32>::floats(rows, dim),
        KvKind::F16 => FloatTiles::<Half>::floats(rows, dim),
        KvKind::Q8 => IntegerTiles::floats(rows, dim),
    };
    with_scratch(2 * Partial::floats(rows, dim) + tiles, |scratch| run_in(isa, block, segment, target, scratch));
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
            KvKind::F32 => run_kind::<V, FloatTiles<'_, f32>>(block, segment, target, scratch),
            KvKind::F16 => run_kind::<V, FloatTiles<'_, Half>>(block, segment, target, scratch),
            KvKind::Q8 => run_kind::<V, IntegerTiles<'_>>(block, segment, target, scratch),
        }
    }
}

#[inline(always)]
unsafe fn run_kind<'a, V: Vector, T: Tiles<'a>>(block: &'a Block<'a>, segment: usize, target: Target<'_>, scratch: &'a mut [f32]) {
    let (rows, dim) = (block.rows(), block.layout.padded_dim());
    let (current, rest) = scratch.split_at_mut(Partial::floats(rows, dim));
    let (sum, memory) = rest.split_at_mut(Partial::floats(rows, dim));
    // SAFETY: the caller has the instruction set.
    unsafe {
        let mut tiles = T::new::<V>(block, memory);
        match target {
            Target::Partial(memory) => tiles::segment::<V, T>(block, &mut tiles, &mut Partial::new(memory, rows), segment),
            Target::Output(output, start) => {
                let (mut sum, mut current) = (Partial::new(sum, rows), Partial::new(current, rows));
                for segment in 0..block.segments() {
                    tiles::segment::<V, T>(block, &mut tiles, &mut current, segment);
                    join::<V>(block, segment, &mut sum, &current);
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
    let dim = block.layout.head_dim;
    for (row, values) in sum.values.chunks_exact(block.layout.padded_dim()).take(block.rows()).enumerate() {
        // SAFETY: the caller has the instruction set; no other task writes this head of this position; the padded row is whole vectors.
        unsafe {
            let out = output.slice(start + block.head(row) * dim, dim);
            let total = V::splat(sum.total[row]);
            for (out, values) in out.chunks_mut(LANES).zip(values.chunks_exact(LANES)) {
                V::load(values.as_ptr()).div(total).store_up_to(out);
            }
        }
    }
}
