//! What an operator can set, where each value came from, and the limits on untrusted input.
//!
//! There are two shapes: *as written* (layers of `section.key = value` with their origins, private to this crate) and *resolved*
//! ([`Config`]: typed, in range). A flag beats the environment, which beats a file, which beats `config/default.toml`, which is
//! compiled in and is also the list of the keys that exist. This is the only place that reads the environment. It knows nothing
//! of what the values are for.

mod access;
mod bot;
mod collections;
mod conversations;
mod error;
pub mod limits;
mod load;
mod origin;
mod read;
mod remote;
mod resolved;
#[cfg(test)]
mod tests;
mod units;
mod written;

pub use access::{AccessConfig, AccessMode, AuditConfig, ProviderConfig};
pub use bot::{BotConfig, BotPlatform, MattermostSettings, SecretSource, SlackSettings};
pub use collections::CollectionConfig;
pub use conversations::ConversationsConfig;
pub use error::ConfigError;
pub use load::{Config, LoadOptions, Setting, process_environment};
pub use origin::Origin;
pub use remote::{RemoteConfig, RemoteUse};
pub use resolved::{
    AnswerConfig, ChunkConfig, EmbedConfig, EmbedPrecision, ExtractConfig, Fusion, GeneratorConfig, IndexConfig, IngestConfig, KvPrecision,
    LogConfig, LogFormat, ModelsConfig, SearchConfig, ServerConfig, StoreConfig, Warm, WeightPrecision,
};
pub use units::{format_bytes, format_duration, parse_bytes, parse_duration};
pub use written::DEFAULTS;
