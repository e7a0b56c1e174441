//! A model copied from a folder.

use std::path::Path;

use crate::known::{FILES, WEIGHTS};
use crate::{ModelError, Progress, limits};

/// Copies the files a model has into `target`.
pub(crate) fn copy(from: &Path, target: &Path, progress: &dyn Progress) -> Result<(), ModelError> {
    for spec in FILES {
        let source = from.join(spec.path);
        let bytes = match fs_err::metadata(&source) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !spec.required => continue,
            Err(error) => return Err(ModelError::read(&source)(error)),
        };
        if bytes > bytes_max(spec.path) {
            return Err(ModelError::bad(source.display(), format!("{bytes} bytes; at most {} are taken", bytes_max(spec.path))));
        }
        progress.file(spec.path, 0, Some(bytes));
        let to = prepare(target, spec.path)?;
        fs_err::copy(&source, &to).map_err(ModelError::write(&to))?;
        progress.advance(bytes);
    }
    Ok(())
}

/// Largest length a file of that name may have.
pub(crate) fn bytes_max(path: &str) -> u64 {
    if path == WEIGHTS { limits::WEIGHTS_BYTES_MAX } else { limits::SIDE_FILE_BYTES_MAX }
}

/// The place of a file under `target`, its folder made.
pub(crate) fn prepare(target: &Path, path: &str) -> Result<std::path::PathBuf, ModelError> {
    let to = target.join(path);
    let folder = to.parent().expect("a joined path has a parent");
    fs_err::create_dir_all(folder).map_err(ModelError::write(folder))?;
    Ok(to)
}
