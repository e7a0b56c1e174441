//! Opening the language model that the configuration names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pinakes_answer::{Generator, Generators};
use pinakes_api::{ApiError, Code};
use pinakes_chat::Chat;
use pinakes_config::{Config, GeneratorConfig, KvPrecision, WeightPrecision};
use pinakes_engine::cache::disk::{DiskOptions, DiskTier, Fingerprint, Key};
use pinakes_engine::engine::{Backend, Chunk, Local, LocalOptions, LogitRows};
use pinakes_engine::weights::Quantization;
use pinakes_engine::{CpuBackend, KvKind, LoadError, LoadErrorKind, LoadOptions, Model};
use pinakes_types::Random;

use crate::access;
use crate::args::MeasuredModel;
use crate::outgoing::Written;
use crate::system::SystemRandom;
use crate::wiring;

/// The configured generators: the local one loaded and running, the one elsewhere ready to be asked.
pub(crate) async fn open(config: &Arc<Config>) -> Result<Generators, ApiError> {
    let elsewhere = match &config.remote {
        Some(remote) => {
            let generator = Generator::elsewhere(remote, config.generator.clone())?;
            Some((generator.telling(Arc::new(Written(access::audit(config)?))), remote.used))
        }
        None => None,
    };
    if let Some((generator, _)) = &elsewhere {
        let host = generator.sent_to().unwrap_or_default();
        tracing::warn!("remote.url is set: questions and the documents found for them are sent to {host}");
    }
    Ok(Generators::new(local(config).await?, elsewhere))
}

/// The configured generator of this process, loaded and running; `None` when there is none.
pub(crate) async fn local(config: &Arc<Config>) -> Result<Option<Generator>, ApiError> {
    let Some(name) = config.generator.model.clone() else { return Ok(None) };
    let path = locate(config, &name)?;
    let config = Arc::clone(config);
    tokio::task::spawn_blocking(move || load(&config, &name, &path)).await.map_err(ApiError::internal)?.map(Some)
}

fn load(config: &Config, name: &str, path: &Path) -> Result<Generator, ApiError> {
    let settings = &config.generator;
    // Either takes a second with a large vocabulary, and neither needs the other.
    let (chat, model) = std::thread::scope(|threads| {
        let chat = threads.spawn(|| Chat::open(path));
        let model = Model::open(path, &options(settings));
        (chat.join(), model)
    });
    let model = model.map_err(refused)?;
    let chat = chat.map_err(|_| ApiError::new(Code::Internal, "the tokenizer could not be read"))?;
    let chat = chat.map_err(|error| ApiError::new(Code::ModelInvalid, error.to_string()))?;
    let secret = secret(&config.store.data_dir.join("snapshots.secret"))?;
    let engine = Arc::new(start(config, model, &text_of(&chat, path))?);
    let counted = Arc::clone(&engine);
    let shown = Path::new(name).file_stem().filter(|_| Path::new(name).exists()).map_or(name.into(), |stem| stem.to_string_lossy());
    Generator::new(engine, Arc::new(chat), &shown, settings.clone(), secret, Arc::new(move || counted.stats()))
}

/// Starts the engine, with snapshots on the disk where they are wanted and can be had.
fn start(config: &Config, model: Model, text: &[u8]) -> Result<Local, ApiError> {
    let tier = tier(config, &model, text)?;
    let backend = CpuBackend::new(model);
    let options = limits(&config.generator);
    let started = match tier {
        Some(tier) => Local::start_with_tier(backend, options, Arc::new(tier)),
        None => Local::start(backend, options),
    };
    started.map_err(|error| ApiError::new(Code::IoFailed, format!("the engine's thread cannot be started: {error}")))
}

/// What the engine may take.
pub(crate) fn limits(settings: &GeneratorConfig) -> LocalOptions {
    LocalOptions {
        memory_bytes: settings.state_bytes_max,
        cache_bytes: settings.cache_bytes_max,
        verify_reuse_rate: settings.verify_reuse_rate,
        speculate: settings.speculate,
        ..LocalOptions::default()
    }
}

/// The snapshots on the disk. A folder that another process has, or that cannot be written, is no reason not to answer.
fn tier(config: &Config, model: &Model, text: &[u8]) -> Result<Option<DiskTier>, ApiError> {
    let settings = &config.generator;
    if settings.cache_disk_bytes_max == 0 {
        return Ok(None);
    }
    let key = settings.cache_key_file.as_deref().map(key).transpose()?;
    let options = DiskOptions { key, ..DiskOptions::plain(settings.cache_disk_bytes_max) };
    match DiskTier::open(&config.store.data_dir.join("snapshots"), model, Fingerprint::of(model, text), options) {
        Ok(tier) => Ok(Some(tier)),
        Err(error) => {
            tracing::warn!("{error}");
            Ok(None)
        }
    }
}

/// What of the text side changes the numbers: tokens and template.
fn text_of(chat: &Chat, path: &Path) -> Vec<u8> {
    format!("{} {} {}", chat.template().source(), chat.tokenizer().len(), path.file_name().unwrap_or_default().display()).into_bytes()
}

