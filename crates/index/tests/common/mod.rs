//! A small store to test with: vectors of eight numbers, times in small numbers.
#![allow(dead_code, unreachable_pub)]

use std::path::Path;

use pinakes_index::{Candidate, Filter, Fusion, IndexSettings, IndexedChunk, Indexes, Mode, Query, Record};
use pinakes_types::{ChunkId, DocId, DocumentKind, Label, Principal, Scope, SourceId, Timestamp, VersionSeq};
use tempfile::TempDir;

pub const DIMENSIONS: usize = 8;

pub fn settings() -> IndexSettings {
    IndexSettings { lexical_heap_bytes: 15_000_000, ..IndexSettings::new(DIMENSIONS) }
}

/// Settings under which Lance itself is searched.
pub fn on_disk() -> IndexSettings {
    IndexSettings { resident_vector_bytes_max: 0, ..settings() }
}

/// Points in one of eight directions.
pub fn direction(at: usize) -> Vec<f32> {
    (0..DIMENSIONS).map(|place| if place == at % DIMENSIONS { 1.0 } else { 0.01 * place as f32 }).collect()
}

pub fn id(version: u64, ordinal: u64) -> ChunkId {
    ChunkId::new(VersionSeq(version), ordinal).unwrap()
}

/// A public English Markdown chunk.
pub fn chunk(version: u64, ordinal: u64, body: &str) -> IndexedChunk {
    let path = format!("docs/file-{version}.md");
    let source = SourceId("files".into());
    IndexedChunk {
        id: id(version, ordinal),
        doc: DocId::derive(&source, &path),
        title: format!("Document {version}"),
        heading: String::new(),
        body: body.into(),
        path,
        source,
        kind: DocumentKind::Markdown,
        language: Some("en".into()),
        modified: Timestamp(version as i64),
        labels: vec![Label::public()],
        vector: direction(version as usize),
    }
}

pub fn in_language(version: u64, language: &str, body: &str) -> IndexedChunk {
    IndexedChunk { language: Some(language.into()), ..chunk(version, 0, body) }
}

pub fn everything() -> Scope {
    Scope::check(&Principal::local_operator()).unwrap()
}

pub fn reader(labels: &[&str]) -> Scope {
    Scope::check(&Principal::person("reader", labels.iter().map(|label| Label((*label).into())))).unwrap()
}

pub fn words(text: &str) -> Query {
    Query { text: text.into(), vector: None, depth: 20, filter: Filter::default(), mode: Mode::Lexical, fusion: Fusion::default() }
}

pub fn near(at: usize) -> Query {
    Query { vector: Some(direction(at)), mode: Mode::Vector, ..words("") }
}

pub fn hybrid(text: &str, at: usize) -> Query {
    Query { vector: Some(direction(at)), mode: Mode::Hybrid, ..words(text) }
}

/// Versions found, best first.
pub fn versions(candidates: &[Candidate]) -> Vec<u64> {
    candidates.iter().map(|candidate| candidate.id.version().0).collect()
}

pub struct Store {
    pub folder: TempDir,
    pub index: Indexes,
    pub record: Option<Record>,
    pub settings: IndexSettings,
}

impl Store {
    pub async fn new(settings: IndexSettings) -> Self {
        let folder = tempfile::Builder::new().prefix("pinakes index 100% #").tempdir().unwrap();
        let (index, _) = Indexes::open(&folder.path().join("i"), settings.clone(), None).await.unwrap();
        Self { folder, index, record: None, settings }
    }

    pub async fn with(settings: IndexSettings, chunks: &[IndexedChunk]) -> Self {
        let mut store = Self::new(settings).await;
        store.publish(chunks).await;
        store
    }

    pub fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("i")
    }

    /// Adds, commits, and remembers the record as the catalog would.
    pub async fn publish(&mut self, chunks: &[IndexedChunk]) -> Record {
        self.index.add(chunks).await.unwrap();
        let record = self.index.commit().await.unwrap();
        self.record = Some(record);
        record
    }

    /// As a new process would open it.
    pub async fn reopened(self) -> (Self, pinakes_index::OpenReport) {
        let Self { folder, index, record, settings } = self;
        drop(index);
        let (index, report) = Indexes::open(&folder.path().join("i"), settings.clone(), record.as_ref()).await.unwrap();
        (Self { folder, index, record, settings }, report)
    }

    pub async fn find(&self, query: &Query) -> Vec<u64> {
        self.find_as(&everything(), query).await
    }

    pub async fn find_as(&self, scope: &Scope, query: &Query) -> Vec<u64> {
        versions(&self.index.search(scope, query).await.unwrap())
    }
}

pub fn files_under(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_under(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}
