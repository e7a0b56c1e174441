//! Rotary positions: pairs of a head's first dimensions are turned by an angle that grows with the position.
//!
//! Positions come as they are, apart from where a token stands in a cache: an image advances them by less than its tokens.

use crate::Pool;
use crate::profile::{Cost, Kernel};

/// Which dimensions form a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// `i` with `i + rotated / 2` ("NEOX"): Qwen, and Hugging Face's form of everything.
    Halves,
    /// `2 i` with `2 i + 1`: the llama architecture in GGUF files, whose query and key rows the converter has permuted.
    Neighbours,
}

/// How YaRN stretches positions beyond the trained length (Peng et al. 2023; the formulas are `transformers`').
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Yarn {
    /// How many times the original length.
    pub factor: f64,
    /// The trained length, in tokens.
    pub original_tokens: f64,
    /// Turns over the original length from which on a frequency is left alone: 32.
    pub beta_fast: f64,
    /// Turns below which a frequency is divided by `factor`: 1.
    pub beta_slow: f64,
    /// What sines and cosines are multiplied by; `0.1 ln(factor) + 1` where the file does not say.
    pub magnitude: Option<f64>,
}

/// Frequencies of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Rope {
    /// Radians per position, one per pair.
    frequencies: Vec<f32>,
    magnitude: f32,
    head_dim: usize,
    pairing: Pairing,
}

/// Sines and cosines of a run of positions: made once, used by every layer.
#[derive(Debug, Clone)]
pub struct Rotation<'a> {
    rope: &'a Rope,
    /// Cosines then sines of each position: `[positions, 2, pairs]`.
    turns: Vec<f32>,
}

impl Rope {
    /// Plain rotary positions: frequency `i` is `base^(-2i / rotated)`, over the first `rotated` of `head_dim` dimensions.
    ///
    /// # Panics
    /// When `rotated` is odd or larger than `head_dim`.
    #[must_use]
    pub fn new(head_dim: usize, rotated: usize, base: f64, pairing: Pairing) -> Self {
        let frequencies = (0..rotated / 2).map(|i| base.powf(-2.0 * i as f64 / rotated as f64) as f32).collect();
        Self::with_frequencies(head_dim, rotated, frequencies, 1.0, pairing)
    }

    /// As [`Rope::new`], stretched by YaRN.
    ///
    /// # Panics
    /// As [`Rope::new`].
    #[must_use]
    pub fn yarn(head_dim: usize, rotated: usize, base: f64, pairing: Pairing, yarn: &Yarn) -> Self {
        let dim = rotated as f64;
        let turns_at = |turns: f64| dim * (yarn.original_tokens / (turns * std::f64::consts::TAU)).ln() / (2.0 * base.ln());
        let low = turns_at(yarn.beta_fast).floor().max(0.0);
        let high = turns_at(yarn.beta_slow).ceil().min(dim - 1.0);
        let width = if high > low { high - low } else { 0.001 };
        let frequency = |i: usize| {
            let plain = base.powf(-2.0 * i as f64 / dim);
            let ramp = ((i as f64 - low) / width).clamp(0.0, 1.0);
            (plain / yarn.factor * ramp + plain * (1.0 - ramp)) as f32
        };
        let magnitude = yarn.magnitude.unwrap_or(if yarn.factor > 1.0 { 0.1 * yarn.factor.ln() + 1.0 } else { 1.0 });
        Self::with_frequencies(head_dim, rotated, (0..rotated / 2).map(frequency).collect(), magnitude as f32, pairing)
    }

    /// From frequencies as a file gives them, one per pair; sines and cosines are multiplied by `magnitude`.
    ///
    /// # Panics
    /// When `rotated` is not twice the frequencies or larger than `head_dim`.
    #[must_use]
    pub fn with_frequencies(head_dim: usize, rotated: usize, frequencies: Vec<f32>, magnitude: f32, pairing: Pairing) -> Self {
        assert!(rotated <= head_dim && rotated == 2 * frequencies.len(), "{rotated} of {head_dim} dimensions, in pairs");
        Self { frequencies, magnitude, head_dim, pairing }
    }

    /// Radians per position, one per pair.
    #[must_use]
    pub fn frequencies(&self) -> &[f32] {
        &self.frequencies
    }

    /// What sines and cosines are multiplied by; 1 unless stretched.
    #[must_use]
    pub fn magnitude(&self) -> f32 {
        self.magnitude
    }

    /// Sines and cosines at `positions`.
    #[must_use]
    pub fn at(&self, positions: &[u32]) -> Rotation<'_> {
        let mut turns = Vec::with_capacity(positions.len() * 2 * self.frequencies.len());
        for &position in positions {
            // The angle in f32, as the reference has it.
            let angles = || self.frequencies.iter().map(move |frequency| position as f32 * frequency);
            turns.extend(angles().map(|angle| angle.cos() * self.magnitude));
            turns.extend(angles().map(|angle| angle.sin() * self.magnitude));
        }
        Rotation { rope: self, turns }
    }

    /// Turns `x: [positions, heads, head_dim]` in place.
    ///
    /// # Panics
    /// When `x` is not whole heads for each position.
    pub fn apply(&self, pool: &Pool, x: &mut [f32], positions: &[u32]) {
        self.at(positions).apply(pool, x);
    }
}

