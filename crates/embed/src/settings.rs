//! What a sentence-transformers folder says about its model: the encoder's shape, pooling, normalisation, length and prompts.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::EmbedError;

/// Configuration files are a few hundred bytes; a tokenizer with a vocabulary of 250,000 has 17 MB.
const CONFIG_BYTES_MAX: u64 = 1 << 20;
const TOKENIZER_BYTES_MAX: u64 = 64 << 20;

/// The encoder's `config.json`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Encoder {
    pub(crate) model_type: String,
    pub(crate) vocab_size: usize,
    pub(crate) hidden_size: usize,
    pub(crate) num_hidden_layers: usize,
    pub(crate) num_attention_heads: usize,
    pub(crate) intermediate_size: usize,
    pub(crate) max_position_embeddings: usize,
    pub(crate) layer_norm_eps: f32,
    hidden_act: String,
    #[serde(default)]
    position_embedding_type: Option<String>,
    #[serde(default)]
    pad_token_id: Option<usize>,
}

impl Encoder {
    /// The position id of the first token: RoBERTa starts after its padding id.
    pub(crate) fn first_position(&self) -> usize {
        if self.model_type == "bert" { 0 } else { self.pad_token_id.unwrap_or(1) + 1 }
    }

    /// Floats of one attention head.
    pub(crate) fn head_size(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }

    /// Whether the numbers are possible and the kind is one we compute.
    fn check(&self, path: &Path) -> Result<(), EmbedError> {
        if !["bert", "roberta", "xlm-roberta", "camembert"].contains(&self.model_type.as_str()) {
            return Err(EmbedError::unsupported(path, format!("model_type \"{}\"", self.model_type)));
        }
        if self.hidden_act != "gelu" {
            return Err(EmbedError::unsupported(path, format!("hidden_act \"{}\"", self.hidden_act)));
        }
        if let Some(other) = self.position_embedding_type.as_deref().filter(|kind| *kind != "absolute") {
            return Err(EmbedError::unsupported(path, format!("position_embedding_type \"{other}\"")));
        }
        // Bounds far above every encoder there is, so that products of two of these cannot overflow.
        let sizes = [
            ("vocab_size", self.vocab_size, 1 << 24),
            ("hidden_size", self.hidden_size, 1 << 14),
            ("num_hidden_layers", self.num_hidden_layers, 1 << 8),
            ("num_attention_heads", self.num_attention_heads, 1 << 8),
            ("intermediate_size", self.intermediate_size, 1 << 16),
            ("max_position_embeddings", self.max_position_embeddings, 1 << 17),
        ];
        for (name, value, max) in sizes {
            if !(1..=max).contains(&value) {
                return Err(EmbedError::bad(path, format!("{name} is {value}, not between 1 and {max}")));
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return Err(EmbedError::bad(path, "hidden_size is not a multiple of num_attention_heads"));
        }
        if self.first_position() >= self.max_position_embeddings {
            return Err(EmbedError::bad(path, "pad_token_id leaves no position for a token"));
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            return Err(EmbedError::bad(path, format!("layer_norm_eps is {}", self.layer_norm_eps)));
        }
        Ok(())
    }
}

/// How token vectors become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// Their mean.
    Mean,
    /// The first token's.
    Cls,
}

/// All of it.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) encoder: Encoder,
    pub(crate) pooling: Pooling,
    /// Whether vectors get length 1.
    pub(crate) normalize: bool,
    /// Tokens of one text that are read, special tokens included.
    pub(crate) tokens_max: usize,
    /// Put before a question.
    pub(crate) query_prompt: String,
    /// Put before a passage.
    pub(crate) passage_prompt: String,
}

#[derive(Deserialize)]
struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct PoolingFile {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(default)]
    pooling_mode_max_tokens: bool,
    #[serde(default)]
    pooling_mode_mean_sqrt_len_tokens: bool,
    #[serde(default)]
    pooling_mode_weightedmean_tokens: bool,
    #[serde(default)]
    pooling_mode_lasttoken: bool,
}

