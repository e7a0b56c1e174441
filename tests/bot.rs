//! The bot as a team meets it: the real binary over the sample company, a fake Slack that follows the published protocol, and an end in
//! the middle.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the bot alone")]
#[path = "../crates/bot/tests/bot/fake_slack.rs"]
mod fake_slack;
#[path = "support/http.rs"]
mod http;
mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fake_slack::{BOT, FakeSlack, TEAM};
use pinakes_bot::{Secret, slack_signature};
use serde_json::json;
use support::{Store, root};

const SIGNING_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `serve` with a bot, and the settings that make one.
fn serve(store: &Store, slack: &FakeSlack) -> Server {
    let mut command = store.command(&["serve", "--address", "127.0.0.1:0", "--quiet"]);
    for (name, value) in settings(slack) {
        command.args(["--set", &format!("{name}={value}")]);
    }
    command.env("PINAKES_BOT__SLACK__TOKEN", "xoxb-1").env("PINAKES_BOT__SLACK__SIGNING_SECRET", SIGNING_SECRET);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on "), "{line}");
    Server { child, address: line.trim().rsplit('/').next().unwrap().to_owned() }
}

fn settings(slack: &FakeSlack) -> [(&'static str, String); 5] {
    [
        ("bot.platform", "slack".into()),
        ("bot.slack.mode", "http".into()),
        ("bot.slack.url", slack.url.clone()),
        ("bot.unknown_senders", "public".into()),
        ("server.public_url", "https://kb.example".into()),
    ]
}

/// Posts a signed event; the time it took to be acknowledged.
#[allow(clippy::disallowed_methods, reason = "Slack signs with the time of day")]
fn mention(server: &Server, number: usize, text: &str) -> Duration {
    let event = json!({ "type": "app_mention", "user": "UADA", "channel": "C1", "ts": format!("1700000000.{number:06}"),
        "text": format!("<@{BOT}> {text}") });
    let body = json!({ "type": "event_callback", "event_id": format!("Ev{number}"), "team_id": TEAM, "event": event,
        "authorizations": [{ "user_id": BOT, "is_bot": true }] })
    .to_string();
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
    let signature = slack_signature(&Secret::new(SIGNING_SECRET), &timestamp, body.as_bytes());
    let headers = [("Content-Type", "application/json"), ("X-Slack-Request-Timestamp", &*timestamp), ("X-Slack-Signature", &*signature)];
    let started = Instant::now();
    let response = http::send_with(&server.address, "POST", "/bot/slack/events", &headers, body.as_bytes());
    assert_eq!(response.status, 200, "{}", response.body);
    started.elapsed()
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(120), "never came: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_in_slack_get_one_answer_each_whatever_ends_in_between() {
    const QUESTIONS: usize = 12;
    let Some(store) = Store::new() else { return };
    store.json(0, &["index", "add", root().join("data/sample").to_str().unwrap()]);
    let slack = FakeSlack::start().await;
    slack.member("UADA", "ada@acme.example");
    slack.channel("C1", &["UADA"]);
    let ask = |server: &Server, number: usize| {
        mention(server, number, &format!("How many unused holiday days can I carry over into next year? ({number})"))
    };
    let server = serve(&store, &slack);
    let mut slowest = Duration::ZERO;
    for number in 0..QUESTIONS {
        slowest = slowest.max(ask(&server, number));
    }
    // kill -9 with all of them acknowledged and few of them answered.
    drop(server);
    let server = serve(&store, &slack);
    for number in 0..QUESTIONS {
        slowest = slowest.max(ask(&server, number));
    }
    let done = |shown: &fake_slack::Shown| !shown.grows && shown.body["blocks"].to_string().contains("https://kb.example/documents/");
    until("answers to all questions", || slack.posted("C1").iter().filter(|shown| done(shown)).count() >= QUESTIONS).await;
    let posted = slack.posted("C1");
    assert_eq!(posted.len(), QUESTIONS, "{posted:?}");
    let mut threads: Vec<_> = posted.iter().map(|shown| shown.thread.clone().unwrap()).collect();
    threads.sort();
    threads.dedup();
    assert_eq!(threads.len(), QUESTIONS, "one answer in each thread");
    assert!(posted.iter().all(|shown| shown.words().contains("five") || shown.words().contains("carried over")), "{posted:?}");
    assert!(slowest < Duration::from_secs(1), "acknowledged after {slowest:?}");
    eprintln!("slowest acknowledgement {slowest:?}");
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_is_set_up_and_checked_from_the_command_line() {
    let Some(store) = Store::new() else { return };
    let manifest = store.json(0, &["bot", "setup", "slack", "--public-url", "https://kb.example"]);
    assert_eq!(manifest["settings"]["event_subscriptions"]["request_url"], "https://kb.example/bot/slack/events");
    let steps = String::from_utf8(store.run(&["bot", "setup"]).stdout).unwrap();
    assert!(steps.contains("1. Open https://api.slack.com/apps") && steps.contains("\"socket_mode_enabled\": true"), "{steps}");

    let unset = store.run(&["bot", "check"]);
    assert_eq!(unset.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&unset.stderr).contains("bot.platform"));
    let slack = FakeSlack::start().await;
    let check = |token: Option<&str>| {
        let mut command = store.command(&["bot", "check", "--json"]);
        for (name, value) in settings(&slack) {
            command.args(["--set", &format!("{name}={value}")]);
        }
        if let Some(token) = token {
            command.env("PINAKES_BOT__SLACK__TOKEN", token);
        }
        command.env("PINAKES_BOT__SLACK__SIGNING_SECRET", SIGNING_SECRET).output().unwrap()
    };
    let missing = check(None);
    assert_eq!(missing.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("PINAKES_BOT__SLACK__TOKEN"));
    let refused = check(Some("nonsense"));
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stdout).into_owned() + &String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("not_authed") && !said.contains("nonsense"), "{said}");
    slack.state().scopes = "app_mentions:read,channels:history,channels:read,chat:write,commands,groups:history,groups:read,im:history,\
                            im:read,im:write,mpim:history,mpim:read,users:read,users:read.email"
        .into();
    let fine = check(Some("xoxb-1"));
    assert_eq!(fine.status.code(), Some(0), "{}", String::from_utf8_lossy(&fine.stdout));
}
