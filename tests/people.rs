//! People, keys, rights and the log, as an administrator meets them: the real binary on a terminal and over a socket.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

#[path = "support/http.rs"]
mod http;
mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use http::{Response, send_with};
use serde_json::{Value, json};
use support::Store;

const ACCOUNTS: [&str; 2] = ["--set", "access.mode=accounts"];
const PASSWORD: &str = "correct horse battery";

struct Server {
    child: Child,
    address: String,
    /// The line after the first.
    invitation: Option<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn over(store: &Store, invites: bool) -> Self {
        Self::start(store, invites, &["--quiet"], Stdio::inherit())
    }

    /// One that tells a file all it can.
    fn telling(store: &Store, file: &Path) -> Self {
        Self::start(store, true, &["--set", "log.level=debug"], std::fs::File::create(file).unwrap().into())
    }

    fn start(store: &Store, invites: bool, settings: &[&str], errors: Stdio) -> Self {
        let arguments = [&ACCOUNTS[..], settings, &["serve", "--address", "127.0.0.1:0"]].concat();
        let mut child = store.command(&arguments).stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.next().unwrap().unwrap().rsplit('/').next().unwrap().to_owned();
        let invitation = invites.then(|| lines.next().unwrap().unwrap());
        Self { child, address, invitation }
    }

    fn send(&self, key: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (bearer, body) = (format!("Bearer {key}"), if body.is_null() { String::new() } else { body.to_string() });
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let response = send_with(&self.address, method, path, &headers, body.as_bytes());
        (response.status, serde_json::from_str(&response.body).unwrap_or(Value::Null))
    }

    /// Hands a file in, with or without labels.
    fn upload(&self, key: &str, name: &str, text: &str, labels: Option<&str>) -> Response {
        let field = |labels: &str| format!("--e\r\nContent-Disposition: form-data; name=\"labels\"\r\n\r\n{labels}\r\n");
        let file = format!("--e\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--e--\r\n");
        let (bearer, body) = (format!("Bearer {key}"), labels.map_or_else(String::new, field) + &file);
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "multipart/form-data; boundary=e")];
        send_with(&self.address, "POST", "/api/v1/documents", &headers, body.as_bytes())
    }

    /// The same, and waits until it was read; the document's id.
    fn upload_read(&self, key: &str, name: &str, text: &str, labels: Option<&str>) -> String {
        let uploaded = self.upload(key, name, text, labels);
        assert_eq!(uploaded.status, 202, "{}", uploaded.body);
        let uploaded = uploaded.json();
        let job = format!("/api/v1/jobs/{}", uploaded["job_id"].as_str().unwrap());
        until("the upload was read", || self.send(key, "GET", &job, &Value::Null).1["state"] == "done");
        uploaded["doc_id"].as_str().unwrap().to_owned()
    }

    /// Paths that somebody finds, in order.
    fn found(&self, key: &str, query: &str) -> Vec<String> {
        let (status, found) = self.send(key, "POST", "/api/v1/search", &json!({ "query": query }));
        assert_eq!(status, 200, "{found}");
        let mut paths: Vec<String> = found["hits"].as_array().unwrap().iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect();
        paths.sort();
        paths
    }
}

/// Waits, at most a minute.
fn until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "never came true: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn add(store: &Store, name: &str, groups: &[&str]) -> String {
    let mut arguments = vec!["user", "add", name];
    groups.iter().for_each(|group| arguments.extend(["--group", group]));
    store.json(0, &arguments);
    store.json(0, &["key", "create", name, "--name", "test"])["key"].as_str().unwrap().to_owned()
}

/// Somebody who may upload and delete, with a key for that too.
fn add_editor(store: &Store, name: &str) -> String {
    store.json(0, &["user", "add", name, "--role", "editor"]);
    store.json(0, &["key", "create", name, "--name", "test", "--scope", "read,write"])["key"].as_str().unwrap().to_owned()
}

#[test]
fn the_first_start_prints_a_link_that_makes_an_administrator_once() {
    let Some(store) = Store::new() else { return };
    let server = Server::over(&store, true);
    let line = server.invitation.clone().unwrap();
    let secret = line.split("/sign-in#first=").nth(1).unwrap_or_else(|| panic!("{line}")).to_owned();
    let body = json!({ "secret": secret, "name": "root", "password": PASSWORD });
    let (status, made) = server.send("", "POST", "/api/v1/session/link", &body);
    assert_eq!((status, made["person"]["role"].as_str()), (200, Some("admin")), "{made}");
    assert_eq!(server.send("", "POST", "/api/v1/session/link", &body).0, 404, "once");
    assert_eq!(server.send("", "GET", "/api/v1/documents", &Value::Null).0, 401);
    let page = http::get(&server.address, "/sign-in");
    assert!(page.status == 200 && page.body.contains("sign-in.js"));
    drop(server);
    let people = store.json(0, &["user", "list"]);
    assert_eq!((people["name"].as_str(), people["has_password"].as_bool()), (Some("root"), Some(true)));
    let log = store.json(0, &["audit", "verify"]);
    assert!(log["whole"].as_bool().unwrap() && log["records"].as_u64().unwrap() >= 2, "{log}");
}

