//! A model as it is opened: configuration, weights, and what the forward pass derives from them once.

use std::path::{Path, PathBuf};

use pinakes_kernels::{Kernel, KvKind, KvLayout, PAGE_TOKENS, Pairing, Peaks, Pool, Rope, Tally, Yarn};
use pinakes_models::{gguf, safetensors};

use crate::cache::PrefillCost;
use crate::config::{self, Config, RopeConfig};
use crate::engine::{Backend, Chunk, SequenceCost};
use crate::forward::{Scratch, forward};
use crate::limits;
use crate::sequence::Sequence;
use crate::weights::{self, FileSource, Quantization, RandomSource, Weights};
use crate::{LoadError, sizes};

/// How to load.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Threads that compute.
    pub threads: usize,
    /// What to bring floating-point weights to.
    pub quantize: Option<Quantization>,
    /// How keys and values are kept.
    pub kv: KvKind,
    /// Bytes that the weights may take; `None` does not ask.
    pub memory_bytes: Option<u64>,
    /// Another `config.json` than the folder's, such as one with YaRN.
    pub config: Option<PathBuf>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { threads: 1, quantize: None, kv: KvKind::F16, memory_bytes: None, config: None }
    }
}

/// A loaded model. Immutable: sequences and scratch are its callers'.
pub struct Model {
    pub(crate) config: Config,
    pub(crate) weights: Weights,
    pub(crate) rope: Rope,
    pub(crate) layout: KvLayout,
    pub(crate) pool: Pool,
}

impl Model {
    /// Opens a Hugging Face folder or a GGUF file.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn open(path: &Path, options: &LoadOptions) -> Result<Self, LoadError> {
        let pool = Pool::new(options.threads.clamp(1, limits::THREADS_MAX));
        if path.is_dir() {
            let config_path = options.config.clone().unwrap_or_else(|| path.join("config.json"));
            let config = config::from_json(&config_path, &read_bounded(&config_path)?)?;
            let folder = safetensors::open_folder(path)?;
            fits(path, folder.tensors().map(|(_, tensor)| tensor.end - tensor.start).sum(), options)?;
            let tied = config.tied.unwrap_or(false);
            let source = FileSource::hugging_face(&pool, path, &folder, config.layers.len())?;
            let weights = weights::assemble(&config, &mut source.quantized(options.quantize, tied))?;
            Ok(Self::new(config, weights, pool, options.kv))
        } else {
            let file = gguf::check(path)?;
            let config = config::from_gguf(path, &file)?;
            fits(path, file.tensors.iter().map(|tensor| tensor.end - tensor.start).sum(), options)?;
            let tied = config.tied.unwrap_or(false);
            let source = FileSource::gguf(&pool, path, &file, config.layers.len())?;
            let weights = weights::assemble(&config, &mut source.quantized(options.quantize, tied))?;
            Ok(Self::new(config, weights, pool, options.kv))
        }
    }

    /// Random weights in the shape of the Qwen3.5 model called `size` (`0.8b`, `2b`, `4b`, `9b`, `27b`, `35b-a3b`, `tiny`); `None` for
    /// other names.
    #[must_use]
    pub fn random(size: &str, quantization: Quantization, seed: u64, options: &LoadOptions) -> Option<Self> {
        let config = sizes::config(size)?;
        let pool = Pool::new(options.threads.clamp(1, limits::THREADS_MAX));
        let tied = config.tied.unwrap_or(false);
        let mut source = RandomSource::new(&pool, quantization, config.layers.len(), tied, seed);
        let weights = weights::assemble(&config, &mut source).expect("a generator has every tensor");
        Some(Self::new(config, weights, pool, options.kv))
    }

    fn new(config: Config, weights: Weights, pool: Pool, kind: KvKind) -> Self {
        let layout = KvLayout { kv_heads: config.attention.kv_heads, head_dim: config.attention.head_dim, kind };
        Self { rope: rope(&config.rope, config.attention.head_dim), config, weights, layout, pool }
    }

    /// Sizes and switches.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The weights.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// How keys and values are kept.
    #[must_use]
    pub fn kv_layout(&self) -> &KvLayout {
        &self.layout
    }

    /// A sequence before its first token.
    #[must_use]
    pub fn begin(&self) -> Sequence {
        Sequence::new(&self.config, self.weights.delta.as_ref())
    }

    /// What a sequence takes.
    #[must_use]
    pub fn sequence_cost(&self) -> SequenceCost {
        let linear = self.config.linear.as_ref();
        let state = linear.map_or(0, |l| 4 * (l.value_heads * l.key_dim * l.value_dim + l.channels() * (l.conv_width - 1)));
        SequenceCost {
            fixed_bytes: (self.config.linear_layers() * state) as u64,
            page_tokens: PAGE_TOKENS,
            page_bytes: (self.config.full_layers() * self.layout.page_bytes()) as u64,
        }
    }

    /// Reads the batch; see [`forward`].
    pub fn forward<'s>(&self, batch: &mut [Chunk<'_, Sequence>], scratch: &'s mut Scratch) -> &'s mut [f32] {
        forward(self, batch, scratch, &mut |_, _| {})
    }
}

