//! Quantising 32 values with AVX2.

use std::arch::x86_64::*;

use super::scalar::LEAST;
use super::{BLOCK, Quantised};

/// As the scalar form.
///
/// # Safety
/// The processor has AVX2.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn quantise(values: &[f32; BLOCK]) -> Quantised {
    // SAFETY: 32 values are four registers of 8.
    let values = [0, 8, 16, 24].map(|at| unsafe { _mm256_loadu_ps(values.as_ptr().add(at)) });
    let magnitude = |x| _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(0x7FFF_FFFF));
    let [a, b, c, d] = values.map(magnitude);
    let largest = f32::from_bits(largest(_mm256_max_epu32(_mm256_max_epu32(a, b), _mm256_max_epu32(c, d))));
    if !largest.is_finite() || largest < LEAST {
        let scale = if largest.is_finite() { 0.0 } else { f32::NAN };
        return Quantised { codes: [0; BLOCK], scale, half_sums: [0; 2] };
    }
    let by = _mm256_set1_ps(127.0 / largest);
    let [a, b, c, d] = values.map(|x| _mm256_cvtps_epi32(_mm256_mul_ps(x, by)));
    // Packing works in halves of a register: out come the low fours of a, b, c and d, and then the high ones.
    let packed = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    let packed = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    let mut codes = [0_i8; BLOCK];
    // SAFETY: 32 codes are one register.
    unsafe { _mm256_storeu_si256(codes.as_mut_ptr().cast(), packed) };
    Quantised { codes, scale: largest / 127.0, half_sums: [sum(_mm256_add_epi32(a, b)), sum(_mm256_add_epi32(c, d))] }
}

/// The largest of eight, as unsigned.
#[inline]
#[target_feature(enable = "avx2")]
fn largest(x: __m256i) -> u32 {
    let x = _mm_max_epu32(_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x));
    let x = _mm_max_epu32(x, _mm_shuffle_epi32::<0b01_00_11_10>(x));
    let x = _mm_max_epu32(x, _mm_shuffle_epi32::<0b10_11_00_01>(x));
    _mm_cvtsi128_si32(x) as u32
}

/// The sum of eight.
#[inline]
#[target_feature(enable = "avx2")]
fn sum(x: __m256i) -> i32 {
    let x = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x));
    let x = _mm_add_epi32(x, _mm_shuffle_epi32::<0b01_00_11_10>(x));
    let x = _mm_add_epi32(x, _mm_shuffle_epi32::<0b10_11_00_01>(x));
    _mm_cvtsi128_si32(x)
}
