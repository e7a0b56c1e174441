//! Collections as people meet them: parts of the documents with readers and instructions of their own, over every way in. Never more is
//! found in one than rights allow, and one that somebody may not use is as if it were not there.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

#[path = "support/http.rs"]
mod http;
#[path = "support/server.rs"]
mod server;
mod support;

use http::send_with;
use serde_json::{Value, json};
use server::Running;
use support::Store;

const CONFIG: &str = r#"
[access]
mode = "accounts"
[collections.hr]
title = "People and pay"
include = ["hr/**"]
readers = ["group:hr"]
instructions = "Name the paragraph."
[collections.handbook]
include = ["*.md"]
model = "extractive"
[collections.board]
include = ["board/**"]
"#;

impl Running {
    fn send(&self, key: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (bearer, body) = (format!("Bearer {key}"), if body.is_null() { String::new() } else { body.to_string() });
        let accept = if path == "/mcp" { "application/json, text/event-stream" } else { "application/json" };
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Accept", accept)];
        let response = send_with(&self.address, method, path, &headers, body.as_bytes());
        let mut body: Value = serde_json::from_str(&response.body).unwrap_or(Value::String(response.body));
        // The only thing that two refusals differ in.
        if let Some(map) = body.as_object_mut() {
            map.remove("request_id");
        }
        (response.status, body)
    }

