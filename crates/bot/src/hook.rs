//! The one thing a web server needs of a bot: where its platform's requests go in.

use crate::mattermost::MattermostHook;
use crate::slack::SlackGate;

/// Takes a platform's requests.
pub enum BotHook {
    /// `POST /bot/slack/events|commands|interactions`
    Slack(SlackGate),
    /// `POST /bot/mattermost`
    Mattermost(MattermostHook),
}
