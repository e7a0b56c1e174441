//! What the store holds, in numbers.

use std::path::Path;

use pinakes_api::{DocumentCounts, EmbeddingStatus, IndexStatus, SourceStatus};
use pinakes_catalog::{SourceKind, StateCounts};
use pinakes_types::Scope;

use crate::{IngestError, Published, Store};

impl Store {
    /// The state of the store as the scope may see it.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn status(&self, scope: &Scope, version: &str) -> Result<IndexStatus, IngestError> {
        let published = Published::read(&self.catalog).await?;
        let mut sources = Vec::new();
        for source in self.catalog.sources().await? {
            let counts = self.catalog.state_counts_of(scope, Some(&source.id)).await?;
            let root = (source.kind != SourceKind::Uploads).then_some(source.root);
            sources.push(SourceStatus { id: source.id, root, documents: with_total(counts), synced_at: None });
        }
        let (_, chunks) = self.catalog.searchable(scope).await?;
        let folder = self.data_dir().to_owned();
        let bytes = tokio::task::spawn_blocking(move || bytes_below(&folder)).await?;
        Ok(IndexStatus {
            version: version.to_owned(),
            documents: with_total(self.catalog.state_counts(scope).await?),
            chunks,
            sources,
            embedding: published.map(|(_, published)| EmbeddingStatus {
                model: published.model,
                dimensions: published.dimensions,
                pending: 0,
            }),
            generator: None,
            bytes,
            published_at: self.catalog.published_at().await?,
            jobs_active: self.catalog.unfinished_jobs().await?.len() as u64,
        })
    }
}

fn with_total(counts: StateCounts) -> DocumentCounts {
    let StateCounts { indexed, partial, skipped, failed } = counts;
    DocumentCounts { total: indexed + partial + skipped + failed, indexed, partial, skipped, failed }
}

/// Bytes of all files below a folder; what cannot be looked at counts nothing.
fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = fs_err::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => bytes_below(&entry.path()),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |metadata| metadata.len()),
        _ => 0,
    });
    sizes.sum()
}
