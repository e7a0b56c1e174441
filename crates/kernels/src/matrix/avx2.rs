//! The products with AVX2.
//!
//! As with AVX-512, in halves: one tile is eight outputs of a panel times a few rows of input. Products of bytes are exact, which without
//! VNNI takes two multiplications where the codes have more than five bits; the sums come out the same.

mod float;
mod quantised;
mod weights;

use super::layout::{Layout, PANEL};
use super::product::Output;
use crate::format::Format;
use crate::input::Group;

pub(super) use quantised::{Plain, Products, Vnni};

/// Rows of the largest tile.
const TILE: usize = 6;

/// The rows of a tile and the sums of one panel for them.
type Sums = [[f32; PANEL]; TILE];

/// One panel times the rows of `groups`, the first of which is row `first_row` of the output.
///
/// # Safety
/// The processor has AVX2, FMA and F16C, and what `P` asks for; `packed` is a panel of `layout`, and the groups have its columns.
pub(super) unsafe fn panel<P: Products>(layout: &Layout, packed: &[u8], index: usize, groups: &[Group], first_row: usize, output: &Output) {
    const { assert!(P::ROWS <= TILE) };
    let mut sums: Sums = [[0.0; PANEL]; TILE];
    let mut row = first_row;
    let most = if layout.format.is_float() { TILE } else { P::ROWS };
    for group in groups {
        let mut first = 0;
        while first < group.rows {
            let count = most.min(group.rows - first);
            // SAFETY: the caller's word; `count` rows from `first` are in the group.
            unsafe {
                tile::<P>(layout, packed, group, first, count, 0, &mut sums);
                tile::<P>(layout, packed, group, first, count, 1, &mut sums);
            }
            for sums in &sums[..count] {
                output.store(row, index, sums);
                row += 1;
            }
            first += count;
        }
    }
}

/// # Safety
/// As [`panel`]; the group has rows `first..first + count`.
unsafe fn tile<P: Products>(layout: &Layout, packed: &[u8], group: &Group, first: usize, count: usize, side: usize, sums: &mut Sums) {
    // SAFETY: handed on as it came.
    unsafe {
        match layout.format {
            Format::F32 => float::tile::<32>(layout, packed, group, first, count, side, sums),
            Format::F16 => float::tile::<16>(layout, packed, group, first, count, side, sums),
            Format::BF16 => float::tile::<0>(layout, packed, group, first, count, side, sums),
            Format::Q8_0 => quantised::tile::<P, 8, false, false, false>(layout, packed, group, first, count, side, sums),
            Format::Q4_0 => quantised::tile::<P, 4, false, false, false>(layout, packed, group, first, count, side, sums),
            Format::Q4_1 => quantised::tile::<P, 4, true, false, false>(layout, packed, group, first, count, side, sums),
            Format::Q5_0 => quantised::tile::<P, 5, false, false, false>(layout, packed, group, first, count, side, sums),
            Format::Q5_1 => quantised::tile::<P, 5, true, false, false>(layout, packed, group, first, count, side, sums),
            Format::Q2_K => quantised::tile::<P, 2, true, true, true>(layout, packed, group, first, count, side, sums),
            Format::Q3_K => quantised::tile::<P, 3, false, true, true>(layout, packed, group, first, count, side, sums),
            Format::Q4_K => quantised::tile::<P, 4, true, false, true>(layout, packed, group, first, count, side, sums),
            Format::Q5_K => quantised::tile::<P, 5, true, false, true>(layout, packed, group, first, count, side, sums),
            Format::Q6_K => quantised::tile::<P, 6, false, true, true>(layout, packed, group, first, count, side, sums),
        }
    }
}
