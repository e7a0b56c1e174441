//! `[remote]`: another server's language model. Off unless its address is written down, as it is the only way for a text to leave the
//! process.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::ConfigError;
use crate::read::Reader;

/// When a server elsewhere writes the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteUse {
    /// For every answer; the local generator, or the documents' own sentences, where it does not answer.
    Always,
    /// Only where the local generator does not answer.
    Fallback,
    /// Only where a request names it.
    Named,
}

/// `[remote]`, where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteConfig {
    /// Up to and with `/v1`, without a slash at the end.
    pub url: String,
    /// What the model is called there.
    pub model: String,
    /// A file with the key that the server wants.
    pub api_key_file: Option<PathBuf>,
    /// When it is asked.
    pub used: RemoteUse,
    /// Tokens of documents given with a question.
    pub context_tokens: usize,
    /// Until the first byte of an answer, and between two.
    pub stall_time_max: Duration,
}

pub(crate) fn remote(read: &Reader<'_>) -> Result<Option<RemoteConfig>, ConfigError> {
    let used = [("always", RemoteUse::Always), ("fallback", RemoteUse::Fallback), ("named", RemoteUse::Named)];
    let config = RemoteConfig {
        model: read.text("remote.model"),
        api_key_file: Some(read.text("remote.api_key_file")).filter(|path| !path.is_empty()).map(PathBuf::from),
        used: read.choice("remote.use", &used)?,
        context_tokens: read.number("remote.context_tokens", 256..=1_048_576)?,
        stall_time_max: read.time("remote.stall_time_max", Duration::from_millis(1)..=Duration::from_secs(3_600))?,
        url: if read.text("remote.url").is_empty() { return Ok(None) } else { read.url("remote.url")? },
    };
    if config.model.is_empty() {
        return Err(read.invalid("remote.model", "the model's name on that server, as its /v1/models lists it"));
    }
    Ok(Some(config))
}
