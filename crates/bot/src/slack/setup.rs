//! How Slack is told about the bot: an app manifest to paste, and the steps around it.

use serde_json::{Value, json};

/// What the bot may do, and why. `chat:write` says answers; the `history` and `read` scopes see questions, threads and who is there; the
/// `users` scopes map a sender to a person by e-mail.
pub(super) const SCOPES: [&str; 14] = [
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "users:read",
    "users:read.email",
];

const EVENTS: [&str; 5] = ["app_mention", "message.channels", "message.groups", "message.im", "message.mpim"];

/// The app manifest. `public_url`: where Slack reaches this server; `None` for Socket Mode.
#[must_use]
pub fn slack_manifest(public_url: Option<&str>) -> Value {
    let address = |path: &str| public_url.map(|url| format!("{}/bot/slack/{path}", url.trim_end_matches('/')));
    let mut command = json!({
        "command": "/ask",
        "description": "Ask the company's documents",
        "usage_hint": "[question] | help | new | settings",
        "should_escape": true,
    });
    let mut events = json!({ "bot_events": EVENTS });
    let mut interactivity = json!({ "is_enabled": true });
    if let (Some(commands), Some(incoming), Some(pressed)) = (address("commands"), address("events"), address("interactions")) {
        command["url"] = commands.into();
        events["request_url"] = incoming.into();
        interactivity["request_url"] = pressed.into();
    }
    json!({
        "display_information": { "name": "Pinakes", "description": "Answers from your own documents, with citations", "background_color": "#1f2a44" },
        "features": {
            "app_home": { "home_tab_enabled": false, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false },
            "bot_user": { "display_name": "Pinakes", "always_online": true },
            "slash_commands": [command],
        },
        "oauth_config": { "scopes": { "bot": SCOPES } },
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": false,
            "socket_mode_enabled": public_url.is_none(),
            "token_rotation_enabled": false,
        },
    })
}

/// The steps around the manifest, one a line.
#[must_use]
pub fn slack_steps(public_url: Option<&str>) -> Vec<String> {
    let socket = public_url.is_none();
    let mut steps = vec![
        "Open https://api.slack.com/apps, choose \"Create New App\", then \"From a manifest\", your workspace, and paste the manifest.".to_owned(),
        "Choose \"Install to Workspace\" and allow it. Copy the \"Bot User OAuth Token\" (xoxb-…) into a file that only the server reads; name it in \
         `bot.slack.token_file`, or set PINAKES_BOT__SLACK__TOKEN."
            .to_owned(),
    ];
    steps.push(match socket {
        true => "Under \"Basic Information\", \"App-Level Tokens\", make one with the scope connections:write (xapp-…): `bot.slack.app_token_file` or \
                 PINAKES_BOT__SLACK__APP_TOKEN. Nobody needs to reach this server from outside."
            .to_owned(),
        false => "Under \"Basic Information\", copy the \"Signing Secret\": `bot.slack.signing_secret_file` or PINAKES_BOT__SLACK__SIGNING_SECRET."
            .to_owned(),
    });
    steps.push(format!(
        "Set `bot.platform = \"slack\"`{} and `server.public_url` to where people open the page; start `pinakes serve`.",
        if socket { "" } else { ", `bot.slack.mode = \"http\"`, put the name Slack calls into `server.hosts`" }
    ));
    steps.push("Run `pinakes bot check`: it tests the tokens, the scopes and that everything is reached.".to_owned());
    steps.push("In Slack: write to Pinakes directly, or `/invite @Pinakes` into a channel and mention it.".to_owned());
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_fits_how_slack_reaches_us() {
        let socket = slack_manifest(None);
        assert_eq!(socket["settings"]["socket_mode_enabled"], true);
        assert!(socket["settings"]["event_subscriptions"].get("request_url").is_none());
        let http = slack_manifest(Some("https://kb.example/"));
        assert_eq!(http["settings"]["socket_mode_enabled"], false);
        assert_eq!(http["settings"]["event_subscriptions"]["request_url"], "https://kb.example/bot/slack/events");
        assert_eq!(http["features"]["slash_commands"][0]["url"], "https://kb.example/bot/slack/commands");
        assert_eq!(http["settings"]["interactivity"]["request_url"], "https://kb.example/bot/slack/interactions");
    }
}
