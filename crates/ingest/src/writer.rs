//! The one who writes: holds the lock, the legs opened for writing, the embedder and the extractor.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pinakes_api::{Job, JobKind};
use pinakes_catalog::{CatalogError, Publication, SourceRow};
use pinakes_embed::Embedder;
use pinakes_extract::{EXTRACTOR_VERSION, Extractor, WorkerCommand};
use pinakes_index::{IndexSettings, IndexedChunk, Indexes, OpenReport};
use pinakes_types::{Reason, SourceId};

use crate::chunk::{ChunkSettings, CountTokens};
use crate::lock::WriterLock;
use crate::progress::{Observer, Progress};
use crate::read_source::read_source;
use crate::source::source_of;
use crate::{IngestError, Published, Store};

/// Raised when passages are cut differently, so that documents are read again.
const CHUNKER_VERSION: u32 = 2;
/// Neighbouring passages are joined while one is smaller than this share of the window.
const MERGE_BELOW_SHARE: usize = 4;
/// Name of the first index folder.
const FIRST_FOLDER: &str = "index-1";

impl CountTokens for Embedder {
    fn count_tokens(&self, text: &str) -> usize {
        Embedder::count_tokens(self, text)
    }
}

/// A run's hold on the store.
pub struct Writer {
    pub(crate) store: Store,
    pub(crate) embedder: Arc<Embedder>,
    pub(crate) extractor: Extractor,
    pub(crate) indexes: Indexes,
    pub(crate) folder: String,
    /// Fingerprint of everything that decides what is made of a file.
    pub(crate) read_by: String,
    opened: OpenReport,
    _lock: WriterLock,
}

impl Writer {
    /// Takes the lock, opens the legs at the published state and clears away what a crash left.
    ///
    /// # Errors
    /// Another writer, another model, damaged legs, an unwritable disk.
    pub async fn open(store: &Store, embedder: Arc<Embedder>, worker: WorkerCommand, command: &str) -> Result<Self, IngestError> {
        let lock = WriterLock::take(store.data_dir(), command, store.now())?;
        let published = Published::read(&store.catalog).await?.map(|(_, published)| published);
        if let Some(published) = published.as_ref().filter(|published| published.model_fingerprint != embedder.model().fingerprint) {
            return Err(IngestError::ModelMismatch { store: published.model.clone(), configured: embedder.model().name.clone() });
        }
        let folder = published.as_ref().map_or(FIRST_FOLDER, |published| &published.folder).to_owned();
        let settings = index_settings(store, embedder.model().dimensions);
        let record = published.as_ref().map(|published| &published.record);
        let (indexes, opened) = Indexes::open(&store.data_dir().join(&folder), settings, record).await?;
        let extract = &store.config.extract;
        let extractor = Extractor::new(worker, extract.limits.clone(), extract.workers);
        let writer = Self::from_parts(store.clone(), embedder, extractor, indexes, folder, opened, lock);
        writer.clear_leftovers().await?;
        Ok(writer)
    }

    pub(crate) fn from_parts(
        store: Store,
        embedder: Arc<Embedder>,
        extractor: Extractor,
        indexes: Indexes,
        folder: String,
        opened: OpenReport,
        lock: WriterLock,
    ) -> Self {
        let mut writer = Self { store, embedder, extractor, indexes, folder, read_by: String::new(), opened, _lock: lock };
        writer.read_by = writer.fingerprint();
        writer
    }

    fn fingerprint(&self) -> String {
        let ChunkSettings { tokens_max, tokens_merge_below } = self.chunk_settings();
        let model = &self.embedder.model().fingerprint;
        format!(
            "extract {EXTRACTOR_VERSION}, chunk {CHUNKER_VERSION} {tokens_max}/{tokens_merge_below}, embed {}",
            &model[..model.len().min(12)]
        )
    }

    pub(crate) fn chunk_settings(&self) -> ChunkSettings {
        let tokens_max = self.store.config.chunk.tokens_max.min(self.embedder.model().tokens_max);
        ChunkSettings { tokens_max, tokens_merge_below: tokens_max / MERGE_BELOW_SHARE }
    }

    /// What a run that was cut short wrote to one leg only, or to both without publishing it.
    async fn clear_leftovers(&self) -> Result<(), IngestError> {
        let current: std::collections::HashSet<_> = self.store.catalog.current_versions().await?.into_iter().collect();
        let leftovers: Vec<_> =
            self.opened.lexical_only.iter().chain(&self.opened.vector_only).copied().filter(|version| !current.contains(version)).collect();
        if !leftovers.is_empty() {
            tracing::info!(versions = leftovers.len(), "removing what an interrupted run left behind");
            self.remove_from_legs(&leftovers).await?;
        }
        Ok(())
    }

    /// Adds folders or files and reads them.
    ///
    /// # Errors
    /// Those that end a run; what goes wrong with one file is a state of that file.
    pub async fn add(&self, paths: &[PathBuf], id: String, observer: &dyn Observer) -> Result<Job, IngestError> {
        let mut progress = Progress::start(id, JobKind::Add, self.store.now(), &self.store, observer);
        let result = self.add_each(paths, &mut progress).await;
        self.end(progress, result).await
    }

