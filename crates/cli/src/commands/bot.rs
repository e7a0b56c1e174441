//! `pinakes bot`: setting up the bot, checking it, and saying whose a chat account is.

use std::sync::Arc;

use pinakes_access::Accounts;
use pinakes_api::{ApiError, CheckResult, Code, DoctorReport, Verdict};
use pinakes_bot::{Mattermost, Slack, check_reach, check_slack, slack_manifest, slack_steps};
use pinakes_config::{BotPlatform, Config};

use crate::args::{Bot, ChatPlatformName, Global};
use crate::commands::user::OPERATOR;
use crate::{End, access, bot, output, wiring};

pub(crate) async fn run(config: &Arc<Config>, global: &Global, command: Bot) -> Result<End, ApiError> {
    match command {
        Bot::Setup { platform, public_url } => {
            setup(global, platform, public_url.as_deref());
            Ok(End::Done)
        }
        Bot::Check => check(config, global).await,
        Bot::Link { account, person } => {
            accounts(config).await?.link_chat(OPERATOR, &account, &person).await?;
            output::line(&format!("{account} is {person}"));
            Ok(End::Done)
        }
        Bot::Unlink { account } => {
            accounts(config).await?.unlink_chat(OPERATOR, &account).await?;
            output::line(&format!("{account} is nobody's"));
            Ok(End::Done)
        }
    }
}

async fn accounts(config: &Arc<Config>) -> Result<Accounts, ApiError> {
    let store = wiring::store(config, false).await?;
    access::accounts(config, &store.catalog)
}

fn setup(global: &Global, platform: ChatPlatformName, public_url: Option<&str>) {
    match platform {
        ChatPlatformName::Slack => {
            let manifest = slack_manifest(public_url);
            if global.json {
                return output::json(&manifest);
            }
            for (number, step) in slack_steps(public_url).iter().enumerate() {
                output::line(&format!("{}. {step}", number + 1));
            }
            output::line("\nThe manifest:\n");
            output::line(&serde_json::to_string_pretty(&manifest).unwrap_or_default());
        }
        ChatPlatformName::Mattermost => {
            let url = public_url.unwrap_or("https://YOUR-SERVER");
            for (number, step) in pinakes_bot::mattermost_steps(url).iter().enumerate() {
                output::line(&format!("{}. {step}", number + 1));
            }
        }
    }
}

async fn check(config: &Arc<Config>, global: &Global) -> Result<End, ApiError> {
    let Some(settings) = &config.bot else {
        return Err(ApiError::new(Code::InvalidConfig, "there is no bot: set `bot.platform`; `pinakes bot setup slack` prints the steps"));
    };
    let (mut checks, called) = match &settings.platform {
        BotPlatform::Slack(slack) => {
            let client: Arc<Slack> = bot::slack(slack)?;
            let mut checks = check_slack(&client, slack.socket).await;
            if !slack.socket {
                checks.push(match bot::needed(&slack.signing_secret, "bot.slack.signing_secret") {
                    Ok(_) => CheckResult::ok("slack_signature", "a signing secret is there"),
                    Err(error) => CheckResult::fail("slack_signature", error.detail, "copy it from the app's Basic Information"),
                });
            }
            (checks, (!slack.socket).then_some("bot/slack/events"))
        }
        BotPlatform::Mattermost(mattermost) => {
            let client: Arc<Mattermost> = bot::mattermost(mattermost, None)?;
            (vec![client.check().await], Some("bot/mattermost"))
        }
    };
    checks.push(page(config));
    if let (Some(path), Some(url)) = (called, &config.server.public_url) {
        checks.push(check_reach(url, path).await);
    }
    let report = DoctorReport::of(checks);
    if global.json {
        output::json(&report);
    } else {
        report.checks.iter().for_each(super::doctor::show);
    }
    Ok(if report.verdict == Verdict::Fail { End::Nothing } else { End::Done })
}

fn page(config: &Config) -> CheckResult {
    match &config.server.public_url {
        Some(url) => CheckResult::ok("page", format!("sources lead to {url}")),
        None => {
            CheckResult::warn("page", "answers carry no links to their sources", "set `server.public_url` to where people open the page")
        }
    }
}
