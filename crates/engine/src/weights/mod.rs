//! A model's weights: immutable, shared by all sequences, packed for the kernels. Nothing here changes once it is loaded.
//!
//! Norm gains are stored as they multiply (Hugging Face stores most of them less one), decays as `-exp(A_log)`. Shapes are
//! `[outputs, inputs]`; h is `hidden`, c and v are the channels and values of [`LinearConfig`](crate::config::LinearConfig).

mod assemble;
mod files;
mod hugging_face;
mod mix;
mod names;
mod random;
mod source;

use pinakes_kernels::{DeltaShape, DeltaWeights, Matrix};

pub(crate) use assemble::assemble;
pub(crate) use files::FileSource;
pub use mix::Quantization;
pub(crate) use random::RandomSource;

/// A whole model.
pub struct Weights {
    /// `[vocabulary, h]`, looked up by row.
    pub embedding: Matrix,
    /// `[vocabulary, h]`; where there is none, the embedding is used again.
    pub output: Option<Matrix>,
    /// `[h]`
    pub output_norm: Vec<f32>,
    /// From the first to the last.
    pub layers: Vec<Layer>,
    /// The sizes all DeltaNet layers share; there where there is one.
    pub delta: Option<DeltaShape>,
}

/// One block: `x += mixer(norm(x)); x += mlp(norm(x))`.
pub struct Layer {
    /// `[h]`
    pub mixer_norm: Vec<f32>,
    /// Between tokens.
    pub mixer: Mixer,
    /// `[h]`
    pub mlp_norm: Vec<f32>,
    /// Within a token.
    pub mlp: Mlp,
}

/// What mixes tokens.
pub enum Mixer {
    /// Softmax attention.
    Attention(Attention),
    /// Gated DeltaNet.
    Delta(Delta),
}

/// Grouped-query attention; d is `head_dim`.
pub struct Attention {
    /// `[heads · d, h]`, or `[heads · 2d, h]` with each head's gate behind its query.
    pub query: Matrix,
    /// `[kv_heads · d, h]`
    pub key: Matrix,
    /// `[kv_heads · d, h]`
    pub value: Matrix,
    /// `[h, heads · d]`
    pub output: Matrix,
    /// `[d]`, each; there where queries and keys are normalised.
    pub norms: Option<(Vec<f32>, Vec<f32>)>,
}

/// Gated DeltaNet.
pub struct Delta {
    /// `[c, h]`: queries, keys, values.
    pub query_key_value: Matrix,
    /// `[v, h]`: the output's gate.
    pub gate: Matrix,
    /// `[value_heads, h]`: decay.
    pub alpha: Matrix,
    /// `[value_heads, h]`: how much of a value is written.
    pub beta: Matrix,
    /// `[h, v]`
    pub output: Matrix,
    /// Convolution `[c, width]`, decay, bias, norm.
    pub small: DeltaWeights,
}

/// What follows the mixer.
#[allow(clippy::large_enum_variant, reason = "there is one for each layer, not a million")]
pub enum Mlp {
    /// One for all tokens.
    Dense(SwiGlu),
    /// Experts.
    Moe(Moe),
}

/// `down(silu(gate x) · up x)`; f is the inner width.
pub struct SwiGlu {
    /// `[f, h]`
    pub gate: Matrix,
    /// `[f, h]`
    pub up: Matrix,
    /// `[h, f]`
    pub down: Matrix,
}

/// Routed experts and a shared one.
pub struct Moe {
    /// `[experts, h]`
    pub router: Matrix,
    /// All of one shape.
    pub experts: Vec<SwiGlu>,
    /// Every token's.
    pub shared: SwiGlu,
    /// `[1, h]`: by how much the shared one counts.
    pub shared_gate: Matrix,
    /// Experts a token uses.
    pub used: usize,
}

impl Weights {
    /// Resident bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.matrices().map(Matrix::bytes).sum()
    }

    /// Numbers in the matrices; what a model's size is called by.
    #[must_use]
    pub fn parameters(&self) -> u64 {
        self.matrices().map(|matrix| matrix.rows() as u64 * matrix.columns() as u64).sum()
    }

    /// Every matrix, in an order that is always the same.
    pub(crate) fn matrices(&self) -> impl Iterator<Item = &Matrix> {
        let layers = self.layers.iter().flat_map(|layer| layer.mixer.matrices().into_iter().chain(layer.mlp.matrices()));
        [&self.embedding].into_iter().chain(&self.output).chain(layers)
    }
}

impl Mixer {
    fn matrices(&self) -> Vec<&Matrix> {
        match self {
            Self::Attention(a) => vec![&a.query, &a.key, &a.value, &a.output],
            Self::Delta(d) => vec![&d.query_key_value, &d.gate, &d.alpha, &d.beta, &d.output],
        }
    }
}

impl Mlp {
    fn matrices(&self) -> Vec<&Matrix> {
        match self {
            Self::Dense(dense) => dense.matrices().to_vec(),
            Self::Moe(moe) => {
                let all = moe.experts.iter().chain([&moe.shared]).flat_map(SwiGlu::matrices);
                all.chain([&moe.router, &moe.shared_gate]).collect()
            }
        }
    }
}

impl SwiGlu {
    fn matrices(&self) -> [&Matrix; 3] {
        [&self.gate, &self.up, &self.down]
    }
}
