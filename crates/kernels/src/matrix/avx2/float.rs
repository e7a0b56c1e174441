//! Tiles of float weights: 32-bit products with weights that stay 16-bit in memory.

use std::arch::x86_64::*;

use super::super::layout::{Layout, PANEL};
use super::Sums;
use crate::input::{Group, LINE};

/// The sums of one panel for rows `first..first + count`, outputs `8·side..8·side + 8` of it; `WIDTH` is 32 for f32, 16 for f16 and 0 for bf16.
///
/// # Safety
/// As [`super::panel`]; `WIDTH` is the layout's; the rows exist; `count` is a size of tile.
pub(super) unsafe fn tile<const WIDTH: u8>(
    layout: &Layout,
    packed: &[u8],
    group: &Group,
    first: usize,
    count: usize,
    side: usize,
    sums: &mut Sums,
) {
    // SAFETY: handed on as it came.
    unsafe {
        match count {
            1 => rows::<WIDTH, 1>(layout, packed, group, first, side, sums),
            2 => rows::<WIDTH, 2>(layout, packed, group, first, side, sums),
            3 => rows::<WIDTH, 3>(layout, packed, group, first, side, sums),
            4 => rows::<WIDTH, 4>(layout, packed, group, first, side, sums),
            5 => rows::<WIDTH, 5>(layout, packed, group, first, side, sums),
            6 => rows::<WIDTH, 6>(layout, packed, group, first, side, sums),
            _ => unreachable!("no tile of {count} rows"),
        }
    }
}

/// # Safety
/// As [`tile`], with `ROWS` rows.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn rows<const WIDTH: u8, const ROWS: usize>(
    layout: &Layout,
    packed: &[u8],
    group: &Group,
    first: usize,
    side: usize,
    sums: &mut Sums,
) {
    let columns = layout.blocks;
    debug_assert!(first + ROWS <= group.rows && group.values.len() == group.rows * columns.div_ceil(LINE));
    let mut sum = [_mm256_setzero_ps(); ROWS];
    for line in 0..columns.div_ceil(LINE) {
        // SAFETY: the panel has 16 weights for each column, each row a value.
        unsafe {
            let values = group.values.as_ptr().add(line * group.rows + first).cast::<f32>();
            for column in 0..LINE.min(columns - line * LINE) {
                let weight = weights::<WIDTH>(packed.as_ptr(), (line * LINE + column) * PANEL + 8 * side);
                for (row, sum) in sum.iter_mut().enumerate() {
                    *sum = _mm256_fmadd_ps(weight, _mm256_set1_ps(*values.add(row * LINE + column)), *sum);
                }
            }
        }
    }
    for (to, sum) in sums.iter_mut().zip(sum) {
        // SAFETY: a row of sums is two registers.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr().add(8 * side), sum) };
    }
}

/// Eight weights from weight `at` of the panel on.
///
/// # Safety
/// They are in the panel.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn weights<const WIDTH: u8>(panel: *const u8, at: usize) -> __m256 {
    // SAFETY: the caller's word.
    unsafe {
        match WIDTH {
            32 => _mm256_loadu_ps(panel.add(at * 4).cast()),
            16 => _mm256_cvtph_ps(_mm_loadu_si128(panel.add(at * 2).cast())),
            _ => {
                let high = _mm256_cvtepu16_epi32(_mm_loadu_si128(panel.add(at * 2).cast()));
                _mm256_castsi256_ps(_mm256_slli_epi32::<16>(high))
            }
        }
    }
}
