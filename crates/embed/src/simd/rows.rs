//! Passes over one row: layer norm, the exponentials of a softmax, and scaling.

use pulp::{Simd, WithSimd};

use super::math;

/// Layer norm of each row in place: (x − mean) / √(variance + ε) · weight + bias. `stride` floats per row, of which the first
/// `weight.len()` count; the rest are left alone.
pub(crate) fn layer_norm(rows: &mut [f32], stride: usize, weight: &[f32], bias: &[f32], epsilon: f32) {
    pulp::Arch::new().dispatch(LayerNorm { rows, stride, weight, bias, epsilon });
}

struct LayerNorm<'a> {
    rows: &'a mut [f32],
    stride: usize,
    weight: &'a [f32],
    bias: &'a [f32],
    epsilon: f32,
}

impl WithSimd for LayerNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.weight.len();
        let (weight, weight_tail) = S::as_simd_f32s(self.weight);
        let (bias, bias_tail) = S::as_simd_f32s(&self.bias[..width]);
        for row in self.rows.chunks_exact_mut(self.stride) {
            let (head, tail) = S::as_mut_simd_f32s(&mut row[..width]);
            let mut sum = simd.splat_f32s(0.0);
            for x in head.iter() {
                sum = simd.add_f32s(sum, *x);
            }
            let mean = (simd.reduce_sum_f32s(sum) + tail.iter().sum::<f32>()) / width as f32;
            let mean_vector = simd.splat_f32s(mean);
            let mut squares = simd.splat_f32s(0.0);
            for x in head.iter() {
                let distance = simd.sub_f32s(*x, mean_vector);
                squares = simd.mul_add_e_f32s(distance, distance, squares);
            }
            let squares = simd.reduce_sum_f32s(squares) + tail.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>();
            let scale = 1.0 / (squares / width as f32 + self.epsilon).sqrt();
            let scale_vector = simd.splat_f32s(scale);
            for ((x, weight), bias) in head.iter_mut().zip(weight).zip(bias) {
                let unit = simd.mul_f32s(simd.sub_f32s(*x, mean_vector), scale_vector);
                *x = simd.mul_add_e_f32s(unit, *weight, *bias);
            }
            for ((x, weight), bias) in tail.iter_mut().zip(weight_tail).zip(bias_tail) {
                *x = (*x - mean) * scale * weight + bias;
            }
        }
    }
}

/// Replaces each row's first `width` floats by e^(x − the row's maximum) and sets `inverse_sums` to one over their sums: a softmax
/// whose last multiplication is left to whoever uses it on fewer numbers. The padding up to `stride` becomes zero.
pub(crate) fn exponentials(rows: &mut [f32], stride: usize, width: usize, inverse_sums: &mut [f32]) {
    pulp::Arch::new().dispatch(Exponentials { rows, stride, width, inverse_sums });
}

struct Exponentials<'a> {
    rows: &'a mut [f32],
    stride: usize,
    width: usize,
    inverse_sums: &'a mut [f32],
}

impl WithSimd for Exponentials<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (row, inverse_sum) in self.rows.chunks_exact_mut(self.stride).zip(self.inverse_sums) {
            // e^(−∞ − maximum) is zero, so padding takes part without a special case; the stride is a multiple of the lanes.
            row[self.width..].fill(f32::NEG_INFINITY);
            let vectors = S::as_mut_simd_f32s(row).0;
            let mut maximum = simd.splat_f32s(f32::NEG_INFINITY);
            for x in vectors.iter() {
                maximum = simd.max_f32s(maximum, *x);
            }
            let maximum = simd.splat_f32s(simd.reduce_max_f32s(maximum));
            for x in vectors.iter_mut() {
                *x = math::exp(simd, simd.sub_f32s(*x, maximum));
            }
            row[self.width..].fill(0.0);
            let mut sum = simd.splat_f32s(0.0);
            for x in S::as_simd_f32s(row).0 {
                sum = simd.add_f32s(sum, *x);
            }
            *inverse_sum = 1.0 / simd.reduce_sum_f32s(sum);
        }
    }
}

/// `target = source · factor`, over the shorter of the two.
pub(crate) fn scale_into(target: &mut [f32], source: &[f32], factor: f32) {
    for (to, from) in target.iter_mut().zip(source) {
        *to = from * factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(width: usize) -> Vec<f32> {
        (0..width).map(|i| ((i * 7919) % 101) as f32 / 25.0 - 2.0).collect()
    }

    #[test]
    fn layer_norm_has_the_mean_and_spread_it_promises() {
        for width in [1_usize, 15, 16, 37, 384] {
            let stride = width.next_multiple_of(16);
            let mut rows = vec![7.0; stride * 2];
            rows[stride..stride + width].copy_from_slice(&row(width));
            layer_norm(&mut rows, stride, &vec![2.0; width], &vec![0.5; width], 1e-12);
            let normal: Vec<f64> = rows[stride..stride + width].iter().map(|x| (f64::from(*x) - 0.5) / 2.0).collect();
            let mean = normal.iter().sum::<f64>() / width as f64;
            let variance = normal.iter().map(|x| x * x).sum::<f64>() / width as f64;
            assert!(mean.abs() < 1e-5);
            assert!(width == 1 || (variance - 1.0).abs() < 1e-4, "width {width}: variance {variance}");
            assert!(rows[stride + width..].iter().all(|&x| x == 7.0), "padding is left alone");
        }
    }

    #[test]
    fn exponentials_over_their_sum_are_a_softmax() {
        let (stride, width) = (48, 35);
        let mut rows = vec![f32::NAN; stride];
        rows[..width].copy_from_slice(&row(width));
        let mut inverse = [0.0];
        exponentials(&mut rows, stride, width, &mut inverse);
        let total: f64 = row(width).iter().map(|x| f64::from(*x).exp()).sum();
        for (x, e) in row(width).iter().zip(&rows) {
            assert!((f64::from(e * inverse[0]) - f64::from(*x).exp() / total).abs() < 1e-6);
        }
        assert!(rows[width..].iter().all(|&x| x == 0.0));
    }
}
