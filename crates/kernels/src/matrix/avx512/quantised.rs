//! Tiles of quantised weights.

use std::arch::x86_64::*;
use std::ops::Range;

use super::super::layout::BLOCK;
use super::{Sums, Tile, weights};
use crate::input::Group;

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
            (1, 6) => sized::<BITS, MINIMA, HALVES, NESTED, 1, 6>(tile, sums),
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
    let step = layout.panel_bytes / layout.blocks;
    let mut sum = [[_mm512_setzero_ps(); ROWS]; PANELS];
    for index in 0..layout.blocks {
        if streamed {
            prefetch::<BITS, PANELS>(tile, index, step);
        }
        // SAFETY: each panel has `blocks` blocks of codes and their scales, the group as many of each row.
        unsafe {
            let mut planes = [packed.as_ptr(); PANELS];
            for (panel, planes) in planes.iter_mut().enumerate() {
                *planes = planes.add(panel * layout.panel_bytes + index * layout.code_bytes);
            }
            let at = index * group.rows + first;
            let t = block::<BITS, MINIMA, HALVES, PANELS, ROWS>(planes, group, at, |panel| {
                let scales = packed.as_ptr().add(panel * layout.panel_bytes + layout.scales_at);
                weights::scales::<BITS, MINIMA, HALVES, NESTED>(scales, layout.scale_bytes, index)
            });
            for row in 0..ROWS {
                let scale = _mm512_set1_ps(*group.scales.as_ptr().add(at + row));
                for panel in 0..PANELS {
                    sum[panel][row] = _mm512_fmadd_ps(t[panel][row], scale, sum[panel][row]);
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

/// A block's codes are `BITS` lines, and its scales less than one.
#[inline]
#[target_feature(enable = "avx512f")]
fn prefetch<const BITS: i32, const PANELS: usize>(tile: &Tile<'_>, index: usize, step: usize) {
    match BITS {
        2 => tile.prefetch::<PANELS, 3>(index, step),
        3 => tile.prefetch::<PANELS, 4>(index, step),
        4 => tile.prefetch::<PANELS, 5>(index, step),
        5 => tile.prefetch::<PANELS, 6>(index, step),
        6 => tile.prefetch::<PANELS, 7>(index, step),
        _ => tile.prefetch::<PANELS, 9>(index, step),
    }
}

/// `t` of the module's formulas for one block; `at` is where its rows are in the group's arrays.
///
/// # Safety
/// Planes, scales and the rows `at..at + ROWS` can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn block<const BITS: i32, const MINIMA: bool, const HALVES: bool, const PANELS: usize, const ROWS: usize>(
    planes: [*const u8; PANELS],
    group: &Group,
    at: usize,
    scales: impl Fn(usize) -> weights::Scales,
) -> [[__m512; ROWS]; PANELS] {
    // SAFETY: `at + row` is in all arrays of the group.
    unsafe {
        let codes = group.codes.as_ptr().add(at * BLOCK);
        if !HALVES {
            let mut t = dots::<BITS, MINIMA, PANELS, ROWS>(planes, codes, 0..8, |row| group.corrections.as_ptr().add(at + row));
            for (panel, t) in t.iter_mut().enumerate() {
                let scales = scales(panel);
                for (row, t) in t.iter_mut().enumerate() {
                    *t = scaled::<MINIMA>(*t, &scales, 0, group.sums.as_ptr().add(at + row));
                }
            }
            return t;
        }
        let corrections = group.half_corrections.as_ptr().cast::<i32>().add(2 * at);
        let sums = group.half_sums.as_ptr().cast::<f32>().add(2 * at);
        let mut t = dots::<BITS, MINIMA, PANELS, ROWS>(planes, codes, 0..4, |row| corrections.add(2 * row));
        for (panel, t) in t.iter_mut().enumerate() {
            let scales = scales(panel);
            for (row, t) in t.iter_mut().enumerate() {
                *t = scaled::<MINIMA>(*t, &scales, 0, sums.add(2 * row));
            }
        }
        let second = dots::<BITS, MINIMA, PANELS, ROWS>(planes, codes, 4..8, |row| corrections.add(2 * row + 1));
        for panel in 0..PANELS {
            let scales = scales(panel);
            for row in 0..ROWS {
                t[panel][row] = _mm512_fmadd_ps(second[panel][row], scales.scale[1], t[panel][row]);
                if MINIMA {
                    t[panel][row] = _mm512_fmadd_ps(scales.add[1], _mm512_set1_ps(*sums.add(2 * row + 1)), t[panel][row]);
                }
            }
        }
        t
    }
}

/// `dot·s`, or `fma(dot, s, m·Σ)`.
///
/// # Safety
/// `sum` can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn scaled<const MINIMA: bool>(dot: __m512, scales: &weights::Scales, half: usize, sum: *const f32) -> __m512 {
    if MINIMA {
        // SAFETY: the caller's word.
        let start = _mm512_mul_ps(scales.add[half], _mm512_set1_ps(unsafe { *sum }));
        _mm512_fmadd_ps(dot, scales.scale[half], start)
    } else {
        _mm512_mul_ps(dot, scales.scale[half])
    }
}

/// The integer products of some registers of codes with each row, starting from its correction where codes have an offset.
///
/// # Safety
/// As [`block`]; `codes` are the input's codes of the first row.
#[inline]
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
