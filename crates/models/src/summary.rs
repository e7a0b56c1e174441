//! What a model is, told from the headers of its files without reading its weights.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::gguf::{self, Gguf, Kind, Metadata};
use crate::safetensors::{self, Folder};
use crate::{ModelError, Weights, limits};

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Text to vectors. (Manifests that do not say are of a time when there was nothing else.)
    #[default]
    Embedder,
    /// Tokens to tokens.
    Generator,
}

/// What a model is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// What it is for, as far as its architecture tells.
    pub kind: ModelKind,
    /// `safetensors` or `gguf`.
    pub format: &'static str,
    /// `model_type` of a folder's configuration, or a GGUF file's `general.architecture`.
    pub architecture: String,
    /// Numbers in all tensors together, vision and draft heads included.
    pub parameters: u64,
    /// Longest context in tokens, where the model says.
    pub context_tokens: Option<u64>,
    /// How many tensors there are.
    pub tensors: usize,
    /// Files of weights.
    pub files: usize,
    /// Bytes of all tensors.
    pub bytes: u64,
    /// The types of the tensors, the one with the most bytes first.
    pub types: Vec<TypeShare>,
    /// Whether it brings a chat template.
    pub chat_template: bool,
}

/// What is stored in one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypeShare {
    /// As the format spells it: `BF16`, `Q4_K`.
    pub name: String,
    /// Tensors of that type.
    pub tensors: usize,
    /// Their numbers.
    pub parameters: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Summary {
    /// Of a folder or a GGUF file; the headers of all weights are checked.
    ///
    /// # Errors
    /// There are no weights there, or a file is not sound.
    pub fn of(path: &Path) -> Result<Self, ModelError> {
        match Weights::locate(path)? {
            Weights::Gguf(file) => of_gguf(&gguf::check(&file).map_err(ModelError::gguf)?),
            Weights::Folder(folder) => of_folder(&folder),
        }
        .map_err(|problem| ModelError::bad(path.display(), problem))
    }
}

fn of_gguf(gguf: &Gguf) -> Result<Summary, String> {
    let metadata: &Metadata = &gguf.metadata;
    let architecture = metadata.str("general.architecture").map_err(|error| error.to_string())?;
    let context = metadata.find::<u64>(&format!("{architecture}.context_length")).map_err(|error| error.to_string())?;
    let mut shares = Shares::default();
    for tensor in &gguf.tensors {
        let name = Kind::of(tensor.kind).map_or("unknown", |kind| kind.name);
        shares.add(name, tensor.elements(), tensor.end - tensor.start);
    }
    let template = metadata.contains_key("tokenizer.chat_template");
    Ok(shares.into_summary("gguf", architecture, kind_of(architecture), context, 1, template))
}

fn of_folder(folder: &Path) -> Result<Summary, String> {
    let weights: Folder = safetensors::open_folder(folder).map_err(|error| error.to_string())?;
    let config = read_json(&folder.join("config.json"))?;
    let architecture = config["model_type"].as_str().ok_or("config.json does not hold a model_type")?;
    let length = |config: &Value| config["max_position_embeddings"].as_u64();
    let mut shares = Shares::default();
    for (_, tensor) in weights.tensors() {
        shares.add(&tensor.dtype, tensor.shape.iter().product(), tensor.end - tensor.start);
    }
    let kind = if folder.join("modules.json").exists() { ModelKind::Embedder } else { kind_of(architecture) };
    let template = folder.join("chat_template.jinja").exists()
        || read_json(&folder.join("tokenizer_config.json")).is_ok_and(|config| !config["chat_template"].is_null());
    let context = length(&config["text_config"]).or_else(|| length(&config));
    Ok(shares.into_summary("safetensors", architecture, kind, context, weights.shards.len(), template))
}

/// By the architecture's name alone: the BERT family makes vectors.
fn kind_of(architecture: &str) -> ModelKind {
    match ["bert", "roberta", "mpnet"].iter().any(|family| architecture.contains(family)) {
        true => ModelKind::Embedder,
        false => ModelKind::Generator,
    }
}

fn read_json(path: &Path) -> Result<Value, String> {
    let bytes = fs_err::metadata(path).map_err(|error| error.to_string())?.len();
    if bytes > limits::SIDE_FILE_BYTES_MAX {
        return Err(format!("{} is {bytes} bytes long", path.display()));
    }
    let text = fs_err::read(path).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Sums by type.
#[derive(Default)]
struct Shares(BTreeMap<String, TypeShare>);

impl Shares {
    fn add(&mut self, name: &str, parameters: u64, bytes: u64) {
        let empty = || TypeShare { name: name.into(), tensors: 0, parameters: 0, bytes: 0 };
        let share = self.0.entry(name.into()).or_insert_with(empty);
        share.tensors += 1;
        share.parameters = share.parameters.saturating_add(parameters);
        share.bytes += bytes;
    }

    fn into_summary(
        self,
        format: &'static str,
        architecture: &str,
        kind: ModelKind,
        context_tokens: Option<u64>,
        files: usize,
        chat_template: bool,
    ) -> Summary {
        let mut types: Vec<TypeShare> = self.0.into_values().collect();
        types.sort_by_key(|share| std::cmp::Reverse(share.bytes));
        Summary {
            kind,
            format,
            architecture: architecture.into(),
            parameters: types.iter().map(|share| share.parameters).fold(0, u64::saturating_add),
            context_tokens,
            tensors: types.iter().map(|share| share.tensors).sum(),
            files,
            bytes: types.iter().map(|share| share.bytes).sum(),
            types,
            chat_template,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_of_a_model_tell_the_same_of_it() {
        let Some(folder) = crate::mutations::fixtures() else { return };
        for model in ["dense-tied", "dense-untied", "moe"] {
            let whole = Summary::of(&folder.join(model)).unwrap();
            let gguf = Summary::of(&folder.join(model).join("model-bf16.gguf")).unwrap();
            assert_eq!((whole.format, gguf.format), ("safetensors", "gguf"));
            assert_eq!((whole.kind, gguf.kind), (ModelKind::Generator, ModelKind::Generator));
            assert_eq!((whole.parameters, whole.types[0].name.as_str()), (gguf.parameters, "BF16"), "{model}");
            assert_eq!((whole.context_tokens, gguf.context_tokens), (Some(262_144), Some(262_144)));
        }
        let mix = Summary::of(&folder.join("dense-untied/model-Q4_K_M.gguf")).unwrap();
        let names: Vec<&str> = mix.types.iter().map(|share| share.name.as_str()).collect();
        assert_eq!(names, ["Q4_K", "Q6_K", "F32"]);
    }
}
