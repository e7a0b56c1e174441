//! Sixteen floats as one value: element-wise kernels, attention and the delta rule are written once over [`Vector`] and stamped out per
//! instruction set by [`dispatch`].
//!
//! Promise: every operation gives the same bits in every implementation (NaN payloads aside). Sums of lanes go by halves; a product
//! followed by a sum is fused exactly where it is written `fma`. So a scalar run is not merely close to an AVX-512 run, it is equal.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod integers;
mod math;
mod scalar;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Avx512;
pub(crate) use integers::Integers;
pub(crate) use math::{exp, sigmoid, silu};
pub(crate) use scalar::Scalar;

/// Floats in a [`Vector`], whatever the machine's registers are.
pub(crate) const LANES: usize = 16;

/// Bytes of a line of the cache.
pub(crate) const LINE_BYTES: usize = 64;

/// Asks for the cache line at `address`, into the second level: what is asked for is a page away, and the first level is full of the
/// page at hand. Any address may be asked for.
#[inline(always)]
pub(crate) fn prefetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has the instruction, and it faults on no address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Sixteen `f32`. Making one is unsafe (the instruction set must be there); having one proves it, so the rest is safe.
pub(crate) trait Vector: Copy {
    /// The integers of the same instruction set.
    type Integers: Integers<Floats = Self>;

    /// Rows of a register tile four vectors wide that fit in this set's registers.
    const TILE_ROWS: usize;

    /// # Safety
    /// As all constructors: the instruction set is there. Loads read [`LANES`] elements from `from`, of any alignment.
    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    /// IEEE half precision, exact.
    unsafe fn load_half(from: *const u16) -> Self;

    /// # Safety
    /// `to` has room for [`LANES`] floats.
    unsafe fn store(self, to: *mut f32);

    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// `self * factor + term`, rounded once.
    fn fma(self, factor: Self, term: Self) -> Self;
    /// `self > other ? self : other`: where either is NaN, `other`.
    fn max(self, other: Self) -> Self;
    /// `self < other ? self : other`: where either is NaN, `other`.
    fn min(self, other: Self) -> Self;
    /// To the nearest integer, ties to even.
    fn round(self) -> Self;
    /// `self * 2^n` for integral `n` in -126..=127; NaN where `self` is.
    fn times_power_of_two(self, n: Self) -> Self;
    /// Per lane `self < limit ? yes : no`.
    fn if_less(self, limit: Self, yes: Self, no: Self) -> Self;
    /// Whether any lane is NaN.
    fn any_nan(self) -> bool;
    /// Lanes summed by halves: 0+8, 1+9, …, then 0+4, …
    fn sum(self) -> f32;
    /// The largest lane, compared by halves.
    fn largest(self) -> f32;

    /// The first `length` (below [`LANES`]) floats; the other lanes hold `rest`.
    ///
    /// # Safety
    /// `length` floats can be read.
    #[inline(always)]
    unsafe fn load_first(from: *const f32, length: usize, rest: f32) -> Self {
        let mut lanes = [rest; LANES];
        // SAFETY: the caller's promise; `lanes` has room for them.
        unsafe {
            std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), length.min(LANES));
            Self::load(lanes.as_ptr())
        }
    }

    /// Stores as many lanes as `to` has room for.
    #[inline(always)]
    fn store_up_to(self, to: &mut [f32]) {
        // SAFETY: as many as there is room for.
        unsafe { if to.len() >= LANES { self.store(to.as_mut_ptr()) } else { self.store_first(to.as_mut_ptr(), to.len()) } }
    }

    /// Stores the first `length` (below [`LANES`]) lanes.
    ///
    /// # Safety
    /// `length` floats can be written.
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, length: usize) {
        let mut lanes = [0.0; LANES];
        // SAFETY: the caller's promise; `lanes` holds as many.
        unsafe {
            self.store(lanes.as_mut_ptr());
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), to, length.min(LANES));
        }
    }
}

/// Defines `fn name(isa, arguments)` that calls `generic::<V>(arguments)` compiled for the instruction set `isa`.
///
/// `generic` is an `unsafe fn` marked `#[inline(always)]`, whose promise to keep is only that the instruction set is there.
macro_rules! dispatch {
    ($(#[$attribute:meta])* $vis:vis fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $(-> $result:ty)? = $generic:ident) => {
        $(#[$attribute])*
        #[allow(clippy::too_many_arguments, reason = "as many as the generic function has, and the instruction set")]
        $vis fn $name(isa: $crate::Isa, $($argument: $kind),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            #[allow(clippy::too_many_arguments, reason = "as many as the generic function has")]
            #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")]
            fn avx512($($argument: $kind),*) $(-> $result)? {
                // SAFETY: this function has the features that the vector asks for.
                unsafe { $generic::<$crate::simd::Avx512>($($argument),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[allow(clippy::too_many_arguments, reason = "as many as the generic function has")]
            #[target_feature(enable = "avx2,fma,f16c")]
            fn avx2($($argument: $kind),*) $(-> $result)? {
                // SAFETY: as above.
                unsafe { $generic::<$crate::simd::Avx2>($($argument),*) }
            }
            match isa {
                // SAFETY: an `Isa` that a kernel is handed went through detection on this machine.
                #[cfg(target_arch = "x86_64")]
                $crate::Isa::Avx512 => unsafe { avx512($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::Isa::Avx2 | $crate::Isa::AvxVnni => unsafe { avx2($($argument),*) },
                // SAFETY: the scalar form asks for nothing.
                _ => unsafe { $generic::<$crate::simd::Scalar>($($argument),*) },
            }
        }
    };
}
pub(crate) use dispatch;

#[cfg(test)]
mod tests;
