//! SwiGLU.

use pinakes_kernels::{Input, multiply, swiglu};

use super::load;
use super::scratch::{Scratch, room};
use crate::model::Model;
use crate::weights::SwiGlu;

/// `s.mixed = down(silu(gate x) · up x)` for x in `s.input`.
pub(super) fn dense(model: &Model, weights: &SwiGlu, rows: usize, s: &mut Scratch) {
    let [gate, up, ..] = &mut s.wide;
    let out = room(&mut s.mixed, rows * model.config.hidden);
    apply(model, weights, &s.input, [gate, up, &mut s.inner], &mut s.inner_input, out);
}

/// The same for any input: `out` is `[input.rows(), hidden]`, `room` for gate, up and their product.
pub(super) fn apply(model: &Model, weights: &SwiGlu, input: &Input, buffers: [&mut Vec<f32>; 3], inner_input: &mut Input, out: &mut [f32]) {
    let (pool, inner) = (&model.pool, weights.gate.rows());
    let [gate, up, product] = buffers.map(|buffer| room(buffer, input.rows() * inner));
    multiply(pool, input, &mut [(&weights.gate, gate), (&weights.up, up)]);
    swiglu(pool, gate, up, product);
    load(inner_input, model, product, inner);
    multiply(pool, inner_input, &mut [(&weights.down, out)]);
}
