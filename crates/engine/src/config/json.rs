//! `config.json` of a Hugging Face folder: nested under `text_config` where there is a vision tower, flat where there is none.

use std::path::Path;

use serde_json::{Map, Value};

use super::sizes::size;
use super::{Architecture, AttentionConfig, Config, HeadOrder, LayerKind, LinearConfig, MlpConfig, RopeConfig, YarnConfig};
use crate::LoadError;

/// The configuration in `bytes`, the content of the file at `path`.
pub(crate) fn from_json(path: &Path, bytes: &[u8]) -> Result<Config, LoadError> {
    let root: Value =
        serde_json::from_slice(bytes).map_err(|error| LoadError::config(path, "the file", format!("is not JSON: {error}")))?;
    let empty = Map::new();
    let root = root.as_object().ok_or_else(|| LoadError::config(path, "the file", "is not a JSON object"))?;
    let text = root.get("text_config").and_then(Value::as_object).unwrap_or(root);
    let rope = ["rope_parameters", "rope_scaling"].iter().find_map(|key| text.get(*key)?.as_object()).unwrap_or(&empty);
    let keys = Keys { path, root, text, rope };
    keys.refuse_foreign()?;
    let moe = keys.family()?;
    let head_dim =
        keys.size_or("head_dim", "head_dim", keys.size("hidden_size", "hidden")? / keys.size("num_attention_heads", "heads")?)?;
    Config {
        architecture: Architecture::Qwen35,
        vocabulary: keys.size("vocab_size", "vocabulary")?,
        hidden: keys.size("hidden_size", "hidden")?,
        layers: keys.layers()?,
        attention: AttentionConfig {
            heads: keys.size("num_attention_heads", "heads")?,
            kv_heads: keys.size("num_key_value_heads", "kv_heads")?,
            head_dim,
            gated: keys.switch("attn_output_gate", true)?,
            normed: true,
        },
        linear: Some(keys.linear()?),
        mlp: if moe { keys.experts()? } else { MlpConfig::Dense { intermediate: keys.size("intermediate_size", "intermediate")? } },
        rope: keys.rope(head_dim)?,
        norm_epsilon: keys.number(text, "rms_norm_eps")? as f32,
        tied: ["tie_word_embeddings"].iter().find_map(|key| text.get(*key).or_else(|| root.get(*key))?.as_bool()),
        context_max: keys.size("max_position_embeddings", "context")?,
    }
    .checked(path, &|ours| file_key(ours).to_owned())
}

/// The file's word for our name, in errors of cross-checks.
fn file_key(ours: &'static str) -> &'static str {
    match ours {
        "kv_heads" => "num_key_value_heads",
        "rope_dimensions" => "partial_rotary_factor",
        "norm_epsilon" => "rms_norm_eps",
        "yarn" => "rope_parameters",
        "value_heads" => "linear_num_value_heads",
        "experts_used" => "num_experts_per_tok",
        other => other,
    }
}

struct Keys<'a> {
    path: &'a Path,
    root: &'a Map<String, Value>,
    text: &'a Map<String, Value>,
    rope: &'a Map<String, Value>,
}

