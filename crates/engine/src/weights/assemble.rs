//! A model put together from its tensors, in one place for all file formats.

use pinakes_kernels::{DeltaShape, DeltaWeights};

use super::source::Source;
use super::{Attention, Delta, Layer, Mixer, Mlp, Moe, SwiGlu, Weights};
use crate::LoadError;
use crate::config::{Architecture, Config, LayerKind, LinearConfig, MlpConfig};

/// The weights that `config` describes, out of `source`.
pub(crate) fn assemble(config: &Config, source: &mut dyn Source) -> Result<Weights, LoadError> {
    let tied = config.tied.unwrap_or_else(|| !source.has("output.weight"));
    let embedding = source.matrix("token_embd.weight", config.vocabulary, config.hidden)?;
    let output = if tied { None } else { Some(source.matrix("output.weight", config.vocabulary, config.hidden)?) };
    let output_norm = source.vector("output_norm.weight", &[config.hidden])?;
    let layers = (0..config.layers.len()).map(|number| Reader { config, source, number }.layer()).collect::<Result<_, _>>()?;
    source.finish()?;
    Ok(Weights { embedding, output, output_norm, layers, delta: config.linear.as_ref().map(|linear| shape(linear, config)) })
}

fn shape(linear: &LinearConfig, config: &Config) -> DeltaShape {
    DeltaShape {
        key_heads: linear.key_heads,
        value_heads: linear.value_heads,
        key_dim: linear.key_dim,
        value_dim: linear.value_dim,
        conv_width: linear.conv_width,
        order: linear.order,
        norm_epsilon: config.norm_epsilon,
    }
}

/// Reads one layer.
struct Reader<'a> {
    config: &'a Config,
    source: &'a mut dyn Source,
    number: usize,
}

impl Reader<'_> {
    fn name(&self, name: &str) -> String {
        format!("blk.{}.{name}", self.number)
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<pinakes_kernels::Matrix, LoadError> {
        self.source.matrix(&self.name(name), rows, columns)
    }

    fn vector(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        self.source.vector(&self.name(name), shape)
    }

    fn layer(mut self) -> Result<Layer, LoadError> {
        let hidden = self.config.hidden;
        let mlp_norm = match self.config.architecture {
            Architecture::Qwen35 => "post_attention_norm.weight",
            Architecture::Llama => "ffn_norm.weight",
        };
        Ok(Layer {
            mixer_norm: self.vector("attn_norm.weight", &[hidden])?,
            mixer: match (self.config.layers[self.number], &self.config.linear) {
                (LayerKind::Linear, Some(linear)) => Mixer::Delta(self.delta(linear)?),
                _ => Mixer::Attention(self.attention()?),
            },
            mlp_norm: self.vector(mlp_norm, &[hidden])?,
            mlp: match self.config.mlp {
                MlpConfig::Dense { intermediate } => Mlp::Dense(self.swiglu("", intermediate)?),
                MlpConfig::Moe { experts, used, intermediate, shared_intermediate } => {
                    Mlp::Moe(self.moe(experts, used, intermediate, shared_intermediate)?)
                }
            },
        })
    }

    fn attention(&mut self) -> Result<Attention, LoadError> {
        let (hidden, shape) = (self.config.hidden, &self.config.attention);
        let (queries, keys) = (shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim);
        Ok(Attention {
            query: self.matrix("attn_q.weight", if shape.gated { 2 * queries } else { queries }, hidden)?,
            key: self.matrix("attn_k.weight", keys, hidden)?,
            value: self.matrix("attn_v.weight", keys, hidden)?,
            output: self.matrix("attn_output.weight", hidden, queries)?,
            norms: if shape.normed {
                let gain = &[shape.head_dim];
                Some((self.vector("attn_q_norm.weight", gain)?, self.vector("attn_k_norm.weight", gain)?))
            } else {
                None
            },
        })
    }

    fn delta(&mut self, linear: &LinearConfig) -> Result<Delta, LoadError> {
        let (hidden, heads) = (self.config.hidden, linear.value_heads);
        Ok(Delta {
            query_key_value: self.matrix("attn_qkv.weight", linear.channels(), hidden)?,
            gate: self.matrix("attn_gate.weight", linear.values(), hidden)?,
            alpha: self.matrix("ssm_alpha.weight", heads, hidden)?,
            beta: self.matrix("ssm_beta.weight", heads, hidden)?,
            output: self.matrix("ssm_out.weight", hidden, linear.values())?,
            small: DeltaWeights::new(
                &shape(linear, self.config),
                &self.vector("ssm_conv1d.weight", &[linear.channels(), linear.conv_width])?,
                self.vector("ssm_a", &[heads])?,
                self.vector("ssm_dt.bias", &[heads])?,
                self.vector("ssm_norm.weight", &[linear.value_dim])?,
            ),
        })
    }

    fn swiglu(&mut self, which: &str, inner: usize) -> Result<SwiGlu, LoadError> {
        let hidden = self.config.hidden;
        Ok(SwiGlu {
            gate: self.matrix(&format!("ffn_gate{which}.weight"), inner, hidden)?,
            up: self.matrix(&format!("ffn_up{which}.weight"), inner, hidden)?,
            down: self.matrix(&format!("ffn_down{which}.weight"), hidden, inner)?,
        })
    }

    fn moe(&mut self, experts: usize, used: usize, inner: usize, shared_inner: usize) -> Result<Moe, LoadError> {
        let hidden = self.config.hidden;
        let gates = self.source.experts(&self.name("ffn_gate_exps.weight"), experts, inner, hidden)?;
        let ups = self.source.experts(&self.name("ffn_up_exps.weight"), experts, inner, hidden)?;
        let downs = self.source.experts(&self.name("ffn_down_exps.weight"), experts, hidden, inner)?;
        let parts = gates.into_iter().zip(ups).zip(downs);
        Ok(Moe {
            router: self.matrix("ffn_gate_inp.weight", experts, hidden)?,
            experts: parts.map(|((gate, up), down)| SwiGlu { gate, up, down }).collect(),
            shared: self.swiglu("_shexp", shared_inner)?,
            shared_gate: self.matrix("ffn_gate_inp_shexp.weight", 1, hidden)?,
            used,
        })
    }
}
