//! Tiles of quantised weights.

use std::arch::x86_64::*;

use super::super::layout::{BLOCK, Layout, REGISTER};
use super::{Sums, weights};
use crate::input::Group;

/// How products of codes are made.
///
/// The bodies of the functions below have no instruction set of their own: they are inlined into a [`Products::rows`], which has.
pub(in crate::matrix) trait Products {
    /// Rows of the largest tile: sixteen registers hold no more.
    const ROWS: usize;

    /// Adds to each 32-bit lane the exact sum of four products, of unsigned `weight` and signed `input`.
    ///
    /// # Safety
    /// The instruction set is there.
    unsafe fn add<const MINIMA: bool>(sum: __m256i, weight: __m256i, input: __m256i) -> __m256i;

    /// # Safety
    /// As [`tile`], with `ROWS` rows.
    unsafe fn rows<const BITS: i32, const MINIMA: bool, const HALVES: bool, const NESTED: bool, const ROWS: usize>(
        layout: &Layout,
        packed: &[u8],
        group: &Group,
        first: usize,
        side: usize,
        sums: &mut Sums,
    );
}

/// With what AVX2 has.
pub(in crate::matrix) struct Plain;

impl Products for Plain {
    const ROWS: usize = 4;

    #[inline(always)]
    unsafe fn add<const MINIMA: bool>(sum: __m256i, weight: __m256i, input: __m256i) -> __m256i {
        // SAFETY: the caller's word.
        unsafe {
            if MINIMA {
                // Codes of 5 bits at most: two products stay far below 2^15, so the saturating form is exact.
                let four = _mm256_madd_epi16(_mm256_maddubs_epi16(weight, input), _mm256_set1_epi16(1));
                return _mm256_add_epi32(sum, four);
            }
            let even_weight = _mm256_and_si256(weight, _mm256_set1_epi16(0xFF));
            let even_input = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(input));
            let even = _mm256_madd_epi16(even_weight, even_input);
            let odd = _mm256_madd_epi16(_mm256_srli_epi16::<8>(weight), _mm256_srai_epi16::<8>(input));
            _mm256_add_epi32(sum, _mm256_add_epi32(even, odd))
        }
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn rows<const BITS: i32, const MINIMA: bool, const HALVES: bool, const NESTED: bool, const ROWS: usize>(
        layout: &Layout,
        packed: &[u8],
        group: &Group,
        first: usize,
        side: usize,
        sums: &mut Sums,
    ) {
        // SAFETY: handed on as it came.
        unsafe { rows::<Self, BITS, MINIMA, HALVES, NESTED, ROWS>(layout, packed, group, first, side, sums) }
    }
}

/// With AVX-VNNI: one instruction, whatever the codes.
pub(in crate::matrix) struct Vnni;

impl Products for Vnni {
    const ROWS: usize = 6;

    #[inline(always)]
    unsafe fn add<const MINIMA: bool>(sum: __m256i, weight: __m256i, input: __m256i) -> __m256i {
        // SAFETY: the caller's word.
        unsafe { _mm256_dpbusd_avx_epi32(sum, weight, input) }
    }

    #[target_feature(enable = "avx2,fma,f16c,avxvnni")]
    unsafe fn rows<const BITS: i32, const MINIMA: bool, const HALVES: bool, const NESTED: bool, const ROWS: usize>(
        layout: &Layout,
        packed: &[u8],
        group: &Group,
        first: usize,
        side: usize,
        sums: &mut Sums,
    ) {
        // SAFETY: handed on as it came.
        unsafe { rows::<Self, BITS, MINIMA, HALVES, NESTED, ROWS>(layout, packed, group, first, side, sums) }
    }
}

/// Which columns of a block [`part`] takes. A constant, so that each has one caller, into which it is inlined.
const FIRST: usize = 0;
const SECOND: usize = 1;
const WHOLE: usize = 2;

/// The sums of one panel for rows `first..first + count`, outputs `8·side..8·side + 8` of it.
///
/// # Safety
/// As [`super::panel`]; the constants are those of the layout's kind; the rows exist; `count` is a size of tile.
pub(super) unsafe fn tile<P: Products, const BITS: i32, const MINIMA: bool, const HALVES: bool, const NESTED: bool>(
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
            1 => P::rows::<BITS, MINIMA, HALVES, NESTED, 1>(layout, packed, group, first, side, sums),
            2 => P::rows::<BITS, MINIMA, HALVES, NESTED, 2>(layout, packed, group, first, side, sums),
            3 => P::rows::<BITS, MINIMA, HALVES, NESTED, 3>(layout, packed, group, first, side, sums),
            4 => P::rows::<BITS, MINIMA, HALVES, NESTED, 4>(layout, packed, group, first, side, sums),
            5 if P::ROWS >= 5 => P::rows::<BITS, MINIMA, HALVES, NESTED, 5>(layout, packed, group, first, side, sums),
            6 if P::ROWS >= 6 => P::rows::<BITS, MINIMA, HALVES, NESTED, 6>(layout, packed, group, first, side, sums),
            _ => unreachable!("no tile of {count} rows"),
        }
    }
}

