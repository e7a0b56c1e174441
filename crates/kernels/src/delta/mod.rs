//! Gated DeltaNet as one operation: causal convolution and SiLU, L2 norms, gates, delta rule, gated RMS norm (Yang et al. 2024,
//! "Gated Delta Networks"; the exact formulas are Qwen3.5's).
//!
//! The rule is computed in its recurrent form for prompts too. The chunked form trades four sweeps over the state for small matrix
//! products, which on a CPU is no fewer operations; the recurrent one has the same bits however a prompt is split, and makes every token
//! boundary an exact point to resume from. `chunked` keeps the other form as a second opinion for the tests.

#[cfg(test)]
mod chunked;
mod head;
mod state;
#[cfg(test)]
mod tests;

use crate::profile::{Cost, Kernel};
use crate::shared::SharedMut;
use crate::{Isa, Pool};

pub use state::DeltaState;

/// Added to a sum of squares before the root, in the L2 norms of queries and keys.
const L2_EPSILON: f32 = 1e-6;
/// The convolution's taps are pointers on the stack.
const CONV_WIDTH_MAX: usize = 16;

/// Which key head a value head reads, where there are fewer key heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadOrder {
    /// Value head `j` uses key head `j / (value_heads / key_heads)`: Hugging Face.
    Grouped,
    /// Value head `j` uses key head `j % key_heads`: GGUF.
    Tiled,
}

/// Sizes of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct DeltaShape {
    /// Query and key heads.
    pub key_heads: usize,
    /// Value heads, a multiple of the key heads.
    pub value_heads: usize,
    /// Dimensions of a query or key.
    pub key_dim: usize,
    /// Dimensions of a value.
    pub value_dim: usize,
    /// Taps of the convolution, the current token's included; 1 to 16.
    pub conv_width: usize,
    /// Which key head a value head reads.
    pub order: HeadOrder,
    /// Added to the mean square in the gated norm.
    pub norm_epsilon: f32,
}

impl DeltaShape {
    /// Channels of the convolution: all queries, all keys, all values.
    #[must_use]
    pub fn channels(&self) -> usize {
        2 * self.key_heads * self.key_dim + self.values()
    }

    /// Floats of one token's output: `value_heads * value_dim`.
    #[must_use]
    pub fn values(&self) -> usize {
        self.value_heads * self.value_dim
    }

    fn check(&self) {
        assert!(self.key_heads > 0 && self.value_heads > 0 && self.key_dim > 0 && self.value_dim > 0, "a layer has heads: {self:?}");
        assert!(self.value_heads.is_multiple_of(self.key_heads), "each key head serves as many value heads: {self:?}");
        assert!((1..=CONV_WIDTH_MAX).contains(&self.conv_width), "a convolution of 1 to {CONV_WIDTH_MAX} taps: {self:?}");
    }
}

/// Small weights of a layer, as the kernel reads them.
#[derive(Debug, Clone)]
pub struct DeltaWeights {
    /// `[conv_width, channels]`, the current token's tap last.
    conv: Vec<f32>,
    /// `-exp(A_log)`, `[value_heads]`.
    decay: Vec<f32>,
    /// `[value_heads]`.
    dt_bias: Vec<f32>,
    /// Plain gain of the gated norm, `[value_dim]`.
    norm: Vec<f32>,
}

impl DeltaWeights {
    /// `conv: [channels, conv_width]` as files have it (the current token's tap last), `decay: [value_heads]` being `-exp(A_log)`,
    /// `dt_bias: [value_heads]`, `norm: [value_dim]` the plain gain of the gated norm.
    ///
    /// # Panics
    /// When a length does not fit the shape.
    #[must_use]
    pub fn new(shape: &DeltaShape, conv: &[f32], decay: Vec<f32>, dt_bias: Vec<f32>, norm: Vec<f32>) -> Self {
        shape.check();
        let (channels, width) = (shape.channels(), shape.conv_width);
        assert_eq!(conv.len(), channels * width, "taps of every channel");
        assert!(decay.len() == shape.value_heads && dt_bias.len() == shape.value_heads, "gates of every value head");
        assert_eq!(norm.len(), shape.value_dim, "a gain for every dimension of a value");
        let conv = (0..width * channels).map(|at| conv[at % channels * width + at / channels]).collect();
        Self { conv, decay, dt_bias, norm }
    }
}

