//! Every instruction set against the scalar form, bit for bit, and the scalar form against f64.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::elementwise::{add_with, gate_with, swiglu_with};
use super::reduce::{exp_with, log_sum_exp_with, rms_norm_with, softmax_with};
use super::top::top_k_with;
use super::*;
use crate::{Isa, Pool};

fn all(isa: Isa, x: &[f32], y: &[f32]) -> Vec<f32> {
    let mut results = Vec::new();
    let mut out = vec![0.0; x.len()];
    rms_norm_with(isa, x, y, 1e-6, &mut out);
    results.extend(&out);
    swiglu_with(isa, x, y, &mut out);
    results.extend(&out);
    for f in [add_with, gate_with] {
        let mut x = x.to_vec();
        f(isa, &mut x, y);
        results.extend(x);
    }
    for f in [softmax_with, exp_with] {
        let mut x = x.to_vec();
        f(isa, &mut x);
        results.extend(x);
    }
    results.push(log_sum_exp_with(isa, x));
    results
}

fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| x.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn instruction_sets_agree(x in prop::collection::vec((-30.0_f32..30.0, -3.0_f32..3.0), 1..150)) {
        let (x, y): (Vec<f32>, Vec<f32>) = x.into_iter().unzip();
        let oracle = all(Isa::Scalar, &x, &y);
        for isa in Isa::all() {
            prop_assert_eq!(bits(&all(isa, &x, &y)), bits(&oracle), "{:?}", isa);
        }
        let n = x.len() as f64;
        let scale = 1.0 / (x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n + 1e-6).sqrt();
        let total: f64 = x.iter().map(|&x| f64::from(x).exp()).sum();
        for (at, (&x, &y)) in x.iter().zip(&y).enumerate() {
            let (x, y) = (f64::from(x), f64::from(y));
            let exact = [x * scale * y, x / (1.0 + (-x).exp()) * y, x + y, x / (1.0 + (-y).exp()), x.exp() / total, x.exp()];
            for (which, exact) in exact.into_iter().enumerate() {
                let got = f64::from(oracle[which * n as usize + at]);
                prop_assert!((got - exact).abs() <= 1e-30 + 3e-6 * exact.abs(), "{which}: {got} for {exact}");
            }
        }
        prop_assert!((f64::from(*oracle.last().unwrap()) - total.ln()).abs() < 1e-5 * (1.0 + total.ln().abs()));
    }

    #[test]
    fn the_largest_are_those_a_sort_finds(
        x in prop::collection::vec(prop_oneof![(-50_i8..50).prop_map(f32::from), Just(f32::NEG_INFINITY), Just(-0.0_f32)], 0..2000),
        k in prop_oneof![0_usize..40, 250_usize..300, 0_usize..2500],
    ) {
        let mut sorted: Vec<(u32, f32)> = (0..).zip(x.iter().copied()).collect();
        sorted.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap());
        sorted.truncate(k);
        for isa in Isa::all() {
            let mut out = vec![(9, 9.0)];
            top_k_with(isa, &x, k, &mut out).unwrap();
            prop_assert_eq!(&out, &sorted);
        }
        prop_assert_eq!(argmax(&x).unwrap(), sorted.first().map_or(argmax(&x).unwrap(), |&(index, _)| index));
    }
}

#[test]
fn a_logit_that_is_no_number_is_reported() {
    let mut x = vec![1.0; 1000];
    x[777] = f32::NAN;
    assert_eq!(argmax(&x), Err(NotANumber { index: 777 }));
    assert_eq!(top_k(&x, 300, &mut Vec::new()), Err(NotANumber { index: 777 }));
    assert_eq!(argmax(&[]), Ok(0));
}

#[test]
fn strided_rows_and_threads_change_nothing() {
    let (rows, n) = (301, 96);
    let both: Vec<f32> = (0..rows * 2 * n).map(|i| ((i * 7919) % 1000) as f32 / 250.0 - 2.0).collect();
    let gain: Vec<f32> = (0..n).map(|i| 1.0 + i as f32 / 100.0).collect();
    let left: Vec<f32> = both.chunks(n).step_by(2).flatten().copied().collect();
    let right: Vec<f32> = both.chunks(n).skip(1).step_by(2).flatten().copied().collect();
    let mut expected = vec![0.0; rows * n];
    rms_norm(&Pool::new(1), &left, &gain, 1e-6, &mut expected);
    gate_sigmoid(&Pool::new(1), &mut expected, &right);
    for threads in [1, 3] {
        let pool = Pool::new(threads);
        let mut out = vec![0.0; rows * n];
        rms_norm_from(&pool, &both, 2 * n, &gain, 1e-6, &mut out);
        gate_sigmoid_from(&pool, &mut out, n, &both[n..], 2 * n);
        assert_eq!(bits(&out), bits(&expected));
    }
}
