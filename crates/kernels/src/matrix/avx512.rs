//! The products with AVX-512 and VNNI.
//!
//! One tile is two panels of sixteen outputs times 6 rows of input, or one times 1 to 8: a register of f32 sums for each panel and row,
//! codes of the weights made in registers from their planes, four input codes at a time broadcast as the other operand of `vpdpbusd`. A
//! decode step and a prefill run the same code with another size of tile, so they agree to the bit because there is nothing to disagree.

mod float;
mod quantised;
mod weights;

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

use super::layout::{Layout, PANEL, REGISTER};
use super::product::Output;
use crate::format::Format;
use crate::input::Group;

/// Panels of the largest tile.
const PANELS: usize = 2;

/// Rows of the tiles of two panels: 12 registers of sums, 12 of integer products, and the rest for weights.
const ROWS: usize = 6;

/// Rows of the largest tile, which has one panel: as many answers at once read the weights once, and unpack them once.
const ROWS_MOST: usize = 8;

/// How far ahead of a panel that comes from memory it is asked for: blocks of 32 columns, or lines of 16 of floats. The next panel follows.
const AHEAD: usize = 16;

/// The sums of a tile: `[panel][row]`.
type Sums = [[[f32; PANEL]; ROWS_MOST]; PANELS];

/// What a tile is made of.
struct Tile<'a> {
    layout: &'a Layout,
    /// As many panels as the tile has.
    packed: &'a [u8],
    group: &'a Group,
    /// The first row, within the group.
    first: usize,
    /// Whether the panels come from memory rather than a cache.
    streamed: bool,
}

/// One or two panels in `packed`, the first of which is panel `index`, times the rows of `groups`, the first of which is row `first_row` of
/// the output.
///
/// # Safety
/// The processor has AVX-512 F, BW, DQ, VL and VNNI; `packed` holds panels of `layout`, and the groups have its columns.
pub(super) unsafe fn panels(layout: &Layout, packed: &[u8], index: usize, groups: &[Group], first_row: usize, output: &Output) {
    let mut sums: Sums = [[[0.0; PANEL]; ROWS_MOST]; PANELS];
    let mut row = first_row;
    for group in groups {
        let mut first = 0;
        while first < group.rows {
            let left = group.rows - first;
            let rows = if left <= ROWS_MOST { left } else { ROWS };
            // Other numbers of rows are those of a few answers, which are bound by memory and read one panel after the other.
            let together = if rows == ROWS { packed.len() / layout.panel_bytes } else { 1 };
            for (step, packed) in packed.chunks(together * layout.panel_bytes).enumerate() {
                let tile = Tile { layout, packed, group, first, streamed: row == first_row };
                // SAFETY: the caller's word; the group has these rows.
                unsafe { tile.run(together, rows, &mut sums) };
                for (panel, sums) in sums[..together].iter().enumerate() {
                    for (row, sums) in (row..).zip(&sums[..rows]) {
                        output.store(row, index + step * together + panel, sums);
                    }
                }
            }
            row += rows;
            first += rows;
        }
    }
}

impl Tile<'_> {
    /// # Safety
    /// As [`panels`]; the group has rows `first..first + rows`, and `packed` holds `panels` panels.
    unsafe fn run(&self, panels: usize, rows: usize, sums: &mut Sums) {
        // SAFETY: handed on as it came; the constants are those of the format's kind.
        unsafe {
            match self.layout.format {
                Format::F32 => float::tile::<32>(self, panels, rows, sums),
                Format::F16 => float::tile::<16>(self, panels, rows, sums),
                Format::BF16 => float::tile::<0>(self, panels, rows, sums),
                Format::Q8_0 => quantised::tile::<8, false, false, false>(self, panels, rows, sums),
                Format::Q4_0 => quantised::tile::<4, false, false, false>(self, panels, rows, sums),
                Format::Q4_1 => quantised::tile::<4, true, false, false>(self, panels, rows, sums),
                Format::Q5_0 => quantised::tile::<5, false, false, false>(self, panels, rows, sums),
                Format::Q5_1 => quantised::tile::<5, true, false, false>(self, panels, rows, sums),
                Format::Q2_K => quantised::tile::<2, true, true, true>(self, panels, rows, sums),
                Format::Q3_K => quantised::tile::<3, false, true, true>(self, panels, rows, sums),
                Format::Q4_K => quantised::tile::<4, true, false, true>(self, panels, rows, sums),
                Format::Q5_K => quantised::tile::<5, true, false, true>(self, panels, rows, sums),
                Format::Q6_K => quantised::tile::<6, false, true, true>(self, panels, rows, sums),
            }
        }
    }

    /// Asks for what step `index` of a panel will need [`AHEAD`] steps later, or the next panel at its start: `LINES` lines of codes, which
    /// are `stride` apart, and a line of scales.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn prefetch<const PANELS: usize, const LINES: usize>(&self, index: usize, steps: usize, stride: usize) {
        let layout = self.layout;
        let (skip, index) = if index + AHEAD < steps { (0, index + AHEAD) } else { (PANELS, index + AHEAD - steps) };
        // Nested scales belong to eight blocks: a line of them with each.
        let scales = if layout.kind.nested { index / 8 * layout.scale_bytes + index % 8 * REGISTER } else { index * layout.scale_bytes };
        for panel in skip..skip + PANELS {
            let next = self.packed.as_ptr().wrapping_add(panel * layout.panel_bytes);
            for line in 0..LINES {
                _mm_prefetch::<_MM_HINT_T0>(next.wrapping_add(index * stride + line * REGISTER).cast());
            }
            _mm_prefetch::<_MM_HINT_T0>(next.wrapping_add(layout.scales_at + scales).cast());
        }
    }
}