#[derive(Deserialize, Default)]
struct SentenceBert {
    #[serde(default)]
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

#[derive(Deserialize, Default)]
struct SentenceTransformers {
    #[serde(default)]
    prompts: std::collections::BTreeMap<String, String>,
}

impl Settings {
    /// Reads a folder. Without the sentence-transformers files it is a bare encoder: mean pooling, no normalisation, as that library has it.
    pub(crate) fn read(folder: &Path) -> Result<Self, EmbedError> {
        let config = folder.join("config.json");
        let encoder: Encoder =
            read_json(&config)?.ok_or_else(|| EmbedError::Read { path: config.clone(), source: std::io::ErrorKind::NotFound.into() })?;
        encoder.check(&config)?;
        let (pooling, normalize) = read_modules(folder)?;

        let path = folder.join("sentence_bert_config.json");
        let sentence: SentenceBert = read_json(&path)?.unwrap_or_default();
        if sentence.do_lower_case {
            return Err(EmbedError::unsupported(path, "do_lower_case outside the tokenizer"));
        }
        let positions = encoder.max_position_embeddings - encoder.first_position();
        let tokens_max = sentence.max_seq_length.unwrap_or(positions).min(positions);
        if tokens_max < 3 {
            return Err(EmbedError::bad(path, format!("max_seq_length {tokens_max} leaves no room for a word")));
        }

        let mut prompts = read_json::<SentenceTransformers>(&folder.join("config_sentence_transformers.json"))?.unwrap_or_default().prompts;
        let query_prompt = prompts.remove("query").unwrap_or_default();
        let passage_prompt = ["document", "passage", "corpus"].iter().find_map(|name| prompts.remove(*name)).unwrap_or_default();
        Ok(Self { encoder, pooling, normalize, tokens_max, query_prompt, passage_prompt })
    }
}

/// Pooling and normalisation, from `modules.json` and the pooling folder it names.
fn read_modules(folder: &Path) -> Result<(Pooling, bool), EmbedError> {
    let path = folder.join("modules.json");
    let Some(modules) = read_json::<Vec<Module>>(&path)? else { return Ok((Pooling::Mean, false)) };
    let (mut pooling, mut normalize) = (Pooling::Mean, false);
    for module in modules {
        match module.kind.rsplit('.').next().unwrap_or_default() {
            "Transformer" if module.path.is_empty() => {}
            "Normalize" => normalize = true,
            "Pooling" => pooling = read_pooling(&folder.join(inner_folder(&path, &module.path)?).join("config.json"))?,
            _ => return Err(EmbedError::unsupported(path, format!("the module {}", module.kind))),
        }
    }
    Ok((pooling, normalize))
}

/// A module's folder, which must lie in the model's.
fn inner_folder(modules: &Path, path: &str) -> Result<PathBuf, EmbedError> {
    let plain = !path.is_empty() && path.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if plain {
        Ok(PathBuf::from(path))
    } else {
        Err(EmbedError::bad(modules, format!("the module path {path:?} is not a plain folder name")))
    }
}

fn read_pooling(path: &Path) -> Result<Pooling, EmbedError> {
    let file: PoolingFile =
        read_json(path)?.ok_or_else(|| EmbedError::Read { path: path.into(), source: std::io::ErrorKind::NotFound.into() })?;
    let others = file.pooling_mode_max_tokens
        || file.pooling_mode_mean_sqrt_len_tokens
        || file.pooling_mode_weightedmean_tokens
        || file.pooling_mode_lasttoken;
    match (file.pooling_mode_mean_tokens, file.pooling_mode_cls_token, others) {
        (true, false, false) => Ok(Pooling::Mean),
        (false, true, false) => Ok(Pooling::Cls),
        _ => Err(EmbedError::unsupported(path, "a pooling other than mean or CLS")),
    }
}

/// Reads a small JSON file; `None` when there is none.
fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, EmbedError> {
    match read_bounded(path, CONFIG_BYTES_MAX) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| EmbedError::bad(path, error.to_string())),
        Err(EmbedError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The bytes of `tokenizer.json`.
pub(crate) fn read_tokenizer(folder: &Path) -> Result<Vec<u8>, EmbedError> {
    read_bounded(&folder.join("tokenizer.json"), TOKENIZER_BYTES_MAX)
}

fn read_bounded(path: &Path, bytes_max: u64) -> Result<Vec<u8>, EmbedError> {
    let read = |source| EmbedError::Read { path: path.into(), source };
    let bytes = fs_err::metadata(path).map_err(read)?.len();
    if bytes > bytes_max {
        return Err(EmbedError::bad(path, format!("{bytes} bytes; at most {bytes_max} are read")));
    }
    fs_err::read(path).map_err(read)
}
