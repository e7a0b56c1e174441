//! Proves that the catalog and both legs agree, and makes them agree again from what the catalog keeps: no file is read for it.

use std::collections::BTreeSet;

use pinakes_catalog::Passage;
use pinakes_index::{IndexedChunk, Leg};
use pinakes_types::{ChunkId, Label, Timestamp, VersionSeq};
use serde::Serialize;

use crate::batch::embed;
use crate::chunk::{below_title, embedded_text};
use crate::{IngestError, Writer};

/// Where catalog and legs differ, in passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct VerifyReport {
    /// Passages of current versions, in the catalog.
    pub passages: u64,
    /// Of these, missing in the lexical leg.
    pub missing_lexical: u64,
    /// Of these, missing in the vector leg.
    pub missing_vector: u64,
    /// In a leg and in no current version, nor waiting to be dropped.
    pub surplus: u64,
    /// In a leg twice.
    pub repeated: u64,
}

impl VerifyReport {
    /// Whether catalog and legs agree.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.missing_lexical + self.missing_vector + self.surplus + self.repeated == 0
    }
}

/// What a verification found and what was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Repair {
    /// Before.
    pub found: VerifyReport,
    /// Versions written to the legs again.
    pub versions_rewritten: u64,
    /// Versions taken out of the legs.
    pub versions_removed: u64,
}

struct Difference {
    report: VerifyReport,
    rewrite: BTreeSet<VersionSeq>,
    remove: BTreeSet<VersionSeq>,
}

impl Writer {
    /// Compares, changes nothing.
    ///
    /// # Errors
    /// Catalog and index errors.
    pub async fn verify(&self) -> Result<VerifyReport, IngestError> {
        self.store.catalog.check().await?;
        Ok(self.compare().await?.report)
    }

    /// Compares and repairs.
    ///
    /// # Errors
    /// Catalog and index errors.
    pub async fn repair(&self) -> Result<Repair, IngestError> {
        self.store.catalog.check().await?;
        let Difference { report, rewrite, remove } = self.compare().await?;
        if !remove.is_empty() {
            self.remove_from_legs(&remove.iter().copied().collect::<Vec<_>>()).await?;
        }
        for version in &rewrite {
            // Taken out first, so that a version of which one leg has a part is not there twice.
            self.indexes.remove(&[*version]).await?;
            self.rewrite(*version).await?;
        }
        if !rewrite.is_empty() {
            let record = self.indexes.commit().await?;
            self.publish_record(record, vec![]).await?;
        }
        Ok(Repair { found: report, versions_rewritten: rewrite.len() as u64, versions_removed: remove.len() as u64 })
    }

    async fn compare(&self) -> Result<Difference, IngestError> {
        let current = self.store.catalog.current_chunk_ids().await?;
        let waiting: BTreeSet<VersionSeq> = self.store.catalog.dropped_versions(u32::MAX).await?.into_iter().collect();
        let mut difference = Difference {
            report: VerifyReport { passages: current.len() as u64, ..VerifyReport::default() },
            rewrite: BTreeSet::new(),
            remove: BTreeSet::new(),
        };
        for leg in [Leg::Lexical, Leg::Vector] {
            let mut held = self.indexes.chunk_ids(leg).await?;
            held.sort_unstable();
            compare_leg(leg, &current, &held, &waiting, &mut difference);
        }
        Ok(difference)
    }

    /// Writes the passages of one version to both legs, from the catalog.
    pub(crate) async fn rewrite(&self, version: VersionSeq) -> Result<usize, IngestError> {
        let (passages, labels) = self.store.catalog.passages_of(version).await?;
        let texts = passages.iter().map(|passage| embedded_text(&passage.title, &passage.heading, &passage.body)).collect();
        let vectors = embed(&self.embedder, texts).await?;
        let number = passages.len();
        let chunks: Vec<IndexedChunk> =
            passages.into_iter().zip(vectors).filter_map(|(passage, vector)| indexed(passage, &labels, vector)).collect();
        self.indexes.add(&chunks).await?;
        Ok(number)
    }
}

fn compare_leg(leg: Leg, current: &[ChunkId], held: &[ChunkId], waiting: &BTreeSet<VersionSeq>, difference: &mut Difference) {
    for pair in held.windows(2).filter(|pair| pair[0] == pair[1]) {
        difference.report.repeated += 1;
        difference.rewrite.insert(pair[0].version());
    }
    for id in current.iter().filter(|id| held.binary_search(id).is_err()) {
        match leg {
            Leg::Lexical => difference.report.missing_lexical += 1,
            Leg::Vector => difference.report.missing_vector += 1,
        }
        difference.rewrite.insert(id.version());
    }
    for id in held.iter().filter(|id| current.binary_search(id).is_err() && !waiting.contains(&id.version())) {
        difference.report.surplus += 1;
        difference.remove.insert(id.version());
    }
}

fn indexed(passage: Passage, labels: &[Label], vector: Vec<f32>) -> Option<IndexedChunk> {
    let kind = serde_json::from_value(serde_json::Value::String(passage.kind)).ok()?;
    Some(IndexedChunk {
        id: passage.chunk,
        doc: passage.doc,
        heading: below_title(&passage.title, &passage.heading).to_owned(),
        title: passage.title,
        body: passage.body,
        path: passage.path,
        source: passage.source,
        kind,
        language: passage.language,
        modified: Timestamp(passage.modified_ns / 1_000_000),
        labels: labels.to_vec(),
        vector,
    })
}
