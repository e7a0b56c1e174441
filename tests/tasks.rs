//! Work on documents with the real binary: at the command line, and as jobs that survive the process.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

#[path = "support/http.rs"]
mod http;
#[path = "support/server.rs"]
mod server;
mod support;

use std::time::{Duration, Instant};

use http::{get, post, send};
use serde_json::{Value, json};
use server::Running;
use support::Store;

const MODEL: [&str; 2] = ["--set", "generator.model=smollm2-135m"];

fn store() -> Option<Store> {
    let store = Store::new()?;
    store.write(
        "leave.md",
        "# Leave\n\nEmployees have 25 days of paid vacation. Unused days lapse on 31 March. Managers approve vacation within a week. Sick leave is \
         reported before nine o'clock. Parents have three days of extra leave a year.\n",
    );
    store.write("invoice.md", "# Invoice AB-1234\n\nFrom: Muller Ltd.\nTotal: 1,250.00 EUR\nDue: 2026-04-30\n\nTen boxes of screws.\n");
    store.add();
    Some(store)
}

fn has_model(store: &Store) -> bool {
    let there = store.place("data/models/smollm2-135m").is_dir();
    if !there {
        eprintln!("SKIPPED: smollm2-135m is not among the test models; `cargo xtask test` fetches it");
    }
    there
}

/// Whether every citation stands in the file it names.
fn stands(store: &Store, path: &str, span: &Value, quote: &Value) {
    let file: Vec<char> = fs_err::read_to_string(store.place("docs").join(path)).unwrap().chars().collect();
    let place = |end: usize| span[end].as_u64().unwrap() as usize;
    assert_eq!(file[place(0)..place(1)].iter().collect::<String>(), quote.as_str().unwrap());
}

#[test]
fn without_a_model_a_summary_is_the_documents_own_and_the_rest_says_what_to_do() {
    let Some(store) = store() else { return };
    let summary = store.json(0, &["task", "summarise", "leave.md", "--sentences", "2"]);
    assert_eq!((&summary["extractive"], summary["citations"].as_array().unwrap().len()), (&true.into(), 2), "{summary}");
    for citation in summary["citations"].as_array().unwrap() {
        stands(&store, "leave.md", &citation["char_span"], &citation["quote"]);
    }
    assert!(summary["notes"][0].as_str().unwrap().contains("no language model"), "{summary}");
    let refused = store.json(69, &["task", "classify", "leave.md", "--label", "a", "--label", "b"]);
    assert!(refused["error"]["detail"].as_str().unwrap().contains("pinakes model pull"), "{refused}");
    store.json(64, &["task", "summarise", "leave.md", "--sentences", "99"]);
    store.json(64, &["task", "summarise"]);
    store.json(1, &["task", "summarise", "no-such.md"]);
}

