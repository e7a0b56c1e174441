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
use serde_json::{Value, json};
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
    serve_with(store, slack, &[])
}

fn serve_with(store: &Store, slack: &FakeSlack, more: &[&str]) -> Server {
    let mut command = store.command(&["serve", "--address", "127.0.0.1:0", "--quiet"]);
    for (name, value) in settings(slack) {
        command.args(["--set", &format!("{name}={value}")]);
    }
    for setting in more {
        command.args(["--set", setting]);
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
fn mention(server: &Server, number: usize, text: &str) -> Duration {
    says(server, number, "UADA", text, None)
}

fn says(server: &Server, number: usize, user: &str, text: &str, thread: Option<&str>) -> Duration {
    let mut event = json!({ "type": "app_mention", "user": user, "channel": "C1", "ts": format!("1700000000.{number:06}"),
        "text": format!("<@{BOT}> {text}") });
    if let Some(thread) = thread {
        event["thread_ts"] = thread.into();
    }
    let body = json!({ "type": "event_callback", "event_id": format!("Ev{number}"), "team_id": TEAM, "event": event,
        "authorizations": [{ "user_id": BOT, "is_bot": true }] })
    .to_string();
    deliver(server, "events", "application/json", &body)
}

/// Presses a button under a message of ours.
fn press(server: &Server, slack: &FakeSlack, number: usize, user: &str, button: &str, value: &str) {
    let payload = json!({ "type": "block_actions", "team": { "id": TEAM }, "user": { "id": user }, "channel": { "id": "C1" },
        "container": { "type": "message" }, "actions": [{ "type": "button", "action_id": button, "value": value }],
        "response_url": format!("{}/respond/{number}", slack.url.trim_end_matches("/api")), "trigger_id": format!("{number}.2") });
    let encoded: String = payload.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    deliver(server, "interactions", "application/x-www-form-urlencoded", &format!("payload={encoded}"));
}

#[allow(clippy::disallowed_methods, reason = "Slack signs with the time of day")]
fn deliver(server: &Server, way: &str, kind: &str, body: &str) -> Duration {
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
    let signature = slack_signature(&Secret::new(SIGNING_SECRET), &timestamp, body.as_bytes());
    let headers = [("Content-Type", kind), ("X-Slack-Request-Timestamp", &*timestamp), ("X-Slack-Signature", &*signature)];
    let started = Instant::now();
    let response = http::send_with(&server.address, "POST", &format!("/bot/slack/{way}"), &headers, body.as_bytes());
    assert_eq!(response.status, 200, "{}", response.body);
    started.elapsed()
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(540), "never came: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// RELIABILITY.md W10 with the real binary: 30 % of the events come again, 10 % out of their order, and the process is killed between
/// acknowledgement and answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_in_slack_get_one_answer_each_whatever_ends_in_between() {
    let questions = if support::full() { 500 } else { 20 };
    let Some(store) = Store::new() else { return };
    store.json(0, &["index", "add", root().join("data/sample").to_str().unwrap()]);
    let slack = FakeSlack::start().await;
    slack.member("UADA", "ada@acme.example");
    slack.channel("C1", &["UADA"]);
    let ask = |server: &Server, number: usize| {
        mention(server, number, &format!("How many unused holiday days can I carry over into next year? ({number})"))
    };
    let mut events: Vec<usize> = (0..questions).collect();
    for number in (0..questions).filter(|number| number % 10 < 3) {
        events.insert((number * 7 + 11) % events.len(), number);
    }
    for number in (0..questions).step_by(10) {
        let (from, to) = (number, (number * 13 + 5) % events.len());
        events.swap(from, to);
    }
    let mut server = serve(&store, &slack);
    let mut slowest = Duration::ZERO;
    for (at, number) in events.iter().enumerate() {
        if at == events.len() / 3 || at == events.len() * 2 / 3 {
            // kill -9 with all of them acknowledged and few of them answered.
            drop(server);
            server = serve(&store, &slack);
        }
        slowest = slowest.max(ask(&server, *number));
    }
    let done = |shown: &fake_slack::Shown| !shown.grows && shown.body["blocks"].to_string().contains("https://kb.example/documents/");
    until("answers to all questions", || slack.posted("C1").iter().filter(|shown| done(shown)).count() >= questions).await;
    let posted = slack.posted("C1");
    assert_eq!(posted.len(), questions, "{posted:?}");
    let mut threads: Vec<_> = posted.iter().map(|shown| shown.thread.clone().unwrap()).collect();
    threads.sort();
    threads.dedup();
    assert_eq!(threads.len(), questions, "one answer in each thread");
    assert!(posted.iter().all(|shown| shown.words().contains("five") || shown.words().contains("carried over")), "{posted:?}");
    assert!(slowest < Duration::from_secs(1), "acknowledged after {slowest:?}");
    eprintln!("{} events for {questions} questions, slowest acknowledgement {slowest:?}", events.len());
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_goes_on_its_answers_are_judged_and_what_is_decided_is_written_down() {
    let Some(store) = Store::new() else { return };
    store.write(
        "hotels.md",
        "# Hotels\n\nThe limit for hotel costs is 140 euros a night. The head of finance approves hotel costs above the limit.\n",
    );
    store.write("hr/.pinakes-access.toml", "readers = [\"group:hr\"]\n");
    store.write("hr/pay.md", "# Pay\n\nThe salary band of level five is 71,000 euros, says canary word zebrafinch.\n");
    store.add();
    let slack = FakeSlack::start().await;
    slack.member("UADA", "ada@acme.example");
    slack.member("UBOB", "bob@elsewhere.example");
    slack.channel("C1", &["UADA", "UBOB"]);
    store.json(0, &["user", "add", "ada@acme.example", "--group", "hr"]);
    store.json(0, &["user", "add", "bob"]);
    store.json(0, &["user", "add", "root", "--role", "admin"]);
    let key = store.json(0, &["key", "create", "root", "--scope", "admin", "--scope", "metrics"])["key"].as_str().unwrap().to_owned();
    store.run(&["bot", "link", "slack:T1:UBOB", "bob"]);
    let server = serve_with(&store, &slack, &["access.mode=accounts", "bot.unknown_senders=refuse"]);
    let answered = |number: usize| {
        move |shown: &&fake_slack::Shown| {
            !shown.grows
                && shown.body["blocks"].to_string().contains("pinakes_up")
                && shown.body["metadata"].to_string().contains(&format!("Ev{number}"))
        }
    };

    says(&server, 1, "UADA", "What is the limit for hotel costs?", None);
    until("the first answer", || slack.posted("C1").iter().any(|shown| answered(1)(&shown))).await;
    says(&server, 2, "UADA", "Who approves it?", Some("1700000000.000001"));
    until("the follow-up's answer", || slack.posted("C1").iter().any(|shown| answered(2)(&shown))).await;
    let posted = slack.posted("C1");
    let [first, second] = [1, 2].map(|number| posted.iter().find(answered(number)).unwrap().words());
    assert!(first.contains("140 euros") && second.contains("head of finance"), "it knows what was asked before: {first} {second}");

    press(&server, &slack, 11, "UBOB", "pinakes_up", "Ev1");
    until("thanks", || slack.state().responses.iter().any(|(_, body)| body.to_string().contains("Thank you"))).await;
    // What not everybody there may read is given to its asker alone.
    says(&server, 3, "UADA", "What is the salary band of level five?", None);
    until("a private answer", || slack.whispered("UADA").iter().any(|shown| shown.words().contains("71,000"))).await;
    assert!(!slack.posted("C1").iter().any(|shown| shown.words().contains("zebrafinch") || shown.words().contains("71,000")));

    let admin = |method: &str, path: &str, body: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        http::send_with(&server.address, method, path, &headers, body.as_bytes())
    };
    let channels: Value = admin("GET", "/api/v1/bot/channels", "").json();
    assert_eq!((&channels["channels"][0]["name"], &channels["channels"][0]["channel"]), (&json!("room-C1"), &json!("slack:T1:C1")));
    let changed = admin("PATCH", "/api/v1/bot/channels/slack:T1:C1", r#"{"visibility":"private"}"#);
    assert_eq!(changed.json()["visibility"], "private", "{}", changed.body);
    until("an empty queue", || admin("GET", "/metrics", "").body.contains("pinakes_bot_events_waiting 0")).await;
    drop(server);

    let golden = store.place("golden.jsonl");
    let made = store.json(0, &["eval", "golden-from-feedback", "--out", golden.to_str().unwrap()]);
    assert_eq!(made["questions"], 1, "{made}");
    let log = fs_err::read_to_string(store.place("data/audit/audit.jsonl")).unwrap();
    for noted in
        ["\"chat_linked\",\"target\":\"bob\",\"detail\":\"slack:T1:UBOB\"", "\"bot_channel_changed\"", "\"subject\":\"slack:T1:C1\""]
    {
        assert!(log.contains(noted), "{noted}: {log}");
    }
    store.json(0, &["audit", "verify"]);
}
