//! Mixture of experts: each token is read by the few routed experts that the router likes best, and by the shared one.

use pinakes_kernels::{multiply, softmax, top_k};

use super::mlp::{Room, apply};
use super::scratch::{Scratch, room};
use crate::model::Model;
use crate::weights::Moe;

/// `s.mixed = Σ w_e expert_e(x) + sigmoid(g·x) shared(x)` for x in `s.normed`.
///
/// Rows are grouped by expert and experts taken in order of their number, so each row adds its experts up in that order whatever the
/// batch.
pub(super) fn moe(model: &Model, weights: &Moe, rows: usize, s: &mut Scratch) {
    let (pool, hidden) = (&model.pool, model.config.hidden);
    let [gate, up, router, shared_gate] = &mut s.wide;
    let router = room(router, rows * weights.experts.len());
    let shared_gate = room(shared_gate, rows);
    let normed = &s.normed[..rows * hidden];
    let input = s.input.load(pool, normed, hidden, &[&weights.router, &weights.shared_gate]);
    multiply(pool, input, &mut [(&weights.router, router), (&weights.shared_gate, shared_gate)]);
    let routes = route(router, weights);

    let mixed = room(&mut s.mixed, rows * hidden);
    mixed.fill(0.0);
    let (mut gathered, mut read) = (Vec::new(), Vec::new());
    let mut swiglu = |expert, x: &[f32], out: &mut [f32]| {
        let room = Room { input: &mut s.input, inner_input: &mut s.inner_input, gate, up, product: &mut s.inner };
        apply(model, expert, x, room, out);
    };
    for (expert, routes) in weights.experts.iter().zip(&routes).filter(|(_, routes)| !routes.is_empty()) {
        let picked = room(&mut gathered, routes.len() * hidden);
        for (place, (row, _)) in picked.chunks_exact_mut(hidden).zip(routes) {
            place.copy_from_slice(&normed[row * hidden..][..hidden]);
        }
        let out = room(&mut read, routes.len() * hidden);
        swiglu(expert, picked, out);
        for (out, (row, weight)) in out.chunks_exact(hidden).zip(routes) {
            mixed[row * hidden..][..hidden].iter_mut().zip(out).for_each(|(sum, x)| *sum += weight * x);
        }
    }

    let out = room(&mut read, rows * hidden);
    swiglu(&weights.shared, normed, out);
    for ((sum, out), gate) in mixed.chunks_exact_mut(hidden).zip(out.chunks_exact(hidden)).zip(&*shared_gate) {
        let weight = 1.0 / (1.0 + (-gate).exp());
        sum.iter_mut().zip(out).for_each(|(sum, x)| *sum += weight * x);
    }
}

/// For each expert the rows that use it and by how much: softmax over all experts, the largest kept and scaled to a sum of one.
fn route(logits: &mut [f32], weights: &Moe) -> Vec<Vec<(usize, f32)>> {
    let mut routes = vec![Vec::new(); weights.experts.len()];
    let mut best = Vec::new();
    for (row, logits) in logits.chunks_exact_mut(weights.experts.len()).enumerate() {
        softmax(logits);
        if top_k(logits, weights.used, &mut best).is_err() {
            // Broken numbers stay broken: the row gets NaN, and the sampler says so.
            best.clear();
            best.push((0, f32::NAN));
        }
        let total: f32 = best.iter().map(|(_, weight)| weight).sum();
        for (expert, weight) in &best {
            routes[*expert as usize].push((row, weight / total));
        }
    }
    routes
}
