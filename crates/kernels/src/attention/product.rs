//! The one inner loop of attention over floats: a few rows times a page, 64 columns wide. Scores are queries times transposed keys,
//! outputs are weights times values.

use super::tiles::ACROSS;
use crate::simd::{LANES, LINE_BYTES, Vector, prefetch};

/// A number as pages of floats hold it.
pub(super) trait Element: Copy {
    /// # Safety
    /// [`LANES`] numbers can be read; the instruction set is there.
    unsafe fn load<V: Vector>(from: *const Self) -> V;
}

impl Element for f32 {
    #[inline(always)]
    unsafe fn load<V: Vector>(from: *const Self) -> V {
        // SAFETY: the caller's promise.
        unsafe { V::load(from) }
    }
}

/// A half-precision float by its bits.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Half(u16);

impl Element for Half {
    #[inline(always)]
    unsafe fn load<V: Vector>(from: *const Self) -> V {
        // SAFETY: the caller's promise.
        unsafe { V::load_half(from.cast()) }
    }
}

/// `out[r] = out[r] * keep[r] + sum over i of a[r][i] * b[i]` for `R` rows, each 64 wide, `i` ascending; without `keep` the old `out` is
/// not read. Rows of `a` and `out` are `a_stride` and `out_stride` floats apart, rows of `b` `b_stride` numbers.
///
/// Meanwhile as many bytes as are read of `b` are asked for from `ahead` on, which may be any address.
///
/// # Safety
/// `a` has `R` rows of `depth`, `b` `depth` rows of 64, `out` `R` rows of 64; the instruction set is there.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "an index names the same row of several arrays, and closures lose the instruction set")]
pub(super) unsafe fn product<V: Vector, E: Element, const R: usize>(
    (a, a_stride): (*const f32, usize),
    depth: usize,
    (b, b_stride): (*const E, usize),
    (out, out_stride): (*mut f32, usize),
    keep: Option<&[f32; R]>,
    ahead: Option<*const u8>,
) {
    // Plain loops: what a closure holds is compiled without the instruction set unless it happens to be inlined.
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[V::splat(0.0); ACROSS]; R];
        if let Some(keep) = keep {
            for r in 0..R {
                for n in 0..ACROSS {
                    sums[r][n] = V::load(out.add(r * out_stride + n * LANES)).mul(V::splat(keep[r]));
                }
            }
        }
        for i in 0..depth {
            let from = b.add(i * b_stride);
            if let Some(ahead) = ahead {
                for line in 0..size_of::<E>() {
                    prefetch(ahead.wrapping_add((i * size_of::<E>() + line) * LINE_BYTES));
                }
            }
            let mut b = [V::splat(0.0); ACROSS];
            for n in 0..ACROSS {
                b[n] = E::load(from.add(n * LANES));
            }
            for r in 0..R {
                let a = V::splat(*a.add(r * a_stride + i));
                for n in 0..ACROSS {
                    sums[r][n] = a.fma(b[n], sums[r][n]);
                }
            }
        }
        for r in 0..R {
            for n in 0..ACROSS {
                sums[r][n].store(out.add(r * out_stride + n * LANES));
            }
        }
    }
}

/// Numbers of `rows` rows of 64, `stride` apart, as floats close together.
///
/// # Safety
/// `from` has those rows, `to` room for as many; the instruction set is there.
#[inline(always)]
pub(super) unsafe fn unpack<V: Vector, E: Element>(from: *const E, stride: usize, rows: usize, to: &mut [f32]) {
    for row in 0..rows {
        for n in 0..ACROSS {
            // SAFETY: the caller's promise.
            unsafe { E::load::<V>(from.add(row * stride + n * LANES)).store(to[(row * ACROSS + n) * LANES..].as_mut_ptr()) };
        }
    }
}
