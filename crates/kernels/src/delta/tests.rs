//! Against a plain f64 form, against the chunked form, per instruction set, and bit for bit over splits, batches and threads.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::test_numbers::Numbers;

struct Case {
    shape: DeltaShape,
    weights: DeltaWeights,
    /// `[channels, width]`, as files have it.
    conv: Vec<f32>,
    tokens: usize,
    qkv: Vec<f32>,
    z: Vec<f32>,
    a: Vec<f32>,
    b: Vec<f32>,
    state: DeltaState,
}

impl Case {
    fn new(heads: (usize, usize), dims: (usize, usize), conv_width: usize, order: HeadOrder, tokens: usize) -> Self {
        let (key_heads, value_heads) = heads;
        let shape = DeltaShape { key_heads, value_heads, key_dim: dims.0, value_dim: dims.1, conv_width, order, norm_epsilon: 1e-6 };
        let mut numbers = Numbers::new(tokens as u64 + 1);
        let conv = numbers.many(shape.channels() * conv_width, 1.0);
        let decay: Vec<f32> = numbers.many(value_heads, 1.0).iter().map(|x| -x.exp()).collect();
        let weights = DeltaWeights::new(&shape, &conv, decay, numbers.many(value_heads, 1.0), numbers.many(dims.1, 1.0));
        let mut state = DeltaState::new(&shape);
        let (rows, s) = state.parts_mut(&shape);
        rows.copy_from_slice(&numbers.many(rows.len(), 2.0));
        s.copy_from_slice(&numbers.many(s.len(), 0.5));
        let qkv = numbers.many(tokens * shape.channels(), 2.0);
        let z = numbers.many(tokens * shape.values(), 2.0);
        let [a, b] = [4.0, 3.0].map(|scale| numbers.many(tokens * value_heads, scale));
        Self { shape, weights, conv, tokens, qkv, z, a, b, state }
    }

    fn input(&self, from: usize, to: usize) -> DeltaInput<'_> {
        let cut = |x: &'_ [f32]| -> std::ops::Range<usize> { from * x.len() / self.tokens..to * x.len() / self.tokens };
        DeltaInput { qkv: &self.qkv[cut(&self.qkv)], z: &self.z[cut(&self.z)], a: &self.a[cut(&self.a)], b: &self.b[cut(&self.b)] }
    }

    /// Runs all tokens in calls that end at `ends`; the output and the state after them.
    fn run(&self, isa: Isa, pool: &Pool, ends: &[usize]) -> (Vec<f32>, DeltaState) {
        let mut state = self.state.clone();
        let mut out = vec![f32::NAN; self.tokens * self.shape.values()];
        let mut from = 0;
        for &to in ends.iter().chain([&self.tokens]) {
            let values = self.shape.values();
            let part = &mut out[from * values..to * values];
            delta_net_with(isa, pool, &self.shape, &self.weights, &mut [(self.input(from, to), &mut state, part)]);
            from = to;
        }
        (out, state)
    }

    /// The formulas of QWEN35.md, 2.2, word by word in f64; with `chunked` the rule itself in f32 by chunks. Output and S.
    fn reference(&self, chunked: bool) -> (Vec<f64>, Vec<f64>) {
        let shape = &self.shape;
        let (channels, kept) = (shape.channels(), shape.conv_width - 1);
        let rows: Vec<f64> = self.state.conv().iter().chain(&self.qkv).map(|&x| f64::from(x)).collect();
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let convolved = |t: usize, c: usize| {
            let x: f64 = (0..=kept).map(|j| f64::from(self.conv[c * (kept + 1) + j]) * rows[(t + j) * channels + c]).sum();
            x * sigmoid(x)
        };
        let unit = |t: usize, first: usize| {
            let x: Vec<f64> = (first..first + shape.key_dim).map(|c| convolved(t, c)).collect();
            let length = (x.iter().map(|x| x * x).sum::<f64>() + 1e-6).sqrt();
            x.into_iter().map(|x| x / length).collect::<Vec<_>>()
        };
        let mut out = vec![0.0; self.tokens * shape.values()];
        let mut states = Vec::new();
        for head in 0..shape.value_heads {
            let key_head = match shape.order {
                HeadOrder::Grouped => head / (shape.value_heads / shape.key_heads),
                HeadOrder::Tiled => head % shape.key_heads,
            };
            let (mut q, mut k, mut v, mut g, mut beta) = (vec![], vec![], vec![], vec![], vec![]);
            for t in 0..self.tokens {
                q.extend(unit(t, key_head * shape.key_dim).into_iter().map(|x| x / (shape.key_dim as f64).sqrt()));
                k.extend(unit(t, (shape.key_heads + key_head) * shape.key_dim));
                v.extend((0..shape.value_dim).map(|c| convolved(t, 2 * shape.key_heads * shape.key_dim + head * shape.value_dim + c)));
                let at = t * shape.value_heads + head;
                g.push(f64::from(self.weights.decay[head]) * (f64::from(self.a[at]) + f64::from(self.weights.dt_bias[head])).exp().ln_1p());
                beta.push(sigmoid(f64::from(self.b[at])));
            }
            let size = shape.key_dim * shape.value_dim;
            let start = &self.state.s()[head * size..(head + 1) * size];
            let (o, s) = if chunked {
                let single = |x: &[f64]| x.iter().map(|&x| x as f32).collect::<Vec<_>>();
                let mut s = start.to_vec();
                let o = chunked::delta_rule(&single(&q), &single(&k), &single(&v), &single(&g), &single(&beta), &mut s);
                (o.into_iter().map(f64::from).collect(), s.into_iter().map(f64::from).collect())
            } else {
                recurrent(&q, &k, &v, &g, &beta, start.iter().map(|&x| f64::from(x)).collect())
            };
            states.extend(s);
            for (t, o) in o.chunks(shape.value_dim).enumerate() {
                let rms = (o.iter().map(|x| x * x).sum::<f64>() / shape.value_dim as f64 + 1e-6).sqrt();
                for (c, o) in o.iter().enumerate() {
                    let at = t * shape.values() + head * shape.value_dim + c;
                    let z = f64::from(self.z[at]);
                    out[at] = o / rms * f64::from(self.weights.norm[c]) * z * sigmoid(z);
                }
            }
        }
        (out, states)
    }
}

