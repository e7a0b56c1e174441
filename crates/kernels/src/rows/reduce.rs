//! Operations that need a whole row: norms and soft maximum.

use super::TASK_FLOATS;
use crate::profile::{Cost, Kernel};
use crate::simd::{self, LANES, Vector, dispatch};
use crate::{Isa, Pool};

/// `out = x / sqrt(mean(x^2) + epsilon) * gain`, rows of `gain.len()` floats. The gain is plain: a loader of zero-centred weights has
/// added the 1.
///
/// # Panics
/// When lengths do not fit; as all functions of this module.
pub fn rms_norm(pool: &Pool, x: &[f32], gain: &[f32], epsilon: f32, out: &mut [f32]) {
    assert_eq!(x.len(), out.len(), "as much out as in");
    rms_norm_from(pool, x, gain.len(), gain, epsilon, out);
}

/// As [`rms_norm`], reading row `r` from `x[r * stride..]`: norms the queries out of a projection that holds query and gate of each
/// head side by side.
pub fn rms_norm_from(pool: &Pool, x: &[f32], stride: usize, gain: &[f32], epsilon: f32, out: &mut [f32]) {
    let n = gain.len();
    assert!(n > 0 && out.len().is_multiple_of(n), "rows of {n}");
    let rows = (TASK_FLOATS / n).max(1);
    let cost = Cost::on_floats(2 * out.len());
    pool.counted(Kernel::Norm, cost, || {
        pool.pieces(out, rows * n, &|index, out| {
            for (row, out) in out.chunks_exact_mut(n).enumerate() {
                rms_norm_with(Isa::current(), &x[(index * rows + row) * stride..][..n], gain, epsilon, out);
            }
        });
    });
}

/// `x = e^(x - max) / sum`, one row. NaN spreads over the row.
pub fn softmax(x: &mut [f32]) {
    softmax_with(Isa::current(), x);
}

/// `ln(sum(e^x))`, one row; `-inf` where every element is.
#[must_use]
pub fn log_sum_exp(x: &[f32]) -> f32 {
    log_sum_exp_with(Isa::current(), x)
}

/// `x = e^x`, element by element.
pub fn exp(x: &mut [f32]) {
    exp_with(Isa::current(), x);
}

dispatch! { pub(super) fn rms_norm_with(x: &[f32], gain: &[f32], epsilon: f32, out: &mut [f32]) = rms_norm_row }
dispatch! { pub(super) fn softmax_with(x: &mut [f32]) = softmax_row }
dispatch! { pub(super) fn log_sum_exp_with(x: &[f32]) -> f32 = log_sum_exp_row }
dispatch! { pub(super) fn exp_with(x: &mut [f32]) = exp_row }

#[inline(always)]
unsafe fn rms_norm_row<V: Vector>(x: &[f32], gain: &[f32], epsilon: f32, out: &mut [f32]) {
    assert!(x.len() == out.len() && gain.len() == out.len());
    // SAFETY: the caller has the instruction set; all three have one length.
    unsafe {
        let mut squares = V::splat(0.0);
        fold::<V>(x, 0.0, |x| squares = x.fma(x, squares));
        let scale = V::splat(1.0 / (squares.sum() / x.len() as f32 + epsilon).sqrt());
        for (at, out) in out.chunks_mut(LANES).enumerate() {
            let (x, gain) = (x.as_ptr().add(at * LANES), gain.as_ptr().add(at * LANES));
            if out.len() == LANES {
                V::load(x).mul(scale).mul(V::load(gain)).store(out.as_mut_ptr());
            } else {
                let rest = out.len();
                let y = V::load_first(x, rest, 0.0).mul(scale).mul(V::load_first(gain, rest, 0.0));
                y.store_first(out.as_mut_ptr(), rest);
            }
        }
    }
}

#[inline(always)]
unsafe fn softmax_row<V: Vector>(x: &mut [f32]) {
    // SAFETY: as above.
    unsafe {
        let max = V::splat(largest::<V>(x));
        let mut total = V::splat(0.0);
        in_place::<V>(x, f32::NEG_INFINITY, |x| {
            let e = simd::exp(x.sub(max));
            total = total.add(e);
            e
        });
        let total = V::splat(total.sum());
        in_place::<V>(x, 0.0, |x| x.div(total));
    }
}

#[inline(always)]
unsafe fn log_sum_exp_row<V: Vector>(x: &[f32]) -> f32 {
    // SAFETY: as above.
    unsafe {
        let max = largest::<V>(x);
        if max == f32::NEG_INFINITY {
            return max;
        }
        let (mut total, most) = (V::splat(0.0), V::splat(max));
        fold::<V>(x, f32::NEG_INFINITY, |x| total = total.add(simd::exp(x.sub(most))));
        max + total.sum().ln()
    }
}

#[inline(always)]
unsafe fn exp_row<V: Vector>(x: &mut [f32]) {
    // SAFETY: as above.
    unsafe { in_place::<V>(x, 0.0, |x| simd::exp(x)) }
}

#[inline(always)]
unsafe fn largest<V: Vector>(x: &[f32]) -> f32 {
    // SAFETY: as above.
    unsafe {
        let mut most = V::splat(f32::NEG_INFINITY);
        fold::<V>(x, f32::NEG_INFINITY, |x| most = x.max(most));
        most.largest()
    }
}

/// Hands every sixteen floats to `f`, the last ones filled up with `rest`. `f` is called at one place, so that it is inlined and
/// compiled with the instruction set.
#[inline(always)]
unsafe fn fold<V: Vector>(x: &[f32], rest: f32, mut f: impl FnMut(V)) {
    for block in x.chunks(LANES) {
        // SAFETY: a block holds as many floats as it says.
        f(unsafe { if block.len() == LANES { V::load(block.as_ptr()) } else { V::load_first(block.as_ptr(), block.len(), rest) } });
    }
}

/// As [`fold`], and puts what `f` gives in their place.
#[inline(always)]
unsafe fn in_place<V: Vector>(x: &mut [f32], rest: f32, mut f: impl FnMut(V) -> V) {
    for block in x.chunks_mut(LANES) {
        // SAFETY: as above.
        let x = unsafe { if block.len() == LANES { V::load(block.as_ptr()) } else { V::load_first(block.as_ptr(), block.len(), rest) } };
        f(x).store_up_to(block);
    }
}
