//! What is added and committed is found, what is removed is not, and closing changes nothing.

use std::collections::BTreeSet;

use pinakes_index::{IndexError, Leg, Mode, Query};
use pinakes_types::{Label, VersionSeq};

use crate::common::{Store, chunk, hybrid, id, near, on_disk, reader, settings, words};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn found_after_the_commit_and_after_reopening_and_gone_after_removal() {
    for settings in [settings(), on_disk()] {
        let mut store = Store::new(settings).await;
        store
            .index
            .add(&[
                chunk(1, 0, "annual leave policy"),
                chunk(1, 1, "sick notes"),
                chunk(2, 0, "policies for travel by train, ship and air"),
            ])
            .await
            .unwrap();
        assert!(store.find(&words("policy")).await.is_empty(), "staged is not yet found");
        store.record = Some(store.index.commit().await.unwrap());
        assert_eq!(store.find(&words("policy")).await, [1, 2]);
        assert_eq!(store.find(&near(2)).await[0], 2);

        let (mut store, report) = store.reopened().await;
        assert_eq!((report.chunks, report.quarantined.len()), (3, 0));
        assert_eq!((report.lexical_only.len(), report.vector_only.len()), (0, 0));
        assert_eq!(store.find(&words("policy")).await, [1, 2]);
        assert_eq!(store.find(&near(1)).await[..2], [1, 1]);

        store.index.remove(&[VersionSeq(1)]).await.unwrap();
        store.publish(&[chunk(3, 0, "leave policy")]).await;
        let (store, _) = store.reopened().await;
        assert_eq!(store.find(&words("policy")).await, [3, 2]);
        assert!(!store.find(&near(1)).await.contains(&1));
        for leg in [Leg::Lexical, Leg::Vector] {
            assert_eq!(store.index.chunk_ids(leg).await.unwrap(), [id(2, 0), id(3, 0)], "{leg}");
        }
        let stats = store.index.stats();
        assert_eq!((stats.lexical_chunks, stats.vector_chunks, stats.versions, stats.record), (2, 2, 2, store.record));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_staged_and_removed_leaves_nothing_and_can_come_again() {
    for settings in [settings(), on_disk()] {
        let settings = pinakes_index::IndexSettings { staged_rows_max: 2, ..settings };
        let mut store = Store::new(settings).await;
        store.index.add(&[chunk(1, 0, "alpha"), chunk(1, 1, "beta"), chunk(1, 2, "gamma")]).await.unwrap();
        store.index.remove(&[VersionSeq(1)]).await.unwrap();
        store.publish(&[chunk(1, 0, "delta")]).await;
        for leg in [Leg::Lexical, Leg::Vector] {
            assert_eq!(store.index.chunk_ids(leg).await.unwrap(), [id(1, 0)], "{leg}");
        }
        assert_eq!(store.find(&near(1)).await, [1]);
        assert!(store.find(&words("alpha")).await.is_empty());
        assert_eq!(store.find(&words("delta")).await, [1]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_legs_are_joined_and_say_where_they_placed_a_chunk() {
    let store = Store::with(
        settings(),
        &[chunk(1, 0, "the invoice is due"), chunk(2, 0, "a boat"), chunk(3, 0, "an invoice among a good many other words")],
    )
    .await;
    let found = store.index.search(&crate::common::everything(), &hybrid("invoice", 1)).await.unwrap();
    assert_eq!(found[0].id, id(1, 0));
    assert!(found[0].lexical.is_some() && found[0].vector.unwrap().rank == 1);
    assert!((found[0].vector.unwrap().score - 1.0).abs() < 1e-4, "the cosine of a vector with itself");
    let boat = found.iter().find(|candidate| candidate.id == id(2, 0)).unwrap();
    assert_eq!(boat.lexical, None);
    // No vector: the words answer alone.
    let alone = Query { vector: None, ..hybrid("invoice", 1) };
    assert_eq!(store.find(&alone).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn labels_change_without_the_text() {
    for settings in [settings(), on_disk()] {
        let mut store = Store::with(settings, &[chunk(1, 0, "salaries"), chunk(2, 0, "salaries too")]).await;
        let hr = BTreeSet::from([Label("group:hr's \"own\"".into())]);
        store.index.set_labels(&[(VersionSeq(1), hr), (VersionSeq(77), BTreeSet::new())]).await.unwrap();
        store.record = Some(store.index.commit().await.unwrap());
        for _ in 0..2 {
            for query in [words("salaries"), near(1)] {
                assert_eq!(store.find_as(&reader(&[]), &query).await, [2]);
                assert_eq!(store.find_as(&reader(&["group:hr's \"own\""]), &query).await.len(), 2);
            }
            store = store.reopened().await.0;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_vectors_are_refused_and_stage_nothing() {
    let mut store = Store::new(settings()).await;
    let mut short = chunk(1, 0, "x");
    short.vector.pop();
    assert!(matches!(store.index.add(&[short]).await, Err(IndexError::Dimensions { found: 7, needed: 8 })));
    let mut nan = chunk(1, 0, "x");
    nan.vector[3] = f32::NAN;
    assert!(matches!(store.index.add(&[chunk(2, 0, "y"), nan]).await, Err(IndexError::NotFinite(_))));
    let missing = Query { mode: Mode::Vector, vector: None, ..words("x") };
    assert!(matches!(store.index.search(&reader(&[]), &missing).await, Err(IndexError::NoVector)));
    store.publish(&[chunk(3, 0, "fine")]).await;
    assert_eq!(store.index.stats().vector_chunks, 1);
    let zero = Query { vector: Some(vec![0.0; 8]), ..near(0) };
    assert_eq!(store.find(&zero).await, [3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_index_and_a_commit_of_nothing() {
    let store = Store::new(settings()).await;
    let before = store.index.commit().await.unwrap();
    assert_eq!(store.index.commit().await.unwrap(), before);
    for query in [words("anything"), words(""), words("\"\""), near(1), hybrid("x", 2)] {
        assert!(store.find(&query).await.is_empty());
    }
}
