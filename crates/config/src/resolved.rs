//! The configuration as the rest of the program sees it: every value typed, in range, and its unit in its type or name.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::ConfigError;
use crate::limits::{ExtractLimits, SearchLimits, ServerLimits};
use crate::read::Reader;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const MILLISECOND: Duration = Duration::from_millis(1);
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// `[store]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// Folder of the catalog, the indexes and the models.
    pub data_dir: PathBuf,
}

/// `[ingest]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestConfig {
    /// Patterns of what is read, as in `.gitignore`; empty: everything.
    pub include: Vec<String>,
    /// Patterns of what is left out.
    pub exclude: Vec<String>,
    /// Whether names with a leading dot are read.
    pub hidden: bool,
    /// Whether links inside a source are followed.
    pub follow_links: bool,
    /// Whether `.gitignore` and `.ignore` are obeyed.
    pub ignore_files: bool,
    /// How often all sources are looked through; `None`: only when asked.
    pub sync_interval: Option<Duration>,
}

/// `[extract]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractConfig {
    /// Child processes; at least 1.
    pub workers: usize,
    /// Limits, those of the file put in.
    pub limits: ExtractLimits,
}

/// `[chunk]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkConfig {
    /// Tokens of the embedding model that a chunk never exceeds, its title and headings included.
    pub tokens_max: usize,
}

/// `[embed]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbedConfig {
    /// Name in the model store.
    pub model: String,
    /// What its products are computed in.
    pub precision: EmbedPrecision,
}

/// What an embedding model computes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmbedPrecision {
    /// 32-bit floats.
    F32,
    /// 8-bit integers.
    Int8,
}

/// `[index]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexConfig {
    /// Chunks published together.
    pub commit_chunks: usize,
    /// Longest time read chunks wait to be published.
    pub commit_interval: Duration,
    /// Memory of the full-text writer.
    pub writer_heap_bytes: usize,
    /// From this many rows on there is an approximate vector index.
    pub ann_rows_min: usize,
}

/// How the two legs' results become one list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fusion {
    /// Min-max normalised scores, added with `weight_lexical` for words and the rest of 1 for vectors.
    Convex {
        /// 0 to 1.
        weight_lexical: f64,
    },
    /// Reciprocal rank fusion, `1 / (k + rank)` (Cormack, Clarke & Büttcher 2009).
    ReciprocalRank {
        /// At least 1.
        k: u32,
    },
}

/// `[search]`
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchConfig {
    /// Hits shown when a request does not say.
    pub hits: usize,
    /// Candidates of each leg.
    pub candidates: usize,
    /// How they are joined.
    pub fusion: Fusion,
}

/// `[answer]`
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnswerConfig {
    /// Passages an extractive answer may draw on.
    pub passages: usize,
    /// Passages looked at to say which documents a generator reads.
    pub candidates: usize,
    /// Documents it reads at most.
    pub documents: usize,
    /// Sentences of an extractive answer.
    pub sentences_max: usize,
    /// Support the evidence needs for there to be an answer, 0 to 1.
    pub support_min: f32,
    /// Share of a generator's sentences shown that must be borne out, 0 to 1.
    pub borne_out_min: f32,
    /// Whether sentences that are not borne out are left out.
    pub strict: bool,
}

/// How a generator keeps keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvPrecision {
    /// 32-bit floats.
    F32,
    /// 16-bit floats.
    F16,
    /// 8-bit integers with a scale per token and head.
    Q8,
}

/// What weights are brought to while they are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightPrecision {
    /// 8 bits.
    Q8,
    /// 4 bits.
    Q4,
}

/// Which documents a server reads before anybody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warm {
    /// None.
    Off,
    /// Those of the paths that are named.
    Pinned,
    /// All.
    All,
}

/// `[generator]`
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratorConfig {
    /// Name in the model store, or a path; `None`: answers are extracts.
    pub model: Option<String>,
    /// Threads; at least 1.
    pub threads: usize,
    /// `None` keeps the file's own.
    pub quantize: Option<WeightPrecision>,
    /// Keys and values.
    pub kv: KvPrecision,
    /// Bytes the weights may take.
    pub weights_bytes_max: u64,
    /// Bytes that the state of all requests may take.
    pub state_bytes_max: u64,
    /// Bytes of snapshots in memory.
    pub cache_bytes_max: u64,
    /// Bytes of snapshots on the disk.
    pub cache_disk_bytes_max: u64,
    /// What seals them there.
    pub cache_key_file: Option<PathBuf>,
    /// Share of reusing answers that are computed again to compare, 0 to 1.
    pub verify_reuse_rate: f32,
    /// Which documents are read ahead.
    pub warm: Warm,
    /// How paths of pinned documents begin.
    pub warm_paths: Vec<String>,
    /// Bytes by which what is kept may grow for that.
    pub warm_bytes_max: u64,
    /// Whether drafts are made from the prompt.
    pub speculate: bool,
    /// Tokens of documents given with a question, at most.
    pub context_tokens: usize,
    /// Share of the model's context they may take, 0 to 1.
    pub context_share: f32,
    /// How long reading them may take.
    pub read_time_max: Duration,
    /// Tokens of an answer.
    pub answer_tokens_max: usize,
    /// Whether it reasons first.
    pub thinking: bool,
    /// Tokens of reasoning.
    pub reasoning_tokens_max: usize,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Where it listens; port 0: any free one.
    pub address: SocketAddr,
    /// `Host` names answered besides the address itself, lower case, without port.
    pub hosts: Vec<String>,
    /// The address people know it by, without a slash at its end; `None`: links lead to whatever name the asker called it by,
    /// and where nobody asks to the address it listens on.
    pub public_url: Option<String>,
    /// Threads; at least 1.
    pub workers: usize,
    /// Limits, those of the file put in.
    pub limits: ServerLimits,
}

