//! What comes over HTTP, and what is answered there. The web server hands over headers and raw body and sends back what it is given.

use std::sync::Arc;

use pinakes_api::Code;
use pinakes_types::Clock;
use serde_json::json;

use super::api::Slack;
use super::events::{Delivery, Outcome, SlackRequest, read_slack};
use crate::bot::Bot;
use crate::event::{Event, What};
use crate::secret::Secret;
use crate::words::Language;

/// Shown at once to who gave a command, until the answer takes its place. A sign that needs no language.
pub(super) const WORKING: &str = "🔎 …";

/// An answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// HTTP status.
    pub status: u16,
    /// Media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl HttpReply {
    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }

    pub(crate) fn json(body: &serde_json::Value) -> Self {
        Self { status: 200, content_type: "application/json", body: body.to_string() }
    }
}

/// Where Slack's requests come in.
pub struct SlackGate {
    bot: Arc<Bot>,
    slack: Arc<Slack>,
    secret: Secret,
    clock: Arc<dyn Clock>,
}

impl SlackGate {
    /// A gate for requests signed with that secret.
    #[must_use]
    pub fn new(bot: Arc<Bot>, slack: Arc<Slack>, secret: Secret, clock: Arc<dyn Clock>) -> Self {
        Self { bot, slack, secret, clock }
    }

    pub(crate) fn bot(&self) -> &Arc<Bot> {
        &self.bot
    }

    /// Takes a request. 200 says that it is durable.
    pub async fn receive(&self, request: &SlackRequest<'_>) -> HttpReply {
        match read_slack(&self.secret, &self.slack.known_identity(), request, self.clock.now()) {
            Outcome::Forged(why) => {
                tracing::warn!(why, "a request to the bot was turned away");
                HttpReply::text(401, "not signed by Slack")
            }
            Outcome::Malformed(why) => {
                tracing::warn!(why, "a request to the bot makes no sense");
                HttpReply::text(400, "not understood")
            }
            Outcome::Challenge(challenge) => HttpReply::json(&json!({ "challenge": challenge })),
            Outcome::Nothing => HttpReply::text(200, ""),
            Outcome::Event(event) => self.take(request.delivery, *event).await,
        }
    }

    async fn take(&self, delivery: Delivery, event: Event) -> HttpReply {
        let is_command = matches!(event.what, What::Command { .. });
        match self.bot.deliver(event).await {
            Ok(_) if is_command => ephemeral(WORKING),
            Ok(_) => HttpReply::text(200, ""),
            Err(error) => {
                tracing::error!(%error, "an event could not be kept");
                // Slack sends events again, but neither commands nor buttons: those who used them are told now.
                match (delivery, error.code) {
                    (Delivery::Events, Code::Busy) => HttpReply::text(503, "busy"),
                    (Delivery::Events, _) => HttpReply::text(500, "not kept"),
                    _ => ephemeral(&Language::failed_in_all(&error)),
                }
            }
        }
    }
}

fn ephemeral(text: &str) -> HttpReply {
    HttpReply::json(&json!({ "response_type": "ephemeral", "text": text }))
}
