//! The official clients of other people's protocols against the real binary: OpenAI's for Python and JavaScript, the Model Context
//! Protocol's for Python over HTTP and standard input. The scripts are in `tests/clients`.
//!
//! They run where the clients are installed: PINAKES_TEST_PYTHON names a Python with `openai` and `mcp`, PINAKES_TEST_NODE_PATH a
//! `node_modules` with `openai`. With PINAKES_TEST=full a missing one is a failure; else it is skipped, loudly.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use support::{Store, root};

/// A server over the sample company.
struct Server {
    child: Child,
    url: String,
    #[allow(dead_code, reason = "its folder goes with it")]
    store: Store,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sample() -> Option<Store> {
    let store = Store::new()?;
    store.json(0, &["index", "add", root().join("data/sample").to_str().unwrap()]);
    Some(store)
}

impl Server {
    fn over(store: Store, settings: &[&str]) -> Self {
        let arguments: Vec<&str> = ["serve", "--address", "127.0.0.1:0", "--quiet"].into_iter().chain(settings.iter().copied()).collect();
        let mut child = store.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, url, store }
    }
}

/// What a variable names, or a loud word and nothing.
fn installed(variable: &str, what: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.exists());
    if path.is_none() {
        assert!(std::env::var_os("PINAKES_TEST").is_none_or(|value| value != "full"), "{variable} must name {what}");
        eprintln!("SKIPPED: {variable} names no {what}");
    }
    path
}

fn python() -> Option<PathBuf> {
    installed("PINAKES_TEST_PYTHON", "Python with the packages openai and mcp")
}

fn script(name: &str) -> PathBuf {
    root().join("tests/clients").join(name)
}

/// Runs a script to its end and reads what it saw.
fn seen(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    let seen = serde_json::from_slice(&output.stdout).unwrap();
    eprintln!("{seen}");
    seen
}

#[test]
fn openai_for_python() {
    let (Some(python), Some(store)) = (python(), sample()) else { return };
    let server = Server::over(store, &[]);
    let seen = seen(Command::new(python).arg(script("openai_python.py")).arg(&server.url));
    assert_eq!(seen["dimensions"], 384);
}

#[test]
fn openai_for_python_with_a_language_model() {
    let (Some(python), Some(store)) = (python(), sample()) else { return };
    if !store.place("data/models/smollm2-135m").exists() {
        eprintln!("SKIPPED: smollm2-135m is not among the test models");
        return;
    }
    let server = Server::over(store, &["--set", "generator.model=smollm2-135m"]);
    let seen = seen(Command::new(python).arg(script("openai_python.py")).arg(&server.url).arg("smollm2-135m"));
    assert!(seen["models"].as_array().unwrap().contains(&"smollm2-135m".into()), "{seen}");
}

#[test]
fn openai_for_javascript() {
    let (Some(modules), Some(store)) = (installed("PINAKES_TEST_NODE_PATH", "node_modules with openai"), sample()) else { return };
    let server = Server::over(store, &[]);
    seen(Command::new("node").arg(script("openai_node.mjs")).arg(&server.url).env("NODE_PATH", modules));
}

#[test]
fn mcp_over_http() {
    let (Some(python), Some(store)) = (python(), sample()) else { return };
    let server = Server::over(store, &[]);
    let seen = seen(Command::new(python).arg(script("mcp_python.py")).arg("http").arg(&server.url));
    assert!(seen["url"].as_str().unwrap().starts_with(&server.url), "{seen}");
}

#[test]
fn mcp_over_standard_input() {
    let (Some(python), Some(store)) = (python(), sample()) else { return };
    let program = store.command(&[]);
    let data = store.place("data");
    let seen = seen(
        Command::new(python).arg(script("mcp_python.py")).arg("stdio").arg(program.get_program()).args(["--data-dir"]).arg(data).arg("mcp"),
    );
    assert_eq!(seen["url"], Value::Null);
}
