//! Many small commits are joined, old states go, the recorded one stays, and the approximate index finds what came after it.

use pinakes_index::{IndexSettings, IndexedChunk, Leg};
use pinakes_types::VersionSeq;

use crate::common::{Store, chunk, near, on_disk};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fragments_are_joined_and_the_recorded_state_survives() {
    let mut store = Store::new(IndexSettings { fragments_max: 3, ..on_disk() }).await;
    for version in 1..=6 {
        store.publish(&[chunk(version, 0, "words")]).await;
    }
    store.index.remove(&[VersionSeq(2)]).await.unwrap();
    store.publish(&[]).await;
    let recorded = store.record.unwrap();
    let report = store.index.optimize(&recorded).await.unwrap();
    assert!(report.fragments.0 > 3 && report.fragments.1 == 1, "{report:?}");
    assert!(report.versions_removed > 0);
    assert!(!store.find(&near(2)).await.contains(&2));

    // The catalog did not get to store the new record: the old one still opens.
    let (mut store, opened) = store.reopened().await;
    assert!(!opened.quarantined.is_empty());
    assert_eq!(store.index.chunk_ids(Leg::Vector).await.unwrap().len(), 5);
    // This time it does.
    store.record = Some(store.index.optimize(&recorded).await.unwrap().record);
    let (mut store, opened) = store.reopened().await;
    assert!(opened.quarantined.is_empty());
    assert_eq!(store.index.stats().vector_fragments, 1);
    store.publish(&[chunk(9, 0, "words")]).await;
    assert_eq!(store.index.chunk_ids(Leg::Vector).await.unwrap().len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approximate_index_is_built_and_later_rows_are_found_beside_it() {
    let corpus: Vec<IndexedChunk> = (1..=600)
        .map(|version| IndexedChunk {
            vector: (0..8).map(|place| ((version * (place + 3) * 2_654_435_761) % 1009) as f32 - 504.0).collect(),
            ..chunk(version, 0, "words")
        })
        .collect();
    let mut store = Store::with(IndexSettings { approximate_rows_min: 500, ..on_disk() }, &corpus).await;
    let ask = |at: u64| pinakes_index::Query { vector: Some(corpus[at as usize - 1].vector.clone()), depth: 10, ..near(0) };
    let exact = store.find(&ask(77)).await;
    let report = store.index.optimize(&store.record.unwrap()).await.unwrap();
    assert!(report.approximate);
    store.record = Some(report.record);
    let found = store.find(&ask(77)).await;
    assert_eq!(found[0], 77);
    assert!(found.iter().filter(|version| exact.contains(version)).count() >= 8, "{found:?} of {exact:?}");

    store.publish(&[IndexedChunk { vector: corpus[76].vector.clone(), ..chunk(5000, 0, "late") }]).await;
    let (store, _) = store.reopened().await;
    let found = store.find(&ask(77)).await;
    assert!(found[..2].contains(&5000) && found[..2].contains(&77), "{found:?}");
    let only_late = pinakes_index::Filter { modified_after: Some(pinakes_types::Timestamp(4000)), ..Default::default() };
    assert_eq!(store.find(&pinakes_index::Query { filter: only_late, ..ask(3) }).await, [5000]);
}