fn recurrent(q: &[f64], k: &[f64], v: &[f64], g: &[f64], beta: &[f64], mut s: Vec<f64>) -> (Vec<f64>, Vec<f64>) {
    let (keys, values) = (q.len() / g.len(), v.len() / g.len());
    let mut out = Vec::new();
    for t in 0..g.len() {
        let (q, k) = (&q[t * keys..], &k[t * keys..]);
        s.iter_mut().for_each(|s| *s *= g[t].exp());
        for c in 0..values {
            let recalled: f64 = (0..keys).map(|i| s[i * values + c] * k[i]).sum();
            let d = beta[t] * (v[t * values + c] - recalled);
            (0..keys).for_each(|i| s[i * values + c] += k[i] * d);
            out.push((0..keys).map(|i| s[i * values + c] * q[i]).sum());
        }
    }
    (out, s)
}

/// Norm of the difference over the norm of `b`.
fn distance(a: impl IntoIterator<Item = f64>, b: &[f64]) -> f64 {
    let difference: f64 = a.into_iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
    (difference / b.iter().map(|b| b * b).sum::<f64>()).sqrt()
}

fn cases() -> Vec<Case> {
    vec![
        Case::new((2, 2), (128, 128), 4, HeadOrder::Grouped, 150),
        Case::new((2, 4), (128, 128), 4, HeadOrder::Grouped, 70),
        Case::new((2, 4), (128, 128), 4, HeadOrder::Tiled, 64),
        Case::new((3, 6), (24, 40), 2, HeadOrder::Tiled, 33),
        Case::new((1, 3), (7, 5), 1, HeadOrder::Grouped, 20),
        Case::new((1, 1), (16, 112), 5, HeadOrder::Grouped, 1),
    ]
}

#[test]
fn recurrent_and_chunked_agree_with_the_formulas() {
    for case in cases() {
        let (out, state) = case.run(Isa::current(), &Pool::new(1), &[]);
        for chunked in [false, true] {
            let (expected, s) = case.reference(chunked);
            let off = distance(out.iter().map(|&x| f64::from(x)), &expected);
            assert!(off < 1e-5, "{:?}, chunked {chunked}: output off by {off}", case.shape);
            let off = distance(state.s().iter().map(|&x| f64::from(x)), &s);
            assert!(off < 1e-5, "{:?}, chunked {chunked}: S off by {off}", case.shape);
        }
        let kept = case.shape.conv_width - 1;
        let rows: Vec<f32> = case.state.conv().iter().chain(&case.qkv).copied().collect();
        assert_eq!(state.conv(), &rows[rows.len() - kept * case.shape.channels()..]);
    }
}

#[test]
fn splits_threads_batches_and_instruction_sets_change_no_bit() {
    let pools = [Pool::new(1), Pool::new(3)];
    for case in cases() {
        let (out, state) = case.run(Isa::Scalar, &pools[0], &[]);
        let one_by_one: Vec<usize> = (1..case.tokens).collect();
        for isa in Isa::all() {
            for (pool, ends) in
                [(&pools[0], &[][..]), (&pools[1], &[]), (&pools[1], &one_by_one), (&pools[0], &[case.tokens / 3, case.tokens / 2])]
            {
                let (again, state_again) = case.run(isa, pool, ends);
                assert!(out.iter().zip(&again).all(|(a, b)| a.to_bits() == b.to_bits()), "{:?} {isa:?} {ends:?}", case.shape);
                assert!(state.as_bytes() == state_again.as_bytes(), "{:?} {isa:?} {ends:?}", case.shape);
            }
            let (mut first, mut second, mut empty) = (case.state.clone(), case.state.clone(), case.state.clone());
            let (mut out_first, mut out_second) = (vec![0.0; out.len()], vec![0.0; case.shape.values()]);
            let mut batch = [
                (case.input(0, case.tokens), &mut first, &mut out_first[..]),
                (case.input(0, 0), &mut empty, &mut []),
                (case.input(0, 1), &mut second, &mut out_second[..]),
            ];
            delta_net_with(isa, &pools[1], &case.shape, &case.weights, &mut batch);
            assert!(out_first == out && out_second == out[..case.shape.values()]);
            assert!(empty.as_bytes() == case.state.as_bytes());
        }
    }
}

#[test]
fn a_state_survives_its_bytes() {
    let case = &cases()[3];
    let bytes = case.state.as_bytes();
    let state = DeltaState::from_bytes(&case.shape, bytes).unwrap();
    assert!(state.as_bytes() == bytes && state.s() == case.state.s());
    assert!(DeltaState::from_bytes(&case.shape, &bytes[4..]).is_none());
}
