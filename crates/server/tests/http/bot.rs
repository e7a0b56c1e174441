//! Where a chat platform calls: the signature decides, over the body byte for byte, and nothing slow happens before the answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pinakes_api::{ApiError, AskEvent, AskResponse, Code};
use pinakes_bot::{
    Account, Answers, Bot, BotHook, BotParts, Kept, Memory, MemoryStub, People, Promise, Question, Rules, Secret, Slack, SlackConfig,
    SlackGate, slack_signature,
};
use pinakes_config::limits::ServerLimits;
use pinakes_types::{Clock, DocId, Principal, Scope, Timestamp};
use tokio::sync::mpsc;

use crate::support::{Reply, Request, TestServer};

const NOW: i64 = 1_700_000_000;

/// A house in which nobody answers and nobody is known.
struct Nobody;

impl Answers for Nobody {
    fn has_collection(&self, _: Scope, name: String) -> Promise<bool> {
        Box::pin(async move { Ok(name == "handbook") })
    }

    fn ask(&self, _: Scope, _: Question, _: mpsc::Sender<AskEvent>) -> Promise<AskResponse> {
        Box::pin(std::future::pending())
    }

    fn readable(&self, _: Scope, _: Vec<DocId>) -> Promise<Vec<DocId>> {
        Box::pin(std::future::pending())
    }

    fn feedback(&self, _: Scope, _: String, _: bool, _: String) -> Promise<()> {
        Box::pin(async { Err(ApiError::new(Code::NotFound, "nothing is kept")) })
    }
}

impl People for Nobody {
    fn person(&self, _: Account, _: Option<String>) -> Promise<Option<Principal>> {
        Box::pin(std::future::pending())
    }

    fn note(&self, _: String, _: &'static str, _: String, _: String) -> Promise<()> {
        Box::pin(async { Ok(()) })
    }
}

impl Clock for Nobody {
    fn now(&self) -> Timestamp {
        Timestamp(NOW * 1_000)
    }
}

/// A server with a bot whose Slack cannot be reached.
async fn server() -> TestServer {
    let config = SlackConfig { api_url: "http://127.0.0.1:9/api".into(), bot_token: Secret::new("x"), app_token: Secret::default() };
    let slack = Slack::new(config).unwrap();
    let memory = MemoryStub::default();
    memory.set_value(Kept::Channel, "slack:T1:C1".into(), r#"{"name":"general"}"#.into(), Timestamp(1)).await.unwrap();
    let parts = BotParts {
        platform: slack.clone(),
        answers: Arc::new(Nobody),
        people: Arc::new(Nobody),
        memory: Arc::new(memory),
        clock: Arc::new(Nobody),
    };
    let bot = Bot::start(parts, Rules::default()).await.unwrap();
    let hook = BotHook::Slack(SlackGate::new(bot, slack, Secret::new("secret"), Arc::new(Nobody)));
    TestServer::with_bot(ServerLimits::default(), Principal::local_operator(), Some(Arc::new(hook))).await
}

async fn post(server: &TestServer, path: &str, body: &str, signature: &str) -> Reply {
    let request = Request::new("POST", path).header("x-slack-request-timestamp", &NOW.to_string());
    server.send(request.header("x-slack-signature", signature).header("content-type", "application/json").body(body.as_bytes())).await
}

fn signed(body: &str) -> String {
    slack_signature(&Secret::new("secret"), &NOW.to_string(), body.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_slack_signed_is_taken_at_once_and_nothing_else() {
    let server = server().await;
    let body = r#"{"type":"url_verification","challenge":"abc"}"#;
    assert_eq!(post(&server, "/bot/slack/events", body, &signed(body)).await.text(), r#"{"challenge":"abc"}"#);
    for (body, signature) in [(body, "v0=00".to_owned()), (body, String::new()), (&*format!("{body} "), signed(body))] {
        assert_eq!(post(&server, "/bot/slack/events", body, &signature).await.status, 401);
    }
    let event = r#"{"type":"event_callback","event_id":"Ev1","team_id":"T1","event":{"type":"app_mention","user":"U1","channel":"C1","ts":"1.1","text":"hi"}}"#;
    let started = Instant::now();
    for _ in 0..3 {
        assert_eq!(post(&server, "/bot/slack/events", event, &signed(event)).await.status, 200);
    }
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(post(&server, "/bot/slack/nothing", event, &signed(event)).await.status, 404);
    assert_eq!(post(&server, "/bot/mattermost", event, &signed(event)).await.status, 404, "a bot of another platform");
    let long = "x".repeat((1 << 20) + 1);
    assert_eq!(post(&server, "/bot/slack/events", &long, &signed(&long)).await.code(), "payload_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_bot_there_is_no_such_address() {
    let server = TestServer::start().await;
    for path in ["/bot/slack/events", "/bot/slack/commands", "/bot/mattermost", "/bot/mattermost/actions"] {
        assert_eq!(post(&server, path, "{}", &signed("{}")).await.code(), "not_found");
    }
    assert_eq!(server.get("/bot/slack/events").await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_the_channels_and_changes_them() {
    let server = server().await;
    let listed = server.get("/api/v1/bot/channels").await.json();
    assert_eq!(listed["platform"], "slack");
    let general = serde_json::json!({ "channel": "slack:T1:C1", "name": "general", "collection": "all", "answer": "mention", "language": "auto",
        "visibility": "public" });
    assert_eq!(listed["channels"], serde_json::json!([general]));
    let patch = |body: &str, channel: &str| Request::new("PATCH", &format!("/api/v1/bot/channels/{channel}")).json(body);
    let changed = server.send(patch(r#"{"answer":"always","collection":"handbook"}"#, "slack:T1:C1")).await;
    assert_eq!(
        (changed.status, changed.json()["answer"].as_str(), changed.json()["collection"].as_str()),
        (200, Some("always"), Some("handbook"))
    );
    assert_eq!(server.get("/api/v1/bot/channels").await.json()["channels"][0], changed.json());
    for (body, channel, code) in [
        (r#"{"answer":"never"}"#, "slack:T1:C1", "bad_request"),
        (r#"{"collection":"secret"}"#, "slack:T1:C1", "bad_request"),
        (r#"{"colour":"red"}"#, "slack:T1:C1", "bad_request"),
        (r#"{"answer":"always"}"#, "slack:T1:C2", "not_found"),
        (r#"{"answer":"always"}"#, "%2e%2e", "not_found"),
    ] {
        assert_eq!(server.send(patch(body, channel)).await.code(), code, "{body} {channel}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_seen_by_monitoring() {
    let server = server().await;
    let event = r#"{"type":"event_callback","event_id":"Ev1","team_id":"T1","event":{"type":"app_mention","user":"U1","channel":"C1","ts":"1.1","text":"hi"}}"#;
    for _ in 0..3 {
        assert_eq!(post(&server, "/bot/slack/events", event, &signed(event)).await.status, 200);
    }
    let page = server.get("/metrics").await.text().to_owned();
    for line in [
        "pinakes_bot_events_total{outcome=\"accepted\"} 1\n",
        "pinakes_bot_events_total{outcome=\"repeated\"} 2\n",
        "pinakes_bot_events_waiting 1\n",
        "pinakes_bot_given_up_total 0\n",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    assert!(!TestServer::start().await.get("/metrics").await.text().contains("pinakes_bot"), "without a bot there is nothing to count");
}
