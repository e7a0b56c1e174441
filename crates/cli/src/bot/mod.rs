//! Puts a bot together, as configured: its platform, and what it needs of the rest of the house.

mod answers;
mod memory;
mod people;

use std::sync::Arc;

use pinakes_access::Access;
use pinakes_api::{ApiError, Code};
use pinakes_bot::{
    Bot, BotHook, BotParts, Callback, ChatPlatform, Mattermost, MattermostHook, PlatformError, Rules, Secret, Slack, SlackConfig,
    SlackGate, UnknownSenders, run_socket,
};
use pinakes_catalog::Catalog;
use pinakes_config::{BotConfig, BotPlatform, Config, MattermostSettings, SecretSource, SlackSettings};
use pinakes_server::Library;

use crate::system::SystemClock;

/// Bytes of a file that holds a token.
const SECRET_BYTES_MAX: u64 = 4_096;

/// Starts the configured bot, which works for as long as what comes back is held; `None` where none is.
pub(crate) async fn start(
    config: &Config,
    catalog: &Catalog,
    access: &Access,
    library: Arc<dyn Library>,
) -> Result<Option<Arc<BotHook>>, ApiError> {
    let Some(settings) = &config.bot else { return Ok(None) };
    let rules = rules(config, settings);
    let parts = |platform: Arc<dyn ChatPlatform>| BotParts {
        platform,
        answers: Arc::new(answers::LibraryAnswers(library)),
        people: Arc::new(people::Staff(access.clone())),
        memory: Arc::new(memory::CatalogMemory(catalog.clone())),
        clock: Arc::new(SystemClock),
    };
    let hook = match &settings.platform {
        BotPlatform::Slack(slack) => start_slack(slack, parts, rules).await?,
        BotPlatform::Mattermost(mattermost) => start_mattermost(mattermost, parts, rules).await?,
    };
    Ok(Some(Arc::new(hook)))
}

async fn start_slack(
    settings: &SlackSettings,
    parts: impl FnOnce(Arc<dyn ChatPlatform>) -> BotParts,
    rules: Rules,
) -> Result<BotHook, ApiError> {
    let slack = slack(settings)?;
    let secret = if settings.socket { Secret::default() } else { needed(&settings.signing_secret, "bot.slack.signing_secret")? };
    let bot = Bot::start(parts(slack.clone()), rules).await?;
    if settings.socket {
        bot.accompany(run_socket(&bot, slack, Arc::new(SystemClock)));
        return Ok(BotHook::Socket(bot));
    }
    let known = Arc::clone(&slack);
    bot.accompany(async move {
        match known.identity().await {
            Ok(identity) => tracing::info!(workspace = identity.team, "the bot is known to Slack"),
            Err(error) => tracing::warn!(%error, "Slack does not know the bot yet; `pinakes bot check` says more"),
        }
    });
    let gate = SlackGate::new(Arc::clone(&bot), slack, secret, Arc::new(SystemClock));
    Ok(BotHook::Slack(gate))
}

async fn start_mattermost(
    settings: &MattermostSettings,
    parts: impl FnOnce(Arc<dyn ChatPlatform>) -> BotParts,
    rules: Rules,
) -> Result<BotHook, ApiError> {
    let hook_token = needed(&settings.hook_token, "bot.mattermost.hook_token")?;
    // Mattermost reports buttons to an address; without one there are none.
    let callback = rules.page_url.clone().map(|url| Callback { url, secret: hook_token.clone() });
    let mattermost = mattermost(settings, callback)?;
    let bot = Bot::start(parts(mattermost), rules).await?;
    let hook = MattermostHook::new(Arc::clone(&bot), hook_token, Arc::new(SystemClock));
    Ok(BotHook::Mattermost(hook))
}

fn rules(config: &Config, settings: &BotConfig) -> Rules {
    Rules {
        unknown_senders: if settings.unknown_get_public { UnknownSenders::Public } else { UnknownSenders::Refuse },
        concurrent_max: settings.concurrent_max,
        answer_time_max: settings.answer_time_max,
        streams: matches!(&settings.platform, BotPlatform::Slack(slack) if slack.streaming),
        page_url: config.server.public_url.clone(),
        ..Rules::default()
    }
}

/// The configured Slack.
pub(crate) fn slack(settings: &SlackSettings) -> Result<Arc<Slack>, ApiError> {
    let app_token = if settings.socket { needed(&settings.app_token, "bot.slack.app_token")? } else { Secret::default() };
    let bot_token = needed(&settings.token, "bot.slack.token")?;
    Slack::new(SlackConfig { api_url: settings.url.clone(), bot_token, app_token }).map_err(wrong)
}

/// The configured Mattermost.
pub(crate) fn mattermost(settings: &MattermostSettings, callback: Option<Callback>) -> Result<Arc<Mattermost>, ApiError> {
    Mattermost::new(&settings.url, needed(&settings.token, "bot.mattermost.token")?, callback).map_err(wrong)
}

fn wrong(error: PlatformError) -> ApiError {
    ApiError::new(Code::InvalidConfig, error.to_string())
}

/// A secret that must be there.
pub(crate) fn needed(source: &SecretSource, key: &str) -> Result<Secret, ApiError> {
    let wrong = |words: String| ApiError::new(Code::InvalidConfig, words);
    let mut secret = Secret::new(&source.value);
    if let Some(file) = source.file.as_ref().filter(|_| secret.is_empty()) {
        let read = || {
            if fs_err::metadata(file)?.len() > SECRET_BYTES_MAX {
                return Err(std::io::Error::other(format!("{} is too large for a secret", file.display())));
            }
            fs_err::read_to_string(file)
        };
        secret = Secret::new(&read().map_err(|error| wrong(format!("`{key}_file`: {error}")))?);
    }
    if secret.is_empty() {
        let variable = format!("PINAKES_{}", key.to_uppercase().replace('.', "__"));
        return Err(wrong(format!("the bot needs `{key}_file` (or {variable}); `pinakes bot setup` says where to get it")));
    }
    Ok(secret)
}
