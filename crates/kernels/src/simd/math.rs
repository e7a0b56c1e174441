//! Functions of the activations, over vectors.

use super::Vector;

/// `e^x`, within 2 units in the last place; 0 below about -87.3 (no denormals) and infinity above about 88.4. NaN stays NaN.
///
/// `x = n ln 2 + r` with `|r| <= ln 2 / 2`, then the exponential series of `r` to the seventh power (its remainder is below 6e-9).
///
/// # Safety
/// The instruction set of `V` is there.
#[inline(always)]
pub(crate) unsafe fn exp<V: Vector>(x: V) -> V {
    const LOW: f32 = -87.336_54;
    const HIGH: f32 = 88.376_26;
    const LN_2_TAIL: f32 = (std::f64::consts::LN_2 - std::f32::consts::LN_2 as f64) as f32;
    // Written out, without closures or iterators: what they hold is compiled without the instruction set unless inlined.
    // SAFETY: the caller's promise.
    unsafe {
        let (low, high) = (V::splat(LOW), V::splat(HIGH));
        // In this order of operands NaN passes through both.
        let within = high.min(low.max(x));
        let n = within.mul(V::splat(std::f32::consts::LOG2_E)).round();
        let r = n.fma(V::splat(-std::f32::consts::LN_2), within);
        let r = n.fma(V::splat(-LN_2_TAIL), r);
        let y = V::splat(1.0 / 5040.0).fma(r, V::splat(1.0 / 720.0));
        let y = y.fma(r, V::splat(1.0 / 120.0));
        let y = y.fma(r, V::splat(1.0 / 24.0));
        let y = y.fma(r, V::splat(1.0 / 6.0));
        let y = y.fma(r, V::splat(0.5));
        let y = y.fma(r, V::splat(1.0)).fma(r, V::splat(1.0));
        let y = y.times_power_of_two(n);
        let y = x.if_less(low, V::splat(0.0), y);
        high.if_less(x, V::splat(f32::INFINITY), y)
    }
}

/// `1 / (1 + e^-x)`.
///
/// # Safety
/// As [`exp`].
#[inline(always)]
pub(crate) unsafe fn sigmoid<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let one = V::splat(1.0);
        one.div(one.add(exp(V::splat(0.0).sub(x))))
    }
}

/// `x / (1 + e^-x)`.
///
/// # Safety
/// As [`exp`].
#[inline(always)]
pub(crate) unsafe fn silu<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { x.div(V::splat(1.0).add(exp(V::splat(0.0).sub(x)))) }
}
