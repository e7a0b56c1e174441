//! A change of rights is in force for whoever asks next, is never undone by a later read of the file, and tells the legs what to lay over.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;

use pinakes_catalog::{Decided, DocumentFilter};
use pinakes_types::{Label, Scope, VersionSeq};
use support::{NOW, Store, reader};

fn decided(labels: &[&str], origin: &str) -> Decided {
    Decided { labels: labels.iter().map(|label| Label((*label).into())).collect(), origin: origin.into() }
}

async fn listed(store: &Store, scope: &Scope) -> usize {
    store.catalog.documents(scope, &DocumentFilter::default(), 10).await.unwrap().len()
}

#[tokio::test]
async fn a_grant_and_its_end_are_in_force_at_once_and_noted_for_the_legs() {
    let store = Store::new().await;
    let secret = store.publish("plan.txt", "the plan", &["group:board"]).await;
    let (ada, epoch) = (reader("ada", &["group:sales"]), store.catalog.rights_epoch().await.unwrap());
    assert_eq!(listed(&store, &ada).await, 0);

    let granted = store.catalog.set_rights(&[(secret.doc.clone(), decided(&["group:sales"], "rule"))]).await.unwrap();
    assert_eq!((granted, listed(&store, &ada).await), (1, 1));
    assert_eq!(store.catalog.rights_epoch().await.unwrap(), epoch + 1);
    let over = store.catalog.relabelled().await.unwrap();
    assert_eq!(over.into_values().collect::<Vec<_>>(), [BTreeSet::from([Label("group:sales".into())])]);

    store.catalog.set_rights(&[(secret.doc.clone(), decided(&[], "nobody"))]).await.unwrap();
    assert_eq!(listed(&store, &ada).await, 0);
    assert_eq!(store.catalog.relabelled().await.unwrap().into_values().collect::<Vec<_>>(), [BTreeSet::new()]);
    assert_eq!(store.catalog.rights_of(&secret.doc).await.unwrap().unwrap(), decided(&[], "nobody"));
}

#[tokio::test]
async fn the_same_labels_again_change_nothing_but_the_reason() {
    let store = Store::new().await;
    let one = store.publish("a.txt", "a", &["public"]).await;
    let epoch = store.catalog.rights_epoch().await.unwrap();
    assert_eq!(store.catalog.set_rights(&[(one.doc.clone(), decided(&["public"], "another rule"))]).await.unwrap(), 0);
    assert_eq!(store.catalog.rights_epoch().await.unwrap(), epoch);
    assert_eq!(store.catalog.rights_of(&one.doc).await.unwrap().unwrap().origin, "another rule");
    assert!(store.catalog.relabelled().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_said_by_hand_outlives_reading_the_file_and_losing_it() {
    let store = Store::new().await;
    let document = store.publish("salaries.txt", "salaries", &["public"]).await;
    store.catalog.override_rights(&document.doc, Some(&decided(&["user:cfo"], "set by root")), NOW).await.unwrap();
    let (anyone, cfo) = (reader("ada", &[]), reader("cfo", &["user:cfo"]));
    let sees = async |scope: &Scope| listed(&store, scope).await;
    assert_eq!((sees(&anyone).await, sees(&cfo).await), (0, 1));

    store.publish("salaries.txt", "salaries again", &["public"]).await;
    assert_eq!((sees(&anyone).await, sees(&cfo).await), (0, 1), "after it was read again");
    let over = store.catalog.relabelled().await.unwrap();
    assert_eq!(over.len(), 1, "it was indexed as public, and the legs have to know better: {over:?}");
    assert_eq!(store.catalog.set_rights(&[(document.doc.clone(), decided(&["public"], "rule"))]).await.unwrap(), 0);
    assert_eq!(sees(&anyone).await, 0, "rules say less than a person");

    store.remove(&document.doc).await;
    store.publish("salaries.txt", "salaries once more", &["public"]).await;
    assert_eq!((sees(&anyone).await, sees(&cfo).await), (0, 1), "after it was gone and came back");

    store.catalog.override_rights(&document.doc, None, NOW).await.unwrap();
    store.catalog.set_rights(&[(document.doc.clone(), decided(&["public"], "rule"))]).await.unwrap();
    assert_eq!(sees(&anyone).await, 1, "taken back");
}

#[tokio::test]
async fn what_the_legs_have_taken_over_is_not_laid_over_them_again() {
    let store = Store::new().await;
    let (one, two) = (store.publish("a.txt", "a", &["public"]).await, store.publish("b.txt", "b", &["public"]).await);
    store.catalog.set_rights(&[(one.doc.clone(), decided(&["group:a"], "rule"))]).await.unwrap();
    let epoch = store.catalog.rights_epoch().await.unwrap();
    store.catalog.set_rights(&[(two.doc.clone(), decided(&["group:b"], "rule"))]).await.unwrap();
    store.catalog.relabelled_until(epoch).await.unwrap();
    let left: Vec<VersionSeq> = store.catalog.relabelled().await.unwrap().into_keys().collect();
    assert_eq!(left.len(), 1, "the later change stays noted");
    let all = store.catalog.rights_in(&support::source()).await.unwrap();
    assert_eq!(all["a.txt"].1, decided(&["group:a"], "rule"));
    assert_eq!(all.len(), 2);
}
