//! Whether a folder holds a model: its parts are there and are what they are called. Whether the model can be computed is the
//! embedder's to say.

use std::path::Path;

use serde_json::Value;

use crate::known::{FILES, WEIGHTS};
use crate::{ModelError, limits, safetensors};

/// Checks every file of a staged model.
pub(crate) fn check(folder: &Path) -> Result<(), ModelError> {
    for spec in FILES {
        let path = folder.join(spec.path);
        if !path.exists() {
            if spec.required {
                return Err(ModelError::bad(path.display(), "is missing"));
            }
        } else if spec.path == WEIGHTS {
            safetensors::check(&path).map_err(|error| ModelError::bad(path.display(), error.describe()))?;
        } else {
            check_json(&path, spec.path)?;
        }
    }
    Ok(())
}

fn check_json(path: &Path, name: &str) -> Result<(), ModelError> {
    let bytes = fs_err::metadata(path).map_err(ModelError::read(path))?.len();
    if bytes > limits::SIDE_FILE_BYTES_MAX {
        return Err(ModelError::bad(path.display(), format!("is {bytes} bytes long")));
    }
    let text = fs_err::read(path).map_err(ModelError::read(path))?;
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