impl ServerConfig {
    /// The address for links that nobody asked for: as configured, or of the machine it listens on.
    #[must_use]
    pub fn url(&self, listening: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{listening}"))
    }
}

/// `[models]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelsConfig {
    /// The hub, without a slash at its end.
    pub hub_url: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one object per line.
    Json,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// A level, or directives per module.
    pub level: String,
    /// How lines look.
    pub format: LogFormat,
}

pub(crate) fn ingest(read: &Reader<'_>) -> Result<IngestConfig, ConfigError> {
    Ok(IngestConfig {
        include: read.list("ingest.include"),
        exclude: read.list("ingest.exclude"),
        hidden: read.flag("ingest.hidden")?,
        follow_links: read.flag("ingest.follow_links")?,
        ignore_files: read.flag("ingest.ignore_files")?,
        sync_interval: read.interval("ingest.sync_interval", SECOND..=30 * DAY)?,
    })
}

pub(crate) fn extract(read: &Reader<'_>) -> Result<ExtractConfig, ConfigError> {
    let limits = ExtractLimits {
        file_bytes_max: read.bytes("extract.file_bytes_max", 1..=4 * GIB)?,
        text_chars_max: read.number("extract.text_chars_max", 1_000..=200_000_000)?,
        pages_max: read.number("extract.pages_max", 1..=1_000_000)?,
        cpu_seconds_max: read.seconds("extract.cpu_time_max", SECOND..=HOUR)?,
        wall_seconds_max: read.seconds("extract.wall_time_max", SECOND..=HOUR)?,
        address_space_bytes_max: read.bytes("extract.address_space_max", 256 * MIB..=64 * GIB)?,
        ..ExtractLimits::default()
    };
    Ok(ExtractConfig { workers: read.threads("extract.workers", 4)?, limits })
}

pub(crate) fn chunk(read: &Reader<'_>) -> Result<ChunkConfig, ConfigError> {
    Ok(ChunkConfig { tokens_max: read.number("chunk.tokens_max", 32..=8_192)? })
}

pub(crate) fn embed(read: &Reader<'_>) -> Result<EmbedConfig, ConfigError> {
    Ok(EmbedConfig {
        model: read.text_not_empty("embed.model")?,
        precision: read.choice("embed.precision", &[("f32", EmbedPrecision::F32), ("int8", EmbedPrecision::Int8)])?,
    })
}

pub(crate) fn index(read: &Reader<'_>) -> Result<IndexConfig, ConfigError> {
    let heap = read.bytes("index.writer_heap", 16 * MIB..=2 * GIB)?;
    Ok(IndexConfig {
        commit_chunks: read.number("index.commit_chunks", 1..=1_000_000)?,
        commit_interval: read.time("index.commit_interval", MILLISECOND..=HOUR)?,
        writer_heap_bytes: usize::try_from(heap).map_err(|_| read.invalid("index.writer_heap", "a size this machine can address"))?,
        ann_rows_min: read.number("index.ann_rows_min", 256..=1_000_000_000)?,
    })
}

pub(crate) fn search(read: &Reader<'_>) -> Result<SearchConfig, ConfigError> {
    let convex = Fusion::Convex { weight_lexical: read.number("search.weight_lexical", 0.0..=1.0)? };
    let reciprocal = Fusion::ReciprocalRank { k: read.number("search.rrf_k", 1..=10_000)? };
    Ok(SearchConfig {
        hits: read.number("search.hits", 1..=SearchLimits::default().hits_max)?,
        candidates: read.number("search.candidates", 1..=SearchLimits::default().candidates_max)?,
        fusion: read.choice("search.fusion", &[("convex", convex), ("rrf", reciprocal)])?,
    })
}

pub(crate) fn answer(read: &Reader<'_>) -> Result<AnswerConfig, ConfigError> {
    Ok(AnswerConfig {
        passages: read.number("answer.passages", 1..=100)?,
        candidates: read.number("answer.candidates", 1..=200)?,
        documents: read.number("answer.documents", 1..=64)?,
        sentences_max: read.number("answer.sentences_max", 1..=50)?,
        support_min: read.number("answer.support_min", 0.0..=1.0)?,
        borne_out_min: read.number("answer.borne_out_min", 0.0..=1.0)?,
        strict: read.flag("answer.strict")?,
    })
}

