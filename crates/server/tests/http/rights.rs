//! Every route, asked by everybody: who is let in, who is not, and what they are told. The table of what a route needs is
//! `pinakes_api::needs`; a route without a row there is for administrators, and fails a test beside the table.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use pinakes_access::{Access, Accounts, Audit, KeyScope, NewPerson, Provider, Role};
use pinakes_api::{Needs, ROUTES, needs};
use pinakes_catalog::Catalog;
use pinakes_config::Config;
use pinakes_config::limits::ServerLimits;
use pinakes_types::{Clock, Timestamp};

use crate::support::{Counting, DOC, Reply, Request, Shelf, TestServer};

const PASSWORD: &str = "correct horse battery";

struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// A server with people.
pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) accounts: Accounts,
    clock: Arc<SetClock>,
    _folder: tempfile::TempDir,
}

/// How somebody shows who they are.
#[derive(Clone, Default)]
pub(crate) struct Shown {
    pub(crate) cookie: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) key: Option<String>,
}

impl Shown {
    pub(crate) fn on(&self, request: Request) -> Request {
        let mut request = request;
        for (name, value) in [("cookie", &self.cookie), ("x-pinakes-token", &self.token)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        match &self.key {
            Some(key) => request.header("authorization", &format!("Bearer {key}")),
            None => request,
        }
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Audit::off(), None).await
    }

    /// With a log of what is done, and a provider that people sign in through.
    pub(crate) async fn with(audit: Audit, provider: Option<Provider>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Catalog::create(folder.path()).await.unwrap();
        let clock = Arc::new(SetClock(AtomicI64::new(1_000_000_000)));
        let random = Arc::new(Counting(AtomicU64::new(1_000)));
        let config = Arc::new(Config::defaults().access);
        let accounts = Accounts::new(catalog, config, clock.clone(), random, audit).unwrap();
        for (name, role, groups) in [
            ("nobody-special", Role::Reader, vec![]),
            ("other-team", Role::Reader, vec!["sales"]),
            ("reader", Role::Reader, vec!["hr"]),
            ("editor", Role::Editor, vec!["hr"]),
            ("root", Role::Admin, vec![]),
        ] {
            let groups = groups.into_iter().map(str::to_owned).collect();
            let new = NewPerson { name: name.into(), display: String::new(), role, password: Some(PASSWORD.into()), groups };
            accounts.add_person("test", new).await.unwrap();
        }
        let access = Access::people(accounts.clone(), provider);
        let staging = tempfile::tempdir().unwrap();
        let server = TestServer::over(Arc::new(Shelf::default()), ServerLimits::default(), access, staging, None).await;
        Self { server, accounts, clock, _folder: folder }
    }

    pub(crate) async fn sign_in(&self, name: &str) -> Shown {
        let body = serde_json::json!({ "name": name, "password": PASSWORD }).to_string();
        let reply = self.server.post("/api/v1/session", &body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let token = reply.json()["cross_site_token"].as_str().unwrap().to_owned();
        Shown { cookie: Some(cookie), token: Some(token), key: None }
    }

    /// Time goes by.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock.0.fetch_add(time.as_millis() as i64, Ordering::Relaxed);
    }

    pub(crate) async fn key(&self, owner: &str, scopes: &[KeyScope], lasts: Option<Duration>) -> Shown {
        let key = self.accounts.create_key("test", owner, "test", scopes, lasts).await.unwrap().key;
        Shown { key: Some(key), ..Shown::default() }
    }

    pub(crate) async fn send(&self, shown: &Shown, method: &str, path: &str, json: &str) -> Reply {
        let request = Request::new(method, path);
        let request = if json.is_empty() { request } else { request.json(json) };
        self.server.send(shown.on(request)).await
    }
}

fn concrete(path: &str) -> String {
    path.replace("/jobs/{id}", "/jobs/j1")
        .replace("/v1/models/{id}", "/v1/models/pinakes/extractive")
        .replace("{page}", "1")
        .replace("{name}", "reader")
        .replace("{id}", DOC)
}

