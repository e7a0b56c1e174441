//! The process stops at every named point of a commit; what was recorded is there afterwards, what was not is not.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Store, chunk, near, settings, words};
use pinakes_index::{FAIL_POINTS, IndexError, Leg};
use pinakes_types::VersionSeq;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_at_any_point_loses_nothing_recorded() {
    let scenario = fail::FailScenario::setup();
    for point in FAIL_POINTS {
        let store = Store::with(settings(), &[chunk(1, 0, "old words"), chunk(2, 0, "old words")]).await;
        store.index.remove(&[VersionSeq(2)]).await.unwrap();
        store.index.add(&[chunk(3, 0, "new words")]).await.unwrap();
        fail::cfg(*point, "panic").unwrap();
        let stopped = store.index.commit().await;
        assert!(matches!(stopped, Err(IndexError::Panicked { .. })), "{point} was never reached");
        fail::remove(*point);
        assert!(matches!(store.index.commit().await, Err(IndexError::NeedsRecovery)), "{point}");
        assert_eq!(store.find(&near(1)).await, [1, 2], "searches go on after {point}");

        let (mut store, report) = store.reopened().await;
        assert!(store.find(&words("old")).await.contains(&1), "{point}");
        assert_eq!(store.find(&near(1)).await, [1, 2], "{point}");
        assert!(!store.find(&words("new")).await.contains(&3), "{point}");
        // What the catalog would do: repeat both.
        store.index.remove(&report.lexical_only).await.unwrap();
        store.index.remove(&[VersionSeq(2)]).await.unwrap();
        store.publish(&[chunk(4, 0, "new words")]).await;
        let (store, report) = store.reopened().await;
        assert_eq!((report.lexical_only.len(), report.vector_only.len()), (0, 0), "{point}");
        for leg in [Leg::Lexical, Leg::Vector] {
            assert_eq!(store.index.chunk_ids(leg).await.unwrap(), [common::id(1, 0), common::id(4, 0)], "{point} {leg}");
        }
    }
    scenario.teardown();
}