#[test]
fn rights_come_from_files_and_change_without_indexing_while_a_server_runs() {
    let Some(store) = Store::new() else { return };
    store.write("open.md", "# Canteen\n\nThe canteen opens at eleven.");
    store.write("hr/pay.md", "# Pay\n\nThe canteen cook earns a secret sum.");
    store.write("hr/.pinakes-access.toml", "readers = [\"group:hr\"]\n");
    store.add();
    let (ada, bob) = (add(&store, "ada", &["HR"]), add(&store, "bob", &[]));
    let server = Server::over(&store, true);
    let finds = |key: &str| server.found(key, "canteen");
    assert_eq!(finds(&ada), ["hr/pay.md", "open.md"]);
    assert_eq!(finds(&bob), ["open.md"]);
    let why = store.json(0, &["access", "explain", "ada", "hr/pay.md"]);
    assert_eq!(
        (why["allowed"].as_bool(), why["by"][0].as_str(), why["origin"].as_str()),
        (Some(true), Some("group:hr"), Some("hr/.pinakes-access.toml"))
    );
    assert_eq!(store.json(1, &["access", "explain", "bob", "hr/pay.md"])["allowed"].as_bool(), Some(false));

    store.json(0, &["user", "group", "bob", "join", "hr"]);
    assert_eq!(finds(&bob), ["hr/pay.md", "open.md"], "a group, from another process");
    store.json(0, &["user", "group", "bob", "leave", "hr"]);
    assert_eq!(finds(&bob), ["open.md"]);
    store.json(0, &["access", "set", "hr/pay.md", "user:bob"]);
    assert_eq!((finds(&ada), finds(&bob)), (vec!["open.md".to_owned()], vec!["hr/pay.md".to_owned(), "open.md".to_owned()]), "by hand");
    store.json(0, &["access", "unset", "hr/pay.md"]);
    assert_eq!((finds(&ada).len(), finds(&bob).len()), (2, 1), "back to the rules");
    store.write("hr/.pinakes-access.toml", "readers = [\"nobody\"]\n");
    assert_eq!(store.json(0, &["access", "apply"])["changed"].as_u64(), Some(1));
    assert_eq!(finds(&ada), ["open.md"], "the sidecar changed");
    let synced = store.json(0, &["index", "sync"]);
    assert_eq!(synced["counts"]["indexed"].as_u64(), Some(0), "no file was read again: {synced}");
    store.json(0, &["user", "disable", "ada"]);
    assert_eq!(server.send(&ada, "GET", "/api/v1/status", &Value::Null).0, 401);
    let id = bob.split('_').nth(1).unwrap();
    store.json(0, &["key", "revoke", id]);
    assert_eq!(server.send(&bob, "GET", "/api/v1/status", &Value::Null).0, 401);
}

#[test]
fn an_upload_is_found_by_those_it_is_labelled_for_and_by_nobody_else() {
    let Some(store) = Store::new() else { return };
    store.write("open.md", "# Canteen\n\nThe canteen opens at eleven.");
    store.add();
    let (ada, bob, eve) = (add(&store, "ada", &["hr"]), add(&store, "bob", &[]), add_editor(&store, "eve"));
    let server = Server::over(&store, true);
    let pay = "# Pay\n\nThe canteen cook earns a secret sum.";
    assert_eq!(server.upload(&eve, "pay.md", pay, Some("everybody")).status, 400);
    let doc = server.upload_read(&eve, "pay.md", pay, Some("group:HR"));
    until("a member finds it", || server.found(&ada, "canteen") == ["eve/pay.md", "open.md"]);
    for (who, key) in [("not a member", &bob), ("whoever brought it, for others", &eve)] {
        assert_eq!(server.found(key, "canteen"), ["open.md"], "{who}");
        assert_eq!(server.send(key, "GET", &format!("/api/v1/documents/{doc}"), &Value::Null).0, 404, "{who}");
    }
    let why = store.json(1, &["access", "explain", "bob", &doc]);
    assert_eq!((why["needs"][0].as_str(), why["origin"].as_str()), (Some("group:hr"), Some("upload by eve")), "{why}");
    store.json(0, &["user", "group", "bob", "join", "hr"]);
    assert_eq!(server.found(&bob, "canteen"), ["eve/pay.md", "open.md"]);
}

