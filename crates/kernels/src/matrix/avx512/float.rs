//! Tiles of float weights: 32-bit products with weights that stay 16-bit in memory.

use std::arch::x86_64::*;

use super::super::layout::PANEL;
use super::{Sums, Tile};
use crate::input::LINE;

/// The sums of a tile; `WIDTH` is 32 for f32, 16 for f16 and 0 for bf16.
///
/// # Safety
/// As [`Tile::run`]; `WIDTH` is the layout's; there are tiles of that size.
pub(super) unsafe fn tile<const WIDTH: u8>(tile: &Tile<'_>, panels: usize, rows: usize, sums: &mut Sums) {
    // SAFETY: handed on as it came.
    unsafe {
        match (panels, rows) {
            (1, 1) => sized::<WIDTH, 1, 1>(tile, sums),
            (1, 2) => sized::<WIDTH, 1, 2>(tile, sums),
            (1, 3) => sized::<WIDTH, 1, 3>(tile, sums),
            (1, 4) => sized::<WIDTH, 1, 4>(tile, sums),
            (1, 5) => sized::<WIDTH, 1, 5>(tile, sums),
            (1, 6) => sized::<WIDTH, 1, 6>(tile, sums),
            (1, 7) => sized::<WIDTH, 1, 7>(tile, sums),
            (1, 8) => sized::<WIDTH, 1, 8>(tile, sums),
            (2, 6) => sized::<WIDTH, 2, 6>(tile, sums),
            _ => unreachable!("no tile of {panels} panels and {rows} rows"),
        }
    }
}

/// # Safety
/// As [`tile`], of `PANELS` panels and `ROWS` rows.
#[allow(clippy::needless_range_loop, reason = "a row indexes the sums of every panel and the input alike")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn sized<const WIDTH: u8, const PANELS: usize, const ROWS: usize>(tile: &Tile<'_>, sums: &mut Sums) {
    let Tile { layout, packed, group, first, streamed } = *tile;
    let columns = layout.blocks;
    let lines = columns.div_ceil(LINE);
    debug_assert!(first + ROWS <= group.rows && group.values.len() == group.rows * lines);
    debug_assert!(packed.len() == PANELS * layout.panel_bytes);
    let mut sum = [[_mm512_setzero_ps(); ROWS]; PANELS];
    for line in 0..lines {
        if streamed {
            match WIDTH {
                32 => tile.prefetch::<PANELS, 16>(line, lines, 1024),
                _ => tile.prefetch::<PANELS, 8>(line, lines, 512),
            }
        }
        // SAFETY: each panel has 16 weights for each column, each row a value.
        unsafe {
            let values = group.values.as_ptr().add(line * group.rows + first).cast::<f32>();
            for column in 0..LINE.min(columns - line * LINE) {
                let mut weight = [_mm512_setzero_ps(); PANELS];
                for (panel, weight) in weight.iter_mut().enumerate() {
                    *weight = weights::<WIDTH>(packed.as_ptr().add(panel * layout.panel_bytes), line * LINE + column);
                }
                for row in 0..ROWS {
                    let value = _mm512_set1_ps(*values.add(row * LINE + column));
                    for panel in 0..PANELS {
                        sum[panel][row] = _mm512_fmadd_ps(weight[panel], value, sum[panel][row]);
                    }
                }
            }
        }
    }
    for (sums, sum) in sums.iter_mut().zip(sum) {
        for (to, sum) in sums.iter_mut().zip(sum) {
            // SAFETY: a row of sums is a register.
            unsafe { _mm512_storeu_ps(to.as_mut_ptr(), sum) };
        }
    }
}

/// The sixteen weights of a column.
///
/// # Safety
/// The column is in the panel.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn weights<const WIDTH: u8>(panel: *const u8, column: usize) -> __m512 {
    // SAFETY: the caller's word.
    unsafe {
        match WIDTH {
            32 => _mm512_loadu_ps(panel.add(column * PANEL * 4).cast()),
            16 => _mm512_cvtph_ps(_mm256_loadu_si256(panel.add(column * PANEL * 2).cast())),
            _ => {
                let high = _mm512_cvtepu16_epi32(_mm256_loadu_si256(panel.add(column * PANEL * 2).cast()));
                _mm512_castsi512_ps(_mm512_slli_epi32::<16>(high))
            }
        }
    }
}
