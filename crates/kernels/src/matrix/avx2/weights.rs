//! Codes and scales of one block of eight outputs, in registers of half the width of a plane's.
//!
//! `side` is 0 for outputs 0..8 of the panel and 1 for the others; planes come moved to it.

use std::arch::x86_64::*;

use super::super::layout::{PANEL, REGISTER};

/// Scales and addends of a block's two halves; equal where the format has none.
pub(super) struct Scales {
    pub(super) scale: [__m256; 2],
    pub(super) add: [__m256; 2],
}

/// The left shift that gives codes with an offset eight bits; [`super::super::layout::Kind::shift`] for constants.
const fn align(bits: i32, minima: bool) -> i32 {
    if minima { 0 } else { 8 - bits }
}

/// Register `j` of 8 of the codes whose planes stand at `planes`.
///
/// # Safety
/// `planes` is good for `BITS` registers.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn codes<const BITS: i32, const MINIMA: bool>(planes: *const u8, j: i32) -> __m256i {
    let to = align(BITS, MINIMA);
    // SAFETY: planes of 4, 2 and 1 bits follow each other and add up to BITS registers.
    unsafe {
        match BITS {
            8 => _mm256_loadu_si256(planes.add(j as usize * REGISTER).cast()),
            5 => _mm256_or_si256(field(planes, 0, 4, j, to), field(planes, 4, 1, j, to + 4)),
            6 => _mm256_or_si256(field(planes, 0, 4, j, to), field(planes, 4, 2, j, to + 4)),
            3 => _mm256_or_si256(field(planes, 0, 2, j, to), field(planes, 2, 1, j, to + 2)),
            bits => field(planes, 0, bits, j, to),
        }
    }
}

/// The `bits` that register `j` has in the plane at register `first`, moved to bit `to` of each byte.
///
/// # Safety
/// The plane's registers can be read.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn field(planes: *const u8, first: i32, bits: i32, j: i32, to: i32) -> __m256i {
    // SAFETY: the caller's word.
    let plane = unsafe { _mm256_loadu_si256(planes.add((first + j % bits) as usize * REGISTER).cast()) };
    let left = to - bits * (j / bits);
    // Shifts are of 16 bits; what crosses into the neighbouring byte is masked away.
    let moved =
        if left >= 0 { _mm256_sll_epi16(plane, _mm_cvtsi32_si128(left)) } else { _mm256_srl_epi16(plane, _mm_cvtsi32_si128(-left)) };
    _mm256_and_si256(moved, _mm256_set1_epi8((((1 << bits) - 1) << to) as u8 as i8))
}

/// Scales of block `index`, from the panel's scales at `from`, `stride` for each stored block.
///
/// # Safety
/// The scales of that block can be read.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn scales<const BITS: i32, const MINIMA: bool, const HALVES: bool, const NESTED: bool>(
    from: *const u8,
    stride: usize,
    index: usize,
    side: usize,
) -> Scales {
    let zero = _mm256_setzero_ps();
    let stored = if NESTED { index / 8 } else { index };
    // SAFETY: the layout's order: d, m, scales of the parts, minima of the parts, sixteen of each.
    unsafe {
        let from = from.add(stored * stride);
        let aligned = _mm256_set1_ps(1.0 / (1 << align(BITS, MINIMA)) as f32);
        let d = _mm256_mul_ps(halves(from, side), aligned);
        let m = if MINIMA { halves(from.add(2 * PANEL), side) } else { zero };
        if !NESTED {
            return Scales { scale: [d; 2], add: [m; 2] };
        }
        let (per_part, parts) = if HALVES { (2, 16) } else { (1, 8) };
        let scale = from.add((if MINIMA { 4 } else { 2 } + per_part * (index % 8)) * PANEL);
        let min = scale.add(parts * PANEL);
        let second = (per_part - 1) * PANEL;
        let scale = [_mm256_mul_ps(d, bytes(scale, side)), _mm256_mul_ps(d, bytes(scale.add(second), side))];
        let add = if MINIMA { [_mm256_mul_ps(m, bytes(min, side)), _mm256_mul_ps(m, bytes(min.add(second), side))] } else { [zero; 2] };
        Scales { scale, add }
    }
}

/// Eight f16 of sixteen.
///
/// # Safety
/// 32 bytes can be read.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn halves(from: *const u8, side: usize) -> __m256 {
    // SAFETY: the caller's word.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(from.add(16 * side).cast()) })
}

/// Eight i8 of sixteen, as f32.
///
/// # Safety
/// 16 bytes can be read.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn bytes(from: *const u8, side: usize) -> __m256 {
    // SAFETY: the caller's word.
    _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(unsafe { _mm_loadl_epi64(from.add(8 * side).cast()) }))
}
