//! Tiles of quantised weights.

use std::arch::x86_64::*;
use std::ops::Range;

use super::super::layout::BLOCK;
use super::{Sums, Tile, weights};
use crate::input::Group;

/// Which columns of a block [`part`] takes. A constant, so that each has one caller, into which it is inlined.
const FIRST: usize = 0;
const SECOND: usize = 1;
const WHOLE: usize = 2;

/// The sums of a tile.
///
/// # Safety
/// As [`Tile::run`]; the constants are those of the layout's kind; there are tiles of that size.
pub(super) unsafe fn tile<const BITS: i32, const MINIMA: bool, const HALVES: bool, const NESTED: bool>(
    tile: &Tile<'_>,
    panels: usize,
    rows: usize,
    sums: &mut Sums,
) {
    // SAFETY: handed on as it came.
    unsafe {
        match (panels, rows) {
            (1, 1) => sized::<BITS, MINIMA, HALVES, NESTED, 1, 1>(tile, sums),
            (1, 2) => sized::<BITS, MINIMA, HALVES, NESTED, 1, 2>(tile, sums),
            (1, 3) => sized::<BITS, MINIMA, HALVES, NESTED, 1, 3>(tile, sums),
            (1, 4) => sized::<BITS, MINIMA, HALVES, NESTED, 1, 4>(tile, sums),
            (1, 5) => sized::<BITS, MINIMA, HALVES, NESTED, 1, 5>(tile, sums),
            (1, 6) => sized::<BITS, MINIMA, HALVES, NESTED, 1, 6>(tile, sums),
            (1, 7) => sized::<BITS, MINIMA, HALVES, NESTED, 1, 7>(tile, sums),
            (1, 8) => sized::<BITS, MINIMA, HALVES, NESTED, 1, 8>(tile, sums),
            (2, 6) => sized::<BITS, MINIMA, HALVES, NESTED, 2, 6>(tile, sums),
            _ => unreachable!("no tile of {panels} panels and {rows} rows"),
        }
    }
}

