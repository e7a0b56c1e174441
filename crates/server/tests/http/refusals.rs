//! What is refused is noted: what was asked for and why it was refused, never what was shown to be let in, and never so much that a
//! stranger could fill the log.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pinakes_access::{Audit, KeyScope, verify};
use pinakes_config::AuditConfig;
use serde_json::Value;

use crate::rights::{Shown, World};
use crate::support::{Noon, Request};

const HOUR: Duration = Duration::from_secs(3_600);

async fn noting(folder: &Path) -> World {
    let audit = Audit::open(folder, AuditConfig { file_bytes_max: 1 << 20, files_max: 2 }, Arc::new(Noon)).unwrap();
    World::with(audit, None).await
}

/// The log as it stands: its lines, and of its refusals who, what and why.
async fn noted(world: &World, folder: &Path) -> (String, Vec<[String; 4]>) {
    world.accounts.audit().flush().await;
    let log = fs_err::read_to_string(folder.join("audit.jsonl")).unwrap();
    let records = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let refused = records.filter(|record| record["event"] == "refused");
    let told = |record: Value| ["subject", "method", "route", "code"].map(|name| record[name].as_str().unwrap().to_owned());
    let refused = refused.map(told).collect();
    (log, refused)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_in_vain_and_what_other_sites_try_is_noted_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = noting(folder.path()).await;
    let reader = world.sign_in("reader").await;
    let revoked = world.key("reader", &[KeyScope::Read], None).await;
    world.accounts.revoke_key("root", revoked.key.as_deref().unwrap(), None).await.unwrap();
    let forged_key = Shown { key: Some("pk_0123456789_4567".into()), ..Shown::default() };
    let forged_session = Shown { cookie: Some("pinakes_session=0123456789abcdef".into()), ..Shown::default() };
    let without_token = Shown { token: None, ..reader.clone() };
    let foreign = Request::new("POST", "/api/v1/search").json(r#"{"query":"rent"}"#).header("sec-fetch-site", "cross-site");

    // Nothing is shown, or it does not matter what: nobody was refused because of it.
    assert_eq!(world.send(&Shown::default(), "GET", "/api/v1/status", "").await.status, 401);
    assert_eq!(world.send(&forged_session, "GET", "/", "").await.status, 200);
    assert_eq!(world.send(&forged_key, "GET", "/nothing", "").await.status, 404);

    assert_eq!(world.send(&forged_key, "GET", "/api/v1/status", "").await.status, 401);
    assert_eq!(world.send(&revoked, "BREW", "/api/v1/status", "").await.status, 401);
    assert_eq!(world.send(&forged_session, "GET", "/api/v1/documents/abc", "").await.status, 401);
    assert_eq!(world.server.send(reader.on(foreign)).await.status, 403);
    assert_eq!(world.send(&without_token, "DELETE", "/api/v1/keys/abc", "").await.status, 403);
    assert_eq!(world.send(&reader, "GET", "/api/v1/people", "").await.status, 403);

    let (log, refused) = noted(&world, folder.path()).await;
    let expected = [
        ["anonymous", "GET", "/api/v1/status", "not_signed_in"],
        ["anonymous", "other", "/api/v1/status", "not_signed_in"],
        ["anonymous", "GET", "/api/v1/documents/{id}", "not_signed_in"],
        ["anonymous", "POST", "/api/v1/search", "cross_site"],
        ["reader", "DELETE", "/api/v1/keys/{id}", "cross_site"],
        ["reader", "GET", "/api/v1/people", "not_allowed"],
    ];
    assert_eq!(refused, expected.map(|record| record.map(str::to_owned)), "{log}");
    let shown = [&forged_key, &revoked, &forged_session, &reader].map(|shown| [&shown.key, &shown.cookie, &shown.token]);
    for secret in shown.into_iter().flatten().flatten() {
        let secret = secret.rsplit('=').next().unwrap();
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_does_not_fill_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let world = noting(folder.path()).await;
    let over = world.key("reader", &[KeyScope::Read], Some(HOUR)).await;
    world.pass(2 * HOUR);
    let started = Instant::now();
    for _ in 0..100 {
        assert_eq!(world.send(&over, "GET", "/api/v1/status", "").await.code(), "not_signed_in");
    }
    let (log, refused) = noted(&world, folder.path()).await;
    // Five at once, and five a second after that.
    let most = 5 + 5 * (started.elapsed().as_secs() as usize + 1);
    assert!((1..=most).contains(&refused.len()), "{} of 100: {log}", refused.len());
    verify(folder.path()).unwrap();
}
