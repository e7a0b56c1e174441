//! Grouped-query attention with partial rope; Qwen3.5's normalises queries and keys per head and gates what comes out.

use pinakes_kernels::{Queries, attend, gate_sigmoid_from, multiply, rms_norm_from};

use super::Batch;
use super::scratch::{Scratch, room};
use super::slice::Slice;
use crate::model::Model;
use crate::weights::Attention;

/// `s.mixed = attention(s.normed)`, both of the slice's rows; keys and values go to the pages of layer `number`. d is `head_dim`.
pub(super) fn attention(model: &Model, number: usize, weights: &Attention, slice: &Slice<'_>, batch: Batch<'_, '_>, s: &mut Scratch) {
    let (pool, shape, layout) = (&model.pool, &model.config.attention, &model.layout);
    let (rows, rotation) = (slice.rows.len(), &slice.rotation);
    let (d, epsilon) = (shape.head_dim, model.config.norm_epsilon);
    let (queries, keys) = (shape.heads * d, shape.kv_heads * d);
    // Where a head's query begins in a row: behind it stands its gate, if there is one.
    let stride = if shape.gated { 2 * d } else { d };

    let [q, k, v, turned] = &mut s.wide;
    let q = room(q, rows * shape.heads * stride);
    let (k, v) = (room(k, rows * keys), room(v, rows * keys));
    let hidden = model.config.hidden;
    let input = s.input.load(pool, &s.normed[..rows * hidden], hidden, &[&weights.query, &weights.key, &weights.value]);
    multiply(pool, input, &mut [(&weights.query, q), (&weights.key, k), (&weights.value, v)]);

    // One buffer for both: [rows, heads, d], then [rows, kv_heads, d].
    let (tq, tk) = room(turned, rows * (queries + keys)).split_at_mut(rows * queries);
    match &weights.norms {
        Some((query_norm, key_norm)) => {
            rms_norm_from(pool, q, stride, query_norm, epsilon, tq);
            rms_norm_from(pool, k, d, key_norm, epsilon, tk);
        }
        None => {
            tq.chunks_exact_mut(d).zip(q.chunks(stride)).for_each(|(to, from)| to.copy_from_slice(&from[..d]));
            tk.copy_from_slice(k);
        }
    }
    rotation.apply(pool, tq);
    rotation.apply(pool, tk);

    let mut row = 0;
    for (sequence, part) in slice.sequences(batch) {
        let range = row * keys..(row + part.len()) * keys;
        row += part.len();
        sequence.write(number, layout, part.start, &tk[range.clone()], &v[range]);
    }

    let out = room(&mut s.inner, rows * queries);
    let (mut queries_left, mut out_left) = (&*tq, &mut *out);
    let pages: Vec<_> =
        slice.sequences(batch).map(|(sequence, part)| (sequence.pages(number), sequence.length() + part.start, part.len())).collect();
    let mut tasks = Vec::with_capacity(pages.len());
    for (pages, first, tokens) in &pages {
        let (here, rest) = queries_left.split_at(tokens * queries);
        let (out_here, out_rest) = std::mem::take(&mut out_left).split_at_mut(tokens * queries);
        tasks.push((Queries { q: here, first: *first, pages }, out_here));
        (queries_left, out_left) = (rest, out_rest);
    }
    attend(pool, layout, shape.heads, (d as f32).sqrt().recip(), &mut tasks);
    if shape.gated {
        gate_sigmoid_from(pool, out, d, &q[d..], stride);
    }

    let input = s.inner_input.load(pool, out, queries, &[&weights.output]);
    multiply(pool, input, &mut [(&weights.output, room(&mut s.mixed, rows * hidden))]);
}
