//! Exponential and GELU on vectors.

use pulp::Simd;

/// e^x for x ≤ 88, relative error below 2e-7; below −87 it is 0 or next to it.
///
/// x is split into n·ln 2 + r with |r| ≤ ln 2 / 2 (Cody and Waite's two-part ln 2); e^r is its Taylor polynomial of degree 7, whose
/// first term left out is r⁸/8! < 6e-9; 2^n is put together in the exponent bits.
#[inline(always)]
pub(crate) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    /// 1.5·2^23: adding it leaves the nearest integer in the low bits of the float.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let splat = |value| simd.splat_f32s(value);

    let x = simd.max_f32s(x, splat(-87.0));
    let shifted = simd.mul_add_e_f32s(x, splat(std::f32::consts::LOG2_E), splat(ROUND));
    let n = simd.sub_f32s(shifted, splat(ROUND));
    let r = simd.mul_add_e_f32s(n, splat(-LN_2_HIGH), x);
    let r = simd.mul_add_e_f32s(n, splat(-LN_2_LOW), r);

    let mut sum = splat(1.0 / 5040.0);
    for coefficient in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = simd.mul_add_e_f32s(sum, r, splat(coefficient));
    }
    // The low bits of `shifted` hold n in two's complement; biased by 127 and moved up 23 bits they are the float 2^n.
    let biased = simd.add_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(127));
    let power = simd.wrapping_dyn_shl_u32s(biased, simd.splat_u32s(23));
    simd.mul_f32s(sum, simd.transmute_f32s_u32s(power))
}

/// x·Φ(x), the exact GELU that BERT was trained with, absolute error below 1e-6·max(1, |x|).
///
/// erf after Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26 (|error| ≤ 1.5e-7).
#[inline(always)]
pub(crate) fn gelu<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    const P: f32 = 0.327_591_1;
    const A: [f32; 5] = [1.061_405_4, -1.453_152_1, 1.421_413_8, -0.284_496_74, 0.254_829_6];
    let splat = |value| simd.splat_f32s(value);

    let z = simd.mul_f32s(simd.abs_f32s(x), splat(std::f32::consts::FRAC_1_SQRT_2));
    let t = simd.div_f32s(splat(1.0), simd.mul_add_e_f32s(z, splat(P), splat(1.0)));
    let mut sum = splat(A[0]);
    for coefficient in &A[1..] {
        sum = simd.mul_add_e_f32s(sum, t, splat(*coefficient));
    }
    let tail = simd.mul_f32s(simd.mul_f32s(sum, t), exp(simd, simd.neg_f32s(simd.mul_f32s(z, z))));
    // Φ(x) is 1 − tail/2 right of zero and tail/2 left of it, so x·Φ(x) = max(x, 0) − |x|·tail/2 on both sides.
    let half = simd.mul_f32s(simd.mul_f32s(simd.abs_f32s(x), splat(0.5)), tail);
    simd.sub_f32s(simd.max_f32s(x, splat(0.0)), half)
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! on_vectors {
        ($values:expr, $function:ident) => {{
            struct Run<'a>(&'a mut [f32]);
            impl pulp::WithSimd for Run<'_> {
                type Output = ();
                #[inline(always)]
                fn with_simd<S: Simd>(self, simd: S) {
                    let (head, tail) = S::as_mut_simd_f32s(self.0);
                    assert!(tail.is_empty());
                    for x in head {
                        *x = $function(simd, *x);
                    }
                }
            }
            pulp::Arch::new().dispatch(Run($values));
        }};
    }

    fn grid() -> Vec<f32> {
        (0..64_000).map(|i| (i - 32_000) as f32 * 4e-4).collect()
    }

    /// erf by its Taylor series in 64 bits, enough terms for |x| ≤ 4; beyond it is 1 to 1e-8.
    fn erf(x: f64) -> f64 {
        if x.abs() > 4.0 {
            return x.signum();
        }
        let (mut term, mut sum) = (x, x);
        for n in 1..120 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    }

    #[test]
    fn exp_is_within_2e_7_of_the_truth() {
        let x: Vec<f32> = grid().iter().map(|x| x * 6.0).collect();
        let mut y = x.clone();
        on_vectors!(&mut y, exp);
        for (x, y) in x.iter().zip(&y) {
            let truth = f64::from(x.max(-87.0)).exp();
            assert!(((f64::from(*y) - truth) / truth).abs() < 2e-7, "exp({x}) = {y}, not {truth}");
        }
    }

    #[test]
    fn gelu_is_within_1e_6_of_the_truth() {
        let x = grid();
        let mut y = x.clone();
        on_vectors!(&mut y, gelu);
        for (x, y) in x.iter().zip(&y) {
            let truth = f64::from(*x) * 0.5 * (1.0 + erf(f64::from(*x) / std::f64::consts::SQRT_2));
            assert!((f64::from(*y) - truth).abs() < 1e-6 * f64::from(x.abs().max(1.0)), "gelu({x}) = {y}, not {truth}");
        }
    }
}