/// # Safety
/// As [`tile`], with `ROWS` rows.
#[inline(always)]
unsafe fn rows<P: Products, const BITS: i32, const MINIMA: bool, const HALVES: bool, const NESTED: bool, const ROWS: usize>(
    layout: &Layout,
    packed: &[u8],
    group: &Group,
    first: usize,
    side: usize,
    sums: &mut Sums,
) {
    debug_assert!(first + ROWS <= group.rows && group.scales.len() == group.rows * layout.blocks);
    debug_assert!(packed.len() == layout.panel_bytes);
    // SAFETY: the panel has `blocks` blocks of codes and their scales, the group has as many of each row; a row of sums is two registers.
    unsafe {
        let mut sum = [_mm256_setzero_ps(); ROWS];
        for index in 0..layout.blocks {
            let planes = packed.as_ptr().add(index * layout.code_bytes + side * REGISTER / 2);
            let scales =
                weights::scales::<BITS, MINIMA, HALVES, NESTED>(packed.as_ptr().add(layout.scales_at), layout.scale_bytes, index, side);
            let at = index * group.rows + first;
            if HALVES {
                part::<P, BITS, MINIMA, ROWS, FIRST>(planes, &scales, group, at, &mut sum);
                part::<P, BITS, MINIMA, ROWS, SECOND>(planes, &scales, group, at, &mut sum);
            } else {
                part::<P, BITS, MINIMA, ROWS, WHOLE>(planes, &scales, group, at, &mut sum);
            }
        }
        for (to, sum) in sums.iter_mut().zip(sum) {
            _mm256_storeu_ps(to.as_mut_ptr().add(8 * side), sum);
        }
    }
}

/// Adds a block, or one half of it, to the sums; `at` is where its rows are in the group's arrays.
///
/// # Safety
/// Planes and the rows `at..at + ROWS` can be read.
#[inline(always)]
unsafe fn part<P: Products, const BITS: i32, const MINIMA: bool, const ROWS: usize, const PART: usize>(
    planes: *const u8,
    scales: &weights::Scales,
    group: &Group,
    at: usize,
    sum: &mut [__m256; ROWS],
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
        let dots = dots::<P, BITS, MINIMA, ROWS>(planes, codes, registers, |row| corrections.add(apart * row));
        let (scale, add) = (scales.scale[half], scales.add[half]);
        for row in 0..ROWS {
            let t = if MINIMA {
                _mm256_fmadd_ps(dots[row], scale, _mm256_mul_ps(add, _mm256_set1_ps(*sums.add(apart * row))))
            } else {
                _mm256_mul_ps(dots[row], scale)
            };
            sum[row] = _mm256_fmadd_ps(t, _mm256_set1_ps(*group.scales.as_ptr().add(at + row)), sum[row]);
        }
    }
}

/// The integer products of some registers of codes with each row, starting from its correction where codes have an offset.
///
/// # Safety
/// As [`part`]; `codes` are the input's codes of the first row.
#[inline(always)]
unsafe fn dots<P: Products, const BITS: i32, const MINIMA: bool, const ROWS: usize>(
    planes: *const u8,
    codes: *const i8,
    registers: std::ops::Range<i32>,
    correction: impl Fn(usize) -> *const i32,
) -> [__m256; ROWS] {
    // SAFETY: the caller's word.
    unsafe {
        let mut dots = [_mm256_setzero_si256(); ROWS];
        if !MINIMA {
            for (row, dot) in dots.iter_mut().enumerate() {
                *dot = _mm256_set1_epi32(*correction(row));
            }
        }
        for j in registers {
            let weight = weights::codes::<BITS, MINIMA>(planes, j);
            for (row, dot) in dots.iter_mut().enumerate() {
                let four = codes.add(row * BLOCK + 4 * j as usize).cast::<i32>().read_unaligned();
                *dot = P::add::<MINIMA>(*dot, weight, _mm256_set1_epi32(four));
            }
        }
        let mut floats = [_mm256_setzero_ps(); ROWS];
        for row in 0..ROWS {
            floats[row] = _mm256_cvtepi32_ps(dots[row]);
        }
        floats
    }
}