#[test]
fn the_log_names_who_got_what_and_shows_every_change() {
    let Some(store) = Store::new() else { return };
    store.write("a.md", "# Rent\n\nThe secret rent is due on the third day.");
    store.add();
    let ada = add_editor(&store, "ada");
    let told = store.place("server.log");
    let server = Server::telling(&store, &told);
    let link = server.invitation.as_ref().and_then(|line| line.split("/sign-in#first=").nth(1)).unwrap().to_owned();
    let root = json!({ "secret": link, "name": "root", "password": PASSWORD });
    assert_eq!(server.send("", "POST", "/api/v1/session/link", &root).0, 200);
    assert_eq!(server.send("", "POST", "/api/v1/session", &json!({ "name": "root", "password": PASSWORD })).0, 200);
    assert_eq!(server.send(&ada, "POST", "/api/v1/search", &json!({ "query": "when is rent due" })).0, 200);
    let (status, answer) = server.send(&ada, "POST", "/api/v1/ask", &json!({ "question": "When is rent due?", "save": true }));
    assert_eq!(status, 200, "{answer}");
    let conversation = answer["conversation_id"].as_str().unwrap();
    assert_eq!(server.send(&ada, "GET", &format!("/api/v1/conversations/{conversation}/export"), &Value::Null).0, 200);
    let doc = server.upload_read(&ada, "birds.md", "# Birds\n\nThe zebrafinch sings at noon.", None);
    assert_eq!(server.send(&ada, "DELETE", &format!("/api/v1/documents/{doc}"), &Value::Null).0, 200);
    assert_eq!(server.send(&ada, "GET", "/api/v1/people", &Value::Null).0, 403);
    let file = store.place("data/audit/audit.jsonl");
    // What was refused is written behind: a stranger cannot make the server wait for its disk.
    until("the refusal is written", || std::fs::read_to_string(&file).unwrap().contains("\"event\":\"refused\""));
    drop(server);
    let log = std::fs::read_to_string(&file).unwrap();
    let administered =
        |action: &str| format!("\"subject\":\"ada\",\"event\":\"administration\",\"action\":\"{action}\",\"target\":\"{doc}\"");
    for words in [
        "\"event\":\"retrieval\"",
        "\"event\":\"answer\"",
        "\"event\":\"refused\"",
        "\"action\":\"key_created\"",
        "\"subject\":\"ada\"",
        &administered("document_added"),
        &administered("document_deleted"),
        &format!("\"event\":\"export\",\"what\":\"conversation {conversation}\""),
    ] {
        assert!(log.contains(words), "{words}: {log}");
    }
    let told = std::fs::read_to_string(&told).unwrap();
    assert!(told.contains("DEBUG") && told.contains("/api/v1/ask"), "{told}");
    for words in ["secret rent", "rent due", "is rent", "third day", "zebrafinch", &ada, PASSWORD, &link] {
        assert!(!log.contains(words), "{words}: {log}");
        assert!(!told.contains(words), "{words}: {told}");
    }
    store.json(0, &["audit", "verify"]);
    let changed = log.replacen("\"subject\":\"ada\"", "\"subject\":\"bob\"", 1);
    std::fs::File::create(&file).unwrap().write_all(changed.as_bytes()).unwrap();
    assert_eq!(store.json(65, &["audit", "verify"])["error"]["code"], "audit_changed");
}

