//! The channels of a chat platform that the bot was asked in, for administrators.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A channel, with what was decided about the bot in it. Names and values are those of the bot's own command `settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BotChannel {
    /// One name for it, such as `slack:T1:C1`.
    pub channel: String,
    /// As people call it, where the platform said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The collection that answers are held to, or `all`.
    pub collection: String,
    /// `mention`: when its name is in the message; `always`: to every message that it finds an answer to.
    pub answer: String,
    /// The language of its own words: `en`, `de`, or `auto` for each asker's.
    pub language: String,
    /// Who sees answers: `public` everybody there, `private` who asked.
    pub visibility: String,
}

/// Channels the bot was asked in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BotChannelList {
    /// `slack` or `mattermost`; absent where there is no bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// By name.
    pub channels: Vec<BotChannel>,
}

/// What to change of a channel; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BotChannelChange {
    /// A collection, or `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// `mention` or `always`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// `en`, `de` or `auto`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// `public` or `private`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
}