    async fn add_each(&self, paths: &[PathBuf], progress: &mut Progress<'_>) -> Result<(), IngestError> {
        // All paths are looked at before the first is read: a misspelt one should not cost half an hour.
        let sources = paths.iter().map(|path| source_of(path, self.store.data_dir(), self.store.now())).collect::<Result<Vec<_>, _>>()?;
        let known = self.store.catalog.sources().await?;
        for source in sources {
            let root = Path::new(&source.root);
            match known.iter().find(|known| known.id != source.id && root.starts_with(&known.root)) {
                Some(around) => read_source(self, around, Some(root), progress).await?,
                None => {
                    self.store.catalog.add_source(&source).await?;
                    read_source(self, &source, None, progress).await?;
                }
            }
        }
        Ok(())
    }

    /// Reads what changed in all sources, or in one.
    ///
    /// # Errors
    /// As [`Writer::add`]. A source that is gone does not keep the others from being read; its error comes last.
    pub async fn sync(&self, source: Option<&SourceId>, kind: JobKind, id: String, observer: &dyn Observer) -> Result<Job, IngestError> {
        let mut progress = Progress::start(id, kind, self.store.now(), &self.store, observer);
        let sources = self.store.catalog.sources().await?;
        let mut result = Ok(());
        for row in sources.iter().filter(|row| source.is_none_or(|source| row.id == *source)) {
            match read_source(self, row, None, &mut progress).await {
                Err(error @ IngestError::SourceUnreadable { .. }) => {
                    tracing::warn!(source = %row.id, %error, "source skipped");
                    result = Err(error);
                }
                other => other?,
            }
        }
        self.end(progress, result).await
    }

    /// Clears the legs of what is no longer current and writes the job's last word.
    pub(crate) async fn end(&self, progress: Progress<'_>, result: Result<(), IngestError>) -> Result<Job, IngestError> {
        let result = match result {
            Ok(()) => self.upkeep().await,
            Err(error) => Err(error),
        };
        let reason = result.as_ref().err().map(|error| Reason::new("run_ended", error.to_string()));
        let job = progress.finish(reason).await;
        result?;
        Ok(job?)
    }

    /// What keeps the legs small and fast, at the end of each run: old versions go, and Lance's many small pieces become few.
    async fn upkeep(&self) -> Result<(), IngestError> {
        self.sweep().await?;
        self.take_over_labels().await?;
        if self.indexes.stats().vector_fragments <= self.indexes.settings().fragments_max {
            return Ok(());
        }
        let Some((_, published)) = Published::read(&self.store.catalog).await? else { return Ok(()) };
        let report = self.indexes.optimize(&published.record).await?;
        tracing::info!(
            fragments_before = report.fragments.0,
            fragments = report.fragments.1,
            bytes_removed = report.bytes_removed,
            "joined pieces of the vector index"
        );
        Ok(self.publish_record(report.record, vec![]).await?)
    }

    /// Brings labels that changed since versions were indexed into the legs, so that readers need not lay them over any more.
    async fn take_over_labels(&self) -> Result<(), IngestError> {
        let epoch = self.store.catalog.rights_epoch().await?;
        let changed: Vec<_> = self.store.catalog.relabelled().await?.into_iter().collect();
        if changed.is_empty() {
            return Ok(());
        }
        self.indexes.set_labels(&changed).await?;
        let record = self.indexes.commit().await?;
        self.publish_record(record, vec![]).await?;
        Ok(self.store.catalog.relabelled_until(epoch).await?)
    }

    /// Writes passages to both legs and makes them durable; returns the pointer to publish.
    pub(crate) async fn write(&self, chunks: &[IndexedChunk]) -> Result<String, IngestError> {
        self.indexes.add(chunks).await?;
        let record = self.indexes.commit().await?;
        Ok(self.published(record).to_words())
    }

    pub(crate) fn published(&self, record: pinakes_index::Record) -> Published {
        let model = self.embedder.model();
        Published {
            folder: self.folder.clone(),
            record,
            model: model.name.clone(),
            model_fingerprint: model.fingerprint.clone(),
            dimensions: model.dimensions,
        }
    }

    pub(crate) async fn publish_record(
        &self,
        record: pinakes_index::Record,
        forgotten: Vec<pinakes_types::VersionSeq>,
    ) -> Result<(), CatalogError> {
        let publication = Publication { record: Some(self.published(record).to_words()), forgotten, ..Publication::default() };
        self.store.catalog.publish(&publication, self.store.now()).await
    }

    /// The source a path belongs to.
    pub(crate) async fn source_around(&self, path: &Path) -> Result<SourceRow, IngestError> {
        let sources = self.store.catalog.sources().await?;
        sources.into_iter().find(|source| path.starts_with(&source.root)).ok_or_else(|| IngestError::NotASource(path.to_owned()))
    }
}

/// The index's settings as configured.
pub(crate) fn index_settings(store: &Store, dimensions: usize) -> IndexSettings {
    let config = &store.config.index;
    IndexSettings {
        lexical_heap_bytes: config.writer_heap_bytes,
        approximate_rows_min: config.ann_rows_min,
        ..IndexSettings::new(dimensions)
    }
}
