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
    // SAFETY: the caller's promise.
    let constant = |x: f32| unsafe { V::splat(x) };
    // In this order of operands NaN passes through both.
    let within = constant(HIGH).min(constant(LOW).max(x));
    let n = within.mul(constant(std::f32::consts::LOG2_E)).round();
    let r = n.fma(constant(-std::f32::consts::LN_2), within);
    let r = n.fma(constant(-LN_2_TAIL), r);
    let mut series = constant(1.0 / 5040.0);
    for coefficient in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        series = series.fma(r, constant(coefficient));
    }
    let y = series.times_power_of_two(n);
    let y = x.if_less(constant(LOW), constant(0.0), y);
    constant(HIGH).if_less(x, constant(f32::INFINITY), y)
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
