//! Puts the pieces together that a command needs.

use std::path::PathBuf;
use std::sync::Arc;

use pinakes_answer::Searcher;
use pinakes_api::{ApiError, Code};
use pinakes_config::{Config, EmbedPrecision, LoadOptions, LogFormat, process_environment};
use pinakes_embed::Embedder;
use pinakes_extract::WorkerCommand;
use pinakes_ingest::{ReadSide, Store, Writer};
use pinakes_models::ModelStore;
use pinakes_types::{Principal, Scope};

use crate::args::Global;
use crate::system::{SystemClock, SystemRandom};

/// Reads the configuration.
pub(crate) fn config(global: &Global, overrides: Vec<(String, String)>) -> Result<Arc<Config>, ApiError> {
    let mut all = global.set.clone();
    all.extend(overrides);
    let options =
        LoadOptions { file: global.config.clone(), data_dir: global.data_dir.clone(), overrides: all, environment: process_environment() };
    Config::load(options).map(Arc::new).map_err(|error| ApiError::new(Code::InvalidConfig, error.to_string()))
}

/// Sends log lines to standard error. Warnings only, but for the server.
pub(crate) fn logging(config: &Config, global: &Global, serving: bool) {
    use tracing_subscriber::EnvFilter;
    let level = match (serving, global.quiet) {
        (true, false) => config.log.level.clone(),
        (_, true) => "error".to_owned(),
        // A command's own words are enough, unless somebody asked for more than the default.
        (false, false) if config.log.level == "info" => "warn".to_owned(),
        (false, false) => config.log.level.clone(),
    };
    // These libraries tell every step of theirs at `info`; whoever wants that names them.
    let level = format!("lance=warn,lance_core=warn,lance_io=warn,tantivy=warn,{level}");
    let filter = EnvFilter::try_new(&level).unwrap_or_else(|_| EnvFilter::new("warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call, in tests of commands, finds the first subscriber in place.
    let _ = match config.log.format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => builder.with_ansi(crate::output::is_watched()).try_init(),
    };
}

/// Where models are kept.
pub(crate) fn models(config: &Config) -> ModelStore {
    ModelStore::open(config.store.data_dir.join("models"))
}

/// Loads the configured embedding model.
pub(crate) async fn embedder(config: &Arc<Config>) -> Result<Arc<Embedder>, ApiError> {
    let name = config.embed.model.clone();
    let folder: PathBuf = match models(config).get(&name) {
        Ok(model) => model.folder,
        Err(error) => {
            let words = format!("the embedding model {name} is not installed ({error}); fetch it with `pinakes model pull {name}`");
            return Err(ApiError::new(Code::ModelMissing, words));
        }
    };
    let in_8_bits = config.embed.precision == EmbedPrecision::Int8;
    let load = move || Embedder::load(&folder).map(|embedder| if in_8_bits { embedder.in_8_bits() } else { embedder });
    let loaded = tokio::task::spawn_blocking(load).await.map_err(ApiError::internal)?;
    loaded.map(Arc::new).map_err(|error| ApiError::new(Code::ModelInvalid, error.to_string()))
}

/// How the extraction child is started: this very program, with the configured limits.
pub(crate) fn extract_worker(config: &Config) -> Result<WorkerCommand, ApiError> {
    let limits = serde_json::to_string(&config.extract.limits).map_err(ApiError::internal)?;
    let program =
        std::env::current_exe().map_err(|error| ApiError::new(Code::IoFailed, format!("this program cannot find itself: {error}")))?;
    Ok(WorkerCommand { program, args: vec!["extract-worker".into(), limits.into()] })
}

/// Makes or opens the store.
pub(crate) async fn store(config: &Arc<Config>, create: bool) -> Result<Store, ApiError> {
    let clock = Arc::new(SystemClock);
    let store = if create { Store::create(Arc::clone(config), clock).await } else { Store::open(Arc::clone(config), clock).await };
    Ok(store?)
}

/// Opens everything a run needs.
pub(crate) async fn writer(config: &Arc<Config>, create: bool, command: &str) -> Result<Writer, ApiError> {
    let embedder = embedder(config).await?;
    let store = store(config, create).await?;
    Ok(Writer::open(&store, embedder, extract_worker(config)?, command).await?)
}

/// Opens everything a question needs.
pub(crate) async fn searcher(config: &Arc<Config>) -> Result<(Searcher, Scope), ApiError> {
    let store = store(config, false).await?;
    let embedder = embedder(config).await?;
    let legs = Arc::new(ReadSide::open(&store).await?);
    Ok((Searcher::new(store, legs, embedder, Arc::new(SystemRandom)).await?, operator()?))
}

/// Who runs the binary reads everything: the files are theirs.
pub(crate) fn operator() -> Result<Scope, ApiError> {
    Scope::check(&Principal::local_operator()).map_err(|error| ApiError::new(Code::NotAllowed, error.to_string()))
}
