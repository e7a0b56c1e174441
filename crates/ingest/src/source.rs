//! Sources: what an operator points at, and the one that holds uploads.

use std::path::{Path, PathBuf};

use pinakes_catalog::{SourceKind, SourceRow};
use pinakes_types::{SourceId, Timestamp};

use crate::IngestError;

/// The source of uploaded files.
pub const UPLOADS: &str = "uploads";

/// The source for a folder or file: absolute, links resolved, named after its last part. The same place gives the same id, however it
/// was written.
///
/// # Errors
/// [`IngestError::NoSuchPath`]; [`IngestError::SourceIsStore`] for a path inside the data directory or around it.
pub fn source_of(path: &Path, data_dir: &Path, now: Timestamp) -> Result<SourceRow, IngestError> {
    let root = path.canonicalize().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => IngestError::NoSuchPath(path.to_owned()),
        _ => IngestError::SourceUnreadable { path: path.to_owned(), error },
    })?;
    let store = data_dir.canonicalize().unwrap_or_else(|_| data_dir.to_owned());
    if root.starts_with(&store) {
        return Err(IngestError::SourceIsStore(root));
    }
    let name: String = root
        .file_name()
        .map_or_else(|| "root".into(), |name| name.to_string_lossy())
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .take(40)
        .collect();
    let digest = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex();
    let kind = if root.is_file() { SourceKind::File } else { SourceKind::Folder };
    let root = root.to_str().ok_or_else(|| IngestError::SourceUnreadable {
        path: root.clone(),
        error: std::io::Error::new(std::io::ErrorKind::InvalidInput, "the path of a source must be UTF-8; rename the folder"),
    })?;
    Ok(SourceRow { id: SourceId(format!("{name}-{}", &digest[..6])), kind, root: root.to_owned(), added_at: now })
}

/// Where a file of a source is.
pub(crate) fn place_of(source: &SourceRow, relative: &str) -> PathBuf {
    let root = PathBuf::from(&source.root);
    if source.kind == SourceKind::File { root } else { root.join(relative) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_is_one_source() {
        let folder = tempfile::tempdir().unwrap();
        let docs = folder.path().join("my docs");
        fs_err::create_dir_all(docs.join("sub")).unwrap();
        let id = |path: &Path| source_of(path, Path::new("/nowhere"), Timestamp(0)).unwrap().id;
        assert_eq!(id(&docs), id(&docs.join("sub/..")));
        assert_ne!(id(&docs), id(&docs.join("sub")));
        assert!(id(&docs).0.starts_with("my-docs-"), "{}", id(&docs));
    }

    #[test]
    fn the_store_is_not_a_source() {
        let folder = tempfile::tempdir().unwrap();
        let error = source_of(folder.path(), folder.path(), Timestamp(0)).unwrap_err();
        assert!(matches!(error, IngestError::SourceIsStore(_)));
        let error = source_of(&folder.path().join("gone"), folder.path(), Timestamp(0)).unwrap_err();
        assert!(matches!(error, IngestError::NoSuchPath(_)));
    }
}
