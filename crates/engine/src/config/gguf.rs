//! The metadata of a GGUF file, as llama.cpp's converter writes it and as Ollama's does.

use std::path::Path;

use pinakes_models::gguf::{BadMetadata, FromValue, Gguf};

use super::sizes::size;
use super::{Architecture, AttentionConfig, Config, HeadOrder, LayerKind, LinearConfig, MlpConfig, RopeConfig, YarnConfig};
use crate::LoadError;

/// The configuration that the checked file at `path` describes.
pub(crate) fn from_gguf(path: &Path, file: &Gguf) -> Result<Config, LoadError> {
    let name = file.metadata.str("general.architecture").map_err(|error| misread(path, &error))?;
    let keys = Keys { path, file, name };
    let (architecture, moe) = match name {
        "qwen35" => (Architecture::Qwen35, false),
        "qwen35moe" => (Architecture::Qwen35, true),
        "llama" => (Architecture::Llama, false),
        other => return keys.bad("general.architecture", format!("is {other:?}; qwen35, qwen35moe and llama can be read")),
    };
    let qwen = architecture == Architecture::Qwen35;
    let layers = if qwen { keys.layers()? } else { vec![LayerKind::Full; keys.size("block_count", "layers")?] };
    let hidden = keys.size("embedding_length", "hidden")?;
    let heads = keys.size("attention.head_count", "heads")?;
    let head_dim = keys.size_or("attention.key_length", "head_dim", hidden / heads)?;
    if keys.size_or("attention.value_length", "head_dim", head_dim)? != head_dim {
        return keys.bad("attention.value_length", format!("differs from the {head_dim} of attention.key_length"));
    }
    if !moe && keys.find::<u64>("expert_count")?.unwrap_or(0) > 0 {
        return keys.bad("expert_count", "is not 0: of models with experts, qwen35moe can be read");
    }
    Config {
        architecture,
        vocabulary: keys.vocabulary()?,
        hidden,
        attention: AttentionConfig { heads, kv_heads: keys.kv_heads(&layers, heads)?, head_dim, gated: qwen, normed: qwen },
        layers,
        linear: qwen.then(|| keys.linear()).transpose()?,
        mlp: if moe { keys.experts()? } else { MlpConfig::Dense { intermediate: keys.size("feed_forward_length", "intermediate")? } },
        rope: keys.rope(head_dim, qwen)?,
        norm_epsilon: keys.need::<f64>("attention.layer_norm_rms_epsilon")? as f32,
        tied: Some(file.tensor("output.weight").is_none()),
        context_max: keys.size("context_length", "context")?,
    }
    .checked(path, &|ours| keys.full(file_key(ours)))
}

/// The file's word for our name, in errors of cross-checks.
fn file_key(ours: &'static str) -> &'static str {
    match ours {
        "kv_heads" => "attention.head_count_kv",
        "rope_dimensions" => "rope.dimension_count",
        "rope_theta" => "rope.freq_base",
        "norm_epsilon" => "attention.layer_norm_rms_epsilon",
        "yarn" => "rope.scaling",
        "value_heads" => "ssm.time_step_rank",
        "experts_used" => "expert_used_count",
        other => other,
    }
}

fn misread(path: &Path, error: &BadMetadata) -> LoadError {
    match error {
        BadMetadata::Missing { key } => LoadError::config(path, key, "is missing"),
        BadMetadata::Unfit { key, wanted } => LoadError::config(path, key, format!("is not {wanted}")),
        BadMetadata::Length { key, found, expected } => LoadError::config(path, key, format!("has {found} values, not {expected}")),
    }
}

struct Keys<'a> {
    path: &'a Path,
    file: &'a Gguf,
    /// The architecture's name, which stands before its keys.
    name: &'a str,
}

impl<'a> Keys<'a> {
    fn full(&self, key: &str) -> String {
        if key.contains("general.") { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn bad<T>(&self, key: &str, problem: impl Into<String>) -> Result<T, LoadError> {
        Err(LoadError::config(self.path, self.full(key), problem))
    }

    fn find<T: FromValue<'a>>(&self, key: &str) -> Result<Option<T>, LoadError> {
        self.file.metadata.find(&self.full(key)).map_err(|error| misread(self.path, &error))
    }

    fn need<T: FromValue<'a>>(&self, key: &str) -> Result<T, LoadError> {
        self.file.metadata.need(&self.full(key)).map_err(|error| misread(self.path, &error))
    }

    fn size(&self, key: &str, ours: &str) -> Result<usize, LoadError> {
        size(ours, self.need(key)?).or_else(|problem| self.bad(key, problem))
    }

    fn size_or(&self, key: &str, ours: &str, otherwise: usize) -> Result<usize, LoadError> {
        if self.file.metadata.contains_key(&self.full(key)) { self.size(key, ours) } else { Ok(otherwise) }
    }

    /// Rows of the embedding: the file has no key for it that every writer sets.
    fn vocabulary(&self) -> Result<usize, LoadError> {
        let missing = || LoadError::tensor(self.path, "token_embd.weight", "is missing");
        let embedding = self.file.tensor("token_embd.weight").ok_or_else(missing)?;
        let rows = *embedding.dimensions.get(1).ok_or_else(|| LoadError::tensor(self.path, &embedding.name, "is no matrix"))?;
        let rows = size("vocabulary", rows).map_err(|problem| LoadError::tensor(self.path, &embedding.name, problem))?;
        let tokens = self.file.metadata.find::<&[String]>("tokenizer.ggml.tokens").ok().flatten().map_or(0, <[String]>::len);
        if tokens > rows {
            let problem = format!("has {tokens} tokens where the embedding has {rows} rows");
            return Err(LoadError::config(self.path, "tokenizer.ggml.tokens", problem));
        }
        Ok(rows)
    }

