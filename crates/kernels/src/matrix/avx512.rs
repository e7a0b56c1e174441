//! The products with AVX-512 and VNNI.
//!
//! One tile is a panel of sixteen outputs times 1 to 12 rows of input: a register of f32 sums for each row, codes of the weights made in
//! registers from their planes, four input codes at a time broadcast from memory as the operand of `vpdpbusd`. A decode step and a prefill
//! run the same code with another number of rows, so they agree to the bit because there is nothing to disagree.

mod float;
mod quantised;
mod weights;

use super::layout::{Layout, PANEL};
use super::product::Output;
use crate::format::Format;
use crate::input::{GROUP, Group};

/// Some rows of a group and the sums of one panel for them.
type Sums = [[f32; PANEL]; GROUP];

/// How far ahead of a panel that comes from memory its bytes are asked for. The next panel follows it, so this runs past its end.
const AHEAD: usize = 4096;

/// One panel times the rows of `groups`, the first of which is row `first_row` of the output.
///
/// # Safety
/// The processor has AVX-512 F, BW, DQ, VL and VNNI; `packed` is a panel of `layout`, and the groups have its columns.
pub(super) unsafe fn panel(layout: &Layout, packed: &[u8], index: usize, groups: &[Group], first_row: usize, output: &Output) {
    let mut sums: Sums = [[0.0; PANEL]; GROUP];
    let mut row = first_row;
    for group in groups {
        let mut first = 0;
        while first < group.rows {
            let count = tile_rows(group.rows - first);
            // SAFETY: the caller's word; `count` rows from `first` are in the group.
            unsafe { tile(layout, packed, group, first, count, row == first_row, &mut sums) };
            for sums in &sums[..count] {
                output.store(row, index, sums);
                row += 1;
            }
            first += count;
        }
    }
}

/// The largest tile that there is for so many rows.
fn tile_rows(left: usize) -> usize {
    match left {
        0..=4 => left,
        5..=7 => 4,
        8..=11 => 8,
        _ => GROUP,
    }
}

/// # Safety
/// As [`panel`]; the group has rows `first..first + count`.
unsafe fn tile(layout: &Layout, packed: &[u8], group: &Group, first: usize, count: usize, streamed: bool, sums: &mut Sums) {
    // SAFETY: handed on as it came.
    unsafe {
        match layout.format {
            Format::F32 => float::tile::<32>(layout, packed, group, first, count, streamed, sums),
            Format::F16 => float::tile::<16>(layout, packed, group, first, count, streamed, sums),
            Format::BF16 => float::tile::<0>(layout, packed, group, first, count, streamed, sums),
            Format::Q8_0 => quantised::tile::<8, false, false, false>(layout, packed, group, first, count, streamed, sums),
            Format::Q4_0 => quantised::tile::<4, false, false, false>(layout, packed, group, first, count, streamed, sums),
            Format::Q4_1 => quantised::tile::<4, true, false, false>(layout, packed, group, first, count, streamed, sums),
            Format::Q5_0 => quantised::tile::<5, false, false, false>(layout, packed, group, first, count, streamed, sums),
            Format::Q5_1 => quantised::tile::<5, true, false, false>(layout, packed, group, first, count, streamed, sums),
            Format::Q2_K => quantised::tile::<2, true, true, true>(layout, packed, group, first, count, streamed, sums),
            Format::Q3_K => quantised::tile::<3, false, true, true>(layout, packed, group, first, count, streamed, sums),
            Format::Q4_K => quantised::tile::<4, true, false, true>(layout, packed, group, first, count, streamed, sums),
            Format::Q5_K => quantised::tile::<5, true, false, true>(layout, packed, group, first, count, streamed, sums),
            Format::Q6_K => quantised::tile::<6, false, true, true>(layout, packed, group, first, count, streamed, sums),
        }
    }
}
