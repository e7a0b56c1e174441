//! The vector leg: one Lance table, written by one writer, read through pinned snapshots.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use futures::TryStreamExt;
use lancedb::{
    DistanceType, ObjectStoreRegistry, Session, Table,
    index::{Index, vector::IvfPqIndexBuilder},
    query::{ExecutableQuery, QueryBase, Select},
    table::{CompactionOptions, OptimizeAction, OptimizeOptions},
};
use pinakes_types::{ChunkId, Label};

use crate::{
    directory::Directory,
    error::{IndexError, Result},
    fusion::Ranked,
    model::{IndexSettings, Leg},
    predicate,
    resident::Resident,
    rows::{self, FACT_COLUMNS, FactColumns, Row},
};

const TABLE: &str = "chunks";
/// Versions named in one condition.
const VERSIONS_PER_CONDITION: usize = 500;
/// Chunks named in one condition; beyond it the search looks deeper and sorts out afterwards.
const CHUNKS_PER_CONDITION: usize = 2000;
/// Of an approximate search: lists looked through, and how many times `depth` candidates are scored again with their full vectors.
const PROBES: usize = 32;
const REFINE: u32 = 4;

/// Where Lance keeps the table inside the leg's folder.
pub(crate) fn table_folder(leg: &Path) -> PathBuf {
    leg.join(format!("{TABLE}.lance"))
}

/// The leg, open for writing. Only the writer holds one.
pub(crate) struct VectorTable {
    table: Table,
    dimensions: usize,
}

impl VectorTable {
    /// Opens the table, or makes an empty one where there is no manifest. The newest manifest must already be the one wanted.
    pub(crate) async fn open(leg: &Path, settings: &IndexSettings, exists: bool) -> Result<Self> {
        fs_err::create_dir_all(leg)?;
        let damaged =
            |error: &dyn std::fmt::Display| IndexError::Damaged { leg: Leg::Vector, path: table_folder(leg), detail: error.to_string() };
        let uri = leg.to_str().ok_or_else(|| damaged(&"its path is not UTF-8"))?;
        let session =
            Session::new(settings.vector_index_cache_bytes, settings.vector_metadata_cache_bytes, Arc::new(ObjectStoreRegistry::default()));
        let connection = lancedb::connect(uri).session(Arc::new(session)).execute().await?;
        let schema = rows::schema(settings.dimensions);
        let table = if exists {
            connection.open_table(TABLE).execute().await.map_err(|error| damaged(&error))?
        } else {
            connection.create_empty_table(TABLE, schema.clone()).execute().await?
        };
        let found = table.schema().await.map_err(|error| damaged(&error))?;
        let types = |schema: &arrow::datatypes::Schema| -> Vec<_> {
            schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
        };
        if types(&found) != types(&schema) {
            let vectors =
                found.field_with_name("vector").map_or_else(|_| "other columns".into(), |field| format!("vectors {}", field.data_type()));
            let needed = format!("vectors of {} numbers", settings.dimensions);
            return Err(IndexError::Incompatible { leg: Leg::Vector, found: vectors, needed });
        }
        Ok(Self { table, dimensions: settings.dimensions })
    }

    /// Goes to a certain state and stays there, whatever is written meanwhile. For reading.
    pub(crate) async fn checkout(&self, leg: &Path, version: u64) -> Result<()> {
        let lost = |error: lancedb::Error| IndexError::Damaged {
            leg: Leg::Vector,
            path: table_folder(leg),
            detail: format!("version {version}: {error}"),
        };
        self.table.checkout(version).await.map_err(lost)
    }

    /// Lance's number of the current state.
    pub(crate) async fn version(&self) -> Result<u64> {
        Ok(self.table.version().await?)
    }

    /// A view that stays as it is.
    pub(crate) async fn snapshot(&self) -> Result<VectorSnapshot> {
        let table = self.table.query_snapshot().await?;
        let approximate = !table.list_indices().await?.is_empty();
        Ok(VectorSnapshot { table, approximate })
    }

    /// Removes versions, changes labels, adds rows, in this order.
    pub(crate) async fn write(&self, changes: &mut Changes) -> Result<()> {
        let removed: Vec<u64> = std::mem::take(&mut changes.removed).into_iter().collect();
        for versions in removed.chunks(VERSIONS_PER_CONDITION) {
            let condition = predicate::one_of("version", versions.iter().copied());
            self.table.delete(condition.as_str()).await?;
        }
        let mut by_labels: BTreeMap<BTreeSet<Label>, Vec<u64>> = BTreeMap::new();
        for (version, labels) in std::mem::take(&mut changes.relabelled) {
            by_labels.entry(labels).or_default().push(version);
        }
        for (labels, versions) in by_labels {
            for versions in versions.chunks(VERSIONS_PER_CONDITION) {
                let condition = predicate::one_of("version", versions.iter().copied());
                self.table.update().only_if(condition).column("labels", predicate::label_list(&labels)).execute().await?;
            }
        }
        let rows = std::mem::take(&mut changes.added);
        if !rows.is_empty() {
            self.table.add(rows::encode(&rows, self.dimensions)?).execute().await?;
        }
        Ok(())
    }

