//! What a platform reports, in words that are no platform's. An event is kept as it stands here, so that it can be taken up after a restart.

use pinakes_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::message::ButtonKind;

/// Somebody's account on the platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Account {
    /// `slack` or `mattermost`.
    pub platform: String,
    /// Workspace or team.
    pub team: String,
    /// The platform's id of the account.
    pub user: String,
}

impl Account {
    /// One name for it: `slack:T1:U1`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}:{}:{}", self.platform, self.team, self.user)
    }
}

/// Where something was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// `slack` or `mattermost`.
    pub platform: String,
    /// Workspace or team.
    pub team: String,
    /// Channel, group or direct message.
    pub channel: String,
    /// Whether only the person and the bot are there.
    pub direct: bool,
    /// The first message of the thread, where it is in one.
    pub thread: Option<String>,
}

impl Place {
    /// One name for the channel: `slack:T1:C1`.
    #[must_use]
    pub fn channel_key(&self) -> String {
        format!("{}:{}:{}", self.platform, self.team, self.channel)
    }

    /// One name for the thread, or for the whole direct message.
    pub(crate) fn thread_key(&self) -> String {
        format!("{}:{}", self.channel_key(), self.thread.as_deref().unwrap_or_default())
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Somebody wrote.
    Said {
        /// The words, without the bot's own name and the platform's markup.
        text: String,
        /// Whether it was said to the bot: a direct message, or its name is in it.
        to_bot: bool,
        /// Whether it was said to somebody else by name.
        to_other: bool,
    },
    /// Somebody changed what they wrote.
    Edited {
        /// The words now.
        text: String,
        /// When, as the platform counts: later is greater, by length and then by letters.
        at: String,
        /// Whether it is said to the bot as it is now.
        to_bot: bool,
    },
    /// Somebody gave the bot's command.
    Command {
        /// What stands behind it.
        text: String,
    },
    /// Somebody pressed a button of ours.
    Pressed {
        /// Which.
        button: ButtonKind,
        /// What we put behind it: the event whose answer it belongs to.
        value: String,
    },
}

/// Something a platform reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The platform's id of the report; the same when it reports it again.
    pub id: String,
    /// The platform's id of the message: one message may be reported under several ids, and gets one answer.
    pub message: Option<String>,
    /// Who.
    pub from: Account,
    /// Where.
    pub place: Place,
    /// When we got it.
    pub received_at: Timestamp,
    /// Where to answer this very event, for commands and buttons: an address of the platform.
    pub response_url: Option<String>,
    /// What.
    pub what: What,
}

impl Event {
    /// One name for the message, where there is one.
    #[must_use]
    pub fn message_key(&self) -> Option<String> {
        self.message.as_ref().map(|message| format!("{}:{message}", self.place.channel_key()))
    }

    /// Where its answer goes: in a channel into the message's thread.
    pub(crate) fn reply_place(&self) -> Place {
        let mut place = self.place.clone();
        if place.thread.is_none() && !place.direct {
            place.thread.clone_from(&self.message);
        }
        place
    }

    /// Whether whoever it comes from expects an answer.
    pub(crate) fn is_addressed(&self) -> bool {
        !matches!(self.what, What::Said { to_bot: false, .. })
    }
}
