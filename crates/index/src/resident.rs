//! Vectors in memory. A store of a few ten thousand chunks fits into some ten megabytes, and scanning them there takes less than Lance
//! needs to plan a query. Exact, filtered while scanning, and never the truth: it is read from Lance on open.

use std::{cmp::Ordering, collections::BinaryHeap, sync::Arc};

use pinakes_types::ChunkId;

use crate::fusion::Ranked;

/// Consecutive chunks of one version.
#[derive(Debug, Clone, Copy)]
struct Run {
    version: u64,
    start: usize,
    end: usize,
}

/// Rows that came together. The numbers are shared between snapshots; the runs say which of them still count.
#[derive(Debug, Clone)]
struct Block {
    runs: Vec<Run>,
    rows: Arc<Rows>,
}

#[derive(Debug)]
struct Rows {
    ids: Vec<u64>,
    /// `[rows, dimensions]`, each row of unit length.
    vectors: Vec<f32>,
}

/// All vectors of one snapshot.
#[derive(Debug, Clone)]
pub(crate) struct Resident {
    dimensions: usize,
    blocks: Vec<Block>,
}

/// A chunk while the best are being picked; the worst is the greatest, so that a heap gives it up first.
#[derive(Debug, PartialEq)]
struct Picked {
    score: f32,
    id: u64,
}

impl Eq for Picked {}