    /// Reads what is kept in memory: facts about all versions, and the vectors unless they take more than `resident_bytes_max`.
    pub(crate) async fn load(&self, resident_bytes_max: usize) -> Result<(Directory, Option<Resident>)> {
        let rows = self.table.count_rows(None).await?;
        let mut resident = (rows * self.dimensions * size_of::<f32>() <= resident_bytes_max).then(|| Resident::new(self.dimensions));
        let mut columns = FACT_COLUMNS.to_vec();
        columns.extend(resident.as_ref().map(|_| "vector"));
        let mut directory = Directory::default();
        let mut batches = self.table.query().select(Select::columns(&columns)).execute().await?;
        while let Some(batch) = batches.try_next().await? {
            let ids = rows::ids(&batch)?;
            let facts = FactColumns::of(&batch)?;
            for (row, &id) in ids.iter().enumerate() {
                directory.add_chunk(ChunkId(id).version().0, || facts.row(row));
            }
            if let Some(resident) = &mut resident {
                resident.push(ids, rows::vectors(&batch)?);
            }
        }
        if let Some(resident) = &mut resident {
            resident.tidy();
        }
        Ok((directory, resident))
    }

    /// Fragments the table consists of.
    pub(crate) async fn fragments(&self) -> Result<usize> {
        match self.table.as_native() {
            Some(native) => Ok(native.count_fragments().await?),
            None => Ok(0),
        }
    }

    /// Whether removed rows, which stay in the files until these are written anew, have become as many as those that count.
    pub(crate) async fn mostly_holes(&self) -> Result<bool> {
        match self.table.as_native() {
            Some(native) => Ok(native.count_deleted_rows().await? > self.table.count_rows(None).await?),
            None => Ok(false),
        }
    }

    /// Removes states older than `kept`, which stays; returns versions and bytes removed.
    pub(crate) async fn prune(&self, kept: u64) -> Result<(u64, u64)> {
        let versions = self.table.list_versions().await?;
        let Some(kept) = versions.iter().find(|version| version.version == kept) else { return Ok((0, 0)) };
        // Nobody else writes here, so files that no state names are left over from a crash and may go.
        let done = self.table.optimize_prune_before(kept.timestamp, Some(true), Some(false)).await?;
        Ok(done.prune.map_or((0, 0), |removed| (removed.old_versions, removed.bytes_removed)))
    }

    /// Joins fragments into few.
    pub(crate) async fn compact(&self) -> Result<()> {
        let options = CompactionOptions::default();
        self.table.optimize(OptimizeAction::Compact { options, remap_options: None }).await?;
        Ok(())
    }

    /// Builds the approximate index, or adds to it what came since.
    pub(crate) async fn build_approximate(&self) -> Result<()> {
        if self.table.list_indices().await?.is_empty() {
            let index = Index::IvfPq(IvfPqIndexBuilder::default().distance_type(DistanceType::Dot));
            self.table.create_index(&["vector"], index).execute().await?;
        } else {
            self.table.optimize(OptimizeAction::Index(OptimizeOptions::default())).await?;
        }
        Ok(())
    }
}

/// What the next write does to the table.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub removed: BTreeSet<u64>,
    pub relabelled: BTreeMap<u64, BTreeSet<Label>>,
    pub added: Vec<Row>,
    /// Whether some of what the next commit makes durable was already handed to Lance.
    pub flushed: bool,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.relabelled.is_empty() && self.added.is_empty()
    }
}

/// The leg, open for reading, at one state.
#[derive(Debug, Clone)]
pub(crate) struct VectorSnapshot {
    table: Table,
    approximate: bool,
}

impl VectorSnapshot {
    /// The `depth` chunks nearest to `query` (of unit length) among those the condition and the set allow, best first, with their cosine.
    /// Exact while there is no approximate index; rows an index does not hold yet are scanned beside it.
    pub(crate) async fn search(
        &self,
        query: &[f32],
        depth: usize,
        condition: Option<String>,
        only: Option<&HashSet<u64>>,
    ) -> Result<Ranked> {
        let named = only.filter(|ids| ids.len() <= CHUNKS_PER_CONDITION);
        let by_id = named.map(|ids| predicate::one_of("id", ids.iter().copied()));
        let condition: Vec<String> = [condition, by_id].into_iter().flatten().collect();
        if only.is_some_and(HashSet::is_empty) {
            return Ok(Vec::new());
        }
        let deeper = if only.is_some() && named.is_none() { depth * 10 } else { depth };
        let mut search = self.table.vector_search(query)?.column("vector").distance_type(DistanceType::Dot).limit(deeper);
        if self.approximate {
            search = search.nprobes(PROBES)?.refine_factor(REFINE);
        }
        if !condition.is_empty() {
            search = search.only_if(condition.join(" AND "));
        }
        let mut batches = search.select(Select::columns(&["id", "_distance"])).execute().await?;
        let mut ranked = Vec::with_capacity(depth);
        while let Some(batch) = batches.try_next().await? {
            let found = rows::ids(&batch)?.into_iter().zip(rows::distances(&batch)?);
            let wanted = found.filter(|(id, _)| only.is_none_or(|ids| ids.contains(id)));
            ranked.extend(wanted.map(|(id, distance)| (ChunkId(id), 1.0 - distance)));
        }
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked.truncate(depth);
        Ok(ranked)
    }

    /// All chunks, ascending, read from the files.
    pub(crate) async fn chunk_ids(&self) -> Result<Vec<ChunkId>> {
        let mut batches = self.table.query().select(Select::columns(&["id"])).execute().await?;
        let mut ids = Vec::new();
        while let Some(batch) = batches.try_next().await? {
            ids.extend(rows::ids(&batch)?.into_iter().map(ChunkId));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// Whether an approximate index is used.
    pub(crate) fn approximate(&self) -> bool {
        self.approximate
    }
}
