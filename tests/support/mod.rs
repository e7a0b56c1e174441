//! Runs the real binary over a store of its own, with the real embedding model.
#![allow(dead_code, reason = "shared by tests that use different parts; a skipped test says so")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Folder of the large corpora, or a loud word and nothing.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("PINAKES_SHARED").map(PathBuf::from).filter(|folder| folder.join("data").is_dir());
    if folder.is_none() {
        eprintln!("SKIPPED: PINAKES_SHARED names no folder with the test corpora");
    }
    folder
}

/// Whether the slow tests run too; says loudly when not.
pub(crate) fn full() -> bool {
    let full = std::env::var_os("PINAKES_TEST").is_some_and(|value| value == "full");
    if !full {
        eprintln!("SKIPPED: slow; runs with PINAKES_TEST=full");
    }
    full
}

/// A data directory with the model in it, or nothing, loudly, where the model could not be had.
pub(crate) struct Store {
    pub(crate) folder: tempfile::TempDir,
}

impl Store {
    pub(crate) fn new() -> Option<Self> {
        let Some(models) = std::env::var_os("PINAKES_TEST_MODELS").map(PathBuf::from).filter(|folder| folder.join("models").is_dir())
        else {
            eprintln!("SKIPPED: PINAKES_TEST_MODELS names no folder with the embedding model; `cargo xtask test` fetches it");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("data")).unwrap();
        link(&models.join("models"), &folder.path().join("data/models"));
        Some(Self { folder })
    }

    /// A folder beside the store.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder `docs`.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.place("docs").join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, text).unwrap();
        path
    }

    /// The binary, aimed at this store: the one built with the tests, or one that `PINAKES_TEST_BINARY` names, where speed is measured.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let binary = std::env::var_os("PINAKES_TEST_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_pinakes").into());
        let mut command = Command::new(binary);
        command.arg("--data-dir").arg(self.place("data")).args(arguments).stdin(Stdio::null());
        // The caller's own settings must not reach a test.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PINAKES_")) {
            command.env_remove(name);
        }
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs it with `--json`, checks the exit code, and reads what it printed.
    pub(crate) fn json(&self, exit_code: i32, arguments: &[&str]) -> Value {
        let output = self.command(arguments).arg("--json").output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit_code), "{arguments:?}: {errors}\n{}", String::from_utf8_lossy(&output.stdout));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?} printed no JSON ({error}): {errors}"))
    }

    /// Indexes the folder `docs`.
    pub(crate) fn add(&self) -> Value {
        self.json(0, &["index", "add", self.place("docs").to_str().unwrap()])
    }

    /// Paths found by a search.
    pub(crate) fn found(&self, query: &str) -> Vec<String> {
        let output = self.command(&["search", query, "--json"]).output().unwrap();
        let response: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let hits = response["hits"].as_array().unwrap_or_else(|| panic!("{response}"));
        hits.iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect()
    }
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) {
    std::os::unix::fs::symlink(from, to).unwrap();
}