    fn names(&self, key: &str) -> Vec<String> {
        let (status, list) = self.send(key, "GET", "/api/v1/collections", &Value::Null);
        assert_eq!(status, 200, "{list}");
        list["collections"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    }

    fn found(&self, key: &str, collection: &str) -> Vec<String> {
        let body = json!({ "query": "canteen", "filters": { "collection": collection } });
        let (status, found) = self.send(key, "POST", "/api/v1/search", &body);
        assert_eq!(status, 200, "{found}");
        let mut paths: Vec<String> = found["hits"].as_array().unwrap().iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect();
        paths.sort();
        assert!(paths.len() as u64 <= found["documents_searched"].as_u64().unwrap(), "{found}");
        paths
    }
}

fn company() -> Option<Store> {
    let store = Store::new()?;
    store.write("open.md", "# Canteen\n\nThe canteen opens at eleven.");
    store.write("hr/leave.md", "# Leave\n\nWhoever works in the canteen has thirty days of leave.");
    store.write("hr/pay/cook.md", "# Pay\n\nThe canteen cook earns a secret sum.");
    store.write("hr/pay/.pinakes-access.toml", "readers = [\"group:hr\"]\n");
    store.write("board/plan.md", "# Plan\n\nThe canteen is to be sold.");
    store.write("board/.pinakes-access.toml", "readers = [\"group:board\"]\n");
    store.add();
    fs_err::write(store.place("data/config.toml"), CONFIG).unwrap();
    // Somebody administers, so that a server prints one line only.
    store.json(0, &["user", "add", "root", "--role", "admin"]);
    Some(store)
}

fn add(store: &Store, name: &str, groups: &[&str]) -> String {
    let mut arguments = vec!["user", "add", name, "--role", "editor"];
    groups.iter().for_each(|group| arguments.extend(["--group", group]));
    store.json(0, &arguments);
    store.json(0, &["key", "create", name])["key"].as_str().unwrap().to_owned()
}

#[test]
fn a_collection_narrows_what_rights_allow_and_is_absent_where_they_allow_nothing() {
    let Some(store) = company() else { return };
    let (ada, bob, eve) = (add(&store, "ada", &["hr"]), add(&store, "bob", &[]), add(&store, "eve", &["board", "hr"]));
    let server = Running::over(&store);
    assert_eq!(server.names(&ada), ["handbook", "hr"], "of the board's documents she reads none");
    assert_eq!(server.names(&bob), ["handbook"]);
    assert_eq!(server.names(&eve), ["board", "handbook", "hr"]);
    assert_eq!(server.found(&ada, "hr"), ["hr/leave.md", "hr/pay/cook.md"]);
    assert_eq!(server.found(&eve, "board"), ["board/plan.md"]);
    // In the one that everybody may use, each finds what they may read, and no more.
    assert_eq!(server.found(&bob, "handbook"), ["hr/leave.md", "open.md"]);
    assert_eq!(server.found(&ada, "handbook"), ["hr/leave.md", "hr/pay/cook.md", "open.md"]);

    // Closed to Bob, without a document for Ada, and not there at all: the same, over every way in.
    let task = json!({ "kind": "summarise" });
    let ways = |name: &str| {
        let filters = json!({ "collection": name });
        let call = |tool: &str, words: &str| {
            let arguments = json!({ words: "canteen", "collection": name });
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
        };
        let said = json!([{ "role": "user", "content": "When does the canteen open?" }]);
        [
            ("POST", "/api/v1/search", json!({ "query": "canteen", "filters": filters })),
            ("POST", "/api/v1/search/explain", json!({ "query": "canteen", "filters": filters })),
            ("POST", "/api/v1/ask", json!({ "question": "When does the canteen open?", "filters": filters })),
            ("POST", "/api/v1/ask", json!({ "question": "When does the canteen open?", "filters": filters, "stream": true })),
            ("POST", "/api/v1/conversations", filters.clone()),
            ("POST", "/api/v1/tasks", json!({ "task": task, "filters": filters })),
            ("POST", "/mcp", call("search", "query")),
            ("POST", "/mcp", call("ask", "question")),
            ("POST", "/v1/chat/completions", json!({ "model": format!("pinakes/{name}"), "messages": said })),
            ("POST", "/v1/responses", json!({ "model": format!("pinakes/{name}"), "input": "When does the canteen open?" })),
        ]
    };
    for (key, name) in [(&bob, "hr"), (&ada, "board"), (&bob, "board")] {
        for ((method, path, body), (_, _, unknown)) in ways(name).into_iter().zip(ways("nothing")) {
            let (closed, absent) = (server.send(key, method, path, &body), server.send(key, method, path, &unknown));
            assert_eq!(closed, absent, "{path} {body}");
            assert!(closed.0 == 404 || closed.1.to_string().contains("not_found"), "{path} {body}: {closed:?}");
        }
        let (status, _) = server.send(key, "GET", &format!("/api/v1/search?q=canteen&collection={name}"), &Value::Null);
        assert_eq!(status, 404);
        let (_, models) = server.send(key, "GET", "/v1/models", &Value::Null);
        assert!(!models.to_string().contains(&format!("pinakes/{name}")), "{models}");
    }
    // What the ways say where it is there.
    for (method, path, body) in ways("hr") {
        let (status, answer) = server.send(&ada, method, path, &body);
        assert!((200..300).contains(&status) && !answer.to_string().contains("not_found"), "{path} {body}: {status} {answer}");
    }
    // Rights that change count for the next request; nothing is indexed for it.
    store.json(0, &["user", "group", "ada", "leave", "hr"]);
    assert_eq!(server.names(&ada), ["handbook"]);
    assert_eq!(server.send(&ada, "POST", "/api/v1/search", &json!({ "query": "canteen", "filters": { "collection": "hr" } })).0, 404);
    store.json(0, &["access", "set", "board/plan.md", "public"]);
    assert_eq!(server.found(&bob, "board"), ["board/plan.md"]);
}

#[test]
fn a_conversation_stays_in_the_collection_it_began_with() {
    let Some(store) = company() else { return };
    let (ada, bob) = (add(&store, "ada", &["hr"]), add(&store, "bob", &[]));
    let server = Running::over(&store);
    let ask = |key: &str, more: Value| {
        let mut body = json!({ "question": "When does the canteen open?" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.send(key, "POST", "/api/v1/ask", &body)
    };
    let (status, first) = ask(&ada, json!({ "save": true, "filters": { "collection": "hr" } }));
    assert_eq!((status, first["searched"]["documents"].as_u64()), (200, Some(2)), "{first}");
    let id = first["conversation_id"].as_str().unwrap();
    let paths = |answer: &Value| -> Vec<String> {
        let shown = answer["citations"].as_array().unwrap().iter().chain(answer["nearest"].as_array().into_iter().flatten());
        shown.map(|one| one["path"].as_str().unwrap().to_owned()).collect()
    };
    let (_, next) = ask(&ada, json!({ "conversation_id": id }));
    assert!(!paths(&next).is_empty() && paths(&next).iter().all(|path| path.starts_with("hr/")), "{next}");
    assert_eq!(ask(&ada, json!({ "conversation_id": id, "filters": { "collection": "hr" } })).0, 200);
    let (status, refused) = ask(&ada, json!({ "conversation_id": id, "filters": { "collection": "handbook" } }));
    assert_eq!((status, refused["code"].as_str()), (400, Some("bad_request")), "{refused}");
    let (_, shown) = server.send(&ada, "GET", &format!("/api/v1/conversations/{id}"), &Value::Null);
    assert_eq!((shown["collection"].as_str(), shown["turns"].as_array().unwrap().len()), (Some("hr"), 3), "{shown}");
    let (_, open) = ask(&bob, json!({ "save": true }));
    let open_id = open["conversation_id"].as_str().unwrap();
    assert_eq!(ask(&bob, json!({ "conversation_id": open_id, "filters": { "collection": "handbook" } })).0, 400);

    // Whoever may use it no more goes on no more; what documents they may still read was said stays theirs.
    store.json(0, &["user", "group", "ada", "leave", "hr"]);
    let (status, gone) = ask(&ada, json!({ "conversation_id": id }));
    assert_eq!((status, gone["detail"].as_str()), (404, Some("There is no such collection.")), "{gone}");
    // A model of its own is the only one that writes, but for none at all.
    let (_, own) = ask(&bob, json!({ "filters": { "collection": "handbook" } }));
    assert_eq!(own["model"], "extractive");
    assert_eq!(ask(&bob, json!({ "filters": { "collection": "handbook" }, "model": "gpt" })).0, 400);
}

#[test]
fn collections_on_the_command_line_and_in_the_configuration() {
    let Some(store) = company() else { return };
    let names = |list: Value| -> Vec<(String, u64)> {
        let list = list["collections"].as_array().unwrap().clone();
        list.iter().map(|one| (one["name"].as_str().unwrap().to_owned(), one["documents"].as_u64().unwrap())).collect()
    };
    let expected = [("board", 1), ("handbook", 4), ("hr", 2)].map(|(name, documents)| (name.to_owned(), documents));
    assert_eq!(names(store.json(0, &["collection", "list"])), expected);
    let shown = String::from_utf8(store.run(&["collection", "list"]).stdout).unwrap();
    assert!(shown.contains("hr  People and pay  2 documents") && shown.contains("answered by extractive"), "{shown}");
    let found = store.json(0, &["search", "canteen", "--collection", "board"]);
    assert_eq!((found["hits"].as_array().unwrap().len(), found["hits"][0]["path"].as_str()), (1, Some("board/plan.md")));
    let answer = store.json(0, &["ask", "Is the canteen to be sold?", "--collection", "board"]);
    assert!(answer["answer"].as_str().unwrap().contains("sold"), "{answer}");
    for command in ["search", "ask"] {
        let refused = store.run(&[command, "canteen", "--collection", "nothing"]);
        assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("no such collection"), "{refused:?}");
    }
    // Another collection is there with the next start; no file is read for it.
    let more = format!("{CONFIG}[collections.leave]\ninclude = [\"**/leave.md\"]\n");
    fs_err::write(store.place("data/config.toml"), more).unwrap();
    assert!(names(store.json(0, &["collection", "list"])).contains(&("leave".to_owned(), 1)));
    assert_eq!(store.json(0, &["index", "sync"])["counts"]["indexed"].as_u64(), Some(0));

    for (wrong, words) in [
        ("[collections.x]\ninclude = [\"/srv/\"]\n", "collections.x.include"),
        ("[collections.x]\ninclude = [\"a\"]\nreaders = [\"hr\"]\n", "collections.x.readers"),
        ("[collections.x]\ninclud = [\"a\"]\n", "collections.x.include"),
        ("[collections.x]\ntitle = \"a\"\n", "which documents"),
    ] {
        fs_err::write(store.place("data/config.toml"), wrong).unwrap();
        let refused = store.run(&["collection", "list"]);
        assert_eq!(refused.status.code(), Some(64), "{wrong}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains(words), "{wrong}: {}", String::from_utf8_lossy(&refused.stderr));
    }
    fs_err::write(store.place("data/config.toml"), "[collections.x]\ninclude = [\"a\"]\nmodel = \"gpt\"\n").unwrap();
    let refused = store.run(&["serve", "--address", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(64), "before anything is listened on");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("collections.x.model"), "{}", String::from_utf8_lossy(&refused.stderr));
}