pub(crate) fn generator(read: &Reader<'_>) -> Result<GeneratorConfig, ConfigError> {
    let model = read.text("generator.model");
    Ok(GeneratorConfig {
        model: (!model.trim().is_empty()).then(|| model.trim().to_owned()),
        threads: read.threads("generator.threads", usize::MAX)?,
        quantize: read
            .choice("generator.quantize", &[("none", None), ("q8_0", Some(WeightPrecision::Q8)), ("q4_k", Some(WeightPrecision::Q4))])?,
        kv: read.choice("generator.kv", &[("f32", KvPrecision::F32), ("f16", KvPrecision::F16), ("q8", KvPrecision::Q8)])?,
        weights_bytes_max: read.bytes("generator.weights_memory_max", MIB..=16_384 * GIB)?,
        state_bytes_max: read.bytes("generator.state_memory_max", MIB..=16_384 * GIB)?,
        cache_bytes_max: read.bytes("generator.cache_memory", 0..=16_384 * GIB)?,
        cache_disk_bytes_max: read.bytes("generator.cache_disk", 0..=16_384 * GIB)?,
        cache_key_file: Some(read.text("generator.cache_key_file")).filter(|path| !path.trim().is_empty()).map(PathBuf::from),
        verify_reuse_rate: read.number("generator.verify_reuse_rate", 0.0..=1.0)?,
        warm: read.choice("generator.warm", &[("off", Warm::Off), ("pinned", Warm::Pinned), ("all", Warm::All)])?,
        warm_paths: read.list("generator.warm_paths"),
        warm_bytes_max: read.bytes("generator.warm_bytes_max", 0..=16_384 * GIB)?,
        speculate: read.flag("generator.speculate")?,
        context_tokens: read.number("generator.context_tokens", 256..=1_048_576)?,
        context_share: read.number("generator.context_share", 0.05..=1.0)?,
        read_time_max: read.time("generator.read_time_max", MILLISECOND..=HOUR)?,
        answer_tokens_max: read.number("generator.answer_tokens_max", 1..=131_072)?,
        thinking: read.flag("generator.thinking")?,
        reasoning_tokens_max: read.number("generator.reasoning_tokens_max", 1..=131_072)?,
    })
}

pub(crate) fn server(read: &Reader<'_>) -> Result<ServerConfig, ConfigError> {
    let address = read.text("server.address");
    Ok(ServerConfig {
        address: address.parse().map_err(|_| read.invalid("server.address", "an IP address and a port, such as 127.0.0.1:8631"))?,
        hosts: read.list("server.hosts").iter().map(|host| host.to_ascii_lowercase()).collect(),
        public_url: match read.text("server.public_url").is_empty() {
            true => None,
            false => Some(read.url("server.public_url")?),
        },
        workers: read.threads("server.workers", usize::MAX)?,
        limits: server_limits(read)?,
    })
}

fn server_limits(read: &Reader<'_>) -> Result<ServerLimits, ConfigError> {
    Ok(ServerLimits {
        connections_max: read.number("server.connections_max", 1..=1_000_000)?,
        concurrent_searches_max: read.number("server.concurrent_searches_max", 1..=10_000)?,
        concurrent_asks_max: read.number("server.concurrent_asks_max", 1..=10_000)?,
        queue_max: read.number("server.queue_max", 0..=100_000)?,
        queue_time_max: read.time("server.queue_time_max", MILLISECOND..=HOUR)?,
        upload_bytes_max: read.bytes("server.upload_bytes_max", 1..=4 * GIB)?,
        header_time_max: read.time("server.header_time_max", MILLISECOND..=HOUR)?,
        body_time_max: read.time("server.body_time_max", MILLISECOND..=HOUR)?,
        upload_time_max: read.time("server.upload_time_max", MILLISECOND..=DAY)?,
        write_stall_max: read.time("server.write_stall_max", MILLISECOND..=HOUR)?,
        keep_alive_max: read.time("server.keep_alive_max", MILLISECOND..=HOUR)?,
        ask_time_max: read.time("server.ask_time_max", MILLISECOND..=HOUR)?,
        resume_time_max: read.time("server.resume_time_max", Duration::ZERO..=HOUR)?,
        answer_keep_time: read.time("server.answer_keep_time", Duration::ZERO..=HOUR)?,
        shutdown_time_max: read.time("server.shutdown_time_max", MILLISECOND..=HOUR)?,
        ..ServerLimits::default()
    })
}

pub(crate) fn models(read: &Reader<'_>) -> Result<ModelsConfig, ConfigError> {
    Ok(ModelsConfig { hub_url: read.url("models.hub_url")? })
}

pub(crate) fn log(read: &Reader<'_>) -> Result<LogConfig, ConfigError> {
    Ok(LogConfig {
        level: read.text_not_empty("log.level")?,
        format: read.choice("log.format", &[("text", LogFormat::Text), ("json", LogFormat::Json)])?,
    })
}