/// The CPU behind the scheduler.
pub struct CpuBackend {
    model: Model,
    scratch: Scratch,
}

impl CpuBackend {
    /// Of a loaded model.
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self { model, scratch: Scratch::default() }
    }

    /// Counts from here on what each kind of kernel takes.
    pub fn start_profile(&self) {
        self.model.pool.start_profile();
    }

    /// Counts no longer; what was counted.
    #[must_use]
    pub fn end_profile(&self) -> Vec<(Kernel, Tally)> {
        self.model.pool.end_profile()
    }

    /// What the machine can do at most with the model's threads.
    #[must_use]
    pub fn peaks(&self) -> Peaks {
        Peaks::measure(&self.model.pool)
    }
}

impl Backend for CpuBackend {
    type Sequence = Sequence;

    fn begin(&self) -> Sequence {
        self.model.begin()
    }

    fn step(&mut self, batch: &mut [Chunk<'_, Sequence>], logits: &mut Vec<f32>) {
        let length = self.model.forward(batch, &mut self.scratch).len();
        // Exchanged rather than copied: eight answers have eight megabytes of them.
        std::mem::swap(logits, &mut self.scratch.logits);
        logits.truncate(length);
    }

    fn mark(&self, sequence: &mut Sequence) {
        sequence.mark();
    }

    fn rewind(&mut self, sequence: &mut Sequence, kept: usize) {
        self.model.rewind(sequence, kept);
    }

    fn prefill_cost(&self) -> PrefillCost {
        PrefillCost::of(&self.model.config)
    }

    fn weights_bytes(&self) -> u64 {
        self.model.weights().bytes() as u64
    }

    fn sequence_cost(&self) -> SequenceCost {
        self.model.sequence_cost()
    }

    fn vocabulary(&self) -> usize {
        self.model.config.vocabulary
    }

    fn context_max(&self) -> usize {
        self.model.config.context_max
    }
}

fn rope(config: &RopeConfig, head_dim: usize) -> Rope {
    let pairing = if config.interleaved { Pairing::Neighbours } else { Pairing::Halves };
    match &config.yarn {
        None => Rope::new(head_dim, config.dimensions, config.theta, pairing),
        Some(yarn) => {
            let yarn = Yarn {
                factor: yarn.factor,
                original_tokens: yarn.original_context as f64,
                beta_fast: yarn.beta_fast,
                beta_slow: yarn.beta_slow,
                magnitude: Some(yarn.magnitude),
            };
            Rope::yarn(head_dim, config.dimensions, config.theta, pairing, &yarn)
        }
    }
}

fn fits(path: &Path, needed_bytes: u64, options: &LoadOptions) -> Result<(), LoadError> {
    match options.memory_bytes {
        Some(allowed_bytes) if needed_bytes > allowed_bytes && options.quantize.is_none() => {
            Err(LoadError::TooLarge { path: path.into(), needed_bytes, allowed_bytes })
        }
        _ => Ok(()),
    }
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, LoadError> {
    let bytes = fs_err::metadata(path).map_err(|error| LoadError::unreadable(path, error))?.len();
    if bytes > limits::CONFIG_BYTES_MAX {
        return Err(LoadError::config(path, "the file", format!("has {bytes} bytes; at most {} are read", limits::CONFIG_BYTES_MAX)));
    }
    fs_err::read(path).map_err(|error| LoadError::unreadable(path, error))
}
