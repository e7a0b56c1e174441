//! Sixteen 32-bit integers as one value: sums of products of 16-bit with 8-bit numbers, for attention over 8-bit keys and values.
//!
//! Promise: what is summed is exact (wrapping past 32 bits), so that no order of summing, and no instruction set, changes a bit.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

#[cfg(target_arch = "x86_64")]
use super::{Avx2, Avx512};
use super::{LANES, Scalar, Vector};

/// Sixteen `i32`, or as many pairs of `i16`, the first of a pair in the lower bits. As with [`Vector`], having one proves that the
/// instruction set is there.
pub(crate) trait Integers: Copy {
    /// The floats of the same instruction set.
    type Floats: Vector;

    /// # Safety
    /// As all constructors: the instruction set is there.
    unsafe fn zero() -> Self;
    /// Pairs from 32 signed bytes.
    ///
    /// # Safety
    /// Those bytes can be read.
    unsafe fn load_pairs(from: *const i8) -> Self;
    /// The same pair in all lanes.
    ///
    /// # Safety
    /// Two numbers can be read.
    unsafe fn splat_pair(from: *const i16) -> Self;
    /// In each lane the sum of it and of both products of two pairs.
    fn add_products(self, a: Self, b: Self) -> Self;
    /// Each lane as a float, to nearest.
    fn floats(self) -> Self::Floats;
    /// Floats within ±32,767 as 16-bit integers, to nearest, ties to even.
    ///
    /// # Safety
    /// `to` has room for [`LANES`] of them.
    unsafe fn store_short(floats: Self::Floats, to: *mut i16);
}

#[derive(Clone, Copy)]
pub(crate) struct ScalarIntegers([i32; LANES]);

/// Two 16-bit numbers in one lane.
fn pair(low: i16, high: i16) -> i32 {
    i32::from(high) << 16 | i32::from(low as u16)
}

impl Integers for ScalarIntegers {
    type Floats = Scalar;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Self([0; LANES])
    }

    #[inline(always)]
    unsafe fn load_pairs(from: *const i8) -> Self {
        // SAFETY: the caller's promise.
        let pairs = unsafe { from.cast::<[[i8; 2]; LANES]>().read() };
        Self(pairs.map(|[low, high]| pair(low.into(), high.into())))
    }

    #[inline(always)]
    unsafe fn splat_pair(from: *const i16) -> Self {
        // SAFETY: the caller's promise.
        let [low, high] = unsafe { from.cast::<[i16; 2]>().read() };
        Self([pair(low, high); LANES])
    }

    #[inline(always)]
    fn add_products(self, a: Self, b: Self) -> Self {
        let product = |a: i32, b: i32| i32::from(a as i16) * i32::from(b as i16) + (a >> 16) * (b >> 16);
        Self(std::array::from_fn(|lane| self.0[lane].wrapping_add(product(a.0[lane], b.0[lane]))))
    }

    #[inline(always)]
    fn floats(self) -> Scalar {
        Scalar(self.0.map(|x| x as f32))
    }

    #[inline(always)]
    unsafe fn store_short(floats: Scalar, to: *mut i16) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[i16; LANES]>().write(floats.0.map(|x| x.round_ties_even() as i16)) }
    }
}

#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx2Integers(__m256i, __m256i);

// SAFETY of every block below: a value exists only where AVX2 does (see `Integers`), and pointers are the callers' promise.
#[cfg(target_arch = "x86_64")]
impl Integers for Avx2Integers {
    type Floats = Avx2;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm256_setzero_si256(), _mm256_setzero_si256()) }
    }

    #[inline(always)]
    unsafe fn load_pairs(from: *const i8) -> Self {
        // SAFETY: see above.
        unsafe {
            let (low, high) = (_mm_loadu_si128(from.cast()), _mm_loadu_si128(from.add(16).cast()));
            Self(_mm256_cvtepi8_epi16(low), _mm256_cvtepi8_epi16(high))
        }
    }

    #[inline(always)]
    unsafe fn splat_pair(from: *const i16) -> Self {
        // SAFETY: see above.
        unsafe {
            let pair = _mm256_set1_epi32(from.cast::<i32>().read_unaligned());
            Self(pair, pair)
        }
    }

    #[inline(always)]
    fn add_products(self, a: Self, b: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let low = _mm256_add_epi32(self.0, _mm256_madd_epi16(a.0, b.0));
            Self(low, _mm256_add_epi32(self.1, _mm256_madd_epi16(a.1, b.1)))
        }
    }

    #[inline(always)]
    fn floats(self) -> Avx2 {
        // SAFETY: see above.
        unsafe { Avx2(_mm256_cvtepi32_ps(self.0), _mm256_cvtepi32_ps(self.1)) }
    }

    #[inline(always)]
    unsafe fn store_short(floats: Avx2, to: *mut i16) {
        // SAFETY: see above.
        unsafe {
            // Packing goes by halves of registers, which the permutation puts in order again.
            let both = _mm256_packs_epi32(_mm256_cvtps_epi32(floats.0), _mm256_cvtps_epi32(floats.1));
            _mm256_storeu_si256(to.cast(), _mm256_permute4x64_epi64::<0b11_01_10_00>(both));
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx512Integers(__m512i);

// SAFETY of every block below: a value exists only where AVX-512 F, BW and VNNI do (see `Integers`), and pointers are the callers'
// promise.
#[cfg(target_arch = "x86_64")]
impl Integers for Avx512Integers {
    type Floats = Avx512;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_setzero_si512()) }
    }

    #[inline(always)]
    unsafe fn load_pairs(from: *const i8) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_cvtepi8_epi16(_mm256_loadu_si256(from.cast()))) }
    }

    #[inline(always)]
    unsafe fn splat_pair(from: *const i16) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_set1_epi32(from.cast::<i32>().read_unaligned())) }
    }

    #[inline(always)]
    fn add_products(self, a: Self, b: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_dpwssd_epi32(self.0, a.0, b.0)) }
    }

    #[inline(always)]
    fn floats(self) -> Avx512 {
        // SAFETY: see above.
        unsafe { Avx512(_mm512_cvtepi32_ps(self.0)) }
    }

    #[inline(always)]
    unsafe fn store_short(floats: Avx512, to: *mut i16) {
        // SAFETY: see above.
        unsafe { _mm256_storeu_si256(to.cast(), _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(floats.0))) }
    }
}
