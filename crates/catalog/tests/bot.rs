//! What a bot keeps.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use pinakes_catalog::{BotEventKept, BotEventKey, BotEventRow, Catalog};
use pinakes_types::Timestamp;
use support::{NOW, Store};

fn event(id: &str, message: Option<&str>, at: i64) -> BotEventRow {
    BotEventRow {
        id: id.into(),
        message_key: message.map(str::to_owned),
        done: false,
        body: format!("body of {id}"),
        received_at: Timestamp(at),
    }
}

#[tokio::test]
async fn an_event_is_kept_once_by_its_id_and_by_its_message() {
    let Store { catalog, folder } = Store::new().await;
    let keep = async |event: BotEventRow| catalog.keep_bot_event(&event, 3).await.unwrap();
    assert_eq!(keep(event("b", Some("m1"), 2)).await, BotEventKept::New);
    assert_eq!(keep(event("b", Some("m2"), 3)).await, BotEventKept::Known);
    assert_eq!(keep(event("c", Some("m1"), 3)).await, BotEventKept::Known);
    assert_eq!(keep(event("a", None, 1)).await, BotEventKept::New);
    assert_eq!(keep(event("d", None, 3)).await, BotEventKept::New);
    assert_eq!(keep(event("e", None, 4)).await, BotEventKept::Full);
    assert_eq!(catalog.waiting_bot_events().await.unwrap(), ["a", "b", "d"], "oldest first; what did not fit is not there");
    // A restart later.
    catalog.close().await;
    let catalog = Catalog::open(folder.path()).await.unwrap();
    assert_eq!(catalog.waiting_bot_events().await.unwrap(), ["a", "b", "d"]);
}

#[tokio::test]
async fn an_event_changes_whole_or_not_at_all() {
    let Store { catalog, folder: _folder } = Store::new().await;
    catalog.keep_bot_event(&event("a", Some("m"), 1), 9).await.unwrap();
    let changed = catalog
        .change_bot_event(BotEventKey::Message("m"), |event| {
            event.done = true;
            event.body.push('!');
            true
        })
        .await
        .unwrap();
    assert_eq!(changed.unwrap().body, "body of a!");
    assert!(catalog.waiting_bot_events().await.unwrap().is_empty());
    let seen = catalog
        .change_bot_event(BotEventKey::Id("a"), |event| {
            event.done = false;
            false
        })
        .await
        .unwrap();
    assert!(seen.is_some() && catalog.waiting_bot_events().await.unwrap().is_empty(), "nothing was changed");
    assert_eq!(catalog.change_bot_event(BotEventKey::Id("none"), |_| true).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_old_is_forgotten_but_not_settings_and_what_waits() {
    let Store { catalog, folder: _folder } = Store::new().await;
    for (id, done) in [("old", true), ("waits", false)] {
        catalog.keep_bot_event(&event(id, None, 1), 9).await.unwrap();
        catalog.change_bot_event(BotEventKey::Id(id), |event| std::mem::replace(&mut event.done, done) != done).await.unwrap();
    }
    for kind in ["channel", "thread"] {
        catalog.set_bot_value(kind, "x", "1", Timestamp(1)).await.unwrap();
        catalog.set_bot_value(kind, "x", "2", Timestamp(2)).await.unwrap();
    }
    catalog.forget_bot(Timestamp(3), "channel").await.unwrap();
    assert_eq!(catalog.waiting_bot_events().await.unwrap(), ["waits"]);
    assert_eq!(catalog.keep_bot_event(&event("old", None, 5), 9).await.unwrap(), BotEventKept::New);
    assert_eq!(catalog.bot_value("channel", "x").await.unwrap().as_deref(), Some("2"));
    assert_eq!(catalog.bot_value("thread", "x").await.unwrap(), None);
}

#[tokio::test]
async fn a_chat_account_belongs_to_one_person() {
    let Store { catalog, folder: _folder } = Store::new().await;
    assert!(catalog.link_chat_account("slack:T1:U1", "nobody", NOW).await.is_err(), "a person there is not");
    assert_eq!(catalog.chat_account("slack:T1:U1").await.unwrap(), None);
    assert!(!catalog.unlink_chat_account("slack:T1:U1").await.unwrap());
}
