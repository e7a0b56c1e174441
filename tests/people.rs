//! People, keys, rights and the log, as an administrator meets them: the real binary on a terminal and over a socket.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

#[path = "support/http.rs"]
mod http;
mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

use http::send_with;
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
        let arguments = [&ACCOUNTS[..], &["serve", "--address", "127.0.0.1:0", "--quiet"]].concat();
        let mut child = store.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
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
}

fn add(store: &Store, name: &str, groups: &[&str]) -> String {
    let mut arguments = vec!["user", "add", name];
    groups.iter().for_each(|group| arguments.extend(["--group", group]));
    store.json(0, &arguments);
    store.json(0, &["key", "create", name, "--name", "test"])["key"].as_str().unwrap().to_owned()
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
    let finds = |key: &str| {
        let (status, found) = server.send(key, "POST", "/api/v1/search", &json!({ "query": "canteen" }));
        assert_eq!(status, 200, "{found}");
        let mut paths: Vec<String> = found["hits"].as_array().unwrap().iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect();
        paths.sort();
        paths
    };
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
fn the_log_names_who_got_what_and_shows_every_change() {
    let Some(store) = Store::new() else { return };
    store.write("a.md", "# Rent\n\nThe secret rent is due on the third day.");
    store.add();
    let ada = add(&store, "ada", &[]);
    let server = Server::over(&store, true);
    assert_eq!(server.send(&ada, "POST", "/api/v1/search", &json!({ "query": "when is rent due" })).0, 200);
    assert_eq!(server.send(&ada, "POST", "/api/v1/ask", &json!({ "question": "When is rent due?" })).0, 200);
    assert_eq!(server.send(&ada, "GET", "/api/v1/people", &Value::Null).0, 403);
    let file = store.place("data/audit/audit.jsonl");
    // What was refused is written behind: a stranger cannot make the server wait for its disk.
    for _ in 0..100 {
        if std::fs::read_to_string(&file).unwrap().contains("\"event\":\"refused\"") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(server);
    let log = std::fs::read_to_string(&file).unwrap();
    for words in
        ["\"event\":\"retrieval\"", "\"event\":\"answer\"", "\"event\":\"refused\"", "\"action\":\"key_created\"", "\"subject\":\"ada\""]
    {
        assert!(log.contains(words), "{words}: {log}");
    }
    for words in ["secret rent", "rent due", ada.as_str()] {
        assert!(!log.contains(words), "{words}: {log}");
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
    if !support::full() {
        return;
    }
    let Some(store) = Store::new() else { return };
    let script = support::root().join("tests/clients/oidc_provider.mjs");
    let place = store.place("provider");
    fs_err::create_dir(&place).unwrap();
    fs_err::write(place.join("package.json"), "{}").unwrap();
    let install =
        std::process::Command::new("npm").args(["install", "--no-audit", "--no-fund", "oidc-provider@9"]).current_dir(&place).output();
    if !install.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: npm cannot install oidc-provider here");
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
        BufReader::new(provider.stdout.take().unwrap())
            .lines()
            .find(|line| line.as_ref().is_ok_and(|line| line == "ready"))
            .unwrap()
            .unwrap();
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
