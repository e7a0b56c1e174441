//! A language model behind the binary: answers that are held against the documents, and the engine's own commands.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

#[path = "support/http.rs"]
mod http;
mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Store, shared};

/// A server that ends with the test.
struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves a store with the small model, and with other settings.
fn serve(store: &Store, settings: &[&str]) -> Server {
    let own = ["--set", "generator.model=smollm2-135m", "serve", "--address", "127.0.0.1:0", "--quiet"];
    let arguments = [settings, &own].concat();
    let mut child = store.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit('/').next().unwrap().to_owned();
    Server(child, address)
}

/// A store with the small trained model in it, or nothing, loudly.
fn store() -> Option<Store> {
    let store = Store::new()?;
    if !store.place("data/models/smollm2-135m").is_dir() {
        eprintln!("SKIPPED: smollm2-135m is not among the test models; `cargo xtask test` fetches it");
        return None;
    }
    Some(store)
}

#[test]
fn what_the_model_writes_is_shown_only_where_the_documents_carry_it() {
    let Some(store) = store() else { return };
    store
        .write("parking.md", "# Parking at the Leipzig site\n\nThe car park has 48 places. Visitors park in row C beside the main gate.\n");
    store.write("badges.md", "# Badges\n\nA lost badge is reported to reception within 24 hours. A new badge costs 15 euros.\n");
    store.add();
    let mut generated = 0;
    for question in ["Where do visitors park?", "How much does a new badge cost?", "Where is a lost badge reported?"] {
        let answer = store.json(0, &["--set", "generator.model=smollm2-135m", "ask", question]);
        let extractive = answer["extractive"].as_bool().unwrap();
        assert_eq!(answer["model"], if extractive { "extractive" } else { "smollm2-135m" }, "{answer}");
        generated += usize::from(!extractive);
        assert!(extractive || answer["usage"]["completion_tokens"].as_u64().unwrap() > 0, "{answer}");
        let citations = answer["citations"].as_array().unwrap();
        assert!(!citations.is_empty(), "{answer}");
        for citation in citations {
            let file: Vec<char> =
                fs_err::read_to_string(store.place("docs").join(citation["path"].as_str().unwrap())).unwrap().chars().collect();
            let place = |end: usize| citation["char_span"][end].as_u64().unwrap() as usize;
            assert_eq!(file[place(0)..place(1)].iter().collect::<String>(), citation["quote"].as_str().unwrap());
            assert_ne!(citation["support"], "none", "{answer}");
        }
        let said: Vec<char> = answer["answer"].as_str().unwrap().chars().collect();
        for sentence in answer["sentences"].as_array().unwrap() {
            let place = |end: usize| sentence["span"][end].as_u64().unwrap() as usize;
            let words: String = said[place(0)..place(1)].iter().collect();
            assert!(!words.is_empty() && !words.contains('['), "{words}: {answer}");
            assert_eq!(sentence["support"] == "none", sentence["markers"].as_array().unwrap().is_empty(), "{answer}");
        }
        let read = &answer["sources"][0];
        assert_ne!(read["extent"], "unread", "{answer}");
        assert!(extractive || read["chars_read"] == read["chars_total"], "a short document is read whole: {answer}");
    }
    assert!(generated > 0, "nothing that the model wrote was carried by the documents");
    let refused = store.json(1, &["--set", "generator.model=smollm2-135m", "ask", "What is the boiling point of tungsten on Jupiter?"]);
    assert_eq!((&refused["refused"], &refused["extractive"]), (&true.into(), &true.into()), "{refused}");
}

