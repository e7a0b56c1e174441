//! Opening the language model that the configuration names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pinakes_answer::Generator;
use pinakes_api::{ApiError, Code};
use pinakes_chat::Chat;
use pinakes_config::{Config, GeneratorConfig, KvPrecision, WeightPrecision};
use pinakes_engine::engine::{Local, LocalOptions};
use pinakes_engine::weights::Quantization;
use pinakes_engine::{CpuBackend, KvKind, LoadError, LoadErrorKind, LoadOptions, Model};

use crate::wiring;

/// The configured generator, loaded and running; `None` when there is none.
pub(crate) async fn open(config: &Arc<Config>) -> Result<Option<Generator>, ApiError> {
    let Some(name) = config.generator.model.clone() else { return Ok(None) };
    let path = locate(config, &name)?;
    let settings = config.generator.clone();
    tokio::task::spawn_blocking(move || load(&name, &path, settings)).await.map_err(ApiError::internal)?.map(Some)
}

fn load(name: &str, path: &Path, settings: GeneratorConfig) -> Result<Generator, ApiError> {
    let chat = Chat::open(path).map_err(|error| ApiError::new(Code::ModelInvalid, error.to_string()))?;
    let model = Model::open(path, &options(&settings)).map_err(refused)?;
    let limits = LocalOptions { memory_bytes: settings.state_bytes_max, ..LocalOptions::default() };
    let engine = Local::start(CpuBackend::new(model), limits)
        .map_err(|error| ApiError::new(Code::IoFailed, format!("the engine's thread cannot be started: {error}")))?;
    let shown = Path::new(name).file_stem().filter(|_| Path::new(name).exists()).map_or(name.into(), |stem| stem.to_string_lossy());
    Generator::new(Arc::new(engine), Arc::new(chat), &shown, settings)
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

/// A model that cannot be loaded, with what to do.
pub(crate) fn refused(error: LoadError) -> ApiError {
    let code = match error.kind() {
        LoadErrorKind::BadModel => Code::ModelInvalid,
        LoadErrorKind::DoesNotFit => Code::DoesNotFit,
        LoadErrorKind::Unreadable => Code::IoFailed,
    };
    ApiError::new(code, error.to_string())
}
