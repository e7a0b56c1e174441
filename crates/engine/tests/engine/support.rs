//! Fixtures, and short ways to run a model.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use pinakes_engine::engine::{Chunk, LogitRows};
use pinakes_engine::{KvKind, LoadOptions, Model, Scratch, Sequence};
use pinakes_models::safetensors;

/// The folder of a fixture model, or a loud line and `None` where there is none.
pub(crate) fn fixture(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PINAKES_SHARED").map(|root| Path::new(&root).join("fixtures/qwen35").join(name));
    let found = root.filter(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: PINAKES_SHARED names no folder with fixtures/qwen35/{name}");
    }
    found
}

/// Tensors of a reference file.
pub(crate) struct Reference {
    tensors: HashMap<String, (String, Vec<u8>)>,
}

impl Reference {
    pub(crate) fn read(path: &Path) -> Self {
        let header = safetensors::check(path).unwrap();
        let bytes = fs_err::read(path).unwrap();
        let at = |offset: u64| (header.data_start + offset) as usize;
        let tensor = |t: &safetensors::Tensor| (t.name.clone(), (t.dtype.clone(), bytes[at(t.start)..at(t.end)].to_vec()));
        Self { tensors: header.tensors.iter().map(tensor).collect() }
    }

    pub(crate) fn floats(&self, name: &str) -> Vec<f32> {
        let (dtype, bytes) = &self.tensors[name];
        assert_eq!(dtype, "F32", "{name}");
        bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
    }

    pub(crate) fn ids(&self, name: &str) -> Vec<u32> {
        let (dtype, bytes) = &self.tensors[name];
        assert_eq!(dtype, "I64", "{name}");
        bytes.chunks_exact(8).map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap()) as u32).collect()
    }
}

pub(crate) fn options(kv: KvKind) -> LoadOptions {
    LoadOptions { threads: 1, kv, ..LoadOptions::default() }
}

pub(crate) fn open(path: &Path, kv: KvKind) -> Model {
    Model::open(path, &options(kv)).unwrap()
}

/// Logits of every row of `tokens`, read in pieces of the given lengths and then the rest at once.
pub(crate) fn read(model: &Model, sequence: &mut Sequence, tokens: &[u32], pieces: &[usize]) -> Vec<f32> {
    let mut scratch = Scratch::default();
    let (mut logits, mut rest) = (Vec::new(), tokens);
    for piece in pieces.iter().copied().chain([usize::MAX]) {
        let (now, later) = rest.split_at(piece.min(rest.len()));
        if !now.is_empty() {
            let mut batch = [Chunk { sequence: &mut *sequence, tokens: now, logits: LogitRows::All }];
            logits.extend_from_slice(model.forward(&mut batch, &mut scratch));
        }
        rest = later;
    }
    logits
}

/// Logits of every row of a fresh sequence.
pub(crate) fn logits(model: &Model, tokens: &[u32]) -> Vec<f32> {
    read(model, &mut model.begin(), tokens, &[])
}

/// What `count` steps of always taking the likeliest give after `prompt`.
pub(crate) fn greedy(model: &Model, prompt: &[u32], count: usize) -> Vec<u32> {
    let mut scratch = Scratch::default();
    let mut sequence = model.begin();
    let (mut said, mut next) = (Vec::new(), prompt.to_vec());
    while said.len() < count {
        let mut batch = [Chunk { sequence: &mut sequence, tokens: &next, logits: LogitRows::Last }];
        let row = model.forward(&mut batch, &mut scratch);
        let best = (0..row.len()).reduce(|best, id| if row[id] > row[best] { id } else { best }).unwrap() as u32;
        said.push(best);
        next = vec![best];
    }
    said
}

/// ‖a − b‖ / ‖b‖.
pub(crate) fn distance(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let square = |x: f64| x * x;
    let difference: f64 = a.iter().zip(b).map(|(a, b)| square(f64::from(*a) - f64::from(*b))).sum();
    (difference / b.iter().map(|b| square(f64::from(*b))).sum::<f64>()).sqrt()
}

/// A generator for test data.
pub(crate) fn random_tokens(seed: u64, count: usize, vocabulary: usize) -> Vec<u32> {
    let mut random = pinakes_engine::Random::new(seed);
    (0..count).map(|_| (random.bits() % vocabulary as u64) as u32).collect()
}
