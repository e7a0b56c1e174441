//! The same in a chat: nobody is shown a word of a document they may not read just then, in a channel, a thread, a direct message or
//! behind a command. Sharing against a warning is left out, as it means just that.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pinakes_bot::{
    Bot, BotParts, Delivery, Memory, MemoryStub, Rules, Secret, Slack, SlackConfig, SlackGate, SlackRequest, slack_signature,
};
use pinakes_types::Clock;
use serde_json::{Value, json};

use crate::Dice;
use crate::bot_answers::LibraryAnswers;
use crate::bot_people::Staff;
use crate::fake_slack::{BOT, FakeSlack, TEAM};
use crate::oracle::{DOCUMENTS, Oracle, PEOPLE, code, words_of};
use crate::world::{Still, World};

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const CHANNELS: usize = 4;

/// A workspace in which the people of a world talk.
struct Workspace {
    slack: FakeSlack,
    memory: MemoryStub,
    gate: SlackGate,
    channels: Vec<Vec<usize>>,
    /// Messages and responses that were looked at.
    seen: (usize, usize),
    number: usize,
}

impl Workspace {
    async fn of(world: &World, dice: &mut Dice) -> Self {
        let slack = FakeSlack::start().await;
        for person in 0..PEOPLE {
            slack.member(&format!("U{person}"), &format!("person{person}@acme.example"));
            world.accounts.link_chat("test", &format!("slack:{TEAM}:U{person}"), &format!("person{person}")).await.unwrap();
        }
        let mut channels = Vec::new();
        for channel in 0..CHANNELS {
            let first = dice.below(PEOPLE);
            let members: Vec<usize> = (0..PEOPLE).filter(|person| *person == first || dice.one_in(2)).collect();
            let names: Vec<String> = members.iter().map(|person| format!("U{person}")).collect();
            slack.channel(&format!("C{channel}"), &names.iter().map(String::as_str).collect::<Vec<_>>());
            channels.push(members);
        }
        let config = SlackConfig { api_url: slack.url.clone(), bot_token: Secret::new("xoxb-1"), app_token: Secret::default() };
        let (platform, memory) = (Slack::new(config).unwrap(), MemoryStub::default());
        let parts = BotParts {
            platform: platform.clone(),
            answers: Arc::new(LibraryAnswers(world.library.clone())),
            people: Arc::new(Staff(world.access.clone())),
            memory: Arc::new(memory.clone()),
            clock: Arc::new(Still),
        };
        let rules = Rules { update_interval: Duration::from_millis(5), retry_pause: Duration::from_millis(5), ..Rules::default() };
        let bot = Bot::start(parts, rules).await.unwrap();
        let gate = SlackGate::new(bot, platform, Secret::new(SECRET), Arc::new(Still));
        Self { slack, memory, gate, channels, seen: (0, 0), number: 0 }
    }

    async fn send(&self, delivery: Delivery, body: &str) {
        let timestamp = (Still.now().0 / 1_000).to_string();
        let signature = slack_signature(&Secret::new(SECRET), &timestamp, body.as_bytes());
        let request = SlackRequest { delivery, timestamp: Some(&timestamp), signature: Some(&signature), body: body.as_bytes() };
        assert_eq!(self.gate.receive(&request).await.status, 200);
    }

