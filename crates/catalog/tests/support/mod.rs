//! A catalog in a folder of its own, with documents made of a few words.
#![allow(dead_code, reason = "shared by tests that use different parts")]

use pinakes_catalog::{Catalog, DocumentFate, NewChunk, NewDocument, NewText, Publication, SourceKind, SourceRow};
use pinakes_types::{
    CharSpan, ChunkId, DocId, DocVersion, DocumentKind, Label, Principal, Scope, SourceId, StructuredText, Timestamp, VersionSeq,
};

pub(crate) const NOW: Timestamp = Timestamp(1_000);

/// A catalog with one source.
pub(crate) struct Store {
    pub(crate) catalog: Catalog,
    pub(crate) folder: tempfile::TempDir,
}

impl Store {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Catalog::create(folder.path()).await.unwrap();
        let source = SourceRow { id: source(), kind: SourceKind::Folder, root: "/docs".into(), added_at: NOW };
        catalog.add_source(&source).await.unwrap();
        Self { catalog, folder }
    }

    pub(crate) async fn publish(&self, path: &str, words: &str, labels: &[&str]) -> NewDocument {
        let seq = self.catalog.allocate_versions(1).await.unwrap();
        let document = searchable(path, words, labels, seq);
        let publication = Publication { record: Some(format!("after {seq}")), documents: vec![document.clone()], ..Publication::default() };
        self.catalog.publish(&publication, NOW).await.unwrap();
        document
    }

    pub(crate) async fn remove(&self, doc: &DocId) {
        let publication = Publication { removed: vec![doc.clone()], ..Publication::default() };
        self.catalog.publish(&publication, NOW).await.unwrap();
    }

    pub(crate) async fn bodies(&self, scope: &Scope, candidates: &[ChunkId]) -> Vec<String> {
        self.catalog.resolve(scope, candidates).await.unwrap().into_iter().map(|passage| passage.body).collect()
    }
}

pub(crate) fn source() -> SourceId {
    SourceId("docs".into())
}

pub(crate) fn everyone() -> Scope {
    Scope::check(&Principal::person("anyone", [])).unwrap()
}

pub(crate) fn operator() -> Scope {
    Scope::check(&Principal::local_operator()).unwrap()
}

pub(crate) fn searchable(path: &str, words: &str, labels: &[&str], seq: VersionSeq) -> NewDocument {
    let structured = StructuredText {
        kind: DocumentKind::Text,
        title: path.to_uppercase(),
        language: Some("en".into()),
        text: words.into(),
        blocks: vec![],
        markup: vec![],
        pages: vec![],
        warnings: vec![],
    };
    let chunk = NewChunk {
        id: ChunkId::new(seq, 0).unwrap(),
        span: CharSpan::new(0, words.chars().count()),
        page: None,
        heading: String::new(),
        body: words.into(),
    };
    NewDocument {
        doc: DocId::derive(&source(), path),
        source: source(),
        path: path.into(),
        bytes: words.len() as u64,
        modified_ns: 5,
        version: Some(DocVersion::of(words.as_bytes())),
        read_by: "1".into(),
        labels: labels.iter().map(|label| Label((*label).into())).collect(),
        labels_origin: "by the test".into(),
        fate: DocumentFate::Searchable { reason: None, text: Box::new(NewText { seq, structured, chunks: vec![chunk] }) },
    }
}

/// Somebody with these labels.
pub(crate) fn reader(name: &str, labels: &[&str]) -> Scope {
    Scope::check(&Principal::person(name, labels.iter().map(|label| Label((*label).into())))).unwrap()
}