fn key(path: &Path) -> Result<Key, ApiError> {
    let bad = |problem: String| ApiError::new(Code::BadRequest, format!("generator.cache_key_file, {}: {problem}", path.display()));
    let text = fs_err::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    let digits = text.trim();
    let bytes: Option<Vec<u8>> = (digits.len() == 64 && digits.is_ascii())
        .then(|| (0..64).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect())
        .flatten();
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| bad("holds no 64 hexadecimal digits".into()))?;
    Ok(Key::new(bytes))
}

/// This server's own secret, made when there is none. Losing it costs what was cached, nothing else.
fn secret(path: &Path) -> Result<[u8; 32], ApiError> {
    if let Some(known) = fs_err::read(path).ok().and_then(|bytes| bytes.try_into().ok()) {
        return Ok(known);
    }
    let mut fresh = [0; 32];
    SystemRandom.fill(&mut fresh);
    let failed = |error: std::io::Error| ApiError::new(Code::CannotWrite, error.to_string());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    std::io::Write::write_all(&mut file, &fresh).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(fresh)
}

/// How the configuration wants a model loaded.
pub(crate) fn options(settings: &GeneratorConfig) -> LoadOptions {
    LoadOptions {
        threads: settings.threads,
        quantize: settings.quantize.map(|wanted| match wanted {
            WeightPrecision::Q8 => Quantization::Q8_0,
            WeightPrecision::Q4 => Quantization::Q4KM,
        }),
        kv: match settings.kv {
            KvPrecision::F32 => KvKind::F32,
            KvPrecision::F16 => KvKind::F16,
            KvPrecision::Q8 => KvKind::Q8,
        },
        memory_bytes: Some(settings.weights_bytes_max),
        ..LoadOptions::default()
    }
}

/// A path as it is, or the weights of a model in the store.
pub(crate) fn locate(config: &Config, name: &str) -> Result<PathBuf, ApiError> {
    let path = PathBuf::from(name);
    if path.exists() {
        return Ok(path);
    }
    let missing = |error: &dyn std::fmt::Display| {
        let words =
            format!("the language model {name} is neither installed nor a path ({error}); fetch it with `pinakes model pull {name}`");
        ApiError::new(Code::ModelMissing, words)
    };
    let model = wiring::models(config).get(name).map_err(|error| missing(&error))?;
    let weights = model.weights().map_err(|error| missing(&error))?;
    Ok(weights.path().to_owned())
}

/// What a measurement runs on, and how it is loaded.
pub(crate) struct Measured {
    path: Option<PathBuf>,
    random: String,
    quant: String,
    pub(crate) options: LoadOptions,
}

impl Measured {
    /// Finds the named model; random weights where none is named.
    pub(crate) fn new(config: &Config, wanted: &MeasuredModel) -> Result<Self, ApiError> {
        let path = wanted.model.as_deref().map(|name| locate(config, name)).transpose()?;
        let mut options = options(&config.generator);
        options.threads = wanted.threads.unwrap_or(options.threads);
        Ok(Self { path, random: wanted.random.clone(), quant: wanted.quant.clone(), options })
    }

    /// Loads it; gives it with its name.
    pub(crate) fn load(&self) -> Result<(String, Model), ApiError> {
        /// Every run computes the same.
        const SEED: u64 = 1;
        if let Some(path) = &self.path {
            return Ok((path.display().to_string(), Model::open(path, &self.options).map_err(refused)?));
        }
        let Self { random, quant, .. } = self;
        let bad = |words: String| ApiError::new(Code::BadRequest, words);
        let quantization = Quantization::named(quant).ok_or_else(|| bad(format!("no quantisation {quant}: q4_k_m, q8_0 or bf16")))?;
        let model = Model::random(random, quantization, SEED, &self.options)
            .ok_or_else(|| bad(format!("no model size {random}: 0.8b, 2b, 4b, 9b, 27b, 35b-a3b or tiny")))?;
        Ok((format!("random {random} {quant}"), model))
    }
}

/// Reads tokens into a sequence, some hundred in a step, and leaves the logits after the last.
pub(crate) fn read<B: Backend>(backend: &mut B, sequence: &mut B::Sequence, tokens: &[u32], logits: &mut Vec<f32>) {
    const STEP_TOKENS: usize = 512;
    let last = tokens.len().div_ceil(STEP_TOKENS).saturating_sub(1);
    for (number, tokens) in tokens.chunks(STEP_TOKENS).enumerate() {
        let rows = if number == last { LogitRows::Last } else { LogitRows::None };
        backend.step(&mut [Chunk { sequence, tokens, logits: rows }], logits);
    }
}

/// A model that cannot be loaded, with what to do.
pub(crate) fn refused(error: LoadError) -> ApiError {
    let code = match error.kind() {
        LoadErrorKind::BadModel => Code::ModelInvalid,
        LoadErrorKind::DoesNotFit => Code::DoesNotFit,
        LoadErrorKind::Unreadable => Code::IoFailed,
    };
    ApiError::new(code, error.to_string())
}
