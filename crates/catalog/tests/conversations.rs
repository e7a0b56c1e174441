//! A conversation is its owner's, whole or not at all.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pinakes_catalog::{Appended, Catalog, FeedbackRow, NewTurn};
use pinakes_types::{Principal, Scope, Timestamp};

const TURNS_MAX: u64 = 3;

struct Store {
    catalog: Catalog,
    _folder: tempfile::TempDir,
}

impl Store {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { catalog: Catalog::create(folder.path()).await.unwrap(), _folder: folder }
    }

    async fn begin(&self, scope: &Scope, id: &str, at: i64) {
        self.catalog.begin_conversation(scope, id, &format!("title of {id}"), None, &turn(&format!("{id}-1"), at)).await.unwrap();
    }

    async fn ids(&self, scope: &Scope) -> Vec<String> {
        self.catalog.conversations(scope, None, 100).await.unwrap().into_iter().map(|row| row.id).collect()
    }

    async fn questions(&self, scope: &Scope, id: &str, before: Option<u64>, limit: u32) -> Vec<String> {
        self.catalog.turns(scope, id, before, limit).await.unwrap().into_iter().map(|turn| turn.kept.question).collect()
    }
}

fn person(name: &str) -> Scope {
    Scope::check(&Principal::person(name, [])).unwrap()
}

fn turn(answer: &str, at: i64) -> NewTurn {
    NewTurn {
        answer: answer.into(),
        question: format!("question of {answer}"),
        response: "{}".into(),
        retrieval: "{}".into(),
        asked_at: Timestamp(at),
    }
}

fn verdict(answer: &str, verdict: &str, at: i64) -> FeedbackRow {
    FeedbackRow {
        answer: answer.into(),
        verdict: verdict.into(),
        reason: Some("wrong".into()),
        comment: Some("no".into()),
        given_at: Timestamp(at),
    }
}

#[tokio::test]
async fn turns_follow_each_other_and_are_read_from_the_end() {
    let (store, ada) = (Store::new().await, person("ada"));
    store.begin(&ada, "c", 10).await;
    assert_eq!(store.catalog.append_turn(&ada, "c", &turn("c-2", 20), TURNS_MAX).await.unwrap(), Appended::Turn(2));
    assert_eq!(store.catalog.append_turn(&ada, "c", &turn("c-3", 30), TURNS_MAX).await.unwrap(), Appended::Turn(3));
    assert_eq!(store.catalog.append_turn(&ada, "c", &turn("c-4", 40), TURNS_MAX).await.unwrap(), Appended::Full);
    let row = store.catalog.conversation(&ada, "c").await.unwrap().unwrap();
    assert_eq!((row.turns, row.created_at, row.updated_at), (3, Timestamp(10), Timestamp(30)), "what did not fit changed nothing");
    assert_eq!(store.questions(&ada, "c", None, 2).await, ["question of c-2", "question of c-3"]);
    assert_eq!(store.questions(&ada, "c", Some(2), 9).await, ["question of c-1"]);
}

#[tokio::test]
async fn what_belongs_to_another_is_as_if_it_were_not_there() {
    let store = Store::new().await;
    let (ada, eve, operator) = (person("ada"), person("eve"), Scope::check(&Principal::local_operator()).unwrap());
    store.begin(&ada, "c", 10).await;
    for other in [&eve, &operator] {
        assert_eq!(store.catalog.conversation(other, "c").await.unwrap(), None);
        assert!(store.ids(other).await.is_empty());
        assert!(store.questions(other, "c", None, 9).await.is_empty());
        assert_eq!(store.catalog.append_turn(other, "c", &turn("x", 20), TURNS_MAX).await.unwrap(), Appended::Gone);
        assert!(!store.catalog.rename_conversation(other, "c", "mine", Timestamp(20)).await.unwrap());
        assert!(!store.catalog.delete_conversation(other, "c").await.unwrap());
        assert!(!store.catalog.give_feedback(other, &verdict("c-1", "up", 20)).await.unwrap());
        assert!(store.catalog.feedback(other, None, 9).await.unwrap().is_empty());
    }
    assert_eq!(store.catalog.conversation(&ada, "c").await.unwrap().unwrap().title, "title of c");
}

