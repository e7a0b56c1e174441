//! From a request's headers and raw body to what it means, without doing anything: signature first, then shape, then sense.

use pinakes_config::limits::bot::BODY_BYTES_MAX;
use pinakes_types::Timestamp;
use reqwest::Url;
use serde_json::{Map, Value};

use super::mrkdwn::{mentions, plain};
use super::payload::{Inner, Interaction, Outer, SlashCommand};
use super::signature::verify;
use crate::event::{Account, Event, Place, What};
use crate::message::ButtonKind;
use crate::secret::Secret;

/// What kind of request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Events API: JSON.
    Events,
    /// A slash command: a form.
    Commands,
    /// A pressed button: JSON in a form.
    Interactions,
}

/// Who the bot is on Slack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SlackIdentity {
    /// Its user id.
    pub user: String,
    /// Its bot id.
    pub bot: String,
    /// Its workspace.
    pub team: String,
}

/// A request as it came over HTTP.
#[derive(Debug, Clone, Copy)]
pub struct SlackRequest<'a> {
    /// What kind it is, by its address.
    pub delivery: Delivery,
    /// `X-Slack-Request-Timestamp`.
    pub timestamp: Option<&'a str>,
    /// `X-Slack-Signature`.
    pub signature: Option<&'a str>,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// What a request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is not Slack's, or not from now: why, for the log.
    Forged(&'static str),
    /// It is Slack's and makes no sense: why.
    Malformed(&'static str),
    /// Slack asks whether the address is ours; answer with this.
    Challenge(String),
    /// Something to be answered.
    Event(Box<Event>),
    /// Nothing to do with us: our own words, other bots, joins and leaves.
    Nothing,
}

/// Reads a request.
#[must_use]
pub fn read_slack(secret: &Secret, identity: &SlackIdentity, request: &SlackRequest<'_>, now: Timestamp) -> Outcome {
    if request.body.len() > BODY_BYTES_MAX {
        return Outcome::Malformed("it is too long");
    }
    if let Err(why) = verify(secret, request.timestamp, request.signature, request.body, now) {
        return Outcome::Forged(why);
    }
    let payload = match request.delivery {
        Delivery::Events => serde_json::from_slice(request.body).ok(),
        Delivery::Commands => form(request.body).map(Value::Object),
        Delivery::Interactions => {
            form(request.body).and_then(|form| serde_json::from_str(form.get("payload").and_then(Value::as_str).unwrap_or_default()).ok())
        }
    };
    payload.map_or(Outcome::Malformed("its body cannot be read"), |payload| read_payload(request.delivery, payload, identity, now))
}

/// Reads what a request or an envelope of Socket Mode carries.
pub(super) fn read_payload(delivery: Delivery, payload: Value, identity: &SlackIdentity, now: Timestamp) -> Outcome {
    if !payload.is_object() {
        return Outcome::Malformed("it is no object");
    }
    let read = match delivery {
        Delivery::Events => serde_json::from_value(payload).map(|outer| event(outer, identity, now)),
        Delivery::Commands => serde_json::from_value(payload).map(|command| slash(command, now)),
        Delivery::Interactions => serde_json::from_value(payload).map(|interaction| pressed(interaction, now)),
    };
    read.unwrap_or(Outcome::Malformed("its fields are not what they should be"))
}

/// The fields of a form.
fn form(body: &[u8]) -> Option<Map<String, Value>> {
    let mut url = Url::parse("slack:").ok()?;
    url.set_query(Some(std::str::from_utf8(body).ok()?));
    Some(url.query_pairs().map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect())
}

fn event(outer: Outer, identity: &SlackIdentity, now: Timestamp) -> Outcome {
    match outer.kind.as_str() {
        "url_verification" => return Outcome::Challenge(outer.challenge),
        "event_callback" if outer.event_id.is_empty() => return Outcome::Malformed("the event has no id"),
        "event_callback" => {}
        _ => return Outcome::Nothing,
    }
    // What the request says of whom it is for counts, as our own identity may not be known yet.
    let authorized =
        outer.authorizations.iter().find(|authorization| authorization.is_bot).map(|authorization| authorization.user_id.clone());
    let bot = authorized.unwrap_or_else(|| identity.user.clone());
    let Outer { event_id, team_id, event, .. } = outer;
    if event.kind != "app_mention" && event.kind != "message" {
        return Outcome::Nothing;
    }
    if event.subtype.as_deref() == Some("message_changed") {
        return edited(event_id, team_id, event, &bot, now);
    }
    let spoken = matches!(event.subtype.as_deref(), None | Some("file_share" | "thread_broadcast" | "me_message"));
    if !spoken || event.bot_id.is_some() || event.user.is_empty() || event.user == bot || event.ts.is_empty() {
        return Outcome::Nothing;
    }
    let direct = is_direct(&event);
    let named = event.kind == "app_mention" || (!bot.is_empty() && mentions(&event.text).any(|user| user == bot));
    let to_other = !named && mentions(&event.text).any(|user| user != bot);
    // Where our name is not known, an `app_mention` begins with it.
    let first = mentions(&event.text).next().unwrap_or_default();
    let text = plain(&event.text, if bot.is_empty() && named { first } else { &bot });
    let what = What::Said { text, to_bot: direct || named, to_other };
    let from = account(&team_id, &event.user);
    let place = place(team_id, event.channel, direct, event.thread_ts);
    Outcome::Event(Box::new(Event { id: event_id, message: Some(event.ts), from, place, received_at: now, response_url: None, what }))
}

/// A message that was changed: only its words count, not that Slack put a preview below it.
fn edited(id: String, team: String, event: Inner, bot: &str, now: Timestamp) -> Outcome {
    let direct = is_direct(&event);
    let (Some(message), Some(before)) = (event.message, event.previous_message) else { return Outcome::Nothing };
    if message.text == before.text || message.bot_id.is_some() || message.user.is_empty() || message.user == bot {
        return Outcome::Nothing;
    }
    let to_bot = direct || (!bot.is_empty() && mentions(&message.text).any(|user| user == bot));
    let what = What::Edited { text: plain(&message.text, bot), at: event.ts, to_bot };
    let from = account(&team, &message.user);
    let place = place(team, event.channel, direct, message.thread_ts);
    Outcome::Event(Box::new(Event { id, message: Some(message.ts), from, place, received_at: now, response_url: None, what }))
}

fn slash(command: SlashCommand, now: Timestamp) -> Outcome {
    if command.trigger_id.is_empty() || command.user_id.is_empty() || command.channel_id.is_empty() {
        return Outcome::Malformed("the command does not say by whom or where");
    }
    let from = account(&command.team_id, &command.user_id);
    let direct = command.channel_id.starts_with('D');
    Outcome::Event(Box::new(Event {
        id: format!("command:{}", command.trigger_id),
        message: None,
        from,
        place: place(command.team_id, command.channel_id, direct, None),
        received_at: now,
        response_url: Some(command.response_url).filter(|url| !url.is_empty()),
        what: What::Command { text: plain(&command.text, "") },
    }))
}

fn pressed(interaction: Interaction, now: Timestamp) -> Outcome {
    if interaction.kind != "block_actions" {
        return Outcome::Nothing;
    }
    let Some(action) = interaction.actions.first() else { return Outcome::Malformed("no button was pressed") };
    let (Some(button), Some(value)) = (ButtonKind::of_id(&action.action_id), action.value.clone()) else { return Outcome::Nothing };
    // A link opens in the browser; that it was followed is none of our business.
    if button == ButtonKind::Continue {
        return Outcome::Nothing;
    }
    if interaction.trigger_id.is_empty() || interaction.user.id.is_empty() || interaction.channel.id.is_empty() {
        return Outcome::Malformed("the button does not say by whom or where");
    }
    let direct = interaction.channel.id.starts_with('D');
    Outcome::Event(Box::new(Event {
        id: format!("button:{}", interaction.trigger_id),
        message: None,
        from: account(&interaction.team.id, &interaction.user.id),
        place: place(interaction.team.id, interaction.channel.id, direct, interaction.container.thread_ts),
        received_at: now,
        response_url: Some(interaction.response_url).filter(|url| !url.is_empty()),
        what: What::Pressed { button, value },
    }))
}

fn is_direct(event: &Inner) -> bool {
    event.channel_type == "im" || (event.channel_type.is_empty() && event.channel.starts_with('D'))
}

fn account(team: &str, user: &str) -> Account {
    Account { platform: "slack".to_owned(), team: team.to_owned(), user: user.to_owned() }
}

fn place(team: String, channel: String, direct: bool, thread: Option<String>) -> Place {
    Place { platform: "slack".to_owned(), team, channel, direct, thread }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identity() -> SlackIdentity {
        SlackIdentity { user: "UBOT".into(), bot: "B1".into(), team: "T1".into() }
    }

    fn callback(event: Value) -> Value {
        json!({ "type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event": event })
    }

    fn read(event: Value) -> Option<Event> {
        match read_payload(Delivery::Events, callback(event), &identity(), Timestamp(7)) {
            Outcome::Event(event) => Some(*event),
            Outcome::Nothing => None,
            other => panic!("{other:?}"),
        }
    }

    fn said(event: Value) -> Option<(String, bool, bool)> {
        match read(event)?.what {
            What::Said { text, to_bot, to_other } => Some((text, to_bot, to_other)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn who_is_spoken_to() {
        let message =
            |text: &str, kind: &str, channel: &str| json!({ "type": kind, "user": "U1", "text": text, "ts": "1.1", "channel": channel });
        assert_eq!(said(message("<@UBOT> hi", "app_mention", "C1")), Some(("hi".into(), true, false)));
        assert_eq!(said(message("<@UBOT> hi", "message", "C1")), Some(("hi".into(), true, false)));
        assert_eq!(said(message("hi", "message", "D1")), Some(("hi".into(), true, false)));
        assert_eq!(said(message("hi", "message", "C1")), Some(("hi".into(), false, false)));
        assert_eq!(said(message("<@U2> hi", "message", "C1")), Some(("@U2 hi".into(), false, true)));
        assert_eq!(said(message("hi", "reaction_added", "C1")), None);
    }

    #[test]
    fn own_words_other_bots_and_comings_and_goings_are_nothing() {
        for extra in
            [json!({"user": "UBOT"}), json!({"bot_id": "B9"}), json!({"subtype": "channel_join"}), json!({"user": ""}), json!({"ts": ""})]
        {
            let mut event = json!({ "type": "message", "user": "U1", "text": "x", "ts": "1.1", "channel": "D1" });
            event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            assert_eq!(read(event), None);
        }
    }

    #[test]
    fn an_edit_counts_when_the_words_changed() {
        let changed = |before: &str, now: &str| {
            read(json!({ "type": "message", "subtype": "message_changed", "channel": "C1", "ts": "9.9",
                "message": { "user": "U1", "text": now, "ts": "1.1", "thread_ts": "1.0" },
                "previous_message": { "user": "U1", "text": before, "ts": "1.1" } }))
        };
        let event = changed("<@UBOT> a", "<@UBOT> b").unwrap();
        assert_eq!(event.what, What::Edited { text: "b".into(), at: "9.9".into(), to_bot: true });
        assert_eq!(event.message_key().unwrap(), "slack:T1:C1:1.1");
        assert_eq!(changed("a", "a"), None, "a preview was put below it");
    }

    #[test]
    fn the_authorization_in_the_request_says_who_we_are() {
        let mut payload = callback(json!({ "type": "message", "user": "U1", "text": "<@UNEW> x", "ts": "1", "channel": "C1" }));
        payload["authorizations"] = json!([{ "user_id": "UNEW", "is_bot": true }]);
        let Outcome::Event(event) = read_payload(Delivery::Events, payload, &SlackIdentity::default(), Timestamp(0)) else { panic!() };
        assert_eq!(event.what, What::Said { text: "x".into(), to_bot: true, to_other: false });
    }

    #[test]
    fn forms_are_read_after_their_signature() {
        let secret = Secret::new("s");
        let body = b"team_id=T1&channel_id=C1&user_id=U1&command=%2Fask&text=how+long%3F+%26+%C3%BC&response_url=https%3A%2F%2Fhooks.slack.com%2Fx&trigger_id=9.9";
        let signature = super::super::sign(&secret, "100", body);
        let mut request = SlackRequest { delivery: Delivery::Commands, timestamp: Some("100"), signature: Some(&signature), body };
        let Outcome::Event(event) = read_slack(&secret, &identity(), &request, Timestamp(100_000)) else { panic!() };
        assert_eq!(event.what, What::Command { text: "how long? & ü".into() });
        assert_eq!(event.response_url.as_deref(), Some("https://hooks.slack.com/x"));
        request.signature = Some("v0=00");
        assert!(matches!(read_slack(&secret, &identity(), &request, Timestamp(100_000)), Outcome::Forged(_)));
    }

    #[test]
    fn nonsense_is_told_from_nothing() {
        let read = |delivery, payload| read_payload(delivery, payload, &identity(), Timestamp(0));
        assert_eq!(read(Delivery::Events, json!({ "type": "url_verification", "challenge": "c" })), Outcome::Challenge("c".into()));
        assert!(matches!(read(Delivery::Events, json!([])), Outcome::Malformed(_)));
        assert!(matches!(read(Delivery::Events, json!({ "type": "event_callback" })), Outcome::Malformed(_)));
        assert!(matches!(read(Delivery::Commands, json!({})), Outcome::Malformed(_)));
        assert_eq!(read(Delivery::Interactions, json!({ "type": "view_submission" })), Outcome::Nothing);
        assert_eq!(read(Delivery::Events, json!({ "type": "app_rate_limited" })), Outcome::Nothing);
    }
}
