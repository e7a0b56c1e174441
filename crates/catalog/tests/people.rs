//! People, their groups, and what lets them in.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use pinakes_catalog::{KeyRow, MembershipOrigin, PersonRow, SessionRow};
use pinakes_types::Timestamp;
use support::{NOW, Store};

fn person(name: &str) -> PersonRow {
    PersonRow {
        id: format!("id-{name}"),
        name: name.into(),
        display: name.to_uppercase(),
        role: "reader".into(),
        active: true,
        password: None,
        provider: None,
        failures: 0,
        locked_until: Timestamp(0),
        created_at: NOW,
    }
}

fn groups(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_name_means_one_person() {
    let store = Store::new().await;
    let ada = PersonRow { provider: Some(("https://id.example".into(), "42".into())), ..person("ada") };
    assert!(store.catalog.add_person(&ada).await.unwrap());
    assert!(!store.catalog.add_person(&PersonRow { id: "other".into(), ..person("ada") }).await.unwrap(), "the name is taken");
    assert!(!store.catalog.add_person(&PersonRow { provider: ada.provider.clone(), ..person("bob") }).await.unwrap());
    assert!(store.catalog.add_person(&person("bob")).await.unwrap(), "no provider is no provider's name");
    assert!(store.catalog.add_person(&person("eve")).await.unwrap());
    assert_eq!(store.catalog.person("ada").await.unwrap(), Some(ada.clone()));
    assert_eq!(store.catalog.person_of_provider("https://id.example", "42").await.unwrap(), Some(ada));
    let names = |rows: Vec<PersonRow>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
    assert_eq!(names(store.catalog.people("", 2).await.unwrap()), ["ada", "bob"]);
    assert_eq!(names(store.catalog.people("bob", 2).await.unwrap()), ["eve"]);
    assert!(!store.catalog.has_admin().await.unwrap());
    store.catalog.update_person("id-eve", "Eve", "admin", true).await.unwrap();
    assert!(store.catalog.has_admin().await.unwrap());
    store.catalog.update_person("id-eve", "Eve", "admin", false).await.unwrap();
    assert!(!store.catalog.has_admin().await.unwrap(), "somebody who may not come in administers nothing");
}

#[tokio::test]
async fn a_provider_changes_only_what_it_said_itself() {
    let store = Store::new().await;
    store.catalog.add_person(&person("ada")).await.unwrap();
    store.catalog.set_membership("id-ada", "local-only", true).await.unwrap();
    store.catalog.set_groups("id-ada", MembershipOrigin::Provider, &groups(&["hr", "sales"])).await.unwrap();
    store.catalog.set_membership("id-ada", "hr", true).await.unwrap();
    store.catalog.set_groups("id-ada", MembershipOrigin::Provider, &groups(&["sales"])).await.unwrap();
    assert_eq!(store.catalog.groups_of("id-ada").await.unwrap(), groups(&["hr", "local-only", "sales"]));
    store.catalog.set_membership("id-ada", "sales", false).await.unwrap();
    assert_eq!(store.catalog.groups_of("id-ada").await.unwrap(), groups(&["hr", "local-only"]));
}

#[tokio::test]
async fn wrong_passwords_are_counted_and_a_new_password_ends_sessions() {
    let store = Store::new().await;
    store.catalog.add_person(&person("ada")).await.unwrap();
    for failures in 1..=3 {
        assert_eq!(store.catalog.note_failure("id-ada", 3, Timestamp(9_000)).await.unwrap(), failures);
        let locked = store.catalog.person("ada").await.unwrap().unwrap().locked_until;
        assert_eq!(locked, Timestamp(if failures >= 3 { 9_000 } else { 0 }));
    }
    let session = SessionRow { hash: "h".into(), person_id: "id-ada".into(), created_at: NOW, used_at: NOW, expires_at: Timestamp(50_000) };
    store.catalog.add_session(&session).await.unwrap();
    assert_eq!(store.catalog.session("h").await.unwrap(), Some(session));
    store.catalog.set_password("id-ada", "new").await.unwrap();
    let ada = store.catalog.person("ada").await.unwrap().unwrap();
    assert_eq!((ada.failures, ada.locked_until, ada.password.as_deref()), (0, Timestamp(0), Some("new")));
    assert_eq!(store.catalog.session("h").await.unwrap(), None);
}

#[tokio::test]
async fn sessions_are_bounded_and_old_ones_go() {
    let store = Store::new().await;
    store.catalog.add_person(&person("ada")).await.unwrap();
    for number in 0..10_i64 {
        let session = SessionRow {
            hash: format!("h{number}"),
            person_id: "id-ada".into(),
            created_at: Timestamp(1_000 + number),
            used_at: Timestamp(1_000 + number),
            expires_at: Timestamp(if number == 9 { 1_500 } else { 90_000 }),
        };
        store.catalog.add_session(&session).await.unwrap();
    }
    store.catalog.trim_sessions("id-ada", Timestamp(2_000), Timestamp(1_002), 3).await.unwrap();
    let mut left = Vec::new();
    for number in 0..10 {
        left.extend(store.catalog.session(&format!("h{number}")).await.unwrap().map(|session| session.hash));
    }
    assert_eq!(left, ["h6", "h7", "h8"], "the expired, the unused and the surplus are gone");
}

#[tokio::test]
async fn keys_are_revoked_once_and_links_work_once() {
    let store = Store::new().await;
    store.catalog.add_person(&person("ada")).await.unwrap();
    let key = KeyRow {
        id: "k".into(),
        person_id: "id-ada".into(),
        name: "reports".into(),
        hash: "x".into(),
        scopes: "read write".into(),
        created_at: NOW,
        expires_at: Some(Timestamp(5_000)),
        used_at: None,
        revoked_at: None,
    };
    store.catalog.add_key(&key).await.unwrap();
    assert_eq!(store.catalog.key("k").await.unwrap(), Some(key.clone()));
    assert_eq!(store.catalog.keys(None, 10).await.unwrap(), std::slice::from_ref(&key));
    assert!(store.catalog.keys(Some("id-bob"), 10).await.unwrap().is_empty());
    store.catalog.touch_key("k", Timestamp(2_000)).await.unwrap();
    assert!(store.catalog.revoke_key("k", Timestamp(3_000)).await.unwrap());
    assert!(!store.catalog.revoke_key("k", Timestamp(4_000)).await.unwrap());
    let after = store.catalog.key("k").await.unwrap().unwrap();
    assert_eq!((after.used_at, after.revoked_at), (Some(Timestamp(2_000)), Some(Timestamp(3_000))));

    store.catalog.add_link("old", None, NOW, Timestamp(9_000)).await.unwrap();
    store.catalog.add_link("l", None, NOW, Timestamp(9_000)).await.unwrap();
    store.catalog.add_link("p", Some("id-ada"), NOW, Timestamp(9_000)).await.unwrap();
    assert_eq!(store.catalog.link("old", NOW).await.unwrap(), None, "a new one takes its place");
    assert_eq!(store.catalog.link("l", NOW).await.unwrap(), Some(None));
    assert_eq!(store.catalog.link("p", NOW).await.unwrap(), Some(Some("id-ada".into())));
    assert_eq!(store.catalog.link("p", Timestamp(9_000)).await.unwrap(), None, "it ends");
    assert!(store.catalog.use_link("l", NOW).await.unwrap());
    assert!(!store.catalog.use_link("l", NOW).await.unwrap());
}

#[tokio::test]
async fn tokens_add_up_by_person_and_day() {
    let store = Store::new().await;
    assert_eq!(store.catalog.add_tokens("ada", 1, 10).await.unwrap(), 10);
    assert_eq!(store.catalog.add_tokens("ada", 1, 5).await.unwrap(), 15);
    assert_eq!(store.catalog.add_tokens("ada", 2, 7).await.unwrap(), 7);
    assert_eq!((store.catalog.tokens_used("ada", 1).await.unwrap(), store.catalog.tokens_used("bob", 1).await.unwrap()), (15, 0));
}
