//! Whether a folder holds a model: its parts are there and are what they are called. Whether the model can be computed is the
//! embedder's or the engine's to say.

use std::path::Path;

use serde_json::Value;

use crate::gather::SIDE_FILES;
use crate::safetensors::INDEX;
use crate::{ModelError, ModelKind, Summary, Weights, gguf, limits, safetensors};

/// What a staged folder holds.
pub(crate) struct Checked {
    pub(crate) kind: ModelKind,
    /// Paths of its files, with `/`.
    pub(crate) files: Vec<String>,
}

/// Checks every file of a staged model.
pub(crate) fn check(folder: &Path) -> Result<Checked, ModelError> {
    let mut files = Vec::new();
    let named = |path: &Path| path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    match Weights::locate(folder)? {
        Weights::Gguf(path) => {
            check_weights(&path)?;
            files.push(named(&path));
        }
        Weights::Folder(_) => {
            for spec in SIDE_FILES {
                let path = folder.join(spec.path);
                if path.exists() {
                    check_side_file(&path, spec.path)?;
                    files.push(spec.path.into());
                } else if spec.required {
                    return Err(ModelError::bad(path.display(), "is missing"));
                }
            }
            let weights = safetensors::open_folder(folder).map_err(ModelError::safetensors)?;
            files.extend(weights.shards.iter().map(|shard| named(&shard.path)));
            files.extend(folder.join(INDEX).exists().then(|| INDEX.into()));
        }
    }
    Ok(Checked { kind: Summary::of(folder)?.kind, files })
}

/// Checks the header of a file of weights.
pub(crate) fn check_weights(path: &Path) -> Result<(), ModelError> {
    if !crate::weights::is_gguf(path) {
        return safetensors::check(path).map(drop).map_err(ModelError::safetensors);
    }
    let gguf = gguf::check(path).map_err(ModelError::gguf)?;
    match gguf.metadata.find::<u32>("split.count") {
        Ok(None | Some(0 | 1)) => Ok(()),
        Ok(Some(parts)) => {
            let what =
                format!("is one of {parts} parts of a model; join them with `llama-gguf-split --merge` and pull the whole with --from");
            Err(ModelError::bad(path.display(), what))
        }
        Err(error) => Err(ModelError::bad(path.display(), error)),
    }
}

fn check_side_file(path: &Path, name: &str) -> Result<(), ModelError> {
    let bytes = fs_err::metadata(path).map_err(ModelError::read(path))?.len();
    if bytes > limits::SIDE_FILE_BYTES_MAX {
        return Err(ModelError::bad(path.display(), format!("is {bytes} bytes long")));
    }
    let text = fs_err::read(path).map_err(ModelError::read(path))?;
    if name.ends_with(".jinja") {
        return std::str::from_utf8(&text).map(drop).map_err(|_| ModelError::bad(path.display(), "is not UTF-8"));
    }
    // serde_json itself stops at 128 levels.
    let value: Value = serde_json::from_slice(&text).map_err(|error| ModelError::bad(path.display(), error))?;
    let lacking = match name {
        "config.json" => (!value["model_type"].is_string()).then_some("a model_type"),
        "tokenizer.json" => (!value["model"].is_object()).then_some("a model"),
        "modules.json" => (!value.is_array()).then_some("a list of modules"),
        _ => (!value.is_object()).then_some("an object"),
    };
    lacking.map_or(Ok(()), |what| Err(ModelError::bad(path.display(), format!("does not hold {what}"))))
}
