//! What was installed, from where, and the checksum of every file: `manifest.json` in the model's folder, written last.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{ModelError, ModelKind, limits};

/// The manifest's file name.
pub(crate) const MANIFEST: &str = "manifest.json";

/// One installed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Path in the model's folder, with `/`.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

/// A model's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name it is stored under.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub kind: ModelKind,
    /// Where it came from, in words.
    pub source: String,
    /// Every file but this one, by path.
    pub files: Vec<FileRecord>,
}

impl Manifest {
    /// Reads the manifest of a model folder; `None` when it has none.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, ModelError> {
        let path = folder.join(MANIFEST);
        let bytes = match fs_err::metadata(&path) {
            Ok(metadata) if metadata.len() > limits::MANIFEST_BYTES_MAX => return Err(ModelError::bad(path.display(), "is too large")),
            Ok(_) => fs_err::read(&path).map_err(ModelError::read(&path))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ModelError::read(&path)(error)),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| ModelError::bad(path.display(), error))
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}
