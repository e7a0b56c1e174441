//! What the integration tests share: the real child, and the corpora where there are any.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};

use pinakes_config::limits::ExtractLimits;
use pinakes_extract::{Extraction, Extractor, WorkerCommand};

/// The example worker.
pub(crate) fn worker() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples");
    let program = folder.join("extract-worker");
    assert!(program.exists(), "{} is missing: run all tests of the crate, or cargo build --examples first", program.display());
    program
}

/// An extractor with the example worker as its child.
pub(crate) fn extractor(limits: &ExtractLimits, workers: usize) -> Extractor {
    let args = vec![serde_json::to_string(limits).unwrap().into()];
    Extractor::new(WorkerCommand { program: worker(), args }, limits.clone(), workers)
}

/// A folder of the shared corpora, or a loud note that the test does nothing.
pub(crate) fn corpus(name: &str) -> Option<PathBuf> {
    let found = std::env::var_os("PINAKES_SHARED").map(|root| Path::new(&root).join("data").join(name)).filter(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: PINAKES_SHARED names no folder with data/{name}");
    }
    found
}

/// All files below a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// `indexed`, `partial`, `skipped:code` or `failed:code`.
pub(crate) fn state(extraction: &Extraction) -> String {
    match extraction {
        Extraction::Text { document, .. } if document.warnings.is_empty() => "indexed".into(),
        Extraction::Text { .. } => "partial".into(),
        Extraction::Skipped { reason, .. } => format!("skipped:{}", reason.code),
        Extraction::Failed { reason, .. } => format!("failed:{}", reason.code),
    }
}
