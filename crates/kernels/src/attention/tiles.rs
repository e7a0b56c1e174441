//! Some rows against one page after the other, whatever the pages hold: which keys a row sees, and how its scores become weights.

use std::ops::Range;

use super::block::{Block, Partial, SEGMENT_PAGES};
use super::page::PAGE_TOKENS;
use crate::simd::{LANES, Vector, exp};

/// Vectors across: 64 tokens of a page, or 64 dimensions.
pub(super) const ACROSS: usize = 4;

/// Most rows of a register tile.
pub(super) const TILE_ROWS_MAX: usize = 6;

/// The products with pages of one kind, and the memory they need.
pub(super) trait Tiles<'a>: Sized {
    /// Floats of memory for so many rows.
    fn floats(rows: usize, padded_dim: usize) -> usize;

    /// Makes the block's queries ready.
    ///
    /// # Safety
    /// The instruction set of `V` is there.
    unsafe fn new<V: Vector>(block: &'a Block<'a>, memory: &'a mut [f32]) -> Self;

    /// Puts the first `limit` keys and values of a page to the sums of `rows`.
    ///
    /// # Safety
    /// The instruction set of `V` is there; rows and page are the block's.
    unsafe fn page<V: Vector>(&mut self, sums: &mut Partial<'_>, page: usize, rows: Range<usize>, limit: usize);
}

/// Sums over one segment, from nothing.
///
/// # Safety
/// The instruction set of `V` is there; `tiles` and `sums` are the block's.
#[inline(always)]
pub(super) unsafe fn segment<'a, V: Vector, T: Tiles<'a>>(block: &Block<'_>, tiles: &mut T, sums: &mut Partial<'_>, segment: usize) {
    sums.clear();
    let (first, rows, group) = (block.first, block.rows(), block.group());
    let end = (first + block.positions()).div_ceil(PAGE_TOKENS).min((segment + 1) * SEGMENT_PAGES);
    for page in segment * SEGMENT_PAGES..end {
        let start = page * PAGE_TOKENS;
        // SAFETY: the caller's promise.
        unsafe {
            if first + 1 >= start + PAGE_TOKENS {
                tiles.page::<V>(sums, page, 0..rows, PAGE_TOKENS);
            } else {
                // Positions within the page see different numbers of its keys.
                for position in first.max(start)..first + block.positions() {
                    let row = (position - first) * group;
                    tiles.page::<V>(sums, page, row..row + group, (position + 1 - start).min(PAGE_TOKENS));
                }
            }
        }
    }
}

/// Brings a row's largest score up to date with those of a page, and gives what its sums of earlier pages are multiplied by.
///
/// # Safety
/// The instruction set of `V` is there.
#[inline(always)]
pub(super) unsafe fn raise<V: Vector>(scores: [V; ACROSS], most: &mut f32) -> f32 {
    let [a, b, c, d] = scores;
    let largest = a.max(b).max(c.max(d)).largest();
    let before = *most;
    *most = if before > largest { before } else { largest };
    // Mostly nothing is larger than what was there, and e^0 is exactly 1.
    if before == *most {
        return 1.0;
    }
    // SAFETY: the caller's promise.
    unsafe { exp(V::splat(before - *most)).largest() }
}

/// Scores to weights relative to the largest so far; the sum of the row's weights is brought up to date.
///
/// # Safety
/// The instruction set of `V` is there.
#[inline(always)]
pub(super) unsafe fn weigh<V: Vector>(mut s: [V; ACROSS], most: f32, keep: f32, total: &mut f32) -> [V; ACROSS] {
    for s in &mut s {
        // SAFETY: the caller's promise.
        *s = unsafe { exp(s.sub(V::splat(most))) };
    }
    *total = *total * keep + s[0].add(s[1]).add(s[2].add(s[3])).sum();
    s
}

/// Four vectors.
///
/// # Safety
/// The instruction set of `V` is there, and there are as many floats.
#[inline(always)]
pub(super) unsafe fn load<V: Vector>(from: *const f32) -> [V; ACROSS] {
    // SAFETY: the caller's promise.
    unsafe { [V::load(from), V::load(from.add(LANES)), V::load(from.add(2 * LANES)), V::load(from.add(3 * LANES))] }
}

/// As [`load`].
///
/// # Safety
/// The instruction set of `V` is there, and room for as many floats.
#[inline(always)]
pub(super) unsafe fn store<V: Vector>(x: [V; ACROSS], to: *mut f32) {
    for (n, x) in x.into_iter().enumerate() {
        // SAFETY: the caller's promise.
        unsafe { x.store(to.add(n * LANES)) };
    }
}

/// The numbers of the first `limit` tokens, `other` for the rest, whatever those were.
///
/// # Safety
/// The instruction set of `V` is there.
#[inline(always)]
pub(super) unsafe fn only<V: Vector>(mut x: [V; ACROSS], limit: usize, other: V) -> [V; ACROSS] {
    for (n, x) in x.iter_mut().enumerate() {
        // SAFETY: the caller's promise; there is a number for each token.
        *x = unsafe { V::load(TOKENS[n * LANES..].as_ptr()).if_less(V::splat(limit as f32), *x, other) };
    }
    x
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
pub(super) use by_tiles;