    /// Layers of the trunk: a file that holds the head for speculation counts it among its blocks.
    fn layers(&self) -> Result<Vec<LayerKind>, LoadError> {
        let blocks = self.size("block_count", "layers")?;
        let nextn: usize = self.find("nextn_predict_layers")?.unwrap_or(0);
        let Some(count) = blocks.checked_sub(nextn).filter(|count| *count > 0) else {
            return self.bad("nextn_predict_layers", format!("is {nextn} of {blocks} blocks"));
        };
        let length = |key: &str, found: usize| {
            if found == blocks || found == count { Ok(()) } else { self.bad(key, format!("has {found} values for {count} layers")) }
        };
        let kind = |recurrent: bool| if recurrent { LayerKind::Linear } else { LayerKind::Full };
        if let Some(recurrent) = self.find::<&[bool]>("attention.recurrent_layers")? {
            length("attention.recurrent_layers", recurrent.len())?;
            return Ok(recurrent[..count].iter().map(|recurrent| kind(*recurrent)).collect());
        }
        if let Ok(Some(heads)) = self.find::<Vec<u64>>("attention.head_count_kv") {
            length("attention.head_count_kv", heads.len())?;
            return Ok(heads[..count].iter().map(|heads| kind(*heads == 0)).collect());
        }
        Ok(super::every(self.size("full_attention_interval", "interval")?, count))
    }

    /// One number, or one for each layer of which those with attention agree.
    fn kv_heads(&self, layers: &[LayerKind], heads: usize) -> Result<usize, LoadError> {
        const KEY: &str = "attention.head_count_kv";
        if !self.file.metadata.contains_key(&self.full(KEY)) {
            return Ok(heads);
        }
        let Ok(Some(each)) = self.find::<Vec<u64>>(KEY) else { return self.size(KEY, "kv_heads") };
        let mut full = layers.iter().zip(&each).filter(|(kind, _)| **kind == LayerKind::Full).map(|(_, heads)| *heads);
        let first = full.next().unwrap_or(1);
        if full.any(|heads| heads != first) {
            return self.bad(KEY, format!("is {each:?}: the layers with attention must agree"));
        }
        size("kv_heads", first).or_else(|problem| self.bad(KEY, problem))
    }

    fn linear(&self) -> Result<LinearConfig, LoadError> {
        let value_heads = self.size("ssm.time_step_rank", "value_heads")?;
        let inner = self.size("ssm.inner_size", "hidden")?;
        if !inner.is_multiple_of(value_heads) {
            return self.bad("ssm.inner_size", format!("is {inner}, not a multiple of the {value_heads} value heads"));
        }
        let value_dim = size("value_dim", (inner / value_heads) as u64).or_else(|problem| self.bad("ssm.inner_size", problem))?;
        Ok(LinearConfig {
            key_heads: self.size("ssm.group_count", "key_heads")?,
            value_heads,
            key_dim: self.size("ssm.state_size", "key_dim")?,
            value_dim,
            conv_width: self.size("ssm.conv_kernel", "conv_width")?,
            order: HeadOrder::Tiled,
        })
    }

    fn experts(&self) -> Result<MlpConfig, LoadError> {
        let intermediate = self.size("expert_feed_forward_length", "intermediate")?;
        Ok(MlpConfig::Moe {
            experts: self.size("expert_count", "experts")?,
            used: self.size("expert_used_count", "experts_used")?,
            intermediate,
            shared_intermediate: self.size_or("expert_shared_feed_forward_length", "shared_intermediate", intermediate)?,
        })
    }

    fn rope(&self, head_dim: usize, qwen: bool) -> Result<RopeConfig, LoadError> {
        let dimensions = self.size_or("rope.dimension_count", "rope_dimensions", head_dim)?;
        if let Some(sections) = self.find::<Vec<u64>>("rope.dimension_sections")? {
            let sum = sections.iter().try_fold(0_u64, |sum, part| sum.checked_add(*part));
            if sum != Some(dimensions as u64 / 2) {
                return self.bad("rope.dimension_sections", format!("is {sections:?}, not half of the {dimensions} turned elements"));
            }
        }
        let yarn = match self.find::<&str>("rope.scaling.type")?.unwrap_or("none") {
            "none" => None,
            "yarn" => Some(self.yarn()?),
            other => return self.bad("rope.scaling.type", format!("is {other:?}; none and yarn are known")),
        };
        let theta = self.find("rope.freq_base")?.unwrap_or(10_000.0);
        Ok(RopeConfig { theta, dimensions, interleaved: !qwen, yarn })
    }

    fn yarn(&self) -> Result<YarnConfig, LoadError> {
        let factor: f64 = self.need("rope.scaling.factor")?;
        Ok(YarnConfig {
            factor,
            original_context: self.size("rope.scaling.original_context_length", "context")?,
            beta_fast: self.find("rope.scaling.yarn_beta_fast")?.unwrap_or(32.0),
            beta_slow: self.find("rope.scaling.yarn_beta_slow")?.unwrap_or(1.0),
            magnitude: self.find("rope.scaling.attn_factor")?.unwrap_or(1.0) * (0.1 * factor.ln() + 1.0),
        })
    }
}

#[cfg(test)]
mod tests;
