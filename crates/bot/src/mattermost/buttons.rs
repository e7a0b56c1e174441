//! Buttons on Mattermost: attachments of a post whose actions Mattermost reports to an address of ours.
//!
//! Mattermost signs nothing, so each button carries a proof in its context, which Mattermost hands back and shows to nobody: the HMAC of
//! what the button means under the webhook's token. Who pressed it is Mattermost's word, as with the webhook.

use pinakes_types::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::event::{Account, Event, Place, What};
use crate::message::{Button, ButtonKind};
use crate::secret::Secret;

/// Where Mattermost reports buttons.
#[derive(Debug, Clone)]
pub struct Callback {
    /// Where it reaches this server, without a slash at the end.
    pub url: String,
    /// The webhook's token, which proofs are made with.
    pub secret: Secret,
}

/// What a button carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    button: String,
    value: String,
    channel: String,
    team: String,
    proof: String,
}

/// Mattermost's report.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pressed {
    user_id: String,
    team_id: String,
    trigger_id: String,
    context: Context,
}

/// Why a report is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unusable {
    Malformed,
    Forged,
}

/// The buttons of a message in a channel as a post's `attachments`; `team` where it is known. Links are no buttons there.
pub(super) fn attachments(callback: &Callback, channel: &str, team: &str, buttons: &[Button]) -> Value {
    let pressed = buttons.iter().filter(|button| button.url.is_none());
    let actions: Vec<Value> = pressed
        .map(|button| {
            let id = button.kind.id();
            let proof = callback.secret.seal(&meaning(id, &button.value, channel, team));
            json!({
                // Letters and digits only, or Mattermost does not find the action again.
                "id": id.replace('_', ""),
                "type": "button",
                "name": button.label,
                "integration": {
                    "url": format!("{}/bot/mattermost/actions", callback.url),
                    "context": { "button": id, "value": button.value, "channel": channel, "team": team, "proof": proof },
                },
            })
        })
        .collect();
    if actions.is_empty() { json!([]) } else { json!([{ "fallback": "", "actions": actions }]) }
}

/// The event of a report, whose proof is checked first.
pub(super) fn read(secret: &Secret, body: &[u8], now: Timestamp) -> Result<Event, Unusable> {
    let Pressed { user_id, team_id, trigger_id, context } = serde_json::from_slice(body).map_err(|_| Unusable::Malformed)?;
    if !secret.is_seal(&meaning(&context.button, &context.value, &context.channel, &context.team), &context.proof) {
        return Err(Unusable::Forged);
    }
    let button = ButtonKind::of_id(&context.button).ok_or(Unusable::Malformed)?;
    if user_id.is_empty() || trigger_id.is_empty() {
        return Err(Unusable::Malformed);
    }
    let team = if context.team.is_empty() { team_id } else { context.team };
    let platform = || "mattermost".to_owned();
    Ok(Event {
        id: format!("button:{trigger_id}"),
        message: None,
        from: Account { platform: platform(), team: team.clone(), user: user_id },
        // The channel that it was said in, wherever Mattermost showed it.
        place: Place { platform: platform(), team, channel: context.channel, direct: false, thread: None },
        received_at: now,
        response_url: None,
        what: What::Pressed { button, value: context.value },
    })
}

/// Each part with its length, so that no two meanings are the same text.
fn meaning(button: &str, value: &str, channel: &str, team: &str) -> String {
    [button, value, channel, team].map(|part| format!("{}:{part}", part.len())).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(change: impl Fn(&mut Value)) -> Result<Event, Unusable> {
        let callback = Callback { url: "https://kb.example".into(), secret: Secret::new("hook") };
        let button = |kind, url: Option<&str>| Button { kind, label: "l".into(), value: "e1".into(), url: url.map(str::to_owned) };
        let buttons = [button(ButtonKind::Down, None), button(ButtonKind::Continue, Some("https://kb.example"))];
        let shown = attachments(&callback, "c1", "", &buttons);
        let actions = shown[0]["actions"].as_array().unwrap();
        assert!(actions.len() == 1 && actions[0]["id"] == "pinakesdown", "{shown}");
        assert_eq!(actions[0]["integration"]["url"], "https://kb.example/bot/mattermost/actions");
        let context = &actions[0]["integration"]["context"];
        let mut report = json!({ "user_id": "u1", "team_id": "t1", "channel_id": "elsewhere", "trigger_id": "x", "context": context });
        change(&mut report);
        read(&callback.secret, report.to_string().as_bytes(), Timestamp(1))
    }

    #[test]
    fn what_was_sealed_comes_back_and_nothing_else() {
        let event = report(|_| {}).unwrap();
        assert_eq!(event.what, What::Pressed { button: ButtonKind::Down, value: "e1".into() });
        assert_eq!((event.place.channel_key().as_str(), event.from.key().as_str()), ("mattermost:t1:c1", "mattermost:t1:u1"));
        for (field, value) in [("value", "e2"), ("channel", "c2"), ("team", "t2"), ("button", "pinakes_share_anyway"), ("proof", "")] {
            assert_eq!(report(|report| report["context"][field] = value.into()), Err(Unusable::Forged), "{field}");
        }
        assert_eq!(report(|report| report["user_id"] = "".into()), Err(Unusable::Malformed));
        assert_eq!(report(|report| *report = json!([1])), Err(Unusable::Malformed));
        assert_eq!(read(&Secret::default(), b"{}", Timestamp(1)), Err(Unusable::Forged), "no secret seals nothing");
    }
}
