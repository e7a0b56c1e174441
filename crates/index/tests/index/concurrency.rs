//! Searches go on while the writer works, and each sees one commit in both legs.

use pinakes_index::Leg;
use pinakes_types::VersionSeq;

use crate::common::{Store, chunk, everything, hybrid, on_disk, settings};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn searches_never_fail_or_see_half_a_commit() {
    for settings in [settings(), on_disk()] {
        let mut store = Store::with(settings, &[chunk(1, 0, "constant"), chunk(1, 1, "constant")]).await;
        let (index, done) = (store.index.clone(), std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
        let finished = std::sync::Arc::clone(&done);
        let searcher = tokio::spawn(async move {
            let mut searches = 0;
            while !finished.load(std::sync::atomic::Ordering::Relaxed) {
                let found = index.search(&everything(), &hybrid("constant", 1)).await.unwrap();
                // Each commit replaces version n, of two chunks, by version n + 1.
                assert_eq!(found.len(), 2, "{found:?}");
                assert_eq!(found[0].id.version(), found[1].id.version());
                assert!(found.iter().all(|candidate| candidate.lexical.is_some() && candidate.vector.is_some()), "{found:?}");
                searches += 1;
            }
            searches
        });
        for version in 2..12 {
            store.index.remove(&[VersionSeq(version - 1)]).await.unwrap();
            store.publish(&[chunk(version, 0, "constant"), chunk(version, 1, "constant")]).await;
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(searcher.await.unwrap() > 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_that_goes_away_leaves_no_half_write() {
    let mut store = Store::with(settings(), &[chunk(1, 0, "first")]).await;
    for version in 2..8 {
        let index = store.index.clone();
        let abandoned = tokio::spawn(async move {
            index.add(&[chunk(version, 0, "more")]).await.unwrap();
            index.commit().await.unwrap();
        });
        tokio::time::sleep(std::time::Duration::from_millis(version * 3)).await;
        abandoned.abort();
    }
    store.publish(&[chunk(50, 0, "last")]).await;
    let (store, report) = store.reopened().await;
    assert_eq!((report.lexical_only.len(), report.vector_only.len()), (0, 0));
    assert_eq!(store.index.chunk_ids(Leg::Lexical).await.unwrap(), store.index.chunk_ids(Leg::Vector).await.unwrap());
}
