//! Which files of a path are the weights: a folder with safetensors, or a GGUF file, alone or in a folder of its own.

use std::path::{Path, PathBuf};

use crate::ModelError;
use crate::safetensors::{INDEX, WEIGHTS};

/// Where a model's weights are, and in which format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weights {
    /// A Hugging Face folder: `config.json`, tokenizer, safetensors.
    Folder(PathBuf),
    /// One GGUF file, which says everything of itself.
    Gguf(PathBuf),
}

impl Weights {
    /// Looks at a folder or file. Nothing is opened: whether it is what it is called, a check of its header tells.
    ///
    /// # Errors
    /// It is neither, cannot be read, or holds several GGUF files to choose from.
    pub fn locate(path: &Path) -> Result<Self, ModelError> {
        if fs_err::metadata(path).map_err(ModelError::read(path))?.is_file() {
            return match is_gguf(path) {
                true => Ok(Self::Gguf(path.into())),
                false => Err(ModelError::bad(path.display(), "is neither a folder nor a .gguf file")),
            };
        }
        if path.join(WEIGHTS).exists() || path.join(INDEX).exists() {
            return Ok(Self::Folder(path.into()));
        }
        let mut found = gguf_files(path)?;
        match found.len() {
            0 => Err(ModelError::bad(path.display(), format!("holds neither {WEIGHTS}, {INDEX} nor a .gguf file"))),
            1 => Ok(Self::Gguf(found.remove(0))),
            _ => {
                let names: Vec<String> =
                    found.iter().filter_map(|file| file.file_name()).map(|name| name.to_string_lossy().into()).collect();
                Err(ModelError::bad(path.display(), format!("holds several GGUF files; name one of {}", names.join(", "))))
            }
        }
    }

    /// The folder or file, as an engine opens it.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::Gguf(path) => path,
        }
    }
}

/// The GGUF files right in a folder, by name.
fn gguf_files(folder: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let entries = fs_err::read_dir(folder).map_err(ModelError::read(folder))?;
    let mut found: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| is_gguf(path)).collect();
    found.sort();
    Ok(found)
}

/// Whether a file is called a GGUF file.
pub(crate) fn is_gguf(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
}

/// Whether a file of that name holds weights, in either format.
pub(crate) fn is_weights(path: &str) -> bool {
    is_gguf(Path::new(path)) || Path::new(path).extension().is_some_and(|extension| extension == "safetensors")
}
