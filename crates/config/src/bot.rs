//! `[bot]`: a chat platform to answer on. Off unless one is named; then its host is one that this process connects to.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::ConfigError;
use crate::read::Reader;

/// A token or secret: written down itself (in the environment, where files cannot be had), or in a file. Never shown.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SecretSource {
    /// The secret itself; empty: look into the file.
    pub value: String,
    /// Where it stands.
    pub file: Option<PathBuf>,
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretSource").field("file", &self.file).finish_non_exhaustive()
    }
}

/// `[bot]`, where a platform is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotConfig {
    /// Where it talks.
    pub platform: BotPlatform,
    /// Whether members of the workspace whom nobody here knows are answered from what is public.
    pub unknown_get_public: bool,
    /// Questions answered at the same time.
    pub concurrent_max: usize,
    /// One answer, waiting for its turn included.
    pub answer_time_max: Duration,
}

/// A chat platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BotPlatform {
    /// `[bot.slack]`
    Slack(SlackSettings),
    /// `[bot.mattermost]`
    Mattermost(MattermostSettings),
}

/// `[bot.slack]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackSettings {
    /// The Web API; Slack's other hosts are below its host.
    pub url: String,
    /// Whether events come over a web socket that we open; else Slack calls us.
    pub socket: bool,
    /// Whether answers grow where the workspace has such messages.
    pub streaming: bool,
    /// `xoxb-…`
    pub token: SecretSource,
    /// `xapp-…`, for the web socket.
    pub app_token: SecretSource,
    /// What Slack signs its requests with.
    pub signing_secret: SecretSource,
}

/// `[bot.mattermost]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MattermostSettings {
    /// The server.
    pub url: String,
    /// The bot account's.
    pub token: SecretSource,
    /// The outgoing webhook's.
    pub hook_token: SecretSource,
}

pub(crate) fn bot(read: &Reader<'_>) -> Result<Option<BotConfig>, ConfigError> {
    #[derive(Clone, Copy)]
    enum Named {
        None,
        Slack,
        Mattermost,
    }
    let slack = SlackSettings {
        url: read.url("bot.slack.url")?,
        socket: read.choice("bot.slack.mode", &[("http", false), ("socket", true)])?,
        streaming: read.flag("bot.slack.streaming")?,
        token: secret(read, "bot.slack.token"),
        app_token: secret(read, "bot.slack.app_token"),
        signing_secret: secret(read, "bot.slack.signing_secret"),
    };
    let mattermost = MattermostSettings {
        url: read.text("bot.mattermost.url"),
        token: secret(read, "bot.mattermost.token"),
        hook_token: secret(read, "bot.mattermost.hook_token"),
    };
    let unknown_get_public = read.choice("bot.unknown_senders", &[("refuse", false), ("public", true)])?;
    let concurrent_max = read.number("bot.concurrent_max", 1..=1_000)?;
    let answer_time_max = read.time("bot.answer_time_max", Duration::from_secs(1)..=Duration::from_secs(3_600))?;
    let platform = match read.choice("bot.platform", &[("", Named::None), ("slack", Named::Slack), ("mattermost", Named::Mattermost)])? {
        Named::None => return Ok(None),
        Named::Slack => BotPlatform::Slack(slack),
        Named::Mattermost => BotPlatform::Mattermost(MattermostSettings { url: read.url("bot.mattermost.url")?, ..mattermost }),
    };
    Ok(Some(BotConfig { platform, unknown_get_public, concurrent_max, answer_time_max }))
}

fn secret(read: &Reader<'_>, key: &str) -> SecretSource {
    let file = Some(read.text(&format!("{key}_file"))).filter(|path| !path.is_empty()).map(PathBuf::from);
    SecretSource { value: read.text(key), file }
}
