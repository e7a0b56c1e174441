//! Makes both legs anew from the passages the catalog keeps, in a folder beside the old one, and swaps them in one transaction: search
//! goes on over the old legs until the new ones are whole. This is also how a store moves to another embedding model, and how it gets
//! over a damaged index.

use std::sync::Arc;

use pinakes_api::{Job, JobKind};
use pinakes_embed::Embedder;
use pinakes_extract::{Extractor, WorkerCommand};
use pinakes_index::{Indexes, OpenReport};

use crate::lock::WriterLock;
use crate::progress::{Observer, Progress};
use crate::writer::index_settings;
use crate::{IngestError, Published, Store, Writer};

/// Passages between two commits of the new legs.
const COMMIT_CHUNKS: usize = 4_096;

impl Writer {
    /// Rebuilds. The old legs need not open; the old folder is removed once the new one is published.
    ///
    /// # Errors
    /// Another writer; catalog, embedding and index errors. The published state stays as it was until the very end.
    pub async fn rebuild(
        store: &Store,
        embedder: Arc<Embedder>,
        worker: WorkerCommand,
        id: String,
        observer: &dyn Observer,
    ) -> Result<Job, IngestError> {
        let lock = WriterLock::take(store.data_dir(), "index rebuild", store.now())?;
        let old = Published::read(&store.catalog).await?.map(|(_, published)| published.folder);
        let folder = next_folder(old.as_deref());
        let path = store.data_dir().join(&folder);
        // What an interrupted rebuild left was never published.
        remove_folder(&path)?;
        let (indexes, opened) = Indexes::open(&path, index_settings(store, embedder.model().dimensions), None).await?;
        let extract = &store.config.extract;
        let writer = Self::from_parts(
            store.clone(),
            embedder,
            Extractor::new(worker, extract.limits.clone(), extract.workers),
            indexes,
            folder,
            OpenReport { chunks: 0, ..opened },
            lock,
        );
        let mut progress = Progress::start(id, JobKind::Rebuild, store.now(), store, observer);
        let result = writer.rewrite_all(&mut progress).await;
        if result.is_ok()
            && let Some(old) = old
        {
            remove_folder(&store.data_dir().join(old))?;
        }
        let reason = result.as_ref().err().map(|error| pinakes_types::Reason::new("run_ended", error.to_string()));
        let job = progress.finish(reason).await;
        result?;
        Ok(job?)
    }

    async fn rewrite_all(&self, progress: &mut Progress<'_>) -> Result<(), IngestError> {
        let versions = self.store.catalog.current_versions().await?;
        progress.expect(versions.len(), 0);
        let mut uncommitted = 0;
        for version in versions {
            let chunks = self.rewrite(version).await?;
            uncommitted += chunks;
            progress.job.files_done += 1;
            progress.job.chunks += chunks as u64;
            progress.save().await?;
            if uncommitted >= COMMIT_CHUNKS {
                self.indexes.commit().await?;
                uncommitted = 0;
            }
        }
        let record = self.indexes.commit().await?;
        // Nothing that was dropped is in the new legs, so nothing needs to be remembered for them.
        let dropped = self.store.catalog.dropped_versions(u32::MAX).await?;
        Ok(self.publish_record(record, dropped).await?)
    }
}

fn next_folder(old: Option<&str>) -> String {
    let number = old.and_then(|old| old.strip_prefix("index-")).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0);
    format!("index-{}", number + 1)
}

fn remove_folder(path: &std::path::Path) -> Result<(), IngestError> {
    match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(IngestError::cannot_write(path, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn folders_count_up() {
        assert_eq!(super::next_folder(None), "index-1");
        assert_eq!(super::next_folder(Some("index-9")), "index-10");
        assert_eq!(super::next_folder(Some("odd")), "index-1");
    }
}