/// A port that is free now.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn somebody_signs_in_through_a_real_provider() {
    let Some(store) = Store::new() else { return };
    let script = support::root().join("tests/clients/oidc_provider.mjs");
    let place = support::root().join("tests/browser");
    if !place.join("node_modules/oidc-provider").is_dir() {
        eprintln!("SKIPPED: tests/browser has no identity provider; run npm ci there");
        return;
    }
    let (port, own) = (free_port(), free_port());
    let node = |arguments: &[&str]| {
        let mut node = std::process::Command::new("node");
        node.arg(&script).args(arguments).current_dir(&place).env("REDIRECT", format!("http://127.0.0.1:{own}/sign-in/callback"));
        node
    };
    for claims in ["token", "userinfo"] {
        let mut provider = node(&[&port.to_string()]).env("CLAIMS", claims).stdout(Stdio::piped()).spawn().unwrap();
        // Held to the end: it says more later, and a closed pipe would end it.
        let mut said_by_provider = BufReader::new(provider.stdout.take().unwrap()).lines();
        said_by_provider.find(|line| line.as_ref().is_ok_and(|line| line == "ready")).unwrap().unwrap();
        fs_err::write(store.place("secret"), "a-secret-of-some-length\n").unwrap();
        let settings = [
            format!("access.oidc_issuer=http://127.0.0.1:{port}"),
            "access.oidc_client_id=pinakes".to_owned(),
            format!("access.oidc_client_secret_file={}", store.place("secret").display()),
            format!("server.public_url=http://127.0.0.1:{own}"),
        ];
        let mut arguments = ACCOUNTS.to_vec();
        settings.iter().for_each(|setting| arguments.extend(["--set", setting]));
        let address = format!("127.0.0.1:{own}");
        arguments.extend(["serve", "--quiet", "--address", &address]);
        let mut child = store.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        let signed_in = node(&["sign-in", &format!("http://{address}")]).output().unwrap();
        let (said, wrong) = (String::from_utf8_lossy(&signed_in.stdout), String::from_utf8_lossy(&signed_in.stderr));
        for process in [&mut child, &mut provider] {
            process.kill().unwrap();
            process.wait().unwrap();
        }
        let session: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{claims}: {error}: {said} {wrong}"));
        assert_eq!(
            (session["person"]["name"].as_str(), &session["person"]["groups"]),
            (Some("ada"), &json!(["hr", "staff"])),
            "{claims}: {session}"
        );
    }
}

#[test]
fn what_leaves_the_building_is_written_down_with_where_it_went() {
    let Some(store) = Store::new() else { return };
    store.write("open.md", "# Canteen\n\nThe canteen opens at eleven.\n");
    store.add();
    // Nobody listens there: what was about to leave is written down all the same.
    let answer =
        store.json(0, &["--set", "remote.url=http://127.0.0.1:9/v1", "--set", "remote.model=big", "ask", "When does the canteen open?"]);
    assert_eq!((answer["extractive"].as_bool(), answer["sent_to"].as_str()), (Some(true), Some("127.0.0.1:9")), "{answer}");
    let log = fs_err::read_to_string(store.place("data/audit/audit.jsonl")).unwrap();
    assert!(log.contains(r#""subject":"operator","event":"sent","to":"127.0.0.1:9","model":"big""#) && !log.contains("eleven"), "{log}");
    store.json(0, &["audit", "verify"]);
}

#[test]
fn every_way_of_asking_counts_towards_one_limit_and_is_written_down() {
    let Some(store) = Store::new() else { return };
    store.write("open.md", "# Canteen\n\nThe canteen opens at eleven.\n");
    store.add();
    fs_err::write(store.place("data/config.toml"), "[access]\nquestions_per_minute = 3\n").unwrap();
    let (ada, bob) = (add(&store, "ada", &[]), add(&store, "bob", &[]));
    let server = Server::over(&store, true);
    let question = "When does the canteen open?";
    let chat = json!({ "model": "pinakes", "messages": [{ "role": "user", "content": question }] });
    let responses = json!({ "model": "pinakes", "input": question });
    for (path, body) in [("/api/v1/ask", &json!({ "question": question })), ("/v1/chat/completions", &chat), ("/v1/responses", &responses)]
    {
        let (status, answer) = server.send(&ada, "POST", path, body);
        assert!(status == 200 && answer.to_string().contains("eleven"), "{path}: {answer}");
    }
    // A slow machine may have earned her another one meanwhile.
    let refused = |path: &str, body: &Value| {
        let mut replies = (0..5).map(|_| server.send(&ada, "POST", path, body));
        replies.find(|(status, _)| *status != 200).unwrap_or_else(|| panic!("{path} knows no limit"))
    };
    for (path, body) in [("/v1/chat/completions", &chat), ("/v1/responses", &responses)] {
        let (status, refused) = refused(path, body);
        assert_eq!((status, refused["error"]["code"].as_str()), (429, Some("rate_limited")), "{path}: {refused}");
    }
    assert_eq!(refused("/api/v1/ask", &json!({ "question": question })).0, 429);
    assert_eq!(server.send(&bob, "POST", "/v1/chat/completions", &chat).0, 200, "each has their own");
    // That an answer was given is written down behind it.
    let log = || fs_err::read_to_string(store.place("data/audit/audit.jsonl")).unwrap();
    let answers = |of: &str| {
        let of = format!("\"subject\":\"{of}\"");
        log().lines().filter(|line| line.contains("\"event\":\"answer\"") && line.contains(&of)).count()
    };
    let started = std::time::Instant::now();
    while answers("ada") < 3 || answers("bob") < 1 {
        assert!(started.elapsed() < std::time::Duration::from_secs(30), "{}", log());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(answers("bob"), 1);
}
