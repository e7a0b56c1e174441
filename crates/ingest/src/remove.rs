//! Taking documents out: invisible at once by the catalog, out of the legs in the background.

use std::path::Path;

use pinakes_api::{Job, JobKind};
use pinakes_catalog::{Publication, SourceKind};
use pinakes_types::{DocId, Scope, VersionSeq};

use crate::progress::Progress;
use crate::{IngestError, Quiet, Store, UPLOADS, Writer};

const TAKEN_OUT: &str = "taken out on request; `pinakes index add` with its path brings it back";
/// Dropped versions taken out of the legs per commit.
const VERSIONS_PER_SWEEP: u32 = 2_000;

impl Store {
    /// Takes one document out, for every request from now on. Needs no lock: the catalog alone decides what is visible. An uploaded
    /// file is deleted; a file that lies in its own folder is left there and not read again unless it is added by name.
    ///
    /// # Errors
    /// Catalog errors. `Ok(false)` when there is no such document in the scope.
    pub async fn delete(&self, scope: &Scope, doc: &DocId) -> Result<bool, IngestError> {
        let Some(row) = self.catalog.document(scope, doc).await? else { return Ok(false) };
        if row.source.0 == UPLOADS {
            let publication = Publication { removed: vec![doc.clone()], ..Publication::default() };
            self.catalog.publish(&publication, self.now()).await?;
            let file = self.uploads_dir().join(&row.path);
            match fs_err::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(IngestError::io(&file, error)),
                _ => {}
            }
            return Ok(true);
        }
        Ok(self.catalog.withdraw(doc, TAKEN_OUT, self.now()).await?)
    }
}

impl Writer {
    /// Forgets a source with all its documents, or takes out what lies at or below a path inside one. Returns how many documents.
    ///
    /// # Errors
    /// [`IngestError::NotASource`]; catalog and index errors.
    pub async fn remove(&self, path: &Path) -> Result<u64, IngestError> {
        // The path may be gone from the disk already: then it is taken as written.
        let absolute = path.canonicalize().or_else(|_| std::path::absolute(path)).map_err(|error| IngestError::io(path, error))?;
        let source = self.source_around(&absolute).await?;
        let known = self.store.catalog.known_files(&source.id).await?;
        let whole = absolute == Path::new(&source.root) && source.kind != SourceKind::Uploads;
        let below = absolute.strip_prefix(&source.root).unwrap_or(&absolute).to_owned();
        let docs: Vec<DocId> =
            known.into_iter().filter(|(relative, _)| whole || Path::new(relative).starts_with(&below)).map(|(_, file)| file.doc).collect();
        let number = docs.len() as u64;
        if whole {
            self.store.catalog.publish(&Publication { removed: docs, ..Publication::default() }, self.store.now()).await?;
            self.store.catalog.remove_source(&source.id).await?;
        } else {
            for doc in &docs {
                self.store.catalog.withdraw(doc, TAKEN_OUT, self.store.now()).await?;
            }
        }
        self.sweep().await?;
        Ok(number)
    }

    /// The same as a job with a row of its own.
    pub(crate) async fn sweep_job(&self, id: String) -> Result<Job, IngestError> {
        let progress = Progress::start(id, JobKind::Remove, self.store.now(), &self.store, &Quiet);
        self.end(progress, Ok(())).await
    }

    /// Takes versions that are no longer current out of both legs.
    pub(crate) async fn sweep(&self) -> Result<(), IngestError> {
        loop {
            let dropped = self.store.catalog.dropped_versions(VERSIONS_PER_SWEEP).await?;
            if dropped.is_empty() {
                return Ok(());
            }
            self.remove_from_legs(&dropped).await?;
        }
    }

    pub(crate) async fn remove_from_legs(&self, versions: &[VersionSeq]) -> Result<(), IngestError> {
        self.indexes.remove(versions).await?;
        let record = self.indexes.commit().await?;
        Ok(self.publish_record(record, versions.to_vec()).await?)
    }
}
