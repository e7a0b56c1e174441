//! A task is its owner's alone, goes on where it ended, and what is over stays over.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use pinakes_catalog::{JobRow, JobState, TASK, TaskCounts};
use pinakes_types::{DocId, Principal, Scope, Timestamp};
use support::Store;

fn person(name: &str) -> Scope {
    Scope::check(&Principal::person(name, [])).unwrap()
}

fn task(id: &str, at: i64) -> JobRow {
    let (created_at, updated_at) = (Timestamp(at), Timestamp(at));
    JobRow { id: id.into(), kind: TASK.into(), state: JobState::Queued, detail: "{}".into(), created_at, updated_at }
}

fn docs(number: usize) -> Vec<DocId> {
    (0..number).map(|place| DocId(format!("doc-{place}"))).collect()
}

#[tokio::test]
async fn a_task_is_done_item_by_item_whoever_begins_again() {
    let store = Store::new().await;
    let (ann, ben) = (person("ann"), person("ben"));
    assert!(store.catalog.add_task(&ann, &task("one", 1), &docs(3), 2).await.unwrap());
    assert!(store.catalog.add_task(&ann, &task("two", 2), &docs(1), 2).await.unwrap());
    assert!(!store.catalog.add_task(&ann, &task("three", 3), &docs(1), 2).await.unwrap(), "too many unfinished");
    assert!(store.catalog.add_task(&ben, &task("four", 4), &docs(1), 2).await.unwrap());
    assert!(store.catalog.task(&ben, "one").await.unwrap().is_none() && store.catalog.task(&ann, "three").await.unwrap().is_none());
    for place in 0..3 {
        // Nothing is held between two items but what is in the database.
        let (job, owner) = store.catalog.next_task().await.unwrap().unwrap();
        assert_eq!((job.id.as_str(), owner.as_str()), ("one", "ann"));
        let item = store.catalog.next_task_item("one").await.unwrap().unwrap();
        assert_eq!((item.place, item.doc, item.result), (place, docs(3)[place as usize].clone(), None));
        store.catalog.finish_task_item("one", place, &format!("{{\"n\":{place}}}"), place == 1, Timestamp(9)).await.unwrap();
    }
    assert!(store.catalog.next_task_item("one").await.unwrap().is_none());
    let (_, counts) = store.catalog.task(&ann, "one").await.unwrap().unwrap();
    assert_eq!(counts, TaskCounts { total: 3, done: 3, failed: 1 });
    let results = store.catalog.task_results("one", 1, 9).await.unwrap();
    assert_eq!(results.iter().map(|item| item.result.as_deref().unwrap()).collect::<Vec<_>>(), ["{\"n\":1}", "{\"n\":2}"]);
    assert!(store.catalog.move_task("one", JobState::Done, Timestamp(9)).await.unwrap());
    assert!(!store.catalog.move_task("one", JobState::Cancelled, Timestamp(9)).await.unwrap(), "over is over");
    assert_eq!(store.catalog.next_task().await.unwrap().unwrap().0.id, "two");
}

#[tokio::test]
async fn results_go_with_their_job() {
    let store = Store::new().await;
    let ann = person("ann");
    store.catalog.add_task(&ann, &task("one", 1), &docs(1), 9).await.unwrap();
    store.catalog.finish_task_item("one", 0, "{}", false, Timestamp(2)).await.unwrap();
    store.catalog.move_task("one", JobState::Done, Timestamp(2)).await.unwrap();
    store.catalog.trim_jobs(0).await.unwrap();
    assert!(store.catalog.task(&ann, "one").await.unwrap().is_none());
    assert!(store.catalog.task_results("one", 0, 9).await.unwrap().is_empty());
}
