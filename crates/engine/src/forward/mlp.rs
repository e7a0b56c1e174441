//! SwiGLU.

use pinakes_kernels::{multiply, swiglu};

use super::scratch::{Inputs, Scratch, room};
use crate::model::Model;
use crate::weights::SwiGlu;

/// Room for one SwiGLU.
pub(super) struct Room<'a> {
    pub(super) input: &'a mut Inputs,
    pub(super) inner_input: &'a mut Inputs,
    /// `[rows, inner]` each.
    pub(super) gate: &'a mut Vec<f32>,
    pub(super) up: &'a mut Vec<f32>,
    pub(super) product: &'a mut Vec<f32>,
}

/// `s.mixed = down(silu(gate x) · up x)` for x in `s.normed`.
pub(super) fn dense(model: &Model, weights: &SwiGlu, rows: usize, s: &mut Scratch) {
    let [gate, up, ..] = &mut s.wide;
    let length = rows * model.config.hidden;
    let room = Room { input: &mut s.input, inner_input: &mut s.inner_input, gate, up, product: &mut s.inner };
    apply(model, weights, &s.normed[..length], room, super::room(&mut s.mixed, length));
}

/// The same for any `x`; both it and `out` are `[rows, hidden]`.
pub(super) fn apply(model: &Model, weights: &SwiGlu, x: &[f32], r: Room<'_>, out: &mut [f32]) {
    let (pool, hidden, inner) = (&model.pool, model.config.hidden, weights.gate.rows());
    let [gate, up, product] = [r.gate, r.up, r.product].map(|buffer| room(buffer, x.len() / hidden * inner));
    let input = r.input.load(pool, x, hidden, &[&weights.gate, &weights.up]);
    multiply(pool, input, &mut [(&weights.gate, gate), (&weights.up, up)]);
    swiglu(pool, gate, up, product);
    let input = r.inner_input.load(pool, product, inner, &[&weights.down]);
    multiply(pool, input, &mut [(&weights.down, out)]);
}