    /// Somebody says or does something; it is over when this returns.
    async fn happens(&mut self, dice: &mut Dice) -> String {
        self.number += 1;
        let number = self.number;
        let channel = dice.below(CHANNELS);
        let members = &self.channels[channel];
        let person = members[dice.below(members.len())];
        let question = format!("What does the travel plan of team {} cost?", code(dice.below(DOCUMENTS)));
        let text = if dice.one_in(3) { "Who signs it?".to_owned() } else { question };
        let ts = format!("1700000000.{number:06}");
        let event = |event: Value| {
            json!({ "type": "event_callback", "event_id": format!("Ev{number}"), "team_id": TEAM, "event": event,
            "authorizations": [{ "user_id": BOT, "is_bot": true }] })
        };
        let (what, delivery, body) = match dice.below(5) {
            0 => {
                let said =
                    json!({ "type": "message", "user": format!("U{person}"), "channel": format!("D{person}"), "ts": ts, "text": text });
                (format!("person {person} directly: {text}"), Delivery::Events, event(said).to_string())
            }
            1 => {
                let fields = [
                    ("team_id", TEAM),
                    ("channel_id", &format!("C{channel}")),
                    ("user_id", &format!("U{person}")),
                    ("text", &text),
                    ("response_url", &format!("{}/respond/U{person}", self.slack.url.trim_end_matches("/api"))),
                    ("trigger_id", &ts),
                ];
                let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
                let body = fields.map(|(name, value)| format!("{name}={}", encode(value))).join("&");
                (format!("person {person} in channel {channel} by command: {text}"), Delivery::Commands, body)
            }
            // Mentions in a few threads, so that what was said before rights changed is gone on with.
            way => {
                let mut said = json!({ "type": "app_mention", "user": format!("U{person}"), "channel": format!("C{channel}"), "ts": ts,
                    "text": format!("<@{BOT}> {text}") });
                if way > 2 {
                    said["thread_ts"] = format!("1600000000.00000{channel}").into();
                }
                (format!("person {person} in channel {channel}: {text}"), Delivery::Events, event(said).to_string())
            }
        };
        self.send(delivery, &body).await;
        let started = Instant::now();
        while !self.memory.waiting().await.unwrap().is_empty() {
            assert!(started.elapsed() < Duration::from_secs(60), "{what} is not answered");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        what
    }

    /// What was shown since the last look, with those who see it.
    fn shown(&mut self) -> Vec<(Vec<usize>, String)> {
        let state = self.slack.state();
        let person = |user: &str| user.trim_start_matches('U').parse::<usize>().unwrap();
        let said = state.messages[self.seen.0..].iter().map(|shown| {
            let readers = match (&shown.only, shown.channel.split_at(1)) {
                (Some(user), _) => vec![person(user)],
                (None, ("C", channel)) => self.channels[channel.parse::<usize>().unwrap()].clone(),
                (None, (_, direct)) => vec![direct.parse().unwrap()],
            };
            (readers, shown.words())
        });
        let responded = state.responses[self.seen.1..].iter();
        let responded = responded.map(|(path, body)| (vec![person(path.rsplit('/').next().unwrap())], body.to_string()));
        let all = said.chain(responded).collect();
        self.seen = (state.messages.len(), state.responses.len());
        all
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_in_a_chat_is_shown_a_word_of_what_they_may_not_read() {
    let Some(world) = World::new().await else { return };
    let (rounds, events) = if crate::support::full() { (40, 40) } else { (4, 25) };
    let mut given = 0;
    for round in 0..rounds {
        let seed = 0xc4a7_0000 + round as u64;
        let mut dice = Dice::new(seed);
        let mut oracle = Oracle::deal(&mut dice);
        world.apply(&oracle).await;
        let mut workspace = Workspace::of(&world, &mut dice).await;
        for step in 0..events {
            if dice.one_in(3) {
                oracle.change(&mut dice, &world).await;
            }
            let what = workspace.happens(&mut dice).await;
            for (readers, words) in workspace.shown() {
                for document in 0..DOCUMENTS {
                    let shows = words_of(document).iter().any(|word| words.contains(word.as_str()));
                    let blind: Vec<_> = readers.iter().filter(|person| !oracle.may_read(**person, document)).collect();
                    assert!(
                        !shows || blind.is_empty(),
                        "seed {seed:#x}, step {step}: {what} showed {blind:?} document {document}: {words}"
                    );
                    given += usize::from(shows);
                }
            }
        }
    }
    assert!(given > rounds * 5, "{given} documents were shown in {rounds} rounds");
    eprintln!("{rounds} rounds of {events} events, {given} times a document was shown, to nobody who may not read it");
}
