//! The one writer: staging, and the commit that makes both legs durable.

use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fail::fail_point;
use pinakes_types::{Label, VersionSeq};

use crate::{
    blocking::blocking,
    directory::Directory,
    error::Result,
    lexical::{LexicalWriter, Payload},
    manifests,
    model::{IndexSettings, IndexedChunk, Leg, Record},
    opening::leg_folder,
    resident::Resident,
    rows::Row,
    sums::Sums,
    sweep::{Sweep, Swept, sync_folder},
    table::{Changes, VectorTable, table_folder},
};

/// Everything that writing needs; behind one lock.
pub(crate) struct Writer {
    /// In a lock of its own because it works on a blocking thread. Nobody else takes it.
    pub lexical: Arc<Mutex<LexicalWriter>>,
    pub table: VectorTable,
    /// For Lance, not yet handed over.
    pub changes: Changes,
    /// Whether tantivy has staged something.
    pub lexical_changed: bool,
    /// As after the next commit.
    pub directory: Directory,
    /// As after the next commit; `None` when the vectors take too much memory.
    pub resident: Option<Resident>,
    pub sweep: Sweep,
    pub vector_sums: Sums,
    pub lexical_sums: Sums,
    /// Of the last commit.
    pub record: Record,
}

impl Writer {
    /// Stages chunks, whose vectors are checked, in both legs; hands rows to Lance when many have come together.
    pub(crate) async fn add(&mut self, chunks: Vec<IndexedChunk>, settings: &IndexSettings) -> Result<()> {
        let rows: Vec<Row> = chunks.iter().map(Row::from).collect();
        self.lexical_changed = true;
        let lexical = Arc::clone(&self.lexical);
        blocking("indexing words", move || locked(&lexical).add(&chunks)).await?;
        for row in &rows {
            self.directory.add_chunk(row.id.version().0, || row.facts.clone());
        }
        self.keep_resident(&rows, settings);
        for row in rows {
            self.changes.added.push(row);
            if self.changes.added.len() >= settings.staged_rows_max {
                self.table.write(&mut self.changes).await?;
                self.changes.flushed = true;
            }
        }
        Ok(())
    }

    fn keep_resident(&mut self, rows: &[Row], settings: &IndexSettings) {
        let Some(resident) = &mut self.resident else { return };
        let added = rows.len() * settings.dimensions * size_of::<f32>();
        if resident.bytes() + added > settings.resident_vector_bytes_max {
            tracing::info!(bytes_max = settings.resident_vector_bytes_max, "vectors no longer fit into memory; Lance is searched instead");
            self.resident = None;
            return;
        }
        resident.push(rows.iter().map(|row| row.id.0).collect(), rows.iter().flat_map(|row| row.vector.iter().copied()).collect());
    }

    /// Stages the removal of versions from both legs.
    pub(crate) async fn remove(&mut self, versions: Vec<VersionSeq>) -> Result<()> {
        let versions: BTreeSet<u64> = versions.into_iter().map(|version| version.0).collect();
        self.changes.added.retain(|row| !versions.contains(&row.id.version().0));
        self.changes.relabelled.retain(|version, _| !versions.contains(version));
        if let Some(resident) = &mut self.resident {
            resident.retain(|version| !versions.contains(&version));
        }
        for &version in &versions {
            self.directory.remove(version);
        }
        self.changes.removed.extend(&versions);
        self.lexical_changed = true;
        let lexical = Arc::clone(&self.lexical);
        blocking("removing versions", move || {
            let lexical = locked(&lexical);
            versions.into_iter().for_each(|version| lexical.remove(version));
            Ok(())
        })
        .await
    }

    /// Stages a change of who may read a version. Versions that are not held are passed over.
    pub(crate) fn set_labels(&mut self, version: VersionSeq, labels: BTreeSet<Label>) {
        if !self.directory.set_labels(version.0, &labels) {
            return;
        }
        for row in self.changes.added.iter_mut().filter(|row| row.id.version() == version) {
            row.facts.labels = labels.clone();
        }
        self.changes.relabelled.insert(version.0, labels);
    }

    /// Makes everything staged durable in both legs: words, then vectors, then the sweep that Lance leaves out.
    pub(crate) async fn commit(&mut self, root: &Path) -> Result<Record> {
        if !self.lexical_changed && self.changes.is_empty() && !self.changes.flushed {
            return Ok(self.record);
        }
        let sequence = self.record.sequence + 1;
        fail_point!("index.before_lexical_commit");
        let lexical = Arc::clone(&self.lexical);
        let (lexical_opstamp, segment_files) = blocking("committing words", move || locked(&lexical).commit(Payload { sequence })).await?;
        fail_point!("index.between_legs");
        self.table.write(&mut self.changes).await?;
        fail_point!("index.before_sweep");
        self.sweep(root).await?;
        self.sum_words(&leg_folder(root, Leg::Lexical), segment_files).await?;
        fail_point!("index.after_sweep");
        if let Some(resident) = &mut self.resident {
            resident.tidy();
        }
        self.lexical_changed = false;
        self.changes.flushed = false;
        self.record = Record { sequence, lexical_opstamp, vector_version: self.table.version().await? };
        Ok(self.record)
    }

    /// Makes Lance's files durable, and notes their checksums.
    pub(crate) async fn sweep(&mut self, root: &Path) -> Result<()> {
        let (mut sweep, mut sums) = (std::mem::take(&mut self.sweep), std::mem::take(&mut self.vector_sums));
        let leg = leg_folder(root, Leg::Vector);
        (self.sweep, self.vector_sums) = blocking("writing vectors", move || {
            let table = table_folder(&leg);
            manifests::forget_note(&table)?;
            let swept = sweep.run(&table)?;
            sums.update(&leg, &table, &swept)?;
            sync_folder(&leg)?;
            Ok((sweep, sums))
        })
        .await?;
        Ok(())
    }

    /// Notes the checksums of the words' files, which tantivy has made durable itself.
    async fn sum_words(&mut self, leg: &Path, files: HashSet<PathBuf>) -> Result<()> {
        let (mut sums, leg) = (std::mem::take(&mut self.lexical_sums), leg.to_owned());
        self.lexical_sums = blocking("noting checksums", move || {
            let there = files.into_iter().map(|file| (leg.join(file), false)).filter(|(file, _)| file.exists());
            sums.update(&leg, &leg, &Swept { files: there.collect() })?;
            Ok(sums)
        })
        .await?;
        Ok(())
    }
}

/// A panic while holding the lock leaves a writer that tantivy itself refuses to go on with, so its poison says nothing new.
fn locked(lexical: &Mutex<LexicalWriter>) -> MutexGuard<'_, LexicalWriter> {
    lexical.lock().unwrap_or_else(PoisonError::into_inner)
}
