//! Exit codes and messages that scripts rely on.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

mod support;

use support::Store;

#[test]
fn every_failure_has_its_exit_code_and_says_what_to_do() {
    let Some(store) = Store::new() else { return };
    let cases: &[(&[&str], i32, &str)] = &[
        (&["frobnicate"], 64, "frobnicate"),
        (&["search"], 64, "QUERY"),
        (&["--set", "search.hitz=3", "index", "status"], 64, "search.hits"),
        (&["search", "anything"], 69, "pinakes init"),
        (&["index", "add", "/no/such/folder"], 1, "/no/such/folder"),
        (&["--set", "embed.model=none", "index", "add", "."], 69, "pinakes model pull none"),
        (&["model", "pull", "no-such-model"], 64, "all-minilm-l6-v2"),
        (&["--data-dir", "/proc/none", "init"], 73, "/proc/none"),
    ];
    for (arguments, code, words) in cases {
        let output = store.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {errors}");
        assert!(errors.contains(words), "{arguments:?} does not name {words}: {errors}");
    }
}

#[test]
fn init_doctor_status_and_completions() {
    let Some(store) = Store::new() else { return };
    assert_eq!(store.json(0, &["init"])["created"], true);
    assert_eq!(store.json(0, &["init"])["created"], false);
    assert_eq!(store.json(1, &["search", "anything"])["hits"].as_array().unwrap().len(), 0);
    assert!(store.json(1, &["ask", "anything at all?"])["answer"].as_str().unwrap().contains("no documents"));
    store.write("a.md", "# Alpha\n\nThe alpha valve opens at nine bar.");
    store.add();
    let doctor = store.json(0, &["doctor"]);
    assert_eq!(doctor["verdict"], "ok", "{doctor}");
    let status = store.json(0, &["index", "status"]);
    assert_eq!((&status["documents"]["indexed"], &status["embedding"]["dimensions"]), (&1.into(), &384.into()), "{status}");
    let completions = store.run(&["completions", "bash"]);
    assert!(String::from_utf8_lossy(&completions.stdout).contains("_pinakes"));
    let verified = store.json(0, &["model", "verify", "all-minilm-l6-v2"]);
    assert_eq!(verified["sound"], true, "{verified}");
}

#[test]
fn questions_above_the_limit_are_refused() {
    let Some(store) = Store::new() else { return };
    store.json(0, &["init"]);
    assert_eq!(store.json(64, &["search", "   "])["error"]["code"], "question_empty");
    assert_eq!(store.json(64, &["search", &"word ".repeat(2_000)])["error"]["code"], "query_too_long");
}
