//! Socket Mode: Slack's events over a web socket that we open, for companies nobody can call into from outside.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use pinakes_config::limits::bot::{BODY_BYTES_MAX, RECONNECT_PAUSE_MAX, RECONNECT_PAUSE_MIN, SOCKET_SILENCE_MAX};
use pinakes_types::Clock;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::api::{Slack, verdict};
use super::events::{Delivery, Outcome, read_payload};
use super::gate::WORKING;
use crate::bot::Bot;
use crate::platform::PlatformError;
use crate::web::{Body, patiently};
use crate::words::Language;

/// Why a connection ended.
enum End {
    /// Slack asks to open another one.
    Refreshed,
    /// It broke.
    Broken(String),
}

/// Listens for as long as the bot lives: opens a web socket, and another one when Slack asks for it or the first breaks.
pub fn run_socket(bot: &Arc<Bot>, slack: Arc<Slack>, clock: Arc<dyn Clock>) -> impl Future<Output = ()> + Send + 'static {
    // The bot runs this itself, and would otherwise keep itself alive.
    let bot = Arc::downgrade(bot);
    async move {
        let mut pause = RECONNECT_PAUSE_MIN;
        while bot.strong_count() > 0 {
            match connection(&bot, &slack, &*clock, &mut pause).await {
                Ok(End::Refreshed) => continue,
                Ok(End::Broken(why)) => tracing::warn!(why, "the connection to Slack broke"),
                Err(error) => tracing::warn!(%error, "Slack cannot be reached"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RECONNECT_PAUSE_MAX);
        }
    }
}

/// One connection, until it ends. A greeting resets the pause.
async fn connection(bot: &Weak<Bot>, slack: &Slack, clock: &dyn Clock, pause: &mut Duration) -> Result<End, PlatformError> {
    let url = open(slack).await?;
    // A message is held in memory whole.
    let config = WebSocketConfig::default().max_message_size(Some(BODY_BYTES_MAX)).max_frame_size(Some(BODY_BYTES_MAX));
    let connecting = tokio_tungstenite::connect_async_with_config(url.as_str(), Some(config), true);
    let broken = |error: &dyn std::fmt::Display| PlatformError::Unreachable(error.to_string());
    let connected = tokio::time::timeout(SOCKET_SILENCE_MAX, connecting).await.map_err(|_| broken(&"it does not answer"))?;
    let (mut socket, _) = connected.map_err(|error| broken(&error))?;
    // The first events may come at once, and need to know who we are.
    slack.identity().await?;
    loop {
        let frame = match tokio::time::timeout(SOCKET_SILENCE_MAX, socket.next()).await {
            Err(_) => return Ok(End::Broken("it fell silent".into())),
            Ok(None) => return Ok(End::Broken("it was closed".into())),
            Ok(Some(Err(error))) => return Ok(End::Broken(error.to_string())),
            Ok(Some(Ok(frame))) => frame,
        };
        let Frame::Text(text) = frame else { continue };
        let Ok(envelope) = serde_json::from_str::<Value>(&text) else { continue };
        match envelope["type"].as_str().unwrap_or_default() {
            "hello" => {
                tracing::info!("connected to Slack");
                *pause = RECONNECT_PAUSE_MIN;
            }
            "disconnect" => return Ok(disconnected(&envelope)),
            kind => {
                let Some(bot) = bot.upgrade() else { return Ok(End::Broken("the bot ended".into())) };
                if let Some(answer) = take(&bot, slack, clock, kind, &envelope).await
                    && let Err(error) = socket.send(Frame::text(answer.to_string())).await
                {
                    return Ok(End::Broken(error.to_string()));
                }
            }
        }
    }
}

fn disconnected(envelope: &Value) -> End {
    match envelope["reason"].as_str() {
        Some("warning" | "refresh_requested") => End::Refreshed,
        reason => End::Broken(format!("Slack ended it: {}", reason.unwrap_or("without a reason"))),
    }
}

/// Where to connect to. The address is a ticket: it is used once and never logged.
pub(super) async fn open(slack: &Slack) -> Result<Url, PlatformError> {
    let asked = || slack.web.call(Method::POST, "apps.connections.open", Some(&slack.app_token), Body::Nothing);
    let answer = verdict(patiently(true, asked).await?)?;
    let url = answer["url"].as_str().and_then(|url| Url::parse(url).ok());
    let url = url.filter(|url| matches!(url.scheme(), "ws" | "wss") && slack.web.is_own(url));
    url.ok_or_else(|| PlatformError::Refused("the web socket is not on a host of Slack's".into()))
}

/// Takes an envelope; what to send back. What could not be kept is not acknowledged, and comes again.
async fn take(bot: &Arc<Bot>, slack: &Slack, clock: &dyn Clock, kind: &str, envelope: &Value) -> Option<Value> {
    let delivery = match kind {
        "events_api" => Delivery::Events,
        "slash_commands" => Delivery::Commands,
        "interactive" => Delivery::Interactions,
        _ => return None,
    };
    let id = envelope["envelope_id"].as_str()?;
    let event = match read_payload(delivery, envelope["payload"].clone(), &slack.known_identity(), clock.now()) {
        Outcome::Event(event) => *event,
        _ => return Some(json!({ "envelope_id": id })),
    };
    let words = match bot.deliver(event).await {
        Ok(_) => WORKING.to_owned(),
        Err(error) => {
            tracing::error!(%error, "an event could not be kept");
            if delivery == Delivery::Events {
                return None;
            }
            Language::failed_in_all(&error)
        }
    };
    Some(match delivery {
        Delivery::Commands => json!({ "envelope_id": id, "payload": { "response_type": "ephemeral", "text": words } }),
        _ => json!({ "envelope_id": id }),
    })
}