impl Ord for Picked {
    fn cmp(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for Picked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Resident {
    /// Blocks beyond which they are copied into one.
    const BLOCKS_MAX: usize = 32;

    pub(crate) fn new(dimensions: usize) -> Self {
        Self { dimensions, blocks: Vec::new() }
    }

    /// Adds rows: the ids, and as many vectors behind one another.
    pub(crate) fn push(&mut self, ids: Vec<u64>, vectors: Vec<f32>) {
        debug_assert_eq!(ids.len() * self.dimensions, vectors.len());
        let mut runs: Vec<Run> = Vec::new();
        for (row, &id) in ids.iter().enumerate() {
            let version = ChunkId(id).version().0;
            match runs.last_mut() {
                Some(run) if run.version == version => run.end = row + 1,
                _ => runs.push(Run { version, start: row, end: row + 1 }),
            }
        }
        if !runs.is_empty() {
            self.blocks.push(Block { runs, rows: Arc::new(Rows { ids, vectors }) });
        }
    }

    /// Takes out versions and, when enough has gone or there are many blocks, gives the memory back.
    pub(crate) fn retain(&mut self, keep: impl Fn(u64) -> bool) {
        for block in &mut self.blocks {
            block.runs.retain(|run| keep(run.version));
        }
        self.blocks.retain(|block| !block.runs.is_empty());
    }

    /// Joins blocks when there are many, or when half of what they hold is gone.
    pub(crate) fn tidy(&mut self) {
        let held: usize = self.blocks.iter().map(|block| block.rows.ids.len()).sum();
        if self.blocks.len() <= Self::BLOCKS_MAX && held <= 2 * self.rows() {
            return;
        }
        let rows = self.rows();
        let (mut ids, mut vectors) = (Vec::with_capacity(rows), Vec::with_capacity(rows * self.dimensions));
        for block in std::mem::take(&mut self.blocks) {
            for run in &block.runs {
                ids.extend_from_slice(&block.rows.ids[run.start..run.end]);
                vectors.extend_from_slice(&block.rows.vectors[run.start * self.dimensions..run.end * self.dimensions]);
            }
        }
        self.push(ids, vectors);
    }

    /// Rows that count.
    pub(crate) fn rows(&self) -> usize {
        self.blocks.iter().flat_map(|block| &block.runs).map(|run| run.end - run.start).sum()
    }

    /// Memory held, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| size_of_val(block.rows.vectors.as_slice()) + size_of_val(block.rows.ids.as_slice())).sum()
    }

    /// The `depth` chunks with the largest dot product, best first, among those both functions allow.
    pub(crate) fn search(&self, query: &[f32], depth: usize, version: impl Fn(u64) -> bool, chunk: impl Fn(u64) -> bool) -> Ranked {
        // One entry into the widest instruction set of this machine per search, not per row.
        pulp::Arch::new().dispatch(|| {
            let mut heap: BinaryHeap<Picked> = BinaryHeap::with_capacity(depth + 1);
            for block in &self.blocks {
                for run in block.runs.iter().filter(|run| version(run.version)) {
                    let vectors = &block.rows.vectors[run.start * self.dimensions..run.end * self.dimensions];
                    for (&id, vector) in block.rows.ids[run.start..run.end].iter().zip(vectors.chunks_exact(self.dimensions)) {
                        let picked = Picked { score: dot(query, vector), id };
                        let worse = heap.len() == depth && heap.peek().is_some_and(|worst| picked >= *worst);
                        if worse || !chunk(id) {
                            continue;
                        }
                        heap.push(picked);
                        if heap.len() > depth {
                            heap.pop();
                        }
                    }
                }
            }
            heap.into_sorted_vec().into_iter().map(|picked| (ChunkId(picked.id), picked.score)).collect()
        })
    }
}

/// Dot product in sixteen lanes, which the compiler turns into vector instructions.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut lanes = [0.0_f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_chunks.zip(b_chunks) {
        for (lane, (x, y)) in lanes.iter_mut().zip(x.iter().zip(y)) {
            *lane += x * y;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// Brings a vector to unit length; one of length zero stays as it is and is near to nothing.
pub(crate) fn normalized(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    if length > 0.0 { vector.iter().map(|&x| (f64::from(x) / length) as f32).collect() } else { vector.to_vec() }
}

#[cfg(test)]
mod tests {
    use pinakes_types::VersionSeq;

    use super::*;

    fn id(version: u64, ordinal: u64) -> u64 {
        ChunkId::new(VersionSeq(version), ordinal).unwrap().0
    }

    /// Vectors of 19 numbers, so that whole lanes and a remainder are both used.
    fn vector(seed: u64) -> Vec<f32> {
        normalized(&(0..19).map(|at| ((seed * 31 + at * 17) % 23) as f32 - 11.0).collect::<Vec<_>>())
    }

    fn filled() -> Resident {
        let mut resident = Resident::new(19);
        for version in 1..50 {
            let ids: Vec<u64> = (0..version % 4 + 1).map(|ordinal| id(version, ordinal)).collect();
            let vectors = ids.iter().flat_map(|&id| vector(id)).collect();
            resident.push(ids, vectors);
        }
        resident
    }

    fn naive(resident_ids: impl Iterator<Item = u64>, query: &[f32], depth: usize) -> Vec<u64> {
        let mut all: Vec<(f32, u64)> = resident_ids.map(|id| (dot(query, &vector(id)), id)).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        all.into_iter().take(depth).map(|(_, id)| id).collect()
    }

    #[test]
    fn search_agrees_with_sorting_everything() {
        let mut resident = filled();
        let ids = |keep: &dyn Fn(u64) -> bool| -> Vec<u64> {
            (1..50)
                .filter(|&version| keep(version))
                .flat_map(|version| (0..version % 4 + 1).map(move |ordinal| id(version, ordinal)))
                .collect()
        };
        let query = vector(99);
        let found = |resident: &Resident, depth, keep: &dyn Fn(u64) -> bool| -> Vec<u64> {
            resident.search(&query, depth, keep, |_| true).into_iter().map(|(id, _)| id.0).collect()
        };
        for depth in [1, 7, 500] {
            assert_eq!(found(&resident, depth, &|_| true), naive(ids(&|_| true).into_iter(), &query, depth));
            assert_eq!(found(&resident, depth, &|v| v % 3 == 0), naive(ids(&|v| v % 3 == 0).into_iter(), &query, depth));
        }
        resident.tidy();
        assert_eq!(resident.blocks.len(), 1, "many blocks become one");
        let before = resident.bytes();
        resident.retain(|version| version > 40);
        assert_eq!(found(&resident, 10, &|_| true), naive(ids(&|v| v > 40).into_iter(), &query, 10));
        resident.tidy();
        assert_eq!(found(&resident, 10, &|_| true), naive(ids(&|v| v > 40).into_iter(), &query, 10));
        assert!(resident.bytes() * 2 < before, "the memory of what went is given back");
    }

    #[test]
    fn single_chunks_can_be_kept_out() {
        let resident = filled();
        let only = id(7, 1);
        let found = resident.search(&vector(1), 10, |_| true, |chunk| chunk == only);
        assert_eq!(found.into_iter().map(|(id, _)| id.0).collect::<Vec<_>>(), [only]);
    }
}