impl Rotation<'_> {
    /// Turns `x: [positions, heads, head_dim]` in place; the number of heads follows from its length.
    ///
    /// # Panics
    /// When `x` is not whole heads for each position.
    pub fn apply(&self, pool: &Pool, x: &mut [f32]) {
        let pairs = self.rope.frequencies.len();
        if x.is_empty() || pairs == 0 {
            return;
        }
        let positions = self.turns.len() / (2 * pairs);
        assert!(positions > 0 && x.len().is_multiple_of(positions * self.rope.head_dim), "whole heads for each of {positions} positions");
        let row = x.len() / positions;
        let rows = (16 * 1024 / row).max(1);
        let turn = |index: usize, x: &mut [f32]| {
            for (x, turns) in x.chunks_exact_mut(row).zip(self.turns.chunks_exact(2 * pairs).skip(index * rows)) {
                let (cosines, sines) = turns.split_at(pairs);
                for head in x.chunks_exact_mut(self.rope.head_dim) {
                    self.rope.turn(&mut head[..2 * pairs], cosines, sines);
                }
            }
        };
        let cost = Cost::on_floats(x.len() / self.rope.head_dim * 4 * pairs);
        pool.counted(Kernel::Rope, cost, || pool.pieces(x, rows * row, &turn));
    }
}

impl Rope {
    fn turn(&self, x: &mut [f32], cosines: &[f32], sines: &[f32]) {
        let turns = cosines.iter().zip(sines);
        match self.pairing {
            Pairing::Halves => {
                let (left, right) = x.split_at_mut(cosines.len());
                for ((x, y), turn) in left.iter_mut().zip(right).zip(turns) {
                    (*x, *y) = turned(*x, *y, turn);
                }
            }
            Pairing::Neighbours => {
                for (pair, turn) in x.chunks_exact_mut(2).zip(turns) {
                    (pair[0], pair[1]) = turned(pair[0], pair[1], turn);
                }
            }
        }
    }
}

fn turned(x: f32, y: f32, (cosine, sine): (&f32, &f32)) -> (f32, f32) {
    (x * cosine - y * sine, y * cosine + x * sine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_rotated_dimensions_turn_and_lengths_stay() {
        let rope = Rope::new(256, 64, 1e7, Pairing::Halves);
        let mut x: Vec<f32> = (0..3 * 2 * 256).map(|i| (i % 17) as f32 - 8.0).collect();
        let before = x.clone();
        rope.apply(&Pool::new(2), &mut x, &[0, 1, 100_000]);
        assert_eq!(x[..512], before[..512], "position 0 turns nothing");
        assert_eq!(x[512 + 64..768], before[512 + 64..768]);
        for (head, old) in x.chunks(256).zip(before.chunks(256)) {
            for i in 0..32 {
                let length = |x: &[f32]| x[i].hypot(x[i + 32]);
                assert!((length(head) - length(old)).abs() < 1e-4);
            }
        }
        // The first pair turns by one radian a position.
        let (cosine, sine) = (1.0_f32.cos(), 1.0_f32.sin());
        assert!((x[512] - (before[512] * cosine - before[544] * sine)).abs() < 1e-5);
    }

    #[test]
    fn neighbours_are_halves_with_rows_permuted() {
        let x: Vec<f32> = (0..64).map(|i| (i as f32).sin()).collect();
        let permuted: Vec<f32> = (0..64).map(|i| x[i / 2 + 32 * (i % 2)]).collect();
        let (mut halves, mut neighbours) = (x, permuted);
        Rope::new(64, 64, 1e4, Pairing::Halves).apply(&Pool::new(1), &mut halves, &[77]);
        Rope::new(64, 64, 1e4, Pairing::Neighbours).apply(&Pool::new(1), &mut neighbours, &[77]);
        assert!((0..64).all(|i| neighbours[i] == halves[i / 2 + 32 * (i % 2)]));
    }

    #[test]
    fn yarn_leaves_fast_pairs_and_stretches_slow_ones() {
        let yarn = Yarn { factor: 4.0, original_tokens: 262_144.0, beta_fast: 32.0, beta_slow: 1.0, magnitude: None };
        let plain = Rope::new(256, 64, 1e7, Pairing::Halves);
        let rope = Rope::yarn(256, 64, 1e7, Pairing::Halves, &yarn);
        assert!((rope.magnitude() - 1.138_629_4).abs() < 1e-6);
        for i in 0..32 {
            let ratio = plain.frequencies()[i] / rope.frequencies()[i];
            // 14 and 22 are where the ramp begins and ends (QWEN35.md, section 10).
            let expected = if i <= 14 {
                1.0
            } else if i >= 22 {
                4.0
            } else {
                ratio
            };
            assert!((ratio - expected).abs() < 1e-5 && (1.0..=4.0 + 1e-5).contains(&ratio), "pair {i}: {ratio}");
        }
    }
}
