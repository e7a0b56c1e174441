//! Every operation of every instruction set against the scalar one, bit for bit.

#![allow(clippy::unwrap_used)]

use half::f16;
use proptest::prelude::*;

use super::{Integers, LANES, Vector, exp, sigmoid, silu};
use crate::Isa;

#[inline(always)]
unsafe fn everything<V: Vector>(x: &[[f32; LANES]; 3], bytes: &[i8; 2 * LANES], out: &mut Vec<f32>) {
    let half = x[0].map(|x| f16::from_f32(x).to_bits());
    // SAFETY: arrays of `LANES` elements.
    unsafe {
        let [a, b, c] = [V::load(x[0].as_ptr()), V::load(x[1].as_ptr()), V::load(x[2].as_ptr())];
        let mut short = [0_i16; LANES];
        // In this order of operands NaN becomes the lower end.
        let within = b.mul(c).max(V::splat(-32767.0)).min(V::splat(32767.0));
        V::Integers::store_short(within, short.as_mut_ptr());
        out.extend(short.map(f32::from));
        let pairs = V::Integers::load_pairs(bytes.as_ptr());
        let products = V::Integers::zero().add_products(pairs, V::Integers::splat_pair(short[3..].as_ptr()));
        let n = V::splat(20.0).min(V::splat(-20.0).max(c)).round();
        let results = [
            a.add(b),
            a.sub(b),
            a.mul(b),
            a.div(b),
            a.fma(b, c),
            a.max(b),
            a.min(b),
            a.round(),
            a.times_power_of_two(n),
            a.if_less(b, c, a),
            V::load_half(half.as_ptr()),
            products.floats(),
            products.add_products(pairs, pairs).floats(),
            exp(a),
            sigmoid(a),
            silu(a),
            V::load_first(x[0].as_ptr(), 5, 1.5),
        ];
        for result in results {
            let mut lanes = [0.0; LANES];
            result.store(lanes.as_mut_ptr());
            out.extend(lanes);
            result.store_first(lanes.as_mut_ptr(), 3);
            out.extend([lanes[0], lanes[5], result.sum(), result.largest(), f32::from(u8::from(result.any_nan()))]);
        }
    }
}

super::dispatch! { fn every_operation(x: &[[f32; LANES]; 3], bytes: &[i8; 2 * LANES], out: &mut Vec<f32>) = everything }

fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

fn lanes() -> impl Strategy<Value = [f32; LANES]> {
    let any = prop_oneof![8 => -100.0_f32..100.0, 1 => any::<f32>(), 1 => Just(0.0_f32), 1 => Just(f32::NEG_INFINITY), 1 => Just(f32::NAN)];
    prop::array::uniform16(any)
}

proptest! {
    #[test]
    fn instruction_sets_give_the_same_bits(a in lanes(), b in lanes(), c in lanes(), bytes in prop::array::uniform32(any::<i8>())) {
        let mut oracle = Vec::new();
        every_operation(Isa::Scalar, &[a, b, c], &bytes, &mut oracle);
        for isa in Isa::all() {
            let mut out = Vec::new();
            every_operation(isa, &[a, b, c], &bytes, &mut out);
            for (at, (&x, &y)) in out.iter().zip(&oracle).enumerate() {
                prop_assert!(same(x, y), "{isa:?}, result {at}: {x} is not {y}");
            }
        }
    }
}

#[test]
fn exp_is_close_everywhere_and_exact_at_the_ends() {
    for step in -1_000_000..1_000_000 {
        let x = step as f32 * 1e-4 * 0.88;
        let mut lanes = [x; LANES];
        // SAFETY: the scalar form, on arrays of `LANES`.
        unsafe { exp(super::Scalar::load(lanes.as_ptr())).store(lanes.as_mut_ptr()) };
        let exact = f64::from(x).exp();
        let error = (f64::from(lanes[0]) - exact).abs() / exact;
        assert!(x < -87.3 || error < 2.4e-7, "exp({x}) = {}, off by {error}", lanes[0]);
    }
    for (x, y) in [(f32::NEG_INFINITY, 0.0), (-88.0, 0.0), (0.0, 1.0), (89.0, f32::INFINITY), (f32::INFINITY, f32::INFINITY)] {
        let mut lanes = [x; LANES];
        // SAFETY: as above.
        unsafe { exp(super::Scalar::load(lanes.as_ptr())).store(lanes.as_mut_ptr()) };
        assert_eq!(lanes[0], y, "exp({x})");
    }
}
