//! The one thing a web server needs of a bot: where its platform's requests go in.

use std::sync::Arc;

use crate::bot::Bot;
use crate::mattermost::MattermostHook;
use crate::slack::SlackGate;

/// Takes a platform's requests.
pub enum BotHook {
    /// `POST /bot/slack/events|commands|interactions`
    Slack(SlackGate),
    /// `POST /bot/mattermost`, and `/bot/mattermost/actions` for buttons.
    Mattermost(MattermostHook),
    /// Nowhere: the bot opened a web socket itself.
    Socket(Arc<Bot>),
}

impl BotHook {
    /// The bot behind it.
    #[must_use]
    pub fn bot(&self) -> &Arc<Bot> {
        match self {
            Self::Slack(gate) => gate.bot(),
            Self::Mattermost(hook) => hook.bot(),
            Self::Socket(bot) => bot,
        }
    }
}
