//! Gated DeltaNet: one fused operation between its projections.

use pinakes_kernels::{DeltaInput, delta_net, multiply};

use super::Batch;
use super::scratch::{Scratch, room};
use super::slice::Slice;
use crate::model::Model;
use crate::weights::Delta;

/// `s.mixed = delta_net(s.normed)`, both of the slice's rows, which moves on the states of layer `number`.
pub(super) fn delta(model: &Model, number: usize, weights: &Delta, slice: &Slice<'_>, batch: Batch<'_, '_>, s: &mut Scratch) {
    let (pool, rows) = (&model.pool, slice.rows.len());
    let Some(shape) = &model.weights.delta else { unreachable!("a model with DeltaNet layers has their shape") };
    let (channels, values, heads) = (weights.query_key_value.rows(), weights.gate.rows(), shape.value_heads);

    let [qkv, z, a, b] = &mut s.wide;
    let (qkv, z) = (room(qkv, rows * channels), room(z, rows * values));
    let (a, b) = (room(a, rows * heads), room(b, rows * heads));
    let hidden = model.config.hidden;
    let readers = [&weights.query_key_value, &weights.gate, &weights.alpha, &weights.beta];
    let input = s.input.load(pool, &s.normed[..rows * hidden], hidden, &readers);
    let products = &mut [(&weights.query_key_value, &mut *qkv), (&weights.gate, z), (&weights.alpha, a), (&weights.beta, b)];
    multiply(pool, input, products);

    let out = room(&mut s.inner, rows * values);
    let mut out_left = &mut *out;
    let mut row = 0;
    let mut tasks = Vec::new();
    for (sequence, part) in slice.sequences(batch) {
        let range = |width: usize| row * width..(row + part.len()) * width;
        let input = DeltaInput { qkv: &qkv[range(channels)], z: &z[range(values)], a: &a[range(heads)], b: &b[range(heads)] };
        let (here, rest) = std::mem::take(&mut out_left).split_at_mut(part.len() * values);
        out_left = rest;
        row += part.len();
        sequence.note(number, &input);
        tasks.push((input, sequence.state(number), here));
    }
    delta_net(pool, shape, &weights.small, &mut tasks);

    let input = s.inner_input.load(pool, out, values, &[&weights.output]);
    multiply(pool, input, &mut [(&weights.output, room(&mut s.mixed, rows * hidden))]);
}
