//! What is published is read, by whom it may be read, and nothing else is.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use pinakes_catalog::{Catalog, CatalogError, DocumentFilter, Publication};
use pinakes_types::{ChunkId, DocId, DocVersion, FileState, Label, Principal, Scope, VersionSeq};
use support::{NOW, Store, everyone, operator, searchable, source};

#[tokio::test]
async fn a_new_version_hides_the_old_one() {
    let store = Store::new().await;
    store.publish("a.txt", "old words", &["public"]).await;
    store.publish("a.txt", "new words", &["public"]).await;
    let (old, new) = (ChunkId::new(VersionSeq(1), 0).unwrap(), ChunkId::new(VersionSeq(2), 0).unwrap());
    assert_eq!(store.bodies(&everyone(), &[old, new]).await, ["new words"]);
    assert_eq!(store.catalog.dropped_versions(10).await.unwrap(), [VersionSeq(1)]);
    assert_eq!(store.catalog.current_chunk_ids().await.unwrap(), [new]);
    let (version, text) = store.catalog.text(&everyone(), &DocId::derive(&source(), "a.txt")).await.unwrap().unwrap();
    assert_eq!((version, text.text.as_str()), (DocVersion::of(b"new words"), "new words"));
}

#[tokio::test]
async fn candidates_keep_their_order_and_unknown_ones_fall_out() {
    let store = Store::new().await;
    for path in ["a", "b", "c"] {
        store.publish(path, path, &["public"]).await;
    }
    let id = |seq| ChunkId::new(VersionSeq(seq), 0).unwrap();
    assert_eq!(store.bodies(&everyone(), &[id(3), id(99), id(1), id(2)]).await, ["c", "a", "b"]);
}

#[tokio::test]
async fn labels_decide_in_every_reading_function() {
    let store = Store::new().await;
    let secret = store.publish("secret.txt", "salaries", &["group:hr"]).await;
    store.publish("open.txt", "menu", &["public"]).await;
    let ids = store.catalog.current_chunk_ids().await.unwrap();
    let hr = Scope::check(&Principal::person("hr", [Label("group:hr".into())])).unwrap();
    for (scope, expected) in [(everyone(), vec!["menu"]), (hr, vec!["salaries", "menu"]), (operator(), vec!["salaries", "menu"])] {
        assert_eq!(store.bodies(&scope, &ids).await, expected);
        assert_eq!(store.catalog.searchable(&scope).await.unwrap().0, expected.len() as u64);
        assert_eq!(store.catalog.state_counts(&scope).await.unwrap().indexed, expected.len() as u64);
        assert_eq!(store.catalog.documents(&scope, &DocumentFilter::default(), 10).await.unwrap().len(), expected.len());
        let visible = expected.contains(&"salaries");
        assert_eq!(store.catalog.document(&scope, &secret.doc).await.unwrap().is_some(), visible);
        assert_eq!(store.catalog.text(&scope, &secret.doc).await.unwrap().is_some(), visible);
        let asked = [secret.doc.clone(), DocId("unknown".into())];
        assert_eq!(store.catalog.readable(&scope, &asked).await.unwrap().contains(&secret.doc), visible);
    }
}

#[tokio::test]
async fn withdrawn_documents_are_gone_at_once_and_stay_gone() {
    let store = Store::new().await;
    let document = store.publish("a.txt", "words", &["public"]).await;
    assert!(store.catalog.withdraw(&document.doc, "by the operator", NOW).await.unwrap());
    assert!(store.bodies(&operator(), &[ChunkId::new(VersionSeq(1), 0).unwrap()]).await.is_empty());
    assert_eq!(store.catalog.text(&operator(), &document.doc).await.unwrap(), None);
    let known = store.catalog.known_files(&source()).await.unwrap();
    assert_eq!(known["a.txt"].state, FileState::Skipped);
    assert_eq!(store.catalog.document(&operator(), &document.doc).await.unwrap(), None);
    assert_eq!(store.catalog.state_counts(&operator()).await.unwrap().skipped, 0);
    assert!(store.catalog.readable(&operator(), std::slice::from_ref(&document.doc)).await.unwrap().is_empty());
    assert!(!store.catalog.withdraw(&DocId("unknown".into()), "", NOW).await.unwrap());
}

#[tokio::test]
async fn an_interrupted_publication_changes_nothing() {
    let store = Store::new().await;
    store.publish("a.txt", "words", &["public"]).await;
    let seq = store.catalog.allocate_versions(2).await.unwrap();
    // The second document repeats the first one's chunk id, so the transaction fails half-way.
    let first = searchable("a.txt", "changed", &["public"], seq);
    let clash = searchable("b.txt", "clash", &["public"], seq);
    let publication = Publication { record: Some("never".into()), documents: vec![first, clash], ..Publication::default() };
    assert!(store.catalog.publish(&publication, NOW).await.is_err());
    assert_eq!(store.catalog.published().await.unwrap(), Some((1, "after 1".into())));
    assert_eq!(store.bodies(&everyone(), &store.catalog.current_chunk_ids().await.unwrap()).await, ["words"]);
}

#[tokio::test]
async fn version_numbers_are_never_given_twice() {
    let store = Store::new().await;
    assert_eq!(store.catalog.allocate_versions(3).await.unwrap(), VersionSeq(1));
    store.catalog.close().await;
    let reopened = Catalog::open(store.folder.path()).await.unwrap();
    assert_eq!(reopened.allocate_versions(1).await.unwrap(), VersionSeq(4));
}

#[tokio::test]
async fn a_missing_or_damaged_store_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Catalog::open(folder.path()).await.unwrap_err().to_string().contains("pinakes init"));
    std::fs::write(Catalog::file_in(folder.path()), b"this is not a database, it only looks like a file").unwrap();
    let error = Catalog::open(folder.path()).await.unwrap_err();
    assert!(matches!(error, CatalogError::Damaged(_)), "{error}");
}

#[tokio::test]
async fn lists_are_paged_filtered_and_safe_against_wildcards() {
    let store = Store::new().await;
    for path in ["a_1", "ab1", "b%2", "c"] {
        store.publish(path, path, &["public"]).await;
    }
    let paths = async |filter: DocumentFilter, limit| -> Vec<String> {
        store.catalog.documents(&everyone(), &filter, limit).await.unwrap().into_iter().map(|row| row.path).collect()
    };
    assert_eq!(paths(DocumentFilter::default(), 2).await, ["a_1", "ab1"]);
    let after = Some(("ab1".to_owned(), DocId::derive(&source(), "ab1")));
    assert_eq!(paths(DocumentFilter { after, ..DocumentFilter::default() }, 9).await, ["b%2", "c"]);
    let contains = |words: &str| DocumentFilter { contains: Some(words.into()), ..DocumentFilter::default() };
    assert_eq!(paths(contains("A_1"), 9).await, ["a_1"]);
    assert_eq!(paths(contains("%"), 9).await, ["b%2"]);
}
