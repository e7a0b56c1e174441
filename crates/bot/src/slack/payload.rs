//! The shapes of what Slack sends, as far as they matter here. Fields that are missing are empty: Slack adds and leaves out freely.

use serde::Deserialize;

/// The body of an Events API request, and of an `events_api` envelope.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Outer {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) challenge: String,
    pub(super) event_id: String,
    pub(super) team_id: String,
    pub(super) event: Inner,
    pub(super) authorizations: Vec<Authorization>,
}

/// For whom an event is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Authorization {
    pub(super) user_id: String,
    pub(super) is_bot: bool,
}

/// The event itself: a message, or something else.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Inner {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) subtype: Option<String>,
    pub(super) user: String,
    pub(super) bot_id: Option<String>,
    pub(super) text: String,
    pub(super) ts: String,
    pub(super) thread_ts: Option<String>,
    pub(super) channel: String,
    pub(super) channel_type: String,
    /// Of an edited message: as it is now.
    pub(super) message: Option<Box<Inner>>,
    /// And as it was.
    pub(super) previous_message: Option<Box<Inner>>,
}

/// A slash command: the fields of a form, or of an envelope's payload.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SlashCommand {
    pub(super) team_id: String,
    pub(super) channel_id: String,
    pub(super) user_id: String,
    pub(super) text: String,
    pub(super) response_url: String,
    pub(super) trigger_id: String,
}

/// A pressed button.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Interaction {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) team: Named,
    pub(super) user: Named,
    pub(super) channel: Named,
    pub(super) container: Container,
    pub(super) actions: Vec<Action>,
    pub(super) response_url: String,
    pub(super) trigger_id: String,
}

/// Something with an id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) id: String,
}

/// What a button stands under.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Container {
    pub(super) thread_ts: Option<String>,
}

/// What was pressed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Action {
    pub(super) action_id: String,
    pub(super) value: Option<String>,
}