#[tokio::test]
async fn the_last_used_come_first_and_pages_meet_without_gap() {
    let (store, ada) = (Store::new().await, person("ada"));
    for (id, at) in [("a", 10), ("b", 20), ("c", 20), ("d", 30)] {
        store.begin(&ada, id, at).await;
    }
    store.catalog.append_turn(&ada, "a", &turn("a-2", 40), TURNS_MAX).await.unwrap();
    assert_eq!(store.ids(&ada).await, ["a", "d", "c", "b"]);
    let first = store.catalog.conversations(&ada, None, 3).await.unwrap();
    let last = first.last().unwrap();
    let rest = store.catalog.conversations(&ada, Some(&(last.updated_at, last.id.clone())), 3).await.unwrap();
    assert_eq!(rest.into_iter().map(|row| row.id).collect::<Vec<_>>(), ["b"]);
}

#[tokio::test]
async fn deleting_takes_turns_and_feedback_along_and_a_late_answer_is_not_kept() {
    let (store, ada) = (Store::new().await, person("ada"));
    store.begin(&ada, "c", 10).await;
    assert!(store.catalog.give_feedback(&ada, &verdict("c-1", "down", 20)).await.unwrap());
    assert!(store.catalog.delete_conversation(&ada, "c").await.unwrap());
    assert_eq!(store.catalog.append_turn(&ada, "c", &turn("c-2", 30), TURNS_MAX).await.unwrap(), Appended::Gone);
    assert!(store.catalog.judged(None, 9).await.unwrap().is_empty() && store.questions(&ada, "c", None, 9).await.is_empty());
    assert!(!store.catalog.delete_conversation(&ada, "c").await.unwrap());
}

#[tokio::test]
async fn the_last_verdict_on_an_answer_counts() {
    let (store, ada, bob) = (Store::new().await, person("ada"), person("bob"));
    store.begin(&ada, "c", 10).await;
    store.begin(&bob, "d", 11).await;
    for feedback in [verdict("c-1", "down", 20), verdict("c-1", "up", 30)] {
        assert!(store.catalog.give_feedback(&ada, &feedback).await.unwrap());
    }
    assert!(store.catalog.give_feedback(&bob, &verdict("d-1", "down", 25)).await.unwrap());
    assert!(!store.catalog.give_feedback(&ada, &verdict("none", "up", 30)).await.unwrap());
    assert_eq!(store.catalog.feedback(&ada, None, 9).await.unwrap(), [("c".to_owned(), verdict("c-1", "up", 30))]);
    assert_eq!(store.catalog.turns(&ada, "c", None, 9).await.unwrap()[0].feedback, Some(verdict("c-1", "up", 30)));
    let judged: Vec<String> = store.catalog.judged(None, 9).await.unwrap().into_iter().map(|turn| turn.kept.answer).collect();
    assert_eq!(judged, ["d-1", "c-1"], "everybody's, oldest first");
}

#[tokio::test]
async fn what_was_not_used_for_long_is_swept() {
    let (store, ada, bob) = (Store::new().await, person("ada"), person("bob"));
    for (scope, id, at) in [(&ada, "old", 10), (&bob, "older", 5), (&ada, "new", 100)] {
        store.begin(scope, id, at).await;
    }
    assert_eq!(store.catalog.delete_conversations_before(Timestamp(50), 1).await.unwrap(), 1);
    assert_eq!(store.ids(&bob).await, Vec::<String>::new(), "the oldest goes first");
    assert_eq!(store.catalog.delete_conversations_before(Timestamp(50), 10).await.unwrap(), 1);
    assert_eq!(store.ids(&ada).await, ["new"]);
}
