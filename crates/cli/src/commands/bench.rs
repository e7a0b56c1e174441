//! `pinakes bench index|search`

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use pinakes_answer::Searcher;
use pinakes_api::{ApiError, Code, DocumentListQuery, SearchRequest};
use pinakes_config::Config;
use pinakes_ingest::Writer;
use pinakes_types::Scope;
use serde_json::json;

use super::percentiles::latency;
use crate::args::Global;
use crate::progress::Shown;
use crate::system::{new_id, peak_memory_bytes};
use crate::{End, output, wiring};

/// Indexes a folder into a store that is thrown away.
pub(crate) async fn index(config: &Arc<Config>, global: &Global, folder: &Path) -> Result<End, ApiError> {
    let place = tempfile::tempdir().map_err(|error| ApiError::new(Code::CannotWrite, format!("no temporary folder: {error}")))?;
    let mut own = Config::clone(config);
    own.store.data_dir = place.path().to_owned();
    let own = Arc::new(own);
    let embedder = wiring::embedder(config).await?;
    let store = wiring::store(&own, true).await?;
    let started = Instant::now();
    let writer = Writer::open(&store, embedder, wiring::extract_worker(config)?, "bench index").await?;
    let shown = Shown::new(global);
    let job = writer.add(&[folder.to_owned()], new_id(), &shown).await;
    shown.clear();
    let job = job?;
    let seconds = started.elapsed().as_secs_f64();
    let rate = job.chunks as f64 / seconds;
    let memory = peak_memory_bytes().unwrap_or(0);
    if global.json {
        output::json(
            &json!({ "files": job.files_done, "chunks": job.chunks, "seconds": seconds, "chunks_per_second": rate, "rss_bytes": memory }),
        );
    } else {
        output::line(&format!(
            "{} files, {} passages in {seconds:.1} s: {rate:.1} passages a second; peak memory {} MiB",
            job.files_done,
            job.chunks,
            memory >> 20
        ));
    }
    Ok(End::Done)
}

/// Searches the current store, the embedding of each query included.
pub(crate) async fn search(
    config: &Arc<Config>,
    global: &Global,
    queries: Option<&Path>,
    number: usize,
    clients: usize,
) -> Result<End, ApiError> {
    let (searcher, scope) = wiring::searcher(config).await?;
    let queries = match queries {
        Some(file) => {
            let text = fs_err::read_to_string(file).map_err(|error| ApiError::new(Code::IoFailed, error.to_string()))?;
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        }
        None => own_queries(&searcher, &scope).await?,
    };
    if queries.is_empty() || number == 0 || clients == 0 {
        return Err(ApiError::new(Code::BadRequest, "there is nothing to search for; index something first or give --queries"));
    }
    // The first searches read files into memory; they are not what a running server does.
    for query in queries.iter().take(10) {
        searcher.search(&scope, &SearchRequest::new(query.as_str())).await?;
    }
    let started = Instant::now();
    let queries = Arc::new(queries);
    let next = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..clients)
        .map(|_| tokio::spawn(client(searcher.clone(), scope.clone(), Arc::clone(&queries), Arc::clone(&next), number)))
        .collect();
    let mut times = Vec::with_capacity(number);
    let mut errors = 0;
    for task in tasks {
        let (some, failed) = task.await.map_err(ApiError::internal)?;
        times.extend(some);
        errors += failed;
    }
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    let done = times.len();
    let latency = latency(times);
    if global.json {
        output::json(&json!({ "latency_ms": latency, "queries_per_second": rate, "queries": done, "clients": clients, "errors": errors }));
    } else {
        output::line(&format!(
            "p50 {} ms, p99 {} ms, {rate:.0} searches a second ({done} searches, {clients} at a time, {errors} errors)",
            latency.p50, latency.p99
        ));
    }
    Ok(End::Done)
}

async fn client(searcher: Searcher, scope: Scope, queries: Arc<Vec<String>>, next: Arc<AtomicUsize>, number: usize) -> (Vec<f64>, usize) {
    let mut times = Vec::new();
    let mut errors = 0;
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        if at >= number {
            return (times, errors);
        }
        let started = Instant::now();
        match searcher.search(&scope, &SearchRequest::new(queries[at % queries.len()].as_str())).await {
            Ok(_) => times.push(started.elapsed().as_secs_f64() * 1_000.0),
            Err(error) => {
                tracing::warn!(%error, "a search failed");
                errors += 1;
            }
        }
    }
}

/// What people might ask of this store: its titles, as questions.
async fn own_queries(searcher: &Searcher, scope: &Scope) -> Result<Vec<String>, ApiError> {
    let list = searcher.documents(scope, &DocumentListQuery { limit: Some(500), ..DocumentListQuery::default() }).await?;
    Ok(list
        .documents
        .into_iter()
        .filter(|document| document.chunks > 0)
        .map(|document| format!("how does {} work", document.title))
        .collect())
}