/// What comes of a route for somebody: the status that says who they are, or that they were let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    LetThrough,
    SignIn,
    NotAllowed,
}

fn verdict(reply: &Reply) -> Verdict {
    match reply.status {
        401 => Verdict::SignIn,
        403 => Verdict::NotAllowed,
        _ => Verdict::LetThrough,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_for_everybody() {
    let world = World::new().await;
    let hour = Duration::from_secs(3_600);
    let disabled = world.sign_in("nobody-special").await;
    let old_session = world.sign_in("reader").await;
    let old_key = world.key("root", &KeyScope::ALL, Some(hour)).await;
    let revoked_key = world.key("root", &KeyScope::ALL, None).await;
    world.accounts.change_person("root", "nobody-special", None, Some(false)).await.unwrap();
    world.accounts.revoke_key("root", revoked_key.key.as_deref().unwrap(), None).await.unwrap();
    world.pass(13 * hour);

    let nobody: [(&str, Shown); 7] = [
        ("anonymous", Shown::default()),
        ("switched off", disabled),
        ("session not used for too long", old_session),
        ("key that is over", old_key),
        ("key taken back", revoked_key),
        ("forged session", Shown { cookie: Some("pinakes_session=0123456789abcdef".into()), ..Shown::default() }),
        ("forged key", Shown { key: Some("pk_0123_4567".into()), ..Shown::default() }),
    ];
    let all = [Needs::Nothing, Needs::Reader, Needs::Person, Needs::Editor, Needs::Admin, Needs::Metrics];
    let (reader, editor) = (vec![Needs::Reader, Needs::Person], vec![Needs::Reader, Needs::Person, Needs::Editor]);
    let somebody: Vec<(&str, Shown, Vec<Needs>)> = vec![
        ("other team", world.sign_in("other-team").await, reader.clone()),
        ("reader", world.sign_in("reader").await, reader),
        ("editor", world.sign_in("editor").await, editor),
        ("admin", world.sign_in("root").await, all.to_vec()),
        ("admin's key to read", world.key("root", &[KeyScope::Read], None).await, vec![Needs::Reader]),
        ("admin's key to write", world.key("root", &[KeyScope::Write], None).await, vec![Needs::Editor]),
        (
            "admin's key for everything",
            world.key("root", &KeyScope::ALL, None).await,
            vec![Needs::Reader, Needs::Editor, Needs::Admin, Needs::Metrics],
        ),
        ("admin's key for counters", world.key("root", &[KeyScope::Metrics], None).await, vec![Needs::Metrics]),
        ("reader's key for everything", world.key("reader", &KeyScope::ALL, None).await, vec![Needs::Reader]),
    ];
    let mut asked = 0;
    for route in ROUTES {
        let (method, path) = (format!("{:?}", route.method).to_uppercase(), concrete(route.path));
        let needed = needs(&method, route.path);
        for (who, shown) in &nobody {
            let reply = world.send(shown, &method, &path, "").await;
            let expected = if needed == Needs::Nothing { Verdict::LetThrough } else { Verdict::SignIn };
            // Signing in with nothing is refused with the same status, for another reason.
            if route.path != "/api/v1/session" || method == "GET" {
                assert_eq!(verdict(&reply), expected, "{who}: {method} {path}: {}", reply.text());
            }
            asked += 1;
        }
        for (who, shown, may) in &somebody {
            // What ends the session would end the test; it is tested by itself.
            if (method.as_str(), route.path) == ("DELETE", "/api/v1/session") {
                continue;
            }
            let reply = world.send(shown, &method, &path, "").await;
            let expected = if needed == Needs::Nothing || may.contains(&needed) { Verdict::LetThrough } else { Verdict::NotAllowed };
            assert_eq!(verdict(&reply), expected, "{who}: {method} {path} needs {needed:?}: {}", reply.text());
            asked += 1;
        }
    }
    assert!(asked >= ROUTES.len() * 15, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_alone_does_no_more_than_read() {
    let world = World::new().await;
    let root = world.sign_in("root").await;
    let without = Shown { token: None, ..root.clone() };
    let others = Shown { token: world.sign_in("reader").await.token, ..root.clone() };
    for route in ROUTES.iter().filter(|route| route.method != pinakes_api::Method::Get) {
        let (method, path) = (format!("{:?}", route.method).to_uppercase(), concrete(route.path));
        if needs(&method, route.path) == Needs::Nothing {
            continue;
        }
        for shown in [&without, &others] {
            let reply = world.send(shown, &method, &path, "").await;
            assert!(reply.status == 403 && reply.text().contains("X-Pinakes-Token"), "{method} {path}: {}", reply.text());
        }
    }
    assert_eq!(world.send(&without, "GET", "/api/v1/status", "").await.status, 200);
    assert_eq!(world.send(&root, "POST", "/api/v1/search", r#"{"query":"rent"}"#).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_gives_a_cookie_no_script_reads_and_signing_out_takes_it() {
    let world = World::new().await;
    let body = serde_json::json!({ "name": "reader", "password": PASSWORD }).to_string();
    let reply = world.server.post("/api/v1/session", &body).await;
    let cookie = reply.header("set-cookie").unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let secret = cookie.split(['=', ';']).nth(1).unwrap();
    assert!(secret.len() == 64 && !reply.text().contains(secret), "it stands in the cookie only");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let shown = Shown {
        cookie: Some(cookie.split(';').next().unwrap().to_owned()),
        token: reply.json()["cross_site_token"].as_str().map(str::to_owned),
        key: None,
    };
    let me = world.send(&shown, "GET", "/api/v1/session", "").await.json();
    assert_eq!(
        (me["person"]["name"].as_str(), me["person"]["groups"][0].as_str(), me["accounts"].as_bool()),
        (Some("reader"), Some("hr"), Some(true))
    );
    assert_eq!(me["cross_site_token"].as_str(), shown.token.as_deref());
    let gone = world.send(&shown, "DELETE", "/api/v1/session", "").await;
    assert!(gone.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(world.send(&shown, "GET", "/api/v1/status", "").await.code(), "not_signed_in");
    assert!(world.send(&shown, "GET", "/api/v1/session", "").await.json()["person"].is_null());

    for wrong in [r#"{"name":"reader","password":"wrong horse battery"}"#, r#"{"name":"nobody","password":"wrong horse battery"}"#] {
        let reply = world.server.post("/api/v1/session", wrong).await;
        assert_eq!((reply.code().as_str(), reply.header("set-cookie")), ("not_signed_in", None));
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"pinakes\""));
    }
    let foreign = Request::new("POST", "/api/v1/session").json(&body).header("origin", "https://evil.example");
    assert_eq!(world.server.send(foreign).await.code(), "cross_site", "nobody signs somebody else in as themselves");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once_and_keys_are_ones_own() {
    let world = World::new().await;
    let root = world.sign_in("root").await;
    let reader = world.sign_in("reader").await;
    let added = world.send(&root, "POST", "/api/v1/people", r#"{"name":"Ada","groups":["HR"]}"#).await.json();
    assert_eq!(
        (added["name"].as_str(), added["role"].as_str(), added["has_password"].as_bool()),
        (Some("ada"), Some("reader"), Some(false))
    );
    let link = world.send(&root, "POST", "/api/v1/people/ada/link", "").await.json();
    let secret = link["url"].as_str().unwrap().split("#link=").nth(1).unwrap().to_owned();
    let body = serde_json::json!({ "secret": secret, "password": "a new horse battery" }).to_string();
    let used = world.server.post("/api/v1/session/link", &body).await;
    assert_eq!((used.status, used.json()["person"]["name"].as_str()), (200, Some("ada")));
    assert_eq!(world.server.post("/api/v1/session/link", &body).await.code(), "not_found");

    let made = world.send(&reader, "POST", "/api/v1/keys", r#"{"name":"mine","scopes":["read"],"days":1}"#).await.json();
    let key = Shown { key: made["key"].as_str().map(str::to_owned), ..Shown::default() };
    let id = made["info"]["id"].as_str().unwrap();
    assert_eq!(world.send(&key, "GET", "/api/v1/status", "").await.status, 200);
    assert_eq!(world.send(&key, "GET", "/api/v1/keys", "").await.code(), "not_allowed", "a key makes no keys");
    let listed = world.send(&reader, "GET", "/api/v1/keys", "").await;
    assert!(listed.text().contains(id) && !listed.text().contains(key.key.as_deref().unwrap()), "shown once");
    assert_eq!(world.send(&root, "DELETE", &format!("/api/v1/keys/{id}"), "").await.code(), "not_found", "another's");
    assert_eq!(world.send(&reader, "DELETE", &format!("/api/v1/keys/{id}"), "").await.status, 200);
    assert_eq!(world.send(&key, "GET", "/api/v1/status", "").await.code(), "not_signed_in", "dead for its next request");
    let again = world.send(&reader, "POST", "/api/v1/keys", r#"{"name":"another","scopes":["read"]}"#).await.json();
    let key = Shown { key: again["key"].as_str().map(str::to_owned), ..Shown::default() };
    let theirs = format!("/api/v1/people/reader/keys/{}", again["info"]["id"].as_str().unwrap());
    assert_eq!(world.send(&reader, "GET", "/api/v1/people/reader/keys", "").await.code(), "not_allowed", "for administrators");
    assert_eq!(world.send(&reader, "DELETE", &theirs, "").await.code(), "not_allowed");
    let listed = world.send(&root, "GET", "/api/v1/people/reader/keys", "").await.json();
    assert_eq!(listed["keys"].as_array().unwrap().len(), 2);
    let of_another = theirs.replace("/reader/", "/root/");
    assert_eq!(world.send(&root, "DELETE", &of_another, "").await.code(), "not_found");
    assert_eq!(world.send(&root, "DELETE", &theirs, "").await.status, 200);
    assert_eq!(world.send(&key, "GET", "/api/v1/status", "").await.code(), "not_signed_in");
    for wrong in [r#"{"name":"x","scopes":[]}"#, r#"{"name":"x","scopes":["read"],"days":0}"#, r#"{"name":"x","scopes":["all"]}"#] {
        assert_eq!(world.send(&reader, "POST", "/api/v1/keys", wrong).await.code(), "bad_request", "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_within_a_second_of_being_shut_out() {
    let world = World::new().await;
    let reader = world.sign_in("reader").await;
    let request = Request::new("POST", "/api/v1/ask").json(r#"{"question":"stuck after the first words","stream":true}"#);
    let (accounts, started) = (world.accounts.clone(), std::time::Instant::now());
    let shut_out = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        accounts.change_person("root", "reader", None, Some(false)).await.unwrap();
        std::time::Instant::now()
    });
    let reply = world.server.send(reader.on(request)).await;
    let ended = started.elapsed();
    let shut_out = shut_out.await.unwrap().duration_since(started);
    assert!(reply.text().contains("event: error") && reply.text().contains("not_signed_in"), "{}", reply.text());
    assert!(ended - shut_out < Duration::from_secs(1), "{:?}", ended - shut_out);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_are_told_nothing_of_the_machine_or_of_others_work() {
    let world = World::new().await;
    let (reader, editor, root) = (world.sign_in("reader").await, world.sign_in("editor").await, world.sign_in("root").await);
    let status = |reply: Reply| (reply.json()["bytes"].as_u64().unwrap(), reply.json()["documents"]["total"].as_u64().unwrap());
    assert_eq!(status(world.send(&reader, "GET", "/api/v1/status", "").await), (0, 1));
    assert_eq!(status(world.send(&root, "GET", "/api/v1/status", "").await), (1, 1));
    let job = world.send(&editor, "GET", "/api/v1/jobs/j1", "").await.json();
    assert_eq!((job["state"].as_str(), job["files_total"].as_u64()), (Some("done"), Some(0)));
    assert_eq!(world.send(&root, "GET", "/api/v1/jobs/j1", "").await.json()["files_total"].as_u64(), Some(1));
    assert_eq!(world.send(&editor, "GET", "/api/v1/jobs", "").await.code(), "not_allowed");
}