#[test]
fn what_is_read_ahead_is_found_by_the_first_question() {
    let Some(store) = store() else { return };
    store.write("hr/parking.md", "# Parking\n\nThe car park has 48 places. Visitors park in row C beside the main gate.\n");
    store.write("it/badges.md", "# Badges\n\nA lost badge is reported to reception within 24 hours. A new badge costs 15 euros.\n");
    store.add();
    let warm = |code, args: &[&str]| store.json(code, &[&["--set", "generator.model=smollm2-135m", "engine", "warm"], args].concat());
    let first = warm(0, &["hr/"]);
    let figures = |report: &serde_json::Value| ["documents", "read", "known"].map(|name| report[name].as_u64().unwrap());
    assert_eq!(figures(&first), [1, 1, 0], "{first}");
    let ahead = first["tokens_read"].as_u64().unwrap();
    assert!(ahead > 50 && first["bytes"].as_u64().unwrap() > 0, "{first}");
    let asked = store.json(0, &["--set", "generator.model=smollm2-135m", "ask", "Where do visitors park?"]);
    assert_eq!(asked["usage"]["cached_tokens"].as_u64().unwrap(), ahead, "{asked}");
    // Known documents are not read again, nothing matches nothing, and a budget is kept to.
    let second = warm(0, &[]);
    assert_eq!(figures(&second), [2, 1, 1], "{second}");
    assert_eq!(figures(&warm(1, &["no-such-folder/"])), [0, 0, 0]);
    let none = warm(1, &["--labels", "group:hr", "--budget", "0 B"]);
    assert_eq!((figures(&none), &none["stopped_by_budget"]), ([2, 0, 0], &true.into()), "{none}");
    assert!(warm(64, &["--pinned"])["error"]["detail"].as_str().unwrap().contains("generator.warm_paths"));
    let nowhere = store.json(64, &["--set", "generator.model=smollm2-135m", "--set", "generator.cache_disk=0 B", "engine", "warm"]);
    assert!(nowhere["error"]["detail"].as_str().unwrap().contains("cache_disk"), "{nowhere}");
}

/// Adds a document that takes a while to be read.
fn add_long(store: &Store) {
    let rules = (1..400).map(|number| format!("Rule {number} of parking says that row {number} is for guest number {number}.\n\n"));
    store.write("parking.md", format!("# Parking rules\n\n{}", rules.collect::<String>()));
    store.add();
}

