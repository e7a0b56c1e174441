//! The delta rule by chunks of 64 tokens (QWEN35.md, 2.3; Yang et al. 2024): another order of the same sums, for the tests.

/// Tokens of a chunk.
const CHUNK: usize = 64;

/// One value head. `q`, `k`: `[T, keys]`, normalised and scaled; `v`: `[T, values]`; `g`: log-decay, `beta`: `[T]`; `s`: `[keys, values]`
/// is advanced. Returns `o: [T, values]`, before the gated norm.
pub(super) fn delta_rule(q: &[f32], k: &[f32], v: &[f32], g: &[f32], beta: &[f32], s: &mut [f32]) -> Vec<f32> {
    let tokens = g.len();
    let (keys, values) = (q.len() / tokens, v.len() / tokens);
    let mut out = vec![0.0; tokens * values];
    for start in (0..tokens).step_by(CHUNK) {
        let end = tokens.min(start + CHUNK);
        let (of_keys, of_values) = (start * keys..end * keys, start * values..end * values);
        let chunk = Chunk { keys, values, q: &q[of_keys.clone()], k: &k[of_keys], v: &v[of_values.clone()], beta: &beta[start..end] };
        chunk.run(&g[start..end], s, &mut out[of_values]);
    }
    out
}

struct Chunk<'a> {
    keys: usize,
    values: usize,
    q: &'a [f32],
    k: &'a [f32],
    v: &'a [f32],
    beta: &'a [f32],
}

impl Chunk<'_> {
    fn run(&self, g: &[f32], s: &mut [f32], out: &mut [f32]) {
        let (keys, values, tokens) = (self.keys, self.values, g.len());
        let total: Vec<f32> = g
            .iter()
            .scan(0.0, |sum, g| {
                *sum += g;
                Some(*sum)
            })
            .collect();
        let row = |x: &[f32], i: usize, width: usize| x[i * width..(i + 1) * width].to_vec();
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        // (I + M) [U | W] = [beta V | beta e^G K], solved forwards.
        let mut u: Vec<Vec<f32>> = Vec::new();
        for i in 0..tokens {
            let k = row(self.k, i, keys);
            let mut x: Vec<f32> = row(self.v, i, values).iter().map(|v| v * self.beta[i]).collect();
            x.extend(k.iter().map(|k| k * self.beta[i] * total[i].exp()));
            for j in 0..i {
                let m = self.beta[i] * dot(&k, &row(self.k, j, keys)) * (total[i] - total[j]).exp();
                x.iter_mut().zip(&u[j]).for_each(|(x, y)| *x -= m * y);
            }
            u.push(x);
        }
        // V' = U - W S.
        let fresh: Vec<Vec<f32>> = u
            .iter()
            .map(|row| {
                let column = |c: usize| row[c] - (0..keys).map(|i| row[values + i] * s[i * values + c]).sum::<f32>();
                (0..values).map(column).collect()
            })
            .collect();
        for i in 0..tokens {
            let q = row(self.q, i, keys);
            for c in 0..values {
                let before: f32 = (0..keys).map(|d| q[d] * s[d * values + c]).sum();
                out[i * values + c] = total[i].exp() * before;
            }
            for j in 0..=i {
                let p = dot(&q, &row(self.k, j, keys)) * (total[i] - total[j]).exp();
                for c in 0..values {
                    out[i * values + c] += p * fresh[j][c];
                }
            }
        }
        let last = total[tokens - 1];
        s.iter_mut().for_each(|s| *s *= last.exp());
        for j in 0..tokens {
            for d in 0..keys {
                let k = self.k[j * keys + d] * (last - total[j]).exp();
                for c in 0..values {
                    s[d * values + c] += k * fresh[j][c];
                }
            }
        }
    }
}