#[test]
fn a_form_is_valid_and_its_values_say_where_they_stand() {
    let Some(store) = store().filter(has_model) else { return };
    let schema = json!({
        "type": "object",
        "properties": {"number": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"}, "total": {"type": "number"}, "paid": {"type": "boolean"}},
        "required": ["number", "total", "paid"],
        "additionalProperties": false
    });
    let file = store.place("schema.json");
    fs_err::write(&file, schema.to_string()).unwrap();
    let run = |code: i32, more: &[&str]| {
        store.json(code, &[&MODEL[..], &["task", "extract", "invoice.md", "--schema", file.to_str().unwrap()], more].concat())
    };
    let form = run(0, &[]);
    let value = &form["value"];
    assert!(
        value["number"].as_str().is_some_and(|number| number.len() == 7) && value["total"].is_number() && value["paid"].is_boolean(),
        "{form}"
    );
    for found in form["found"].as_array().into_iter().flatten() {
        stands(&store, "invoice.md", &found["char_span"], &found["quote"]);
    }
    fs_err::write(&file, r#"{"type":"array","uniqueItems":true}"#).unwrap();
    let refused = run(64, &[]);
    assert!(refused["error"]["detail"].as_str().unwrap().contains("uniqueItems"), "{refused}");
    fs_err::write(&file, "{").unwrap();
    run(64, &[]);
}

#[test]
fn labels_summaries_and_drafts_rest_on_the_documents() {
    let Some(store) = store().filter(has_model) else { return };
    let run = |arguments: &[&str]| store.json(0, &[&MODEL[..], arguments].concat());
    let labelled =
        run(&["task", "classify", "invoice.md", "--label", "invoice=asks for money", "--label", "policy=says what employees may do"]);
    let label = &labelled["labels"][0];
    assert!(["invoice", "policy"].contains(&label["name"].as_str().unwrap()), "{labelled}");
    stands(&store, "invoice.md", &label["quote"]["char_span"], &label["quote"]["quote"]);
    let several = run(&["task", "classify", "leave.md", "--many", "--label", "a", "--label", "b", "--label", "c"]);
    assert!(!several["labels"].as_array().unwrap().is_empty(), "{several}");
    let summary = run(&["task", "summarise", "leave.md", "--sentences", "2"]);
    assert!(!summary["text"].as_str().unwrap().is_empty() && summary["sentences"].as_array().unwrap().len() <= 2, "{summary}");
    let draft = run(&["task", "draft", "leave.md", "--template", "invoice.md", "--instructions", "A note on vacation."]);
    // What rests on nothing at all is not shown.
    assert!(!draft["notes"].as_array().unwrap().is_empty() || draft["text"].is_string(), "{draft}");
    for result in [&summary, &draft] {
        for citation in result["citations"].as_array().unwrap_or(&vec![]) {
            stands(&store, citation["path"].as_str().unwrap(), &citation["char_span"], &citation["quote"]);
        }
    }
}

fn delete(address: &str, path: &str) -> http::Response {
    send(address, "DELETE", path, "text/plain", "*/*", b"")
}

impl Running {
    fn done(&self, id: &str) -> Value {
        let started = Instant::now();
        loop {
            let job = get(&self.address, &format!("/api/v1/tasks/{id}")).json();
            if ["done", "failed", "cancelled"].contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "never done: {job}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn a_job_is_done_whatever_becomes_of_the_process() {
    let Some(store) = store() else { return };
    for number in 0..12 {
        store.write(
            &format!("more/{number:02}.md"),
            format!("# Note {number}\n\nRoom {number} has a whiteboard. The key is at the desk.\n"),
        );
    }
    store.add();
    let server = Running::over(&store);
    let asked = post(
        &server.address,
        "/api/v1/tasks",
        &json!({"task": {"kind": "summarise", "sentences": 1}, "filters": {"path_prefix": "more/"}}),
    );
    assert_eq!(asked.status, 202, "{}", asked.body);
    let id = asked.json()["id"].as_str().unwrap().to_owned();
    drop(server);
    let server = Running::over(&store);
    let job = server.done(&id);
    assert_eq!((&job["state"], &job["documents_done"], &job["documents_failed"]), (&"done".into(), &12.into(), &0.into()), "{job}");
    let lines = get(&server.address, &format!("/api/v1/tasks/{id}/results")).body;
    let results: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(results.len(), 12);
    for result in &results {
        stands(&store, result["path"].as_str().unwrap(), &result["citations"][0]["char_span"], &result["citations"][0]["quote"]);
    }
    // What may not be read any more is not shown any more.
    let gone = results[3]["doc_id"].as_str().unwrap();
    assert_eq!(delete(&server.address, &format!("/api/v1/documents/{gone}")).status, 200);
    let lines = get(&server.address, &format!("/api/v1/tasks/{id}/results")).body;
    let line: Value = serde_json::from_str(lines.lines().nth(3).unwrap()).unwrap();
    assert_eq!((&line["error"]["code"], line.get("text")), (&"not_found".into(), None), "{line}");
    assert_eq!(get(&server.address, "/api/v1/tasks/none").status, 404);
    let cancelled = delete(&server.address, &format!("/api/v1/tasks/{id}")).json();
    assert_eq!(cancelled["state"], "done", "over is over: {cancelled}");
}
