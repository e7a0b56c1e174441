//! How Mattermost is told about the bot, and whether it knows it.

use pinakes_api::CheckResult;

use super::rest::Mattermost;

/// The steps, one a line. `public_url`: where Mattermost reaches this server.
#[must_use]
pub fn mattermost_steps(public_url: &str) -> Vec<String> {
    let url = public_url.trim_end_matches('/');
    vec![
        "In Mattermost, under Integrations, \"Bot Accounts\": add the bot `pinakes` and let it post in all channels. Copy its token: \
         `bot.mattermost.token_file` or PINAKES_BOT__MATTERMOST__TOKEN."
            .to_owned(),
        format!(
            "Under Integrations, \"Outgoing Webhooks\": add one with the trigger word @pinakes and the callback {url}/bot/mattermost. Copy \
             its token: `bot.mattermost.hook_token_file` or PINAKES_BOT__MATTERMOST__HOOK_TOKEN."
        ),
        "Set `bot.platform = \"mattermost\"`, `bot.mattermost.url` to Mattermost's address and `server.public_url` to where people open \
         the page; put the name Mattermost calls into `server.hosts`; start `pinakes serve`."
            .to_owned(),
        format!(
            "Buttons are reported to {url}/bot/mattermost/actions; where that is an address inside your network, name it under \
             System Console, Environment, \"Developer\", \"Allow untrusted internal connections to\"."
        ),
        "Run `pinakes bot check`. Then write `@pinakes QUESTION` in a public channel.".to_owned(),
    ]
}

impl Mattermost {
    /// Whether the server is reached and knows the token.
    pub async fn check(&self) -> CheckResult {
        match self.own_id().await {
            Ok(id) => CheckResult::ok("mattermost_token", format!("signed in as {id}")),
            Err(error) => CheckResult::fail("mattermost_token", error.to_string(), "see that the address and the bot's token are right"),
        }
    }
}