/// What the projections gave for `T` tokens in a row of one sequence.
#[derive(Debug, Clone, Copy)]
pub struct DeltaInput<'a> {
    /// `[T, channels]`: queries, keys, values, before the convolution.
    pub qkv: &'a [f32],
    /// The output gate, `[T, value_heads * value_dim]`.
    pub z: &'a [f32],
    /// The decay gate, `[T, value_heads]`.
    pub a: &'a [f32],
    /// The update gate, `[T, value_heads]`.
    pub b: &'a [f32],
}

/// Runs each sequence's tokens through the layer: reads and advances its state, writes `[T, value_heads * value_dim]` (what the output
/// projection reads). Sequences of any lengths in one parallel section, a task for each key head.
///
/// Splitting tokens among calls, or sequences among batches, changes no bit.
///
/// # Panics
/// When a slice does not fit the shape.
pub fn delta_net(pool: &Pool, shape: &DeltaShape, weights: &DeltaWeights, batch: &mut [(DeltaInput<'_>, &mut DeltaState, &mut [f32])]) {
    // A token: the state decays, is read by the key, is corrected, and is read by the query.
    let token = shape.value_heads * 7 * shape.key_dim * shape.value_dim + 2 * shape.conv_width * shape.channels();
    let one = |input: &DeltaInput<'_>, state: &DeltaState| {
        let tokens = input.a.len() / shape.value_heads.max(1);
        Cost { bytes: 2 * state.as_bytes().len(), operations: tokens * token }
    };
    let cost = batch.iter().map(|(input, state, _)| one(input, state)).fold(Cost::default(), Cost::and);
    pool.counted(Kernel::DeltaNet, cost, || delta_net_with(Isa::current(), pool, shape, weights, batch));
}

pub(crate) fn delta_net_with(
    isa: Isa,
    pool: &Pool,
    shape: &DeltaShape,
    weights: &DeltaWeights,
    batch: &mut [(DeltaInput<'_>, &mut DeltaState, &mut [f32])],
) {
    shape.check();
    let sequences: Vec<_> = batch.iter_mut().map(|(input, state, out)| Sequence::new(shape, input, state, out)).collect();
    pool.run(sequences.len() * shape.key_heads, &|task| {
        let sequence = &sequences[task / shape.key_heads];
        if sequence.tokens > 0 {
            head::run(isa, shape, weights, sequence, task % shape.key_heads);
        }
    });
}

/// One entry of a batch, its lengths checked. Tasks write to heads and channels of their own.
struct Sequence<'a> {
    input: DeltaInput<'a>,
    tokens: usize,
    /// `[conv_width - 1, channels]`.
    conv: SharedMut<'a, f32>,
    /// `[value_heads, key_dim, value_dim]`.
    s: SharedMut<'a, f32>,
    /// `[tokens, value_heads * value_dim]`.
    out: SharedMut<'a, f32>,
}

impl<'a> Sequence<'a> {
    fn new(shape: &DeltaShape, input: &DeltaInput<'a>, state: &'a mut DeltaState, out: &'a mut [f32]) -> Self {
        let tokens = out.len() / shape.values();
        assert_eq!(out.len(), tokens * shape.values(), "whole tokens out");
        assert_eq!(input.qkv.len(), tokens * shape.channels(), "queries, keys and values of {tokens} tokens");
        assert_eq!(input.z.len(), out.len(), "output gates of {tokens} tokens");
        assert!(input.a.len() == tokens * shape.value_heads && input.b.len() == input.a.len(), "gates of {tokens} tokens");
        let (conv, s) = state.parts_mut(shape);
        Self { input: *input, tokens, conv: SharedMut::new(conv), s: SharedMut::new(s), out: SharedMut::new(out) }
    }
}
