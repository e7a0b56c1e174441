//! The server as intranet tools and the page meet it: the real binary, over a real socket, on the sample company.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

#[path = "support/http.rs"]
mod http;
#[path = "support/server.rs"]
mod server;
mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use http::{get, post, send};
use serde_json::{Value, json};
use server::Server;
use support::{Store, root};

impl Server {
    fn sample() -> Option<Self> {
        let store = Store::new()?;
        store.json(0, &["index", "add", root().join("data/sample").to_str().unwrap()]);
        Some(Self::over(store))
    }

    fn get(&self, path: &str) -> Value {
        let response = get(&self.address, path);
        assert_eq!(response.status, 200, "{path}: {}", response.body);
        response.json()
    }

    fn finds(&self, query: &str, path: &str) -> bool {
        let response = post(&self.address, "/api/v1/search", &json!({ "query": query })).json();
        response["hits"].as_array().unwrap().iter().any(|hit| hit["path"] == path)
    }

    fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !condition(self) {
            assert!(started.elapsed() < Duration::from_secs(60), "never came: {what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[test]
fn a_citation_opens_the_document_at_the_quoted_words() {
    let Some(server) = Server::sample() else { return };
    let answer =
        post(&server.address, "/api/v1/ask", &json!({ "question": "How many unused holiday days can I carry over into next year?" }))
            .json();
    let citation = &answer["citations"][0];
    let (start, end) = (citation["char_span"][0].as_u64().unwrap() as usize, citation["char_span"][1].as_u64().unwrap() as usize);
    let doc = citation["doc_id"].as_str().unwrap();
    let content = server.get(&format!("/api/v1/documents/{doc}/content?at={start}"));
    let base = content["span"][0].as_u64().unwrap() as usize;
    let text: Vec<char> = content["text"].as_str().unwrap().chars().collect();
    assert_eq!(text[start - base..end - base].iter().collect::<String>(), citation["quote"].as_str().unwrap());
    assert_eq!(content["doc_version"], citation["doc_version"]);
}

#[test]
fn a_citation_is_known_to_stand_to_have_moved_or_to_be_gone() {
    let Some(store) = Store::new() else { return };
    let notice = store.write("drill.md", "# Drill\n\nThe fire drill takes place on the last Thursday of October.\n");
    store.add();
    let server = Server::over(store);
    let answer = post(&server.address, "/api/v1/ask", &json!({ "question": "When does the fire drill take place?" })).json();
    let cited = &answer["citations"][0];
    let check = || {
        let asked: serde_json::Map<String, Value> =
            ["doc_id", "doc_version", "char_span", "quote"].map(|name| (name.to_owned(), cited[name].clone())).into_iter().collect();
        post(&server.address, "/api/v1/citations/check", &json!({ "citations": [asked] })).json()["citations"][0].clone()
    };
    assert_eq!((&check()["state"], &check()["char_span"]), (&json!("current"), &cited["char_span"]));
    for (text, state) in [
        ("# Drill\n\nNews of this year. The fire drill takes place on the last Thursday of October.\n", "moved"),
        ("# Drill\n\nThe fire drill takes place on the first Monday of May.\n", "changed"),
    ] {
        fs_err::write(&notice, text).unwrap();
        server.store.add();
        server.until(state, |_| check()["state"] == state);
        let at = |place: usize| check()["char_span"][place].as_u64().unwrap() as usize;
        assert!(state != "moved" || text[at(0)..at(1)] == *cited["quote"].as_str().unwrap());
    }
    let document = format!("/api/v1/documents/{}", cited["doc_id"].as_str().unwrap());
    assert_eq!(send(&server.address, "DELETE", &document, "text/plain", "*/*", b"").status, 200);
    assert_eq!(check(), json!({ "doc_id": cited["doc_id"], "state": "gone" }));
}

#[test]
fn an_answer_comes_as_events_that_add_up() {
    let Some(server) = Server::sample() else { return };
    let question = json!({ "question": "How fast must a lost laptop be reported?", "stream": true }).to_string();
    let stream = send(&server.address, "POST", "/api/v1/ask", "application/json", "text/event-stream", question.as_bytes());
    assert!(stream.head.contains("content-type: text/event-stream"), "{}", stream.head);
    let names: Vec<&str> = stream.body.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!((names.first(), names.last()), (Some(&"retrieval"), Some(&"done")), "{names:?}");
    let data: Vec<Value> =
        stream.body.lines().filter_map(|line| line.strip_prefix("data: ")).map(|data| serde_json::from_str(data).unwrap()).collect();
    let deltas: String = data.iter().filter(|event| event["event"] == "delta").map(|event| event["text"].as_str().unwrap()).collect();
    let done = data.last().unwrap();
    assert_eq!(done["answer"], deltas.as_str());
    assert_eq!(names.iter().filter(|name| **name == "citation").count(), done["citations"].as_array().unwrap().len());
}

#[test]
fn a_streamed_answer_is_replayed_and_then_forgotten_on_request() {
    let Some(server) = Server::sample() else { return };
    let question = json!({ "question": "How fast must a lost laptop be reported?", "stream": true }).to_string();
    let stream = send(&server.address, "POST", "/api/v1/ask", "application/json", "text/event-stream", question.as_bytes());
    let place = stream.head.lines().find_map(|line| line.strip_prefix("content-location: ")).unwrap().to_owned();
    let events = |body: &str| body.lines().filter(|line| line.starts_with("data: ")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(events(&get(&server.address, &place).body), events(&stream.body));
    assert_eq!(send(&server.address, "DELETE", &place, "text/plain", "*/*", b"").status, 204);
    assert_eq!(get(&server.address, &place).status, 404);
}

#[test]
fn a_model_is_named_or_not_found() {
    let Some(server) = Server::sample() else { return };
    let question = "How many unused holiday days can I carry over into next year?";
    let extractive = post(&server.address, "/api/v1/ask", &json!({ "question": question, "model": "extractive" })).json();
    assert_eq!(extractive["model"], "extractive");
    for stream in [false, true] {
        let unknown = post(&server.address, "/api/v1/ask", &json!({ "question": question, "model": "gpt-4o", "stream": stream }));
        assert_eq!((unknown.status, &unknown.json()["code"]), (404, &json!("model_not_found")));
    }
    let models = server.get("/v1/models");
    let names: Vec<&str> = models["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    let source = names.iter().find(|name| name.starts_with("pinakes/sample-")).unwrap();
    let asked = |model: &str| {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": question }] });
        post(&server.address, "/v1/chat/completions", &body).json()
    };
    assert!(asked(source)["choices"][0]["message"]["content"].as_str().unwrap().contains("five"), "{source}");
    assert_eq!(asked("pinakes/nowhere")["error"]["code"], "model_not_found");
}

#[test]
fn a_search_explains_itself() {
    let Some(server) = Server::sample() else { return };
    let explain = |body: Value| post(&server.address, "/api/v1/search/explain", &body).json();
    let query = "carry over holiday";
    for fusion in ["convex", "rrf"] {
        let found = post(&server.address, "/api/v1/search", &json!({ "query": query, "limit": 3, "fusion": fusion })).json();
        let explained = explain(json!({ "query": query, "limit": 3, "fusion": fusion }));
        let passages = explained["passages"].as_array().unwrap();
        for (passage, hit) in passages.iter().zip(found["hits"].as_array().unwrap()) {
            assert_eq!((&passage["chunk_id"], passage["shown"].as_bool()), (&hit["chunk_id"], Some(true)), "{fusion}");
        }
        for passage in passages {
            let counted = |leg: &str| passage[leg]["contribution"].as_f64().unwrap_or(0.0);
            let (sum, score) = (counted("lexical") + counted("vector"), passage["score"].as_f64().unwrap());
            assert!((sum - score).abs() < 1e-4, "{fusion}: {passage}");
        }
        assert_eq!(passages.iter().filter(|passage| passage["shown"] == true).count(), 3);
    }
    let documents = server.get("/api/v1/documents?limit=500");
    let id =
        |path: &str| documents["documents"].as_array().unwrap().iter().find(|document| document["path"] == path).unwrap()["doc_id"].clone();
    let asked = |body: Value| explain(body)["document"].clone();
    let leave = id("hr/leave-policy.md");
    let shown = asked(json!({ "query": query, "doc_id": leave }));
    assert_eq!((&shown["outcome"], &shown["best"]["shown"]), (&json!("shown"), &json!(true)), "{shown}");
    let filtered = asked(json!({ "query": query, "doc_id": leave, "filters": { "kinds": ["pdf"], "path_prefix": "it/" } }));
    assert_eq!((&filtered["outcome"], &filtered["filtered_by"]), (&json!("filtered"), &json!(["kinds", "path_prefix"])), "{filtered}");
    let words = asked(json!({ "query": "zyzzyva", "mode": "lexical", "doc_id": leave }));
    assert_eq!((&words["outcome"], &words["alone"]), (&json!("not_candidate"), &json!({})), "{words}");
    let below = asked(json!({ "query": "salary", "limit": 1, "doc_id": leave }));
    assert!(["below_cut", "shown"].contains(&below["outcome"].as_str().unwrap()), "{below}");
    let absent = post(&server.address, "/api/v1/search/explain", &json!({ "query": query, "doc_id": "f".repeat(32) }));
    assert_eq!(absent.status, 404);
}

#[test]
fn an_upload_becomes_searchable_and_a_deletion_is_in_force_at_once() {
    let Some(store) = Store::new() else { return };
    let server = Server::over(store);
    assert_eq!(post(&server.address, "/api/v1/search", &json!({ "query": "anything" })).json()["hits"], json!([]));
    let body = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"notice.md\"\r\nContent-Type: text/markdown\r\n\r\n\
                # Notice\n\nThe fire drill takes place on the last Thursday of October.\r\n--edge--\r\n";
    let uploaded =
        send(&server.address, "POST", "/api/v1/documents", "multipart/form-data; boundary=edge", "application/json", body.as_bytes());
    assert_eq!(uploaded.status, 202, "{}", uploaded.body);
    let uploaded = uploaded.json();
    let job = format!("/api/v1/jobs/{}", uploaded["job_id"].as_str().unwrap());
    server.until("the job's end", |server| server.get(&job)["state"] == "done");
    server.until("the upload in search", |server| server.finds("when is the fire drill", "notice.md"));
    assert_eq!(server.get("/api/v1/documents")["documents"][0]["state"], "indexed");

    let document = format!("/api/v1/documents/{}", uploaded["doc_id"].as_str().unwrap());
    assert_eq!(send(&server.address, "DELETE", &document, "text/plain", "*/*", b"").status, 200);
    assert!(!server.finds("when is the fire drill", "notice.md"));
    for path in [document.clone(), format!("{document}/content")] {
        assert_eq!(get(&server.address, &path).status, 404, "{path}");
    }
    assert!(post(&server.address, "/api/v1/ask", &json!({ "question": "When is the fire drill?" })).json()["refused"].as_bool().unwrap());
}

#[test]
fn what_another_process_indexes_is_found_without_a_restart() {
    let Some(store) = Store::new() else { return };
    let server = Server::over(store);
    server.store.write("late.md", "# Late\n\nThe glockenspiel is tuned in spring.");
    server.store.add();
    server.until("the late document", |server| server.finds("glockenspiel", "late.md"));
}

#[test]
fn a_killed_server_comes_back_with_everything_it_acknowledged() {
    let Some(store) = Store::new() else { return };
    let mut server = Server::over(store);
    let upload = |address: &str, name: &str| {
        let body = format!(
            "--e\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\nThe word of {name} is abracadabra.\r\n--e--\r\n"
        );
        send(address, "POST", "/api/v1/documents", "multipart/form-data; boundary=e", "application/json", body.as_bytes()).status
    };
    for name in ["one.txt", "two.txt", "three.txt"] {
        assert_eq!(upload(&server.address, name), 202);
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let mut child = server.store.command(&["serve", "--address", "127.0.0.1:0", "--quiet"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    server.child = child;
    server.address = line.trim().rsplit('/').next().unwrap().to_owned();
    for name in ["one.txt", "two.txt", "three.txt"] {
        server.until(name, |server| server.finds("abracadabra", name));
    }
}

#[test]
fn the_page_asks_nothing_of_the_outside() {
    let Some(store) = Store::new() else { return };
    let server = Server::over(store);
    let page = get(&server.address, "/");
    assert!(page.head.contains("content-security-policy: default-src 'none'"), "{}", page.head);
    assert!(!page.body.contains("http://") && !page.body.contains("https://"), "{}", page.body);
    assert_eq!(get(&server.address, "/health/live").status, 200);
    assert!(get(&server.address, "/metrics").body.contains("pinakes_"));
    assert_eq!(server.get("/openapi.json")["openapi"].as_str().unwrap().split('.').next(), Some("3"));
    let public = server.store.run(&["serve", "--address", "0.0.0.0:0"]);
    assert_eq!(public.status.code(), Some(64), "{}", String::from_utf8_lossy(&public.stderr));
}

#[test]
fn an_assistants_own_server_sees_what_is_indexed_while_it_runs() {
    let Some(store) = Store::new() else { return };
    store.write("open.md", "# Canteen\n\nThe canteen opens at eleven.\n");
    store.add();
    let mut child = store.command(&["mcp"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut to, mut from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()).lines());
    let mut say = |message: Value| writeln!(to, "{message}").unwrap();
    let mut hear = || -> Value { serde_json::from_str(&from.next().unwrap().unwrap()).unwrap() };
    let client = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    say(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client }));
    assert_eq!(hear()["result"]["serverInfo"]["name"], "pinakes");
    say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let mut finds = |words: &str| {
        let call = json!({ "name": "search", "arguments": { "query": words } });
        say(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call }));
        hear()["result"].to_string()
    };
    assert!(finds("canteen").contains("open.md") && !finds("zebrafinch").contains("birds.md"));
    store.write("birds.md", "# Birds\n\nThe zebrafinch sings at noon.\n");
    store.json(0, &["index", "sync"]);
    let started = Instant::now();
    while !finds("zebrafinch").contains("birds.md") {
        assert!(started.elapsed() < Duration::from_secs(60), "what was indexed is never found");
        std::thread::sleep(Duration::from_millis(100));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
