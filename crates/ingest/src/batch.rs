//! Documents on their way into the legs: collected, embedded together, and published together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pinakes_catalog::{DocumentFate, NewChunk, NewDocument, NewText, Publication};
use pinakes_embed::Embedder;
use pinakes_index::IndexedChunk;
use pinakes_types::{ChunkId, DocId, FileState, Reason, StructuredText, Timestamp, VersionSeq};

use crate::chunk::{Chunk, below_title, embedded_text};
use crate::progress::Progress;
use crate::{IngestError, Writer};

/// A document that was read and cut, or a file that came to nothing.
pub(crate) struct Read {
    /// All but the fate, which is known once the version has a number.
    pub(crate) document: NewDocument,
    pub(crate) text: Option<(StructuredText, Vec<Chunk>)>,
    /// Why it is partial.
    pub(crate) reason: Option<Reason>,
}

struct Embedded {
    read: Read,
    vectors: Vec<Vec<f32>>,
}

/// What waits to be published.
pub(crate) struct Batch {
    waiting: Vec<Read>,
    waiting_chunks: usize,
    embedded: Vec<Embedded>,
    embedded_chunks: usize,
    removed: Vec<DocId>,
    started: Instant,
    published: Instant,
}

/// Passages embedded in one go: enough to sort them by length, few enough to notice time passing.
const EMBED_CHUNKS: usize = 96;
/// The first files are searchable after this; later publications follow at growing distances, as each costs some syncs of the disk.
const FIRST_PUBLICATION: Duration = Duration::from_secs(2);

impl Batch {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self { waiting: vec![], waiting_chunks: 0, embedded: vec![], embedded_chunks: 0, removed: vec![], started: now, published: now }
    }

    pub(crate) fn remove(&mut self, docs: impl IntoIterator<Item = DocId>) {
        self.removed.extend(docs);
    }

    /// Takes a document in; embeds and publishes when enough has come together.
    pub(crate) async fn add(&mut self, read: Read, writer: &Writer, progress: &mut Progress<'_>) -> Result<(), IngestError> {
        self.waiting_chunks += read.text.as_ref().map_or(0, |(_, chunks)| chunks.len());
        self.waiting.push(read);
        if self.waiting_chunks >= EMBED_CHUNKS || self.is_due(writer) {
            self.embed(writer, progress).await?;
        }
        if self.is_due(writer) || self.embedded_chunks >= writer.store.config.index.commit_chunks {
            self.publish(writer, progress).await?;
        }
        Ok(())
    }

    /// Publishes whatever is left.
    pub(crate) async fn finish(mut self, writer: &Writer, progress: &mut Progress<'_>) -> Result<(), IngestError> {
        self.embed(writer, progress).await?;
        if !self.embedded.is_empty() || !self.removed.is_empty() {
            self.publish(writer, progress).await?;
        }
        Ok(())
    }

    fn is_due(&self, writer: &Writer) -> bool {
        let distance =
            (self.started.elapsed() / 4).clamp(FIRST_PUBLICATION, writer.store.config.index.commit_interval.max(FIRST_PUBLICATION));
        self.published.elapsed() >= distance
    }

    async fn embed(&mut self, writer: &Writer, progress: &mut Progress<'_>) -> Result<(), IngestError> {
        let reads = std::mem::take(&mut self.waiting);
        self.waiting_chunks = 0;
        let texts: Vec<String> = reads.iter().flat_map(texts_of).collect();
        let mut vectors = Vec::with_capacity(texts.len());
        for group in texts.chunks(EMBED_CHUNKS * 2) {
            vectors.extend(embed(&writer.embedder, group.to_vec()).await?);
            progress.save().await?;
        }
        let mut vectors = vectors.into_iter();
        for read in reads {
            let chunks = read.text.as_ref().map_or(0, |(_, chunks)| chunks.len());
            self.embedded_chunks += chunks;
            self.embedded.push(Embedded { read, vectors: vectors.by_ref().take(chunks).collect() });
        }
        Ok(())
    }

    /// Both legs first, durable; then the catalog, in one transaction.
    async fn publish(&mut self, writer: &Writer, progress: &mut Progress<'_>) -> Result<(), IngestError> {
        let embedded = std::mem::take(&mut self.embedded);
        let removed = std::mem::take(&mut self.removed);
        self.embedded_chunks = 0;
        let first = writer.store.catalog.allocate_versions(embedded.len() as u64).await?;
        let mut rows = Vec::new();
        let mut documents = Vec::with_capacity(embedded.len());
        for (seq, one) in (first.0..).map(VersionSeq).zip(embedded) {
            let (document, chunks) = number(seq, one);
            rows.extend(chunks);
            documents.push(document);
        }
        let record = if rows.is_empty() { None } else { Some(writer.write(&rows).await?) };
        fail::fail_point!("ingest.before_publish");
        let publication = Publication { record, documents, removed, forgotten: vec![] };
        writer.store.catalog.publish(&publication, writer.store.now()).await?;
        fail::fail_point!("ingest.after_publish");
        self.published = Instant::now();
        tell(&publication, progress);
        Ok(progress.save().await?)
    }
}

fn texts_of(read: &Read) -> Vec<String> {
    let Some((text, chunks)) = &read.text else { return vec![] };
    chunks.iter().map(|chunk| embedded_text(&text.title, &chunk.heading, &chunk.body)).collect()
}

/// Embeds on the threads meant for work that blocks.
pub(crate) async fn embed(embedder: &Arc<Embedder>, texts: Vec<String>) -> Result<Vec<Vec<f32>>, IngestError> {
    let embedder = Arc::clone(embedder);
    Ok(tokio::task::spawn_blocking(move || embedder.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>())).await??)
}

/// Gives a document and its passages their numbers.
fn number(seq: VersionSeq, embedded: Embedded) -> (NewDocument, Vec<IndexedChunk>) {
    let Embedded { read: Read { mut document, text, reason }, vectors } = embedded;
    let Some((structured, chunks)) = text else { return (document, vec![]) };
    let mut rows = Vec::with_capacity(chunks.len());
    let mut stored = Vec::with_capacity(chunks.len());
    for ((ordinal, chunk), vector) in (0..).zip(chunks).zip(vectors) {
        let id = ChunkId::new(seq, ordinal).expect("the number of passages was bounded when the document was cut");
        rows.push(IndexedChunk {
            id,
            doc: document.doc.clone(),
            title: structured.title.clone(),
            heading: below_title(&structured.title, &chunk.heading).to_owned(),
            body: chunk.body.clone(),
            path: document.path.clone(),
            source: document.source.clone(),
            kind: structured.kind,
            language: structured.language.clone(),
            modified: Timestamp(document.modified_ns / 1_000_000),
            labels: document.labels.clone(),
            vector,
        });
        stored.push(NewChunk { id, span: chunk.span, page: chunk.page, heading: chunk.heading, body: chunk.body });
    }
    document.fate = DocumentFate::Searchable { reason, text: Box::new(NewText { seq, structured, chunks: stored }) };
    (document, rows)
}

fn tell(publication: &Publication, progress: &mut Progress<'_>) {
    progress.job.counts.deleted += publication.removed.len() as u64;
    for document in &publication.documents {
        let (state, reason, chunks) = match &document.fate {
            DocumentFate::Searchable { reason: None, text } => (FileState::Indexed, None, text.chunks.len()),
            DocumentFate::Searchable { reason, text } => (FileState::Partial, reason.as_ref(), text.chunks.len()),
            DocumentFate::NotSearchable { state, reason } => (*state, Some(reason), 0),
        };
        progress.done(&document.path, state, reason, document.bytes, chunks);
    }
}
