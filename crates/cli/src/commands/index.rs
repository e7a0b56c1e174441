//! `pinakes index …`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pinakes_api::{ApiError, Job, JobKind};
use pinakes_config::Config;
use pinakes_ingest::{Quiet, Writer};

use crate::args::{Global, Index};
use crate::progress::Shown;
use crate::system::new_id;
use crate::{End, output, wiring};

pub(crate) async fn run(config: &Arc<Config>, global: &Global, command: Index) -> Result<End, ApiError> {
    match command {
        Index::Add { paths } => {
            let writer = wiring::writer(config, true, "index add").await?;
            observed(global, async |shown| Ok(writer.add(&paths, new_id(), shown).await?)).await
        }
        Index::Sync => {
            let writer = wiring::writer(config, false, "index sync").await?;
            observed(global, async |shown| Ok(writer.sync(None, JobKind::Sync, new_id(), shown).await?)).await
        }
        Index::Watch { interval } => watch(config, global, Duration::from_secs(interval)).await,
        Index::Status => super::status::run(config, global).await,
        Index::Verify { dry_run } => verify(config, global, dry_run).await,
        Index::Rebuild { embed_only } => rebuild(config, global, embed_only).await,
        Index::Rm { paths } => remove(config, global, &paths).await,
    }
}

/// Runs with a progress bar and prints what came of it.
async fn observed(global: &Global, work: impl AsyncFnOnce(&Shown) -> Result<Job, ApiError>) -> Result<End, ApiError> {
    let started = Instant::now();
    let shown = Shown::new(global);
    let job = work(&shown).await;
    shown.clear();
    let job = job?;
    if global.json {
        output::json(&job);
    } else if !global.quiet {
        output::line(&in_words(&job, started.elapsed()));
    }
    Ok(End::Done)
}

fn in_words(job: &Job, took: Duration) -> String {
    let counts = job.counts;
    let mut parts = vec![format!("{} indexed", counts.indexed)];
    let others = [
        (counts.partial, "partial"),
        (counts.unchanged, "unchanged"),
        (counts.skipped, "skipped"),
        (counts.failed, "failed"),
        (counts.deleted, "removed"),
    ];
    parts.extend(others.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")));
    format!("{} files; {} passages in {:.1} s.", parts.join(", "), job.chunks, took.as_secs_f64())
}

/// Looks through the sources again and again. Looking costs one `stat` a file, works on network shares, and misses nothing.
async fn watch(config: &Arc<Config>, global: &Global, interval: Duration) -> Result<End, ApiError> {
    let embedder = wiring::embedder(config).await?;
    let store = wiring::store(config, false).await?;
    if !global.quiet && !global.json {
        output::line("Watching all sources; Ctrl-C stops.");
    }
    loop {
        let started = Instant::now();
        let writer = Writer::open(&store, Arc::clone(&embedder), wiring::extract_worker(config)?, "index watch").await;
        let job = match writer {
            Ok(writer) => writer.sync(None, JobKind::Sync, "watch".to_owned(), &Quiet).await,
            Err(error) => Err(error),
        };
        match job {
            Ok(job) if job.files_done + job.counts.deleted > 0 => {
                if global.json {
                    output::json(&job);
                } else if !global.quiet {
                    output::line(&in_words(&job, started.elapsed()));
                }
            }
            Ok(_) => {}
            // Another writer, or a share that is away for a while: the next look tries again.
            Err(error @ (pinakes_ingest::IngestError::Locked { .. } | pinakes_ingest::IngestError::SourceUnreadable { .. })) => {
                tracing::warn!(%error, "trying again");
            }
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = tokio::time::sleep(interval.max(started.elapsed() * 10)) => {}
            _ = tokio::signal::ctrl_c() => return Ok(End::Done),
        }
    }
}

async fn verify(config: &Arc<Config>, global: &Global, dry_run: bool) -> Result<End, ApiError> {
    let writer = wiring::writer(config, false, "index verify").await?;
    let (found, rewritten, removed) = if dry_run {
        (writer.verify().await?, 0, 0)
    } else {
        let repair = writer.repair().await?;
        (repair.found, repair.versions_rewritten, repair.versions_removed)
    };
    if global.json {
        let agrees = found.agrees();
        output::json(
            &serde_json::json!({ "agrees": agrees, "found": found, "versions_rewritten": rewritten, "versions_removed": removed }),
        );
    } else if found.agrees() {
        output::line(&format!("Catalog and both indexes agree on {} passages.", found.passages));
    } else {
        output::line(&format!(
            "Of {} passages, {} are missing in the full-text index and {} in the vector index; {} are there without need, {} twice.",
            found.passages, found.missing_lexical, found.missing_vector, found.surplus, found.repeated
        ));
        output::line(&if dry_run {
            "Nothing was changed; run `pinakes index verify` to repair.".to_owned()
        } else {
            format!("Repaired: {rewritten} documents written again, {removed} versions removed.")
        });
    }
    Ok(if dry_run && !found.agrees() { End::Nothing } else { End::Done })
}

async fn rebuild(config: &Arc<Config>, global: &Global, embed_only: bool) -> Result<End, ApiError> {
    let embedder = wiring::embedder(config).await?;
    let store = wiring::store(config, false).await?;
    let worker = wiring::extract_worker(config)?;
    let rebuilt =
        observed(global, async |shown| Ok(Writer::rebuild(&store, Arc::clone(&embedder), worker.clone(), new_id(), shown).await?)).await?;
    if embed_only {
        return Ok(rebuilt);
    }
    let writer = Writer::open(&store, embedder, worker, "index rebuild").await?;
    observed(global, async |shown| Ok(writer.sync(None, JobKind::Sync, new_id(), shown).await?)).await
}

async fn remove(config: &Arc<Config>, global: &Global, paths: &[PathBuf]) -> Result<End, ApiError> {
    let writer = wiring::writer(config, false, "index rm").await?;
    let mut removed = 0;
    for path in paths {
        removed += writer.remove(path).await?;
    }
    if global.json {
        output::json(&serde_json::json!({ "removed": removed }));
    } else if !global.quiet {
        output::line(&format!("{removed} documents taken out; the files themselves were not touched."));
    }
    Ok(if removed == 0 { End::Nothing } else { End::Done })
}
