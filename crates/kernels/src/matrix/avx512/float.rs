//! Tiles of float weights: 32-bit products with weights that stay 16-bit in memory.

use std::arch::x86_64::*;

use super::super::layout::{Layout, PANEL, REGISTER};
use super::{AHEAD, Sums};
use crate::input::{Group, LINE};

/// The sums of one panel for rows `first..first + count`; `WIDTH` is 32 for f32, 16 for f16 and 0 for bf16.
///
/// # Safety
/// As [`super::panel`]; `WIDTH` is the layout's; the rows exist; `count` is a size of tile.
pub(super) unsafe fn tile<const WIDTH: u8>(
    layout: &Layout,
    packed: &[u8],
    group: &Group,
    first: usize,
    count: usize,
    streamed: bool,
    sums: &mut Sums,
) {
    // SAFETY: handed on as it came.
    unsafe {
        match count {
            1 => rows::<WIDTH, 1>(layout, packed, group, first, streamed, sums),
            2 => rows::<WIDTH, 2>(layout, packed, group, first, streamed, sums),
            3 => rows::<WIDTH, 3>(layout, packed, group, first, streamed, sums),
            4 => rows::<WIDTH, 4>(layout, packed, group, first, streamed, sums),
            8 => rows::<WIDTH, 8>(layout, packed, group, first, streamed, sums),
            12 => rows::<WIDTH, 12>(layout, packed, group, first, streamed, sums),
            _ => unreachable!("no tile of {count} rows"),
        }
    }
}

/// # Safety
/// As [`tile`], with `ROWS` rows.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn rows<const WIDTH: u8, const ROWS: usize>(
    layout: &Layout,
    packed: &[u8],
    group: &Group,
    first: usize,
    streamed: bool,
    sums: &mut Sums,
) {
    let columns = layout.blocks;
    debug_assert!(first + ROWS <= group.rows && group.values.len() == group.rows * columns.div_ceil(LINE));
    let line_bytes = LINE * PANEL * layout.format.block_bytes();
    let mut sum = [_mm512_setzero_ps(); ROWS];
    for line in 0..columns.div_ceil(LINE) {
        if streamed {
            let next = packed.as_ptr().wrapping_add(AHEAD + line * line_bytes);
            for at in (0..line_bytes).step_by(REGISTER) {
                _mm_prefetch::<_MM_HINT_T0>(next.wrapping_add(at).cast());
            }
        }
        // SAFETY: the panel has 16 weights for each column, each row a value.
        unsafe {
            let values = group.values.as_ptr().add(line * group.rows + first).cast::<f32>();
            for column in 0..LINE.min(columns - line * LINE) {
                let weight = weights::<WIDTH>(packed.as_ptr(), line * LINE + column);
                for (row, sum) in sum.iter_mut().enumerate() {
                    *sum = _mm512_fmadd_ps(weight, _mm512_set1_ps(*values.add(row * LINE + column)), *sum);
                }
            }
        }
    }
    for (to, sum) in sums.iter_mut().zip(sum) {
        // SAFETY: a row of sums is a register.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), sum) };
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
