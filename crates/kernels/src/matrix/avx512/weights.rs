//! Codes and scales of one block of sixteen outputs, in registers.

use std::arch::x86_64::*;

use super::super::layout::{PANEL, REGISTER};

/// Scales and addends of a block's two halves; equal where the format has none.
pub(super) struct Scales {
    pub(super) scale: [__m512; 2],
    pub(super) add: [__m512; 2],
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
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) unsafe fn codes<const BITS: i32, const MINIMA: bool>(planes: *const u8, j: i32) -> __m512i {
    let to = align(BITS, MINIMA);
    // SAFETY: planes of 4, 2 and 1 bits follow each other and add up to BITS registers.
    unsafe {
        match BITS {
            8 => _mm512_loadu_si512(planes.add(j as usize * REGISTER).cast()),
            5 => _mm512_or_si512(field(planes, 0, 4, j, to), field(planes, 4, 1, j, to + 4)),
            6 => _mm512_or_si512(field(planes, 0, 4, j, to), field(planes, 4, 2, j, to + 4)),
            3 => _mm512_or_si512(field(planes, 0, 2, j, to), field(planes, 2, 1, j, to + 2)),
            bits => field(planes, 0, bits, j, to),
        }
    }
}

/// The `bits` that register `j` has in the plane at register `first`, moved to bit `to` of each byte.
///
/// # Safety
/// The plane's registers can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn field(planes: *const u8, first: i32, bits: i32, j: i32, to: i32) -> __m512i {
    // SAFETY: the caller's word.
    let plane = unsafe { _mm512_loadu_si512(planes.add((first + j % bits) as usize * REGISTER).cast()) };
    let left = to - bits * (j / bits);
    // Shifts are of 16 bits; what crosses into the neighbouring byte is masked away.
    let moved =
        if left >= 0 { _mm512_sll_epi16(plane, _mm_cvtsi32_si128(left)) } else { _mm512_srl_epi16(plane, _mm_cvtsi32_si128(-left)) };
    _mm512_and_si512(moved, _mm512_set1_epi8((((1 << bits) - 1) << to) as u8 as i8))
}

/// Scales of block `index`, from the panel's scales at `from`, `bytes` for each stored block.
///
/// # Safety
/// The scales of that block can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) unsafe fn scales<const BITS: i32, const MINIMA: bool, const HALVES: bool, const NESTED: bool>(
    from: *const u8,
    bytes: usize,
    index: usize,
) -> Scales {
    let zero = _mm512_setzero_ps();
    let stored = if NESTED { index / 8 } else { index };
    // SAFETY: the layout's order: d, m, scales of the parts, minima of the parts, sixteen of each.
    unsafe {
        let from = from.add(stored * bytes);
        let aligned = _mm512_set1_ps(1.0 / (1 << align(BITS, MINIMA)) as f32);
        let d = _mm512_mul_ps(halves(from), aligned);
        let m = if MINIMA { halves(from.add(2 * PANEL)) } else { zero };
        if !NESTED {
            return Scales { scale: [d; 2], add: [m; 2] };
        }
        let (per_part, parts) = if HALVES { (2, 16) } else { (1, 8) };
        let scale = from.add((if MINIMA { 4 } else { 2 } + per_part * (index % 8)) * PANEL);
        let min = scale.add(parts * PANEL);
        let second = (per_part - 1) * PANEL;
        let scale = [_mm512_mul_ps(d, bytes16(scale)), _mm512_mul_ps(d, bytes16(scale.add(second)))];
        let add = if MINIMA { [_mm512_mul_ps(m, bytes16(min)), _mm512_mul_ps(m, bytes16(min.add(second)))] } else { [zero; 2] };
        Scales { scale, add }
    }
}

/// Sixteen f16.
///
/// # Safety
/// 32 bytes can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn halves(from: *const u8) -> __m512 {
    // SAFETY: the caller's word.
    _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(from.cast()) })
}

/// Sixteen i8 as f32.
///
/// # Safety
/// 16 bytes can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn bytes16(from: *const u8) -> __m512 {
    // SAFETY: the caller's word.
    _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(unsafe { _mm_loadu_si128(from.cast()) }))
}
