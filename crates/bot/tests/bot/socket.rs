//! Socket Mode.

use std::sync::Arc;
use std::time::Duration;

use pinakes_bot::{PlatformError, Secret, Slack, SlackConfig, check_slack, run_socket};
use serde_json::{Value, json};

use crate::fake_slack::{BOT, FakeSlack, TEAM};
use crate::fake_socket::{FakeSocket, Script};
use crate::office::Office;

fn mention(envelope: &str, event: &str, ts: &str) -> Value {
    json!({ "envelope_id": envelope, "type": "events_api", "accepts_response_payload": false, "payload": {
        "type": "event_callback", "event_id": event, "team_id": TEAM,
        "event": { "type": "app_mention", "user": "UADA", "channel": "C2", "ts": ts, "text": format!("<@{BOT}> leave?") } } })
}

/// A Slack whose API and web socket are on one host, as the real one's are below one name.
async fn behind_a_firewall(office: &Office, scripts: Vec<Script>) -> (FakeSocket, Arc<Slack>) {
    let socket = FakeSocket::start("127.0.0.1:0", scripts).await;
    office.slack.state().socket = Some(socket.url.clone());
    (socket, office.platform())
}

#[tokio::test]
async fn events_commands_and_reconnections() {
    let office = Office::open().await;
    let command = json!({ "envelope_id": "e3", "type": "slash_commands", "accepts_response_payload": true, "payload": {
        "team_id": TEAM, "channel_id": "C1", "user_id": "UADA", "text": "leave?", "trigger_id": "77.7",
        "response_url": format!("{}/respond/1", office.slack.url.trim_end_matches("/api")) } });
    let scripts = vec![
        Script { envelopes: vec![mention("e1", "Ev1", "1700000000.000001")], goodbye: Some("refresh_requested") },
        // What was not acknowledged in time comes again.
        Script { envelopes: vec![mention("e2", "Ev1", "1700000000.000001"), command, json!({ "type": "unknown" })], goodbye: None },
    ];
    let (socket, slack) = behind_a_firewall(&office, scripts).await;
    let task = tokio::spawn(run_socket(office.bot.as_ref().unwrap(), slack, Arc::new(office.clock.clone())));
    for _ in 0..400 {
        if *socket.connections.lock().unwrap() >= 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    office.settled().await;
    task.abort();
    assert!(*socket.connections.lock().unwrap() >= 3, "a line that is cut is opened again");
    let acknowledged = socket.acknowledged.lock().unwrap().clone();
    let ids: Vec<_> = acknowledged.iter().map(|answer| answer["envelope_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["e1", "e2", "e3"]);
    assert_eq!(acknowledged[2]["payload"]["response_type"], "ephemeral");
    assert_eq!(office.slack.posted("C2").len(), 1);
    assert!(office.responded().to_string().contains("Ten days"));
}

#[tokio::test]
async fn a_web_socket_elsewhere_is_not_opened() {
    let office = Office::open().await;
    for url in ["ws://127.0.0.2:1/", "wss://evil.example/", "https://127.0.0.1/"] {
        office.slack.state().socket = Some(url.into());
        let checks = check_slack(&office.platform(), true).await;
        let socket = checks.iter().find(|check| check.name == "slack_socket").unwrap();
        assert!(socket.message.contains("not on a host of Slack's"), "{url}: {socket:?}");
    }
}

#[tokio::test]
async fn the_check_names_what_is_missing() {
    let slack = FakeSlack::start().await;
    let client = |token: &str| {
        Slack::new(SlackConfig { api_url: slack.url.clone(), bot_token: Secret::new(token), app_token: Secret::new("xapp-1") }).unwrap()
    };
    slack.state().scopes = "chat:write,commands".into();
    let report = |checks: Vec<pinakes_api::CheckResult>| {
        checks.iter().map(|check| format!("{} {:?} {}\n", check.name, check.verdict, check.message)).collect::<String>()
    };
    let missing = report(check_slack(&client("xoxb-1"), true).await);
    assert!(missing.contains("slack_token Ok signed in to Acme as pinakes"), "{missing}");
    assert!(missing.contains("slack_scopes Fail missing: app_mentions:read"), "{missing}");
    assert!(missing.contains("slack_socket Fail the platform refused: not_allowed_token_type"), "{missing}");
    assert!(report(check_slack(&client("wrong"), false).await).contains("slack_token Fail the platform refused: not_authed"));
    let nowhere =
        Slack::new(SlackConfig { api_url: "http://127.0.0.1:9/api".into(), bot_token: Secret::new("x"), app_token: Secret::default() })
            .unwrap();
    assert!(matches!(nowhere.identity().await, Err(PlatformError::Unreachable(_))));
}

/// A TLS library that does not know which cryptography to use panics at its first connection; this one would.
#[tokio::test]
async fn a_secure_web_socket_fails_in_words_where_nobody_speaks_tls() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { drop(listener.accept().await) });
    assert!(tokio_tungstenite::connect_async(url).await.is_err());
}
