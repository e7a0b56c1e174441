//! The outgoing webhook: a JSON or form body with the webhook's own token in it, compared in constant time; and reports of buttons.

use std::sync::Arc;

use pinakes_config::limits::bot::BODY_BYTES_MAX;
use pinakes_types::{Clock, Timestamp};
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::buttons::{self, Unusable};
use crate::bot::Bot;
use crate::event::{Account, Event, Place, What};
use crate::secret::Secret;
use crate::slack::HttpReply;

/// Where Mattermost's requests come in.
pub struct MattermostHook {
    bot: Arc<Bot>,
    token: Secret,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Posted {
    token: String,
    team_id: String,
    channel_id: String,
    user_id: String,
    post_id: String,
    text: String,
    trigger_word: String,
}

impl MattermostHook {
    /// A gate for the webhook with that token.
    #[must_use]
    pub fn new(bot: Arc<Bot>, token: Secret, clock: Arc<dyn Clock>) -> Self {
        Self { bot, token, clock }
    }

    /// Takes a request. 200 says that it is durable; the answer comes over the REST API.
    pub async fn receive(&self, content_type: &str, body: &[u8]) -> HttpReply {
        let Some(posted) = read(content_type, body) else { return HttpReply::text(400, "not understood") };
        if !self.token.matches(&posted.token) {
            tracing::warn!("a request to the bot was turned away: its token is wrong");
            return HttpReply::text(401, "not from Mattermost");
        }
        match event(posted, self.clock.now()) {
            Some(event) => self.take(event).await,
            None => HttpReply::text(400, "not understood"),
        }
    }

    /// Takes the report of a button. 200 says that it is durable.
    pub async fn pressed(&self, body: &[u8]) -> HttpReply {
        if body.len() > BODY_BYTES_MAX {
            return HttpReply::text(400, "not understood");
        }
        match buttons::read(&self.token, body, self.clock.now()) {
            Ok(event) => self.take(event).await,
            Err(Unusable::Malformed) => HttpReply::text(400, "not understood"),
            Err(Unusable::Forged) => {
                tracing::warn!("a button's report was turned away: its proof is wrong");
                HttpReply::text(401, "not from Mattermost")
            }
        }
    }

    pub(crate) fn bot(&self) -> &Arc<Bot> {
        &self.bot
    }

    async fn take(&self, event: Event) -> HttpReply {
        match self.bot.deliver(event).await {
            Ok(_) => HttpReply::json(&Value::Object(Map::new())),
            Err(error) => {
                tracing::error!(%error, "an event could not be kept");
                HttpReply::text(503, "busy")
            }
        }
    }
}

fn read(content_type: &str, body: &[u8]) -> Option<Posted> {
    if body.len() > BODY_BYTES_MAX {
        return None;
    }
    if content_type.starts_with("application/json") {
        return serde_json::from_slice(body).ok();
    }
    let mut url = Url::parse("mattermost:").ok()?;
    url.set_query(Some(std::str::from_utf8(body).ok()?));
    let fields = url.query_pairs().map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())));
    serde_json::from_value(Value::Object(fields.collect())).ok()
}

/// The webhook does not say whether a post stands in a thread; the adapter finds the thread of `post_id` when it answers.
fn event(posted: Posted, now: Timestamp) -> Option<Event> {
    if [&posted.channel_id, &posted.user_id, &posted.post_id].into_iter().any(String::is_empty) {
        return None;
    }
    let text = posted.text.trim();
    let text = text.strip_prefix(posted.trigger_word.trim()).unwrap_or(text).trim().to_owned();
    let platform = || "mattermost".to_owned();
    Some(Event {
        id: format!("post:{}", posted.post_id),
        from: Account { platform: platform(), team: posted.team_id.clone(), user: posted.user_id },
        place: Place { platform: platform(), team: posted.team_id, channel: posted.channel_id, direct: false, thread: None },
        message: Some(posted.post_id),
        received_at: now,
        response_url: None,
        what: What::Said { text, to_bot: true, to_other: false },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_body_say_the_same() {
        let json = br#"{"token":"t","team_id":"T","channel_id":"C","user_id":"U","post_id":"P","text":"@pinakes how long?","trigger_word":"@pinakes"}"#;
        let form = b"token=t&team_id=T&channel_id=C&user_id=U&post_id=P&text=%40pinakes+how+long%3F&trigger_word=%40pinakes";
        let event = |kind, body| event(read(kind, body).unwrap(), Timestamp(1)).unwrap();
        let by_json = event("application/json; charset=utf-8", json);
        assert_eq!(by_json, event("application/x-www-form-urlencoded", form));
        assert_eq!(by_json.what, What::Said { text: "how long?".into(), to_bot: true, to_other: false });
        assert!(super::event(read("application/json", b"{}").unwrap(), Timestamp(1)).is_none());
        assert!(read("application/json", b"[").is_none());
    }
}
