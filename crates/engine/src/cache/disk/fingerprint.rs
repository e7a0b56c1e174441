//! Everything that changes the numbers in a snapshot, in one hash: two engines with the same one may go on from each other's.

use std::sync::Mutex;

use pinakes_kernels::{Isa, Matrix};

use crate::engine::{Chunk, LogitRows};
use crate::weights::{Layer, Mixer, Mlp, Quantization};
use crate::{LayerMemory, LoadOptions, Model, Scratch};

/// Goes up when the files are to be written anew for any reason that no number shows.
const EDITION: u32 = 2;
/// Tokens that the model itself computes for its fingerprint: one pass over the weights.
const PROBE_TOKENS: u32 = 4;
/// Tokens that a small model computes: beyond the second page, with parts of pages around.
const SMALL_PROBE_TOKENS: u32 = 150;

/// Who computed a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub(super) [u8; 32]);

impl Fingerprint {
    /// Of a loaded model on this machine: every weight, the configuration (V-head order, rope and YaRN in it), how keys and values are
    /// kept, the instruction set; and of `text`, the caller's hash of tokenizer and chat template. Reads all weights once and computes a
    /// few tokens, with this model and with a small one: a kernel that gives other bits than it did gives another fingerprint, without
    /// anybody having to think of it.
    #[must_use]
    pub fn of(model: &Model, text: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("pinakes engine fingerprint v1");
        // Lengths before contents, so that no two lists of parts look alike.
        let mut part = |name: &str, bytes: &[u8]| {
            hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        };
        let endian = if cfg!(target_endian = "big") { "big" } else { "little" };
        part("machine", format!("{} {endian} {:?} edition {EDITION}", std::env::consts::ARCH, Isa::current()).as_bytes());
        part("config", format!("{:?}", model.config()).as_bytes());
        part("cache", format!("{:?}", model.kv_layout()).as_bytes());
        part("text", text);
        let weights = model.weights();
        part("delta", format!("{:?}", weights.delta).as_bytes());
        part("norm", &floats(&weights.output_norm));
        for layer in &weights.layers {
            part("layer", &small(layer));
        }
        for digest in digests(model) {
            part("matrix", &digest);
        }
        part("probe", &probe(model, PROBE_TOKENS));
        let options = LoadOptions { kv: model.kv_layout().kind, ..LoadOptions::default() };
        let small = Model::random("tiny", Quantization::Q8_0, 1, &options).expect("a size that is known");
        part("small probe", &probe(&small, SMALL_PROBE_TOKENS));
        Self(*hasher.finalize().as_bytes())
    }
}

/// A hash of what the model computes for some tokens: logits, and what it remembers.
fn probe(model: &Model, tokens: u32) -> [u8; 32] {
    let vocabulary = model.config().vocabulary as u32;
    let tokens: Vec<u32> = (0..tokens).map(|n| n.wrapping_mul(7919) % vocabulary).collect();
    let (mut sequence, mut scratch) = (model.begin(), Scratch::default());
    let mut batch = [Chunk { sequence: &mut sequence, tokens: &tokens, logits: LogitRows::Last }];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&floats(model.forward(&mut batch, &mut scratch)));
    for layer in sequence.layers() {
        let parts: Vec<&[u8]> = match layer {
            LayerMemory::Pages(pages) => pages.iter().map(|page| page.as_bytes()).collect(),
            LayerMemory::State(state) => vec![state.as_bytes()],
        };
        for part in parts {
            hasher.update(part);
        }
    }
    *hasher.finalize().as_bytes()
}

/// Hashes of all matrices, in their order.
fn digests(model: &Model) -> Vec<[u8; 32]> {
    let matrices: Vec<&Matrix> = model.weights().matrices().collect();
    let digests: Vec<Mutex<[u8; 32]>> = matrices.iter().map(|_| Mutex::new([0; 32])).collect();
    model.pool.run(matrices.len(), &|index| {
        let matrix = matrices[index];
        let mut hasher = blake3::Hasher::new();
        hasher.update(format!("{} {} {}", matrix.format().name(), matrix.rows(), matrix.columns()).as_bytes());
        hasher.update(matrix.packed());
        *digests[index].lock().unwrap_or_else(std::sync::PoisonError::into_inner) = *hasher.finalize().as_bytes();
    });
    digests.into_iter().map(|digest| digest.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)).collect()
}

/// What a layer has beside matrices.
fn small(layer: &Layer) -> Vec<u8> {
    let mut bytes = [floats(&layer.mixer_norm), floats(&layer.mlp_norm)].concat();
    match &layer.mixer {
        Mixer::Attention(attention) => {
            let norms = attention.norms.iter().flat_map(|(query, key)| [query, key]);
            norms.for_each(|norm| bytes.extend(floats(norm)));
        }
        // Printed floats are exact: the shortest text that reads back as the same number.
        Mixer::Delta(delta) => bytes.extend(format!("{:?}", delta.small).into_bytes()),
    }
    if let Mlp::Moe(moe) = &layer.mlp {
        bytes.extend(moe.used.to_le_bytes());
    }
    bytes
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
