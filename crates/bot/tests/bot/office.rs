//! An office: a Slack, a bot in it, people, documents, and the ways to talk to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pinakes_bot::{
    Bot, BotParts, Delivery, HttpReply, Memory, MemoryStub, Rules, Secret, Slack, SlackConfig, SlackGate, SlackRequest, slack_signature,
};
use pinakes_types::Clock;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::doubles::{Hands, Library, Staff};
use crate::fake_slack::{BOT, FakeSlack, TEAM};

pub(crate) const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
pub(crate) const NOW: i64 = 1_700_000_000;

pub(crate) struct Office {
    pub(crate) slack: FakeSlack,
    pub(crate) library: Library,
    pub(crate) staff: Staff,
    pub(crate) memory: MemoryStub,
    pub(crate) clock: Hands,
    pub(crate) rules: Rules,
    pub(crate) bot: Option<Arc<Bot>>,
    pub(crate) gate: Option<SlackGate>,
    numbers: AtomicUsize,
}

/// Rules with a test's patience.
pub(crate) fn rules() -> Rules {
    Rules {
        answer_time_max: Duration::from_secs(5),
        update_interval: Duration::from_millis(5),
        retry_pause: Duration::from_millis(20),
        page_url: Some("https://kb.example".into()),
        ..Rules::default()
    }
}

impl Office {
    /// Ada reads finance, Bob reads nothing special, Eve has no account here; C1 holds Ada and Bob, C2 Ada alone, C3 Ada and Eve.
    pub(crate) async fn open() -> Self {
        Self::with(rules()).await
    }

    pub(crate) async fn with(rules: Rules) -> Self {
        let slack = FakeSlack::start().await;
        let library = Library::new(&[
            ("Handbook", "public", "Ten days of leave carry over."),
            ("Payroll", "group:finance", "CANARY-FINANCE earns 90,000."),
        ]);
        let staff = Staff::default();
        staff.hire("ada@acme.example", &["group:finance"]);
        staff.hire("bob@acme.example", &[]);
        for (id, email) in [("UADA", "ada@acme.example"), ("UBOB", "bob@acme.example"), ("UEVE", "eve@acme.example")] {
            slack.member(id, email);
        }
        slack.channel("C1", &["UADA", "UBOB"]);
        slack.channel("C2", &["UADA"]);
        slack.channel("C3", &["UADA", "UEVE"]);
        let memory = MemoryStub::default();
        let mut office =
            Self { slack, library, staff, memory, clock: Hands::at(NOW), rules, bot: None, gate: None, numbers: AtomicUsize::new(1) };
        office.start().await;
        office
    }

    /// Starts the bot, as after a restart of the machine.
    pub(crate) async fn start(&mut self) {
        let slack = self.platform();
        let parts = BotParts {
            platform: slack.clone(),
            answers: Arc::new(self.library.clone()),
            people: Arc::new(self.staff.clone()),
            memory: Arc::new(self.memory.clone()),
            clock: Arc::new(self.clock.clone()),
        };
        let bot = Bot::start(parts, self.rules.clone()).await.unwrap();
        self.gate = Some(SlackGate::new(Arc::clone(&bot), slack, Secret::new(SECRET), Arc::new(self.clock.clone())));
        self.bot = Some(bot);
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        self.gate = None;
        self.bot = None;
    }

    pub(crate) fn platform(&self) -> Arc<Slack> {
        let config = SlackConfig { api_url: self.slack.url.clone(), bot_token: Secret::new("xoxb-1"), app_token: Secret::new("xapp-1") };
        Slack::new(config).unwrap()
    }

    pub(crate) fn number(&self) -> usize {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) async fn send(&self, delivery: Delivery, body: &[u8]) -> HttpReply {
        let timestamp = (self.clock.now().0 / 1_000).to_string();
        let signature = slack_signature(&Secret::new(SECRET), &timestamp, body);
        let request = SlackRequest { delivery, timestamp: Some(&timestamp), signature: Some(&signature), body };
        self.gate.as_ref().expect("the bot runs").receive(&request).await
    }

    pub(crate) async fn event(&self, id: &str, event: &Value) -> HttpReply {
        let body = json!({
            "type": "event_callback", "event_id": id, "team_id": TEAM, "event": event,
            "authorizations": [{ "user_id": BOT, "is_bot": true, "team_id": TEAM }],
        });
        self.send(Delivery::Events, body.to_string().as_bytes()).await
    }

    /// Somebody mentions the bot; its `ts` comes back.
    pub(crate) async fn mention(&self, channel: &str, user: &str, text: &str, thread: Option<&str>) -> String {
        self.says("app_mention", channel, user, &format!("<@{BOT}> {text}"), thread).await
    }

    pub(crate) async fn says(&self, kind: &str, channel: &str, user: &str, text: &str, thread: Option<&str>) -> String {
        let number = self.number();
        let ts = format!("1700000000.{number:06}");
        let mut event = json!({ "type": kind, "user": user, "text": text, "ts": ts, "channel": channel });
        if let Some(thread) = thread {
            event["thread_ts"] = thread.into();
        }
        let reply = self.event(&format!("Ev{number}"), &event).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        ts
    }

    /// Somebody gives the command; what they see at once comes back.
    pub(crate) async fn command(&self, channel: &str, user: &str, text: &str) -> HttpReply {
        let number = self.number();
        let base = self.slack.url.trim_end_matches("/api");
        let fields = [
            ("team_id", TEAM),
            ("channel_id", channel),
            ("user_id", user),
            ("command", "/ask"),
            ("text", text),
            ("response_url", &format!("{base}/respond/{number}")),
            ("trigger_id", &format!("{number}.1")),
        ];
        let encoded = fields.map(|(name, value)| format!("{name}={}", encode(value))).join("&");
        self.send(Delivery::Commands, encoded.as_bytes()).await
    }

    /// Somebody presses a button of a message.
    pub(crate) async fn press(&self, channel: &str, user: &str, button: &str, value: &str) {
        let number = self.number();
        let base = self.slack.url.trim_end_matches("/api");
        let payload = json!({
            "type": "block_actions", "team": { "id": TEAM }, "user": { "id": user }, "channel": { "id": channel },
            "container": { "type": "message", "is_ephemeral": true },
            "actions": [{ "type": "button", "action_id": button, "value": value }],
            "response_url": format!("{base}/respond/{number}"), "trigger_id": format!("{number}.2"),
        });
        let reply = self.send(Delivery::Interactions, format!("payload={}", encode(&payload.to_string())).as_bytes()).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// Waits until everything is answered.
    pub(crate) async fn settled(&self) {
        let started = Instant::now();
        while !self.memory.waiting().await.unwrap().is_empty() {
            assert!(started.elapsed() < Duration::from_secs(60), "still waiting: {:?}", self.memory.waiting().await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The last thing sent to a response address.
    pub(crate) fn responded(&self) -> Value {
        self.slack.state().responses.last().expect("something was responded").1.clone()
    }
}

/// The value behind a button of a message.
pub(crate) fn behind(body: &Value, button: &str) -> Option<String> {
    let elements = body["blocks"].as_array()?.iter().filter_map(|block| block["elements"].as_array()).flatten();
    elements.filter(|element| element["action_id"] == button).find_map(|element| element["value"].as_str().map(str::to_owned))
}

pub(crate) fn encode(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
