//! The files that documents were read from, handed out as they are: only the very bytes that the current version was read from, so that
//! nobody is given what nobody has looked at yet.

use std::io::Read;
use std::path::{Path, PathBuf};

use pinakes_api::{ApiError, Code};
use pinakes_types::{DocId, DocVersion, Scope};
use tokio::sync::Semaphore;

use crate::source::place_of;
use crate::{IngestError, Store};

/// Files held in memory at the same time.
const AT_ONCE_MAX: usize = 2;

/// A document's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Its name, without folders.
    pub name: String,
    /// The version that was read from it.
    pub version: DocVersion,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// Hands out files.
pub struct Originals {
    store: Store,
    places: Semaphore,
}

impl Originals {
    /// For the documents of a store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, places: Semaphore::new(AT_ONCE_MAX) }
    }

    /// The file of a document.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a document that is not there or not for the asker, and for a file that is gone or has changed.
    pub async fn read(&self, scope: &Scope, doc: &DocId) -> Result<Original, ApiError> {
        let _place = self.places.acquire().await.map_err(ApiError::internal)?;
        let (path, name, version) = self.find(scope, doc).await?;
        let bytes_max = self.store.config.extract.limits.file_bytes_max;
        let read = tokio::task::spawn_blocking(move || whole(&path, bytes_max)).await.map_err(ApiError::internal)?;
        let bytes =
            read.map_err(|error| ApiError::new(Code::NotFound, "The file is not where it was when it was read.").caused_by(error))?;
        if DocVersion::of(&bytes) != version {
            let words = "The file has changed since it was read. It can be had again once it was read anew.";
            return Err(ApiError::new(Code::NotFound, words));
        }
        // Reading takes a while, and a right may be gone by then.
        self.find(scope, doc).await?;
        Ok(Original { name, version, bytes })
    }

    /// Where the file is, what it is called, and what it must hold.
    async fn find(&self, scope: &Scope, doc: &DocId) -> Result<(PathBuf, String, DocVersion), ApiError> {
        let missing = || ApiError::new(Code::NotFound, "There is no such document.");
        let row = self.store.catalog.document(scope, doc).await.map_err(IngestError::from)?.ok_or_else(missing)?;
        let version = row.version.ok_or_else(missing)?;
        let sources = self.store.catalog.sources().await.map_err(IngestError::from)?;
        let source = sources.into_iter().find(|source| source.id == row.source).ok_or_else(missing)?;
        let path = place_of(&source, &row.path);
        let name = Path::new(&row.path).file_name().map_or_else(|| row.path.clone(), |name| name.to_string_lossy().into_owned());
        Ok((path, name, version))
    }
}

fn whole(path: &Path, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let odd = |words: &str| std::io::Error::other(format!("{}: {words}", path.display()));
    // A pipe would be waited for.
    if !fs_err::metadata(path)?.is_file() {
        return Err(odd("no file"));
    }
    let mut bytes = Vec::new();
    fs_err::File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max { Err(odd("too large")) } else { Ok(bytes) }
}
