//! Whatever repeats, reorders or ends in the middle: one answer each.

use std::collections::BTreeMap;
use std::time::Duration;

use pinakes_bot::{Delivery, SlackRequest};
use serde_json::json;
use tokio::time::Instant;

use crate::doubles::Mood;
use crate::fake_slack::{BOT, FakeSlack, Trouble};
use crate::office::{NOW, Office, rules};

/// A small generator of numbers, so that a failure can be run again.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }
}

/// How often each question of ours was answered, by the words after it in the answer.
fn answers(slack: &FakeSlack, channel: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for shown in slack.posted(channel) {
        assert!(!shown.grows, "left growing: {shown:?}");
        let words = shown.words();
        let question = words.split("(question ").nth(1).and_then(|rest| rest.split(')').next());
        *counts.entry(question.unwrap_or("?").to_owned()).or_default() += 1;
    }
    counts
}

/// RELIABILITY.md W10.
async fn storm(streams: bool, seed: u64) {
    const EVENTS: usize = 500;
    let mut random = Seeded(seed);
    let mut office = Office::with(pinakes_bot::Rules { concurrent_max: 8, ..rules() }).await;
    office.slack.state().streams = streams;
    office.library.mood(Mood::Slow(Duration::from_millis(2)));
    let mut deliveries: Vec<usize> = (0..EVENTS).collect();
    for _ in 0..EVENTS * 3 / 10 {
        let repeated = random.below(EVENTS);
        for _ in 0..1 + random.below(3) {
            deliveries.insert(random.below(deliveries.len()), repeated);
        }
    }
    for _ in 0..EVENTS / 10 {
        let (a, b) = (random.below(deliveries.len()), random.below(deliveries.len()));
        deliveries.swap(a, b);
    }
    // Some answers of Slack are lost or late, and the process ends three times in the middle.
    office.slack.trouble("chat.postMessage", (0..20).map(|n| if n % 2 == 0 { Trouble::Lost } else { Trouble::Wait(0) }));
    office.slack.trouble("chat.startStream", (0..20).map(|n| if n % 2 == 0 { Trouble::Lost } else { Trouble::Broken }));
    office.slack.trouble("chat.update", (0..20).map(|n| if n % 2 == 0 { Trouble::Lost } else { Trouble::Wait(0) }));
    let mut slowest = Duration::ZERO;
    for (at, number) in deliveries.iter().enumerate() {
        if [200, 400, 600].contains(&at) {
            office.kill();
            office.start().await;
        }
        // Every third message is reported twice, as a mention and as a message.
        let (id, kind) = if at % 3 == 0 { (format!("M{number}"), "message") } else { (format!("Ev{number}"), "app_mention") };
        let event = json!({ "type": kind, "user": "UADA", "channel": "C2", "ts": format!("1700000000.{number:06}"),
            "text": format!("<@{BOT}> question {number}") });
        let started = Instant::now();
        assert_eq!(office.event(&id, &event).await.status, 200);
        slowest = slowest.max(started.elapsed());
        if at % 7 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    office.settled().await;
    let mut threads = BTreeMap::<_, Vec<String>>::new();
    for shown in office.slack.posted("C2") {
        threads.entry(shown.thread.clone()).or_default().push(shown.body["text"].as_str().unwrap_or("?").to_owned());
    }
    threads.retain(|_, said| said.len() != 1 || !said[0].contains("(question"));
    assert!(threads.is_empty(), "seed {seed}: {threads:?}");
    let counts = answers(&office.slack, "C2");
    let wrong: Vec<_> = counts.iter().filter(|(_, count)| **count != 1).collect();
    assert!(wrong.is_empty() && counts.len() == EVENTS, "seed {seed}: {} questions answered, wrong: {wrong:?}", counts.len());
    assert!(slowest < Duration::from_secs(1), "acknowledged after {slowest:?}");
    eprintln!("seed {seed}, streams {streams}: {} deliveries, slowest acknowledgement {slowest:?}", deliveries.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_events_repeated_reordered_and_killed_get_one_answer_each() {
    storm(false, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_with_messages_that_grow() {
    storm(true, 2).await;
}

#[tokio::test]
async fn what_is_not_from_slack_is_turned_away_before_it_is_read() {
    let office = Office::open().await;
    let gate = office.gate.as_ref().unwrap();
    let now = NOW.to_string();
    let stale = (NOW - 301).to_string();
    let body = br#"{"type":"url_verification","challenge":"c"}"#;
    let signed = |timestamp: &str| pinakes_bot::slack_signature(&pinakes_bot::Secret::new(crate::office::SECRET), timestamp, body);
    for (timestamp, signature) in
        [(Some(&*now), None), (None, Some(signed(&now))), (Some(&*now), Some("v0=1".into())), (Some(&*stale), Some(signed(&stale)))]
    {
        let request = SlackRequest { delivery: Delivery::Events, timestamp, signature: signature.as_deref(), body };
        assert_eq!(gate.receive(&request).await.status, 401);
    }
    let reply = office.send(Delivery::Events, body).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, r#"{"challenge":"c"}"#));
    assert_eq!(office.send(Delivery::Events, b"{").await.status, 400);
}

#[tokio::test]
async fn an_edited_question_is_answered_in_the_place_of_the_first_answer() {
    let office = Office::open().await;
    let ts = office.mention("C1", "UBOB", "question 1", None).await;
    office.settled().await;
    let edit = json!({ "type": "message", "subtype": "message_changed", "channel": "C1", "ts": "9.9",
        "message": { "type": "message", "user": "UBOB", "text": format!("<@{BOT}> question 2"), "ts": ts },
        "previous_message": { "type": "message", "user": "UBOB", "text": format!("<@{BOT}> question 1"), "ts": ts } });
    assert_eq!(office.event("EvEdit", &edit).await.status, 200);
    office.settled().await;
    assert_eq!(answers(&office.slack, "C1"), BTreeMap::from([("2".to_owned(), 1)]));
    // The same edit again, and one of a message that was never for the bot.
    office.event("EvEdit", &edit).await;
    let other = json!({ "type": "message", "subtype": "message_changed", "channel": "C1", "ts": "9.9",
        "message": { "user": "UBOB", "text": "b", "ts": "5.5" }, "previous_message": { "user": "UBOB", "text": "a", "ts": "5.5" } });
    office.event("EvOther", &other).await;
    office.settled().await;
    assert_eq!(office.slack.posted("C1").len(), 1);
}

#[tokio::test]
async fn words_that_change_while_the_first_are_answered_still_get_one_answer() {
    let office = Office::open().await;
    office.library.mood(Mood::Slow(Duration::from_millis(100)));
    let ts = office.mention("C1", "UBOB", "question 1", None).await;
    for (number, pause_ms) in [(2, 0), (3, 60), (4, 5)] {
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        let edit = json!({ "type": "message", "subtype": "message_changed", "channel": "C1", "ts": "9.9",
            "message": { "user": "UBOB", "text": format!("<@{BOT}> question {number}"), "ts": ts },
            "previous_message": { "user": "UBOB", "text": "before", "ts": ts } });
        assert_eq!(office.event(&format!("EvEdit{number}"), &edit).await.status, 200);
    }
    office.settled().await;
    assert_eq!(answers(&office.slack, "C1"), BTreeMap::from([("4".to_owned(), 1)]));
}

#[tokio::test]
async fn the_last_edit_counts_in_whatever_order_edits_and_their_message_come() {
    let office = Office::open().await;
    let message = |number: usize| json!({ "user": "UBOB", "text": format!("<@{BOT}> question {number}"), "ts": "1.000001" });
    let edit = |number: usize, at: &str| {
        json!({ "type": "message", "subtype": "message_changed", "channel": "C1", "ts": at, "message": message(number),
            "previous_message": { "user": "UBOB", "text": "before", "ts": "1.000001" } })
    };
    assert_eq!(office.event("EvEdit2", &edit(2, "2.000000")).await.status, 200);
    let mut first = message(1);
    first.as_object_mut().unwrap().extend(json!({ "type": "app_mention", "channel": "C1" }).as_object().unwrap().clone());
    assert_eq!(office.event("EvFirst", &first).await.status, 200);
    office.settled().await;
    assert_eq!(answers(&office.slack, "C1"), BTreeMap::from([("2".to_owned(), 1)]), "the edit came first");
    for (number, at) in [(4, "4.000000"), (3, "3.000000")] {
        assert_eq!(office.event(&format!("EvEdit{number}"), &edit(number, at)).await.status, 200);
    }
    office.settled().await;
    assert_eq!(answers(&office.slack, "C1"), BTreeMap::from([("4".to_owned(), 1)]), "an older edit came last");
}

#[tokio::test]
async fn own_messages_and_other_bots_are_ignored() {
    let office = Office::open().await;
    for extra in [json!({"user": BOT}), json!({"bot_id": "B7", "user": "UADA"}), json!({"subtype": "bot_message"})] {
        let mut event = json!({ "type": "message", "channel": "D1", "ts": "1.1", "text": "question 1" });
        event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        assert_eq!(office.event("EvX", &event).await.status, 200);
    }
    office.settled().await;
    assert!(office.slack.state().messages.is_empty() && office.library.asked().is_empty());
}
