//! The page in a real browser: Chromium, driven with Playwright against the real binary. The flows are in `tests/browser`, one file each;
//! every page they open is watched for errors in its console and for requests to elsewhere, and what it shows is checked with axe.
//!
//! Runs where node, the packages of `tests/browser/package.json` (`npm ci` there) and a Chromium are: the one `PINAKES_CHROMIUM` names,
//! one on the path, or Playwright's own. `cargo xtask test` fetches what it can of these. Where one is missing it is skipped, loudly.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::json;
use support::{Store, root};

/// Who reads in the flows, and the password they sign in with.
const READER: (&str, &str) = ("ben", "a longer password of bens");
/// Who adds files; comes after the reader in the order of names, which is that of the flows.
const EDITOR: (&str, &str) = ("eva", "a longer password of evas");
/// A part of the sample that can be chosen.
const COLLECTION: &str = "[collections.computers]\ntitle = \"Computers\"\ninclude = [\"it/**\"]\n";
/// Names a Chromium goes by.
const CHROMIUMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// How the flows say that no browser could be started.
const NO_BROWSER: i32 = 75;

/// A server with accounts over the sample company.
struct Server {
    child: Child,
    base: String,
    invitation: String,
    /// Its folder goes with it.
    _store: Store,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn over(store: Store) -> Self {
        let arguments = ["--set", "access.mode=accounts", "serve", "--address", "127.0.0.1:0", "--quiet"];
        let mut child = store.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let base = lines.next().unwrap().strip_prefix("listening on ").unwrap().to_owned();
        let invited = lines.next().unwrap();
        let invitation = invited.split_whitespace().find(|word| word.contains("/sign-in#first=")).unwrap().to_owned();
        Self { child, base, invitation, _store: store }
    }
}

fn missing(what: &str) {
    eprintln!("SKIPPED: the page in a browser: {what}");
}

/// The folder of the flows, with its packages; or a loud word and nothing.
fn flows() -> Option<PathBuf> {
    let folder = root().join("tests/browser");
    let node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    if !node {
        missing("there is no node");
        return None;
    }
    let there = |package: &str| folder.join("node_modules").join(package).join("package.json").is_file();
    if !(there("playwright-core") && there("axe-core")) {
        missing("tests/browser has no packages; run npm ci there");
        return None;
    }
    Some(folder)
}

/// The Chromium to drive, where it is not Playwright's own.
fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("PINAKES_CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = || std::env::split_paths(&path).flat_map(|folder| CHROMIUMS.map(|name| folder.join(name))).find(|file| file.is_file());
    named.or_else(on_path)
}

fn add_person(store: &Store, (name, password): (&str, &str), role: &str) {
    let arguments = ["user", "add", name, "--role", role, "--password-stdin"];
    let mut child = store.command(&arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

fn go_through(flows: &Path, server: &Server) -> std::process::Output {
    let people = json!({ (READER.0): READER.1, (EDITOR.0): EDITOR.1 });
    let world = json!({ "base": server.base, "invitation": server.invitation, "people": people, "chromium": chromium() });
    let browsers = root().join(".tools/browsers");
    Command::new("node")
        .args(["run.mjs", &world.to_string()])
        .current_dir(flows)
        .env("PLAYWRIGHT_BROWSERS_PATH", browsers)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn the_page_in_a_real_browser() {
    let Some(flows) = flows() else { return };
    let Some(store) = Store::new() else { return };
    store.json(0, &["index", "add", root().join("data/sample").to_str().unwrap()]);
    add_person(&store, READER, "reader");
    add_person(&store, EDITOR, "editor");
    fs_err::write(store.place("data/config.toml"), COLLECTION).unwrap();
    let server = Server::over(store);
    let output = go_through(&flows, &server);
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(NO_BROWSER) {
        missing(&said);
        return;
    }
    assert!(output.status.success(), "{said}{wrong}");
    eprint!("{said}");
}
