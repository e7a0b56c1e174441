//! Quantising 32 values with AVX-512.

use std::arch::x86_64::*;

use super::scalar::LEAST;
use super::{BLOCK, Quantised};

/// As the scalar form.
///
/// # Safety
/// The processor has AVX-512 F and BW.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn quantise(values: &[f32; BLOCK]) -> Quantised {
    // SAFETY: 32 values are two registers of 16.
    let (first, second) = unsafe { (_mm512_loadu_ps(values.as_ptr()), _mm512_loadu_ps(values.as_ptr().add(16))) };
    let magnitude = |x| _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7FFF_FFFF));
    let largest = f32::from_bits(_mm512_reduce_max_epu32(_mm512_max_epu32(magnitude(first), magnitude(second))));
    if !largest.is_finite() || largest < LEAST {
        let scale = if largest.is_finite() { 0.0 } else { f32::NAN };
        return Quantised { codes: [0; BLOCK], scale, half_sums: [0; 2] };
    }
    let by = _mm512_set1_ps(127.0 / largest);
    let first = _mm512_cvtps_epi32(_mm512_mul_ps(first, by));
    let second = _mm512_cvtps_epi32(_mm512_mul_ps(second, by));
    let mut codes = [0_i8; BLOCK];
    let to = codes.as_mut_ptr().cast::<__m128i>();
    // SAFETY: 32 codes are two stores of 16 bytes.
    unsafe {
        _mm_storeu_si128(to, _mm512_cvtepi32_epi8(first));
        _mm_storeu_si128(to.add(1), _mm512_cvtepi32_epi8(second));
    }
    Quantised { codes, scale: largest / 127.0, half_sums: [_mm512_reduce_add_epi32(first), _mm512_reduce_add_epi32(second)] }
}
