//! A long list is gone through a page at a time, and shows each document once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use pinakes_catalog::{DocumentFate, DocumentFilter, NewDocument, Publication, SourceKind, SourceRow};
use pinakes_types::{DocId, FileState, Reason, SourceId, VersionSeq};
use support::{NOW, Store, everyone, searchable, source};

const DOCUMENTS: usize = 10_000;
/// Odd, so that pages end between two documents of one path.
const PAGE: u32 = 499;

/// Documents of two sources that have the same paths; without text, which a list does not show.
fn documents(sources: &[SourceId; 2]) -> Vec<NewDocument> {
    let fate = DocumentFate::NotSearchable { state: FileState::Skipped, reason: Reason::new("kind", "It is no document.") };
    let like = NewDocument { fate, ..searchable("a", "", &["public"], VersionSeq(1)) };
    let document = |number: usize| {
        let (source, name) = (&sources[number % 2], number / 2);
        let path = format!("{}/{name:05}.txt", name % 7);
        NewDocument { doc: DocId::derive(source, &path), source: source.clone(), path, ..like.clone() }
    };
    (0..DOCUMENTS).map(document).collect()
}

#[tokio::test]
async fn ten_thousand_documents_are_listed_each_once() {
    let store = Store::new().await;
    let sources = [source(), SourceId("more".into())];
    let more = SourceRow { id: sources[1].clone(), kind: SourceKind::Folder, root: "/more".into(), added_at: NOW };
    store.catalog.add_source(&more).await.unwrap();
    store.catalog.publish(&Publication { documents: documents(&sources), ..Publication::default() }, NOW).await.unwrap();
    let (mut seen, mut filter) = (Vec::new(), DocumentFilter::default());
    loop {
        let rows = store.catalog.documents(&everyone(), &filter, PAGE).await.unwrap();
        let Some(last) = rows.last() else { break };
        filter.after = Some((last.path.clone(), last.doc.clone()));
        seen.extend(rows.into_iter().map(|row| (row.path, row.doc)));
    }
    assert_eq!(seen.len(), DOCUMENTS);
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "in order, so none stands there twice");
}