/// Asks about it; as soon as it is being read, `change` is called with its path in the API, and the answer has to end for that.
fn ends_an_answer(server: &Server, key: &str, change: impl FnOnce(&str)) {
    let body = json!({ "question": "For which guest is row 7 of parking?", "stream": true }).to_string();
    let mut stream = TcpStream::connect(&server.1).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head = format!("POST /api/v1/ask HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n", server.1);
    write!(stream, "{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut events = BufReader::new(stream).lines().map_while(Result::ok).filter_map(|line| line.strip_prefix("data: ").map(str::to_owned));
    let first: Value = serde_json::from_str(&events.next().unwrap()).unwrap();
    // It has just begun to be read: some thousand tokens.
    std::thread::sleep(Duration::from_millis(300));
    change(&format!("/api/v1/documents/{}", first["hits"][0]["doc_id"].as_str().unwrap_or_else(|| panic!("{first}"))));
    let changed = Instant::now();
    let last: Value = serde_json::from_str(&events.last().unwrap()).unwrap();
    assert_eq!((&last["event"], &last["code"]), (&"error".into(), &"source_withdrawn".into()), "{last}");
    assert!(changed.elapsed() < Duration::from_secs(5), "a second, with room for a busy machine: {:?}", changed.elapsed());
}

#[test]
fn a_document_deleted_while_it_is_read_ends_the_answer() {
    let Some(store) = store() else { return };
    add_long(&store);
    let server = serve(&store, &[]);
    assert_eq!(http::get(&server.1, "/api/v1/status").json()["generator"], "smollm2-135m");
    let delete = |document: &str| assert_eq!(http::send(&server.1, "DELETE", document, "text/plain", "*/*", b"").status, 200);
    ends_an_answer(&server, "none", delete);
}

#[test]
fn a_label_taken_away_while_a_document_is_read_ends_the_answer() {
    let Some(store) = store() else { return };
    add_long(&store);
    let key = |name: &str, role: &str, scope: &str| {
        store.json(0, &["user", "add", name, "--role", role]);
        store.json(0, &["key", "create", name, "--scope", scope])["key"].as_str().unwrap().to_owned()
    };
    let (ada, root) = (key("ada", "reader", "read"), format!("Bearer {}", key("root", "admin", "admin")));
    let server = serve(&store, &["--set", "access.mode=accounts"]);
    // What `access set DOC nobody` does, without the time a process takes to start.
    let close = |document: &str| {
        let headers = [("Authorization", root.as_str()), ("Content-Type", "application/json")];
        let closed = http::send_with(&server.1, "POST", &format!("{document}/access"), &headers, br#"{"labels":[]}"#);
        assert_eq!(closed.status, 200, "{}", closed.body);
    };
    ends_an_answer(&server, &ada, close);
}

#[test]
fn a_model_that_cannot_be_used_is_refused_with_a_remedy() {
    let Some(store) = store() else { return };
    store.write("a.md", "# A\n\nSome words.\n");
    store.add();
    let missing = store.json(69, &["--set", "generator.model=no-such-model", "ask", "Which words?"]);
    assert!(missing["error"]["detail"].as_str().unwrap().contains("pinakes model pull no-such-model"), "{missing}");
    let broken = store.place("broken.gguf");
    fs_err::write(&broken, b"GGUF and then nothing").unwrap();
    let refused = store.json(65, &["model", "logits", "--model", broken.to_str().unwrap(), "--ids", "1"]);
    assert!(refused["error"]["detail"].as_str().unwrap().contains("broken.gguf"), "{refused}");
    let large = ["--set", "generator.weights_memory_max=16 MiB", "model", "logits", "--model", "smollm2-135m", "--ids", "1"];
    let refused = store.json(78, &large);
    assert!(refused["error"]["detail"].as_str().unwrap().contains("bytes"), "{refused}");
    store.json(64, &["model", "logits", "--model", "smollm2-135m", "--ids", "4000000"]);
}

#[test]
fn logits_and_speed_are_printed_as_documented() {
    let (Some(store), Some(shared)) = (store(), shared()) else { return };
    let model = shared.join("fixtures/qwen35/dense-tied");
    let model = model.to_str().unwrap();
    let answer = store.json(0, &["model", "logits", "--model", model, "--ids", "1,2,3"]);
    let logits: Vec<f64> = answer["logits"].as_array().unwrap().iter().map(|logit| logit.as_f64().unwrap()).collect();
    let best = answer["argmax"].as_u64().unwrap() as usize;
    assert!(logits.len() > 100 && logits.iter().all(|logit| *logit <= logits[best]), "{best} of {}", logits.len());
    let speed = store.json(0, &["bench", "engine", "--model", model, "--prompt", "70", "--generate", "5", "--depth", "10"]);
    for name in ["prefill_tok_s", "decode_tok_s", "load_seconds", "rss_bytes"] {
        assert!(speed[name].as_f64().unwrap() > 0.0, "{name}: {speed}");
    }
    assert!(speed.get("kernels").is_none(), "{speed}");
    let random = store.json(0, &["bench", "engine", "--random", "tiny", "--prompt", "20", "--generate", "2", "--kernels"]);
    for phase in ["reading", "writing"] {
        let kernels = random["kernels"][phase].as_array().unwrap();
        let named: Vec<_> = kernels.iter().map(|one| one["kernel"].as_str().unwrap()).collect();
        assert_eq!(named, ["products", "attention", "delta rule", "inputs", "norms", "element-wise", "rope"], "{phase}");
        let share: f64 = kernels.iter().map(|one| one["share"].as_f64().unwrap()).sum();
        assert!((0.0..=1.0).contains(&share) && kernels.iter().all(|one| one["calls"].as_u64().unwrap() > 0), "{random}");
    }
    assert!(random["kernels"]["peak_gb_s"].as_f64().unwrap() > 0.0);
    let plain = store.json(0, &["bench", "engine", "--random", "tiny", "--prompt", "20", "--generate", "2", "--isa", "scalar"]);
    assert_eq!(plain["isa"], "scalar");
    store.json(64, &["bench", "engine", "--random", "tiny", "--isa", "mmx"]);
    assert!(random["decode_tok_s"].as_f64().unwrap() > 0.0, "{random}");
}