impl Keys<'_> {
    fn bad<T>(&self, key: &str, problem: impl Into<String>) -> Result<T, LoadError> {
        Err(LoadError::config(self.path, key, problem))
    }

    fn size(&self, key: &str, ours: &str) -> Result<usize, LoadError> {
        let Some(value) = self.text.get(key).filter(|value| !value.is_null()) else { return self.bad(key, "is missing") };
        let Some(number) = value.as_u64() else { return self.bad(key, format!("is {value}, not a whole number")) };
        size(ours, number).or_else(|problem| self.bad(key, problem))
    }

    fn size_or(&self, key: &str, ours: &str, otherwise: usize) -> Result<usize, LoadError> {
        if self.text.get(key).is_none_or(Value::is_null) { Ok(otherwise) } else { self.size(key, ours) }
    }

    fn number(&self, of: &Map<String, Value>, key: &str) -> Result<f64, LoadError> {
        match of.get(key) {
            None => self.bad(key, "is missing"),
            Some(value) => value.as_f64().map_or_else(|| self.bad(key, format!("is {value}, not a number")), Ok),
        }
    }

    fn switch(&self, key: &str, otherwise: bool) -> Result<bool, LoadError> {
        match self.text.get(key) {
            None | Some(Value::Null) => Ok(otherwise),
            Some(Value::Bool(value)) => Ok(*value),
            Some(other) => self.bad(key, format!("is {other}, not true or false")),
        }
    }

    /// Whether the family is the one with experts.
    fn family(&self) -> Result<bool, LoadError> {
        let kind = self.text.get("model_type").or_else(|| self.root.get("model_type")).and_then(Value::as_str).unwrap_or_default();
        match kind {
            "qwen3_5" | "qwen3_5_text" => Ok(false),
            "qwen3_5_moe" | "qwen3_5_moe_text" => Ok(true),
            "llama" => self.bad("model_type", "is \"llama\": folders are read for Qwen3.5 only; take the model's GGUF file"),
            other => self.bad("model_type", format!("is {other:?}; qwen3_5 and qwen3_5_moe can be read")),
        }
    }

    /// What would load and then answer wrongly.
    fn refuse_foreign(&self) -> Result<(), LoadError> {
        if let Some(mlx) = self.root.get("quantization") {
            return self.bad("quantization", format!("is {mlx}: an MLX export; take the original weights or a GGUF file"));
        }
        if self.root.contains_key("quantization_config") || self.text.contains_key("quantization_config") {
            return self.bad("quantization_config", "is set: of folders only bf16, f16 and f32 weights are read; take a GGUF file");
        }
        let silu = |value: &Value| matches!(value.as_str(), Some("silu" | "swish"));
        if let Some(act) = self.text.get("hidden_act").filter(|value| !silu(value)) {
            return self.bad("hidden_act", format!("is {act}; silu is what this engine has"));
        }
        if let Some(gate) = self.text.get("output_gate_type").filter(|v| !v.is_null() && v.as_str() != Some("sigmoid")) {
            return self.bad("output_gate_type", format!("is {gate}; sigmoid is what this engine has"));
        }
        if self.switch("attention_bias", false)? {
            return self.bad("attention_bias", "is true; Qwen3.5 has none");
        }
        if !self.switch("norm_topk_prob", true)? {
            return self.bad("norm_topk_prob", "is false; Qwen3.5 weighs its experts to a sum of one");
        }
        if self.text.get("mlp_only_layers").and_then(Value::as_array).is_some_and(|layers| !layers.is_empty()) {
            return self.bad("mlp_only_layers", "is not empty; every layer must be of one kind");
        }
        Ok(())
    }

    fn layers(&self) -> Result<Vec<LayerKind>, LoadError> {
        let count = self.size("num_hidden_layers", "layers")?;
        let Some(types) = self.text.get("layer_types").and_then(Value::as_array) else {
            let interval = self.size_or("full_attention_interval", "interval", 4)?;
            return Ok(super::every(interval, count));
        };
        if types.len() != count {
            return self.bad("layer_types", format!("names {} layers where num_hidden_layers is {count}", types.len()));
        }
        let kind = |value: &Value| match value.as_str() {
            Some("full_attention") => Ok(LayerKind::Full),
            Some("linear_attention") => Ok(LayerKind::Linear),
            _ => self.bad("layer_types", format!("holds {value}; full_attention and linear_attention are known")),
        };
        types.iter().map(kind).collect()
    }

    fn linear(&self) -> Result<LinearConfig, LoadError> {
        Ok(LinearConfig {
            key_heads: self.size("linear_num_key_heads", "key_heads")?,
            value_heads: self.size("linear_num_value_heads", "value_heads")?,
            key_dim: self.size("linear_key_head_dim", "key_dim")?,
            value_dim: self.size("linear_value_head_dim", "value_dim")?,
            conv_width: self.size("linear_conv_kernel_dim", "conv_width")?,
            order: HeadOrder::Grouped,
        })
    }

    fn experts(&self) -> Result<MlpConfig, LoadError> {
        Ok(MlpConfig::Moe {
            experts: self.size("num_experts", "experts")?,
            used: self.size("num_experts_per_tok", "experts_used")?,
            intermediate: self.size("moe_intermediate_size", "intermediate")?,
            shared_intermediate: self.size("shared_expert_intermediate_size", "shared_intermediate")?,
        })
    }

    fn rope(&self, head_dim: usize) -> Result<RopeConfig, LoadError> {
        let either = |key: &str| if self.rope.contains_key(key) { self.number(self.rope, key) } else { self.number(self.text, key) };
        let partial = either("partial_rotary_factor")?;
        if !(partial > 0.0 && partial <= 1.0) {
            return self.bad("partial_rotary_factor", format!("is {partial}; above 0 and up to 1 is needed"));
        }
        let dimensions = (head_dim as f64 * partial) as usize;
        if let Some(section) = self.rope.get("mrope_section").and_then(Value::as_array) {
            let sum = section.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.as_u64()?));
            if sum != Some(dimensions as u64 / 2) {
                return self.bad("mrope_section", format!("does not add up to half of the {dimensions} turned elements"));
            }
        }
        let kind = ["rope_type", "type"].iter().find_map(|key| self.rope.get(*key)?.as_str()).unwrap_or("default");
        let yarn = match kind {
            "default" | "mrope" => None,
            "yarn" => Some(self.yarn()?),
            other => return self.bad("rope_type", format!("is {other:?}; default and yarn are known")),
        };
        Ok(RopeConfig { theta: either("rope_theta")?, dimensions, interleaved: false, yarn })
    }

    fn yarn(&self) -> Result<YarnConfig, LoadError> {
        let optional = |key: &str| self.rope.get(key).filter(|value| !value.is_null()).map(|_| self.number(self.rope, key)).transpose();
        let factor = self.number(self.rope, "factor")?;
        let original = self.number(self.rope, "original_max_position_embeddings")?;
        for key in ["mscale", "mscale_all_dim"] {
            if self.rope.get(key).is_some_and(|value| !value.is_null()) {
                return self.bad(key, "is set; Qwen3.5 has no such constant");
            }
        }
        Ok(YarnConfig {
            factor,
            original_context: size("context", original as u64).or_else(|p| self.bad("original_max_position_embeddings", p))?,
            beta_fast: optional("beta_fast")?.unwrap_or(32.0),
            beta_slow: optional("beta_slow")?.unwrap_or(1.0),
            magnitude: optional("attention_factor")?.unwrap_or(0.1 * factor.ln() + 1.0),
        })
    }
}