/// # Safety
/// As [`tile`], of `PANELS` panels and `ROWS` rows.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn sized<const BITS: i32, const MINIMA: bool, const HALVES: bool, const NESTED: bool, const PANELS: usize, const ROWS: usize>(
    tile: &Tile<'_>,
    sums: &mut Sums,
) {
    let Tile { layout, packed, group, first, streamed } = *tile;
    debug_assert!(first + ROWS <= group.rows && group.scales.len() == group.rows * layout.blocks);
    debug_assert!(packed.len() == PANELS * layout.panel_bytes);
    let mut sum = [[_mm512_setzero_ps(); ROWS]; PANELS];
    for index in 0..layout.blocks {
        if streamed {
            prefetch::<BITS, PANELS>(tile, index);
        }
        // SAFETY: each panel has `blocks` blocks of codes and their scales, the group as many of each row.
        unsafe {
            let mut planes = [packed.as_ptr(); PANELS];
            for (panel, planes) in planes.iter_mut().enumerate() {
                *planes = planes.add(panel * layout.panel_bytes + index * layout.code_bytes);
            }
            let at = index * group.rows + first;
            let scales = |panel: usize| {
                let scales = packed.as_ptr().add(panel * layout.panel_bytes + layout.scales_at);
                weights::scales::<BITS, MINIMA, HALVES, NESTED>(scales, layout.scale_bytes, index)
            };
            if HALVES {
                part::<BITS, MINIMA, PANELS, ROWS, FIRST>(planes, group, at, scales, &mut sum);
                part::<BITS, MINIMA, PANELS, ROWS, SECOND>(planes, group, at, scales, &mut sum);
            } else {
                part::<BITS, MINIMA, PANELS, ROWS, WHOLE>(planes, group, at, scales, &mut sum);
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

/// A block's codes are `BITS` lines; an expression of a constant cannot be one.
#[inline]
#[target_feature(enable = "avx512f")]
fn prefetch<const BITS: i32, const PANELS: usize>(tile: &Tile<'_>, index: usize) {
    let (steps, stride) = (tile.layout.blocks, tile.layout.code_bytes);
    match BITS {
        2 => tile.prefetch::<PANELS, 2>(index, steps, stride),
        3 => tile.prefetch::<PANELS, 3>(index, steps, stride),
        4 => tile.prefetch::<PANELS, 4>(index, steps, stride),
        5 => tile.prefetch::<PANELS, 5>(index, steps, stride),
        6 => tile.prefetch::<PANELS, 6>(index, steps, stride),
        _ => tile.prefetch::<PANELS, 8>(index, steps, stride),
    }
}

/// Adds a block, or one half of it, to the sums; `at` is where its rows are in the group's arrays.
///
/// # Safety
/// Planes, scales and the rows `at..at + ROWS` can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn part<const BITS: i32, const MINIMA: bool, const PANELS: usize, const ROWS: usize, const PART: usize>(
    planes: [*const u8; PANELS],
    group: &Group,
    at: usize,
    scales: impl Fn(usize) -> weights::Scales,
    sum: &mut [[__m512; ROWS]; PANELS],
) {
    // SAFETY: `at + row` is in all arrays of the group.
    unsafe {
        // Both kinds of corrections and sums, as pointers to the first row's and the distance to the next row's.
        let half = PART % WHOLE;
        let (registers, corrections, sums, apart) = match PART {
            WHOLE => (0..8, group.corrections.as_ptr().add(at), group.sums.as_ptr().add(at), 1),
            _ => {
                let (first, offset) = (4 * half as i32, 2 * at + half);
                let corrections = group.half_corrections.as_ptr().cast::<i32>().add(offset);
                (first..first + 4, corrections, group.half_sums.as_ptr().cast::<f32>().add(offset), 2)
            }
        };
        let codes = group.codes.as_ptr().add(at * BLOCK);
        let dots = dots::<BITS, MINIMA, PANELS, ROWS>(planes, codes, registers, |row| corrections.add(apart * row));
        for (panel, (dots, sum)) in dots.into_iter().zip(sum).enumerate() {
            let scales = scales(panel);
            let (scale, add) = (scales.scale[half], scales.add[half]);
            for row in 0..ROWS {
                let t = if MINIMA {
                    _mm512_fmadd_ps(dots[row], scale, _mm512_mul_ps(add, _mm512_set1_ps(*sums.add(apart * row))))
                } else {
                    _mm512_mul_ps(dots[row], scale)
                };
                sum[row] = _mm512_fmadd_ps(t, _mm512_set1_ps(*group.scales.as_ptr().add(at + row)), sum[row]);
            }
        }
    }
}

/// The integer products of some registers of codes with each row, starting from its correction where codes have an offset.
///
/// # Safety
/// As [`part`]; `codes` are the input's codes of the first row.
#[inline]
#[allow(clippy::needless_range_loop, reason = "a row indexes the sums of every panel and the input alike")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn dots<const BITS: i32, const MINIMA: bool, const PANELS: usize, const ROWS: usize>(
    planes: [*const u8; PANELS],
    codes: *const i8,
    registers: Range<i32>,
    correction: impl Fn(usize) -> *const i32,
) -> [[__m512; ROWS]; PANELS] {
    let mut dots = [[_mm512_setzero_si512(); ROWS]; PANELS];
    let mut floats = [[_mm512_setzero_ps(); ROWS]; PANELS];
    // SAFETY: the caller's word.
    unsafe {
        if !MINIMA {
            for row in 0..ROWS {
                let start = _mm512_set1_epi32(*correction(row));
                for dots in &mut dots {
                    dots[row] = start;
                }
            }
        }
        for j in registers {
            let mut weight = [_mm512_setzero_si512(); PANELS];
            for (weight, planes) in weight.iter_mut().zip(planes) {
                *weight = weights::codes::<BITS, MINIMA>(planes, j);
            }
            for row in 0..ROWS {
                let four = _mm512_set1_epi32(codes.add(row * BLOCK + 4 * j as usize).cast::<i32>().read_unaligned());
                for panel in 0..PANELS {
                    dots[panel][row] = _mm512_dpbusd_epi32(dots[panel][row], weight[panel], four);
                }
            }
        }
    }
    for panel in 0..PANELS {
        for row in 0..ROWS {
            floats[panel][row] = _mm512_cvtepi32_ps(dots[panel][row]);
        }
    }
    floats
}
