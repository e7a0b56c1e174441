//! Opening both legs at exactly the recorded state. Whatever is newer was never published: Lance's newer manifests are set aside before
//! Lance looks, tantivy's newer documents are reported, because tantivy keeps one state only.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use pinakes_types::VersionSeq;

use crate::{
    error::{IndexError, Result},
    indexes::Snapshot,
    lexical::{self, Lexical},
    manifests,
    model::{IndexSettings, Leg, OpenReport, Record},
    quarantine::set_aside,
    scoped::ScopeViews,
    sums::Sums,
    sweep::{Sweep, sync_folder},
    table::{Changes, VectorTable, table_folder},
    writing::Writer,
};

/// Folder of a leg.
pub(crate) fn leg_folder(root: &Path, leg: Leg) -> PathBuf {
    root.join(match leg {
        Leg::Lexical => "lexical",
        Leg::Vector => "vector",
    })
}

/// Both legs open, as they were recorded.
pub(crate) struct Opened {
    pub lexical: Arc<Lexical>,
    pub writer: Writer,
    pub snapshot: Arc<Snapshot>,
    pub report: OpenReport,
}

pub(crate) async fn open(root: &Path, settings: &IndexSettings, record: Option<&Record>) -> Result<Opened> {
    if !root.exists() {
        fs_err::create_dir_all(root)?;
        root.parent().map(sync_folder).transpose()?;
    }
    let mut quarantined = settle_vector(root, record)?;
    let mut lexical = Lexical::open(&leg_folder(root, Leg::Lexical))?;
    let (mut opstamp, payload) = lexical.committed()?;
    match (record, payload) {
        (None, Some(_)) => {
            drop(lexical);
            quarantined.extend(set_aside(root, &[leg_folder(root, Leg::Lexical)])?);
            lexical = Lexical::open(&leg_folder(root, Leg::Lexical))?;
            opstamp = lexical.committed()?.0;
        }
        (Some(record), found) if found.unwrap_or_default().sequence < record.sequence => {
            let detail =
                format!("it holds commit {} and the catalog has published {}", found.unwrap_or_default().sequence, record.sequence);
            return Err(IndexError::Damaged { leg: Leg::Lexical, path: leg_folder(root, Leg::Lexical).join("meta.json"), detail });
        }
        _ => {}
    }
    let table = VectorTable::open(&leg_folder(root, Leg::Vector), settings, record.is_some()).await?;
    let vector_version = table.version().await?;
    let (directory, resident) = table.load(settings.resident_vector_bytes_max).await?;
    let searcher = lexical.searcher()?;
    let lexical_versions = lexical::versions(&searcher)?;
    let report = OpenReport {
        record: record.copied(),
        chunks: usize::try_from(directory.chunks()).unwrap_or(usize::MAX),
        quarantined,
        lexical_only: lexical_versions
            .iter()
            .filter(|&&version| !directory.contains(version))
            .map(|&version| VersionSeq(version))
            .collect(),
        vector_only: directory.versions().filter(|version| !lexical_versions.contains(version)).map(VersionSeq).collect(),
    };
    // The sequence goes on from whichever is further, so that a number is never used for two different states.
    let sequence = record.map_or(0, |record| record.sequence).max(payload.filter(|_| record.is_some()).unwrap_or_default().sequence);
    let state = Record { sequence, lexical_opstamp: opstamp, vector_version };
    let directory = Arc::new(directory);
    let snapshot = Arc::new(Snapshot {
        searcher,
        vectors: table.snapshot().await?,
        directory: Arc::clone(&directory),
        resident: resident.clone(),
        scopes: ScopeViews::default(),
        overlay: Arc::default(),
        strays: !report.lexical_only.is_empty(),
        fragments: table.fragments().await?,
        record: state,
    });
    let lexical = Arc::new(lexical);
    let writer = Writer {
        lexical: Arc::new(std::sync::Mutex::new(lexical.writer(settings.lexical_heap_bytes)?)),
        table,
        changes: Changes::default(),
        lexical_changed: false,
        directory: directory.as_ref().clone(),
        resident,
        sweep: Sweep::default(),
        vector_sums: Sums::read(&leg_folder(root, Leg::Vector))?.unwrap_or_default(),
        lexical_sums: Sums::read(&leg_folder(root, Leg::Lexical))?.unwrap_or_default(),
        record: state,
    };
    Ok(Opened { lexical, writer, snapshot, report })
}

/// Makes the recorded manifest the newest one. Without a record the whole table is set aside.
fn settle_vector(root: &Path, record: Option<&Record>) -> Result<Vec<PathBuf>> {
    let leg = leg_folder(root, Leg::Vector);
    let table = table_folder(&leg);
    let Some(record) = record else {
        let manifests = manifests::list(&table)?;
        if manifests.len() <= 1 && !table.join("data").exists() && table.exists() {
            // Made by an earlier open and never written to.
            fs_err::remove_dir_all(&table)?;
        }
        return Ok(if table.exists() { set_aside(root, &[table])? } else { Vec::new() });
    };
    let newer = manifests::newer_than(&table, record.vector_version)?;
    let quarantined = set_aside(root, &newer)?;
    let newest = manifests::list(&table)?.pop();
    match newest {
        Some((version, path)) if version == record.vector_version && fs_err::metadata(&path)?.len() > 0 => Ok(quarantined),
        other => {
            let path = other.map_or_else(|| manifests::folder(&table), |(_, path)| path);
            let detail = format!("the manifest of version {} is missing or empty", record.vector_version);
            Err(IndexError::Damaged { leg: Leg::Vector, path, detail })
        }
    }
}
