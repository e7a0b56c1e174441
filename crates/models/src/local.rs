//! A model copied from a folder or file on this machine.

use std::path::{Path, PathBuf};

use crate::gather::{Contents, FileSpec, Origin};
use crate::safetensors::{INDEX, WEIGHTS};
use crate::wanted::{Wanted, is_plain_file};
use crate::weights::is_weights;
use crate::{ModelError, Progress, Weights, limits};

/// A folder that files are copied from.
pub(crate) struct Local<'a> {
    folder: PathBuf,
    progress: &'a dyn Progress,
}

impl<'a> Local<'a> {
    /// The folder of `from`, which may be a GGUF file in it, and what is to be taken of it.
    pub(crate) fn open(from: &Path, wanted: &Wanted, progress: &'a dyn Progress) -> Result<(Self, Contents), ModelError> {
        let local = |folder: &Path| Self { folder: folder.to_owned(), progress };
        let gguf = |path: String| Contents::Gguf { stored: stored_name(wanted, &path), path };
        if let (true, Some(file)) = (from.is_dir(), &wanted.gguf) {
            // A known model's file may be called otherwise here; one that was asked for by name may not.
            let is_known = wanted.known.is_some_and(|known| known.gguf == Some(file));
            if !is_known || from.join(file).exists() {
                return Ok((local(from), gguf(file.clone())));
            }
        }
        // A folder with parts of a model is taken for one: the copy then names the part that it lacks.
        let is_folder = from.is_dir() && ["config.json", WEIGHTS, INDEX].iter().any(|file| from.join(file).exists());
        let located = if is_folder { Weights::Folder(from.into()) } else { Weights::locate(from)? };
        match located {
            Weights::Folder(folder) => Ok((local(&folder), Contents::Folder)),
            Weights::Gguf(file) => {
                let name = file.file_name().and_then(|name| name.to_str());
                let name = name.ok_or_else(|| ModelError::bad(file.display(), "has a name that is not UTF-8"))?;
                Ok((local(file.parent().unwrap_or(Path::new(""))), gguf(name.to_owned())))
            }
        }
    }
}

/// The name a GGUF file gets in the store: a known model's own, else the one it has, when it is plain.
pub(crate) fn stored_name(wanted: &Wanted, path: &str) -> String {
    let name = wanted.known.and_then(|known| known.gguf).unwrap_or_else(|| path.rsplit('/').next().unwrap_or_default());
    if is_plain_file(name) { name.into() } else { "model.gguf".into() }
}

impl Origin for Local<'_> {
    async fn take(&mut self, file: FileSpec<'_>, target: &Path) -> Result<bool, ModelError> {
        let source = self.folder.join(file.path);
        let bytes = match fs_err::metadata(&source) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !file.required => return Ok(false),
            Err(error) => return Err(ModelError::read(&source)(error)),
        };
        if bytes > bytes_max(file.path) {
            return Err(ModelError::bad(source.display(), format!("{bytes} bytes; at most {} are taken", bytes_max(file.path))));
        }
        self.progress.file(file.path, 0, Some(bytes));
        let to = prepare(target, file.stored)?;
        fs_err::copy(&source, &to).map_err(ModelError::write(&to))?;
        self.progress.advance(bytes);
        Ok(true)
    }
}

/// Largest length a file of that name may have.
pub(crate) fn bytes_max(path: &str) -> u64 {
    if is_weights(path) { limits::WEIGHTS_BYTES_MAX } else { limits::SIDE_FILE_BYTES_MAX }
}

/// The place of a file under `target`, its folder made.
pub(crate) fn prepare(target: &Path, path: &str) -> Result<PathBuf, ModelError> {
    let to = target.join(path);
    let folder = to.parent().expect("a joined path has a parent");
    fs_err::create_dir_all(folder).map_err(ModelError::write(folder))?;
    Ok(to)
}
