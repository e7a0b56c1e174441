//! `pinakes doctor`: everything a working store needs, each finding with its remedy.

use std::sync::Arc;

use pinakes_api::{ApiError, CheckResult, DoctorReport, Verdict};
use pinakes_catalog::Catalog;
use pinakes_config::{Config, format_bytes};
use pinakes_ingest::{ReadSide, Store, WriterLock};

use crate::args::Global;
use crate::{End, output, wiring};

/// Below this the next run may not find room.
const FREE_BYTES_WARN: u64 = 2 << 30;

pub(crate) async fn run(config: &Arc<Config>, global: &Global) -> Result<End, ApiError> {
    let mut checks = vec![data_folder(config), free_space(config), model(config).await];
    if Catalog::exists_in(&config.store.data_dir) {
        match wiring::store(config, false).await {
            Ok(store) => checks.extend(store_checks(&store).await?),
            Err(error) => checks.push(CheckResult::fail(
                "catalog_opens",
                error.detail,
                "restore it from a backup, or remove the data directory and index again",
            )),
        }
    } else {
        checks.push(CheckResult::warn("catalog_opens", "there is no store yet", "run `pinakes index add FOLDER`"));
    }
    let report = DoctorReport::of(checks);
    if global.json {
        output::json(&report);
    } else {
        report.checks.iter().for_each(show);
    }
    Ok(if report.verdict == Verdict::Fail { End::Nothing } else { End::Done })
}

pub(super) fn show(check: &CheckResult) {
    let mark = match check.verdict {
        Verdict::Ok => "ok  ",
        Verdict::Warn => "warn",
        Verdict::Fail => "FAIL",
    };
    output::line(&format!("{mark}  {:<18} {}", check.name, check.message));
    if let Some(remedy) = &check.remedy {
        output::line(&format!("      {:<18} → {remedy}", ""));
    }
}

fn data_folder(config: &Config) -> CheckResult {
    let folder = &config.store.data_dir;
    let name = "data_folder";
    let made = fs_err::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder).map(|_| ()));
    match made {
        Ok(()) => CheckResult::ok(name, folder.display().to_string()),
        Err(error) => CheckResult::fail(
            name,
            format!("{}: {error}", folder.display()),
            "give this user the right to write there, or choose another folder with --data-dir",
        ),
    }
}

fn free_space(config: &Config) -> CheckResult {
    let name = "free_space";
    match rustix::fs::statvfs(&config.store.data_dir) {
        Ok(system) => {
            let free = system.f_bavail.saturating_mul(system.f_frsize);
            match free {
                0..FREE_BYTES_WARN => {
                    CheckResult::warn(name, format!("{} free", format_bytes(free)), "free some space; indexing stops when the disk is full")
                }
                _ => CheckResult::ok(name, format!("{} free", format_bytes(free))),
            }
        }
        Err(error) => CheckResult::warn(name, format!("unknown: {error}"), "check the disk that holds the data directory"),
    }
}

async fn model(config: &Arc<Config>) -> CheckResult {
    let name = "embedding_model";
    match wiring::embedder(config).await {
        Ok(embedder) => CheckResult::ok(name, format!("{}, {} dimensions", embedder.model().name, embedder.model().dimensions)),
        Err(error) => CheckResult::fail(name, error.detail, format!("run `pinakes model pull {}`", config.embed.model)),
    }
}

async fn store_checks(store: &Store) -> Result<Vec<CheckResult>, ApiError> {
    let mut checks = Vec::new();
    checks.push(match store.catalog.check().await {
        Ok(()) => CheckResult::ok("catalog_opens", "readable and whole"),
        Err(error) => {
            CheckResult::fail("catalog_opens", error.to_string(), "restore it from a backup, or remove the data directory and index again")
        }
    });
    checks.push(match WriterLock::holder(store.data_dir()) {
        None => CheckResult::ok("writer", "nobody is writing"),
        Some(holder) => CheckResult::ok("writer", format!("{holder} is writing")),
    });
    let counts = store.catalog.state_counts(&wiring::operator()?).await.map_err(ApiError::internal)?;
    checks.push(match counts.failed {
        0 => CheckResult::ok("documents", format!("{} searchable", counts.indexed + counts.partial)),
        failed => CheckResult::warn(
            "documents",
            format!("{failed} could not be read"),
            "GET /api/v1/documents?state=failed lists them with reasons",
        ),
    });
    let rebuild = "run `pinakes index rebuild`";
    match ReadSide::open(store).await {
        Err(error) => checks.push(CheckResult::fail("indexes_open", error.to_string(), rebuild)),
        Ok(legs) => match legs.current().await {
            None => checks.push(CheckResult::ok("indexes_open", "nothing is published yet")),
            Some((indexes, _)) => {
                let stats = indexes.stats();
                checks.push(CheckResult::ok("indexes_open", format!("{} passages", stats.vector_chunks)));
                checks.push(match indexes.damaged_files().await {
                    Ok(damaged) if damaged.is_empty() => CheckResult::ok("index_files", "checksums are right"),
                    Ok(damaged) => CheckResult::fail(
                        "index_files",
                        format!("{} files are damaged, first {}", damaged.len(), damaged[0].display()),
                        rebuild,
                    ),
                    Err(error) => CheckResult::fail("index_files", error.to_string(), rebuild),
                });
            }
        },
    }
    Ok(checks)
}
