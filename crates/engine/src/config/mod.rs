//! What a model is, resolved from its own file: every number the forward pass needs, bounded and cross-checked once.
//!
//! [`json`] reads a Hugging Face `config.json`, [`gguf`] a GGUF file's metadata; both end in [`Config::checked`], so that nothing behind
//! it meets a size that does not fit the others. Nothing about a model is known beforehand but its architecture.

mod gguf;
mod json;
mod sizes;

use std::path::Path;

pub use pinakes_kernels::HeadOrder;

use crate::LoadError;
pub(crate) use gguf::from_gguf;
pub(crate) use json::from_json;

/// Families of models that the forward pass knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// Gated DeltaNet and gated attention, dense or with experts.
    Qwen35,
    /// RMSNorm, rope, grouped-query attention, SwiGLU.
    Llama,
}

/// What mixes tokens in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    /// Softmax attention over all earlier tokens.
    Full,
    /// Gated DeltaNet: a recurrent state of fixed size.
    Linear,
}

/// Softmax attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttentionConfig {
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Elements of a head.
    pub head_dim: usize,
    /// Whether each query head comes with a gate of its size for the output.
    pub gated: bool,
    /// Whether queries and keys are normalised per head.
    pub normed: bool,
}

/// Gated DeltaNet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinearConfig {
    /// Key (and query) heads.
    pub key_heads: usize,
    /// Value heads; a multiple of `key_heads`.
    pub value_heads: usize,
    /// Elements of a key head.
    pub key_dim: usize,
    /// Elements of a value head.
    pub value_dim: usize,
    /// Taps of the causal convolution.
    pub conv_width: usize,
    /// Which key head a value head goes with; Hugging Face and GGUF differ.
    pub order: HeadOrder,
}

impl LinearConfig {
    /// Channels of the convolution: queries, keys, values.
    #[must_use]
    pub fn channels(&self) -> usize {
        2 * self.key_heads * self.key_dim + self.values()
    }

    /// Elements of all value heads.
    #[must_use]
    pub fn values(&self) -> usize {
        self.value_heads * self.value_dim
    }
}

/// What follows the mixer in every layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MlpConfig {
    /// One SwiGLU.
    Dense {
        /// Its inner width.
        intermediate: usize,
    },
    /// Routed experts and one shared one.
    Moe {
        /// Routed experts.
        experts: usize,
        /// Of which a token uses this many.
        used: usize,
        /// Inner width of a routed expert.
        intermediate: usize,
        /// Inner width of the shared expert.
        shared_intermediate: usize,
    },
}

/// How positions turn queries and keys.
#[derive(Debug, Clone, PartialEq)]
pub struct RopeConfig {
    /// Base of the frequencies.
    pub theta: f64,
    /// Elements of a head that are turned, from the first on; even.
    pub dimensions: usize,
    /// Whether pairs are neighbours (llama in GGUF) and not half of `dimensions` apart.
    pub interleaved: bool,
    /// YaRN, when the file asks for it.
    pub yarn: Option<YarnConfig>,
}

/// Peng et al. 2023, "YaRN", with the constants the file gives.
#[derive(Debug, Clone, PartialEq)]
pub struct YarnConfig {
    /// By how much the context is stretched.
    pub factor: f64,
    /// Positions that the model was trained on.
    pub original_context: usize,
    /// Turns over `original_context` from which on a frequency is kept.
    pub beta_fast: f64,
    /// Turns up to which a frequency is interpolated.
    pub beta_slow: f64,
    /// What cosine and sine are multiplied by; `0.1·ln(factor) + 1` unless the file says otherwise.
    pub magnitude: f64,
}

/// A model's sizes and switches.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The family.
    pub architecture: Architecture,
    /// Rows of the embedding, padding included.
    pub vocabulary: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// The mixer of each layer, from the first to the last.
    pub layers: Vec<LayerKind>,
    /// Of the layers that are [`LayerKind::Full`].
    pub attention: AttentionConfig,
    /// Of the layers that are [`LayerKind::Linear`]; there where there is one.
    pub linear: Option<LinearConfig>,
    /// Of every layer.
    pub mlp: MlpConfig,
    /// Positions.
    pub rope: RopeConfig,
    /// Added to the mean square before the root.
    pub norm_epsilon: f32,
    /// Whether the output matrix is the embedding; `None` where the file leaves it to the tensors.
    pub tied: Option<bool>,
    /// Positions that the model may see.
    pub context_max: usize,
}

impl Config {
    /// Layers that keep keys and values.
    #[must_use]
    pub fn full_layers(&self) -> usize {
        self.layers.iter().filter(|kind| **kind == LayerKind::Full).count()
    }

    /// Layers that keep a recurrent state.
    #[must_use]
    pub fn linear_layers(&self) -> usize {
        self.layers.len() - self.full_layers()
    }

    /// The configuration, once its numbers fit each other; `path` is for errors, `keys` turns our names into the file's.
    fn checked(self, path: &Path, keys: &dyn Fn(&'static str) -> String) -> Result<Self, LoadError> {
        let bad = |key: &'static str, problem: String| Err(LoadError::config(path, keys(key), problem));
        let attention = &self.attention;
        if !attention.heads.is_multiple_of(attention.kv_heads) {
            return bad("kv_heads", format!("is {}, which does not divide the {} query heads", attention.kv_heads, attention.heads));
        }
        if self.rope.dimensions > attention.head_dim || !self.rope.dimensions.is_multiple_of(2) || self.rope.dimensions == 0 {
            return bad("rope_dimensions", format!("turns {} of {} elements of a head", self.rope.dimensions, attention.head_dim));
        }
        if !(self.rope.theta.is_finite() && self.rope.theta > 1.0) {
            return bad("rope_theta", format!("is {}; a number above 1 is needed", self.rope.theta));
        }
        if !(self.norm_epsilon.is_finite() && self.norm_epsilon > 0.0) {
            return bad("norm_epsilon", format!("is {}; a number above 0 is needed", self.norm_epsilon));
        }
        if let Some(yarn) = &self.rope.yarn {
            let sound = [yarn.factor, yarn.beta_fast, yarn.beta_slow, yarn.magnitude].iter().all(|x| x.is_finite() && *x > 0.0);
            if !sound || yarn.factor < 1.0 || yarn.beta_fast <= yarn.beta_slow || yarn.original_context == 0 {
                return bad("yarn", format!("has constants that YaRN cannot use: {yarn:?}"));
            }
        }
        match &self.linear {
            Some(linear) if !linear.value_heads.is_multiple_of(linear.key_heads) => {
                bad("value_heads", format!("is {}, not a multiple of the {} key heads", linear.value_heads, linear.key_heads))
            }
            None if self.linear_layers() > 0 => bad("linear", "is not described although there are DeltaNet layers".into()),
            _ => match self.mlp {
                MlpConfig::Moe { experts, used, .. } if used > experts => bad("experts_used", format!("is {used} of {experts} experts")),
                _ => Ok(self),
            },
        }
    }
}

/// Full attention in every `interval`th of `count` layers, DeltaNet in the others.
fn every(interval: usize, count: usize) -> Vec<LayerKind> {
    (1..=count).map(|n| if n.is_multiple_of(interval) { LayerKind::Full } else { LayerKind::Linear }).collect()
}
