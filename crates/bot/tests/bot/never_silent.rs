//! Whoever addresses the bot gets an answer or a reason, whatever goes wrong.

use std::time::Duration;

use pinakes_bot::{Acceptance, Account, Event, Memory, Place, Rules, What};
use pinakes_config::limits::bot::EVENTS_WAITING_MAX;
use pinakes_types::Clock;
use serde_json::json;
use tokio::time::Instant;

use crate::doubles::Mood;
use crate::fake_slack::{BOT, TEAM, Trouble};
use crate::office::{Office, rules};

/// What the asker reads in a direct message when the engine is in that mood.
async fn said(mood: Mood, answer_time_max: Duration) -> String {
    let office = Office::with(Rules { answer_time_max, ..rules() }).await;
    office.library.mood(mood);
    let started = Instant::now();
    office.says("message", "D1", "UADA", "leave?", None).await;
    assert!(started.elapsed() < Duration::from_secs(1), "acknowledged late");
    office.settled().await;
    let [shown] = &office.slack.posted("D1")[..] else { panic!("{:?}", office.slack.posted("D1")) };
    shown.words()
}

#[tokio::test]
async fn an_engine_that_is_busy_broken_or_stuck_gives_a_reason() {
    let short = Duration::from_millis(300);
    assert!(said(Mood::Busy(2), Duration::from_secs(5)).await.contains("Ten days"), "busy for a while: it is asked again");
    assert!(said(Mood::Busy(usize::MAX), short).await.contains("Too many questions"));
    assert!(said(Mood::Hangs, short).await.contains("took too long"));
    let broken = said(Mood::Panics, short).await;
    assert!(broken.contains("went wrong"), "{broken}");
    let failed = said(Mood::Fails, short).await;
    assert!(failed.contains("went wrong") && !failed.contains("SECRET-PATH"), "{failed}");
    assert!(said(Mood::Ignorant, short).await.contains("No answer found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_within_a_second_and_shown_to_work_while_the_engine_hangs() {
    let office = Office::with(Rules { concurrent_max: 1, answer_time_max: Duration::from_millis(600), ..rules() }).await;
    office.library.mood(Mood::Hangs);
    for _ in 0..20 {
        let started = Instant::now();
        office.mention("C2", "UADA", "leave?", None).await;
        assert!(started.elapsed() < Duration::from_secs(1));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(office.slack.posted("C2").len(), 20, "each shows that it is worked on");
    office.settled().await;
    assert!(office.slack.posted("C2").iter().all(|shown| shown.words().contains("took too long")));
}

#[tokio::test]
async fn retry_after_is_waited_for_and_lost_answers_are_not_said_twice() {
    let office = Office::open().await;
    office.slack.state().streams = false;
    office.slack.trouble("chat.postMessage", [Trouble::Wait(1)]);
    office.slack.trouble("users.info", [Trouble::Wait(0), Trouble::Broken]);
    office.slack.trouble("conversations.members", [Trouble::Broken, Trouble::Lost]);
    let started = Instant::now();
    office.mention("C1", "UBOB", "leave?", None).await;
    office.settled().await;
    assert!(started.elapsed() >= Duration::from_secs(1));
    office.slack.trouble("chat.postMessage", [Trouble::Lost, Trouble::Lost, Trouble::Broken]);
    office.slack.trouble("chat.update", [Trouble::Lost, Trouble::Wait(0), Trouble::Broken]);
    office.mention("C1", "UBOB", "leave?", None).await;
    office.settled().await;
    let posted = office.slack.posted("C1");
    assert_eq!(posted.len(), 2, "{posted:?}");
    assert!(posted.iter().all(|shown| shown.words().contains("Ten days")));
}

#[tokio::test]
async fn what_could_not_be_said_for_long_is_said_after_a_restart() {
    let mut office = Office::with(Rules { retry_pause: Duration::from_millis(1), ..rules() }).await;
    office.slack.trouble("chat.postMessage", (0..1_000).map(|_| Trouble::Broken));
    office.says("message", "D1", "UADA", "leave?", None).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    office.slack.state().trouble.clear();
    office.kill();
    office.start().await;
    office.settled().await;
    let [shown] = &office.slack.posted("D1")[..] else { panic!() };
    assert!(shown.words().contains("Ten days"), "{shown:?}");
}

#[tokio::test]
async fn a_question_that_ends_the_process_again_and_again_is_given_up_with_a_reason() {
    let mut office = Office::open().await;
    office.library.mood(Mood::Hangs);
    office.says("message", "D1", "UADA", "leave?", None).await;
    for asked in 1..30 {
        // From the tenth on it is given time to say so.
        tokio::time::sleep(Duration::from_millis(if asked < 10 { 50 } else { 1_000 })).await;
        if office.memory.waiting().await.unwrap().is_empty() {
            break;
        }
        assert!(asked < 25, "it is never given up");
        office.kill();
        office.start().await;
    }
    let [shown] = &office.slack.posted("D1")[..] else { panic!() };
    assert!(shown.words().contains("tried several times"), "{shown:?}");
}

#[tokio::test]
async fn where_the_bot_was_sent_away_nothing_waits_for_ever() {
    let office = Office::with(Rules { retry_pause: Duration::from_millis(1), ..rules() }).await;
    office.slack.state().streams = false;
    office.slack.trouble("chat.postMessage", (0..100).map(|_| Trouble::Refuse("is_archived")));
    office.mention("C2", "UADA", "leave?", None).await;
    office.settled().await;
    assert_eq!(office.slack.count("chat.postMessage"), 3);
}

#[tokio::test]
async fn what_waited_for_days_gets_an_apology() {
    let mut office = Office::open().await;
    office.library.mood(Mood::Hangs);
    office.says("message", "D1", "UADA", "leave?", None).await;
    office.kill();
    office.clock.forward(25 * 3_600);
    office.start().await;
    office.settled().await;
    assert!(office.slack.posted("D1")[0].words().contains("away for too long"));
}

#[tokio::test]
async fn nothing_said_is_answered_with_help_and_nothing_found_with_a_refusal() {
    let office = Office::open().await;
    office.mention("C2", "UADA", "", None).await;
    office.says("message", "D1", "UADA", "help", None).await;
    office.command("C1", "UADA", "").await;
    office.settled().await;
    assert!(office.slack.whispered("UADA")[0].words().contains("Ask me anything"));
    assert!(office.slack.posted("D1")[0].words().contains("Ask me anything"));
    assert!(office.responded().to_string().contains("Ask me anything"));
    assert_eq!(office.library.asked().len(), 0);
}

#[tokio::test]
async fn a_spent_response_address_falls_back_to_a_whisper_and_that_to_a_direct_message() {
    let office = Office::open().await;
    office.slack.trouble("respond", [Trouble::Broken]);
    office.command("C1", "UADA", "leave?").await;
    office.settled().await;
    assert!(office.slack.whispered("UADA")[0].words().contains("Ten days"));
    // A channel the bot is not in.
    office.slack.trouble("respond", [Trouble::Broken]);
    office.command("C404", "UADA", "leave?").await;
    office.settled().await;
    assert!(office.slack.posted("UADA")[0].words().contains("Ten days"));
}

#[tokio::test]
async fn hostile_words_stay_words_and_links_are_not_unfolded() {
    let office = Office::open().await;
    office.slack.state().streams = false;
    office.library.0.lock().unwrap().documents = vec![(
        "<!channel> | <https://evil.example|x>".into(),
        "public".into(),
        "<!here> <@UBOB> <https://evil.example|click> &amp;".into(),
    )];
    office.mention("C1", "UBOB", "<!channel> what?", None).await;
    office.settled().await;
    let [shown] = &office.slack.posted("C1")[..] else { panic!() };
    let words = shown.body.to_string();
    assert!(!words.contains("<!") && !words.contains("<@") && !words.contains("<https://evil"), "{words}");
    assert!(words.contains("<https://kb.example/documents/"), "our own link stays: {words}");
    assert_eq!((&shown.body["unfurl_links"], &shown.body["unfurl_media"]), (&json!(false), &json!(false)));
}

#[tokio::test]
async fn a_very_long_answer_is_split_and_the_rest_is_on_the_page() {
    let office = Office::open().await;
    office.library.0.lock().unwrap().documents = vec![("Long".into(), "public".into(), "A & b <c>. ".repeat(5_000))];
    office.mention("C1", "UBOB", "all?", None).await;
    office.settled().await;
    let posted = office.slack.posted("C1");
    assert_eq!(posted.len(), 4);
    assert!(posted[3].words().contains("the rest is on the page"));
    assert!(posted[..3].iter().all(|shown| !shown.words().contains("pinakes_continue")) && posted[3].words().contains("pinakes_continue"));
}

#[tokio::test]
async fn whoever_comes_when_too_many_wait_is_told_so_once() {
    let office = Office::open().await;
    office.library.mood(Mood::Hangs);
    let event = |number: usize| json!({ "type": "app_mention", "user": "UADA", "text": format!("<@{BOT}> leave?"), "ts": format!("1.{number:06}"), "channel": "C1" });
    // Kept behind the bot's back: it works on none of them.
    for number in 0..EVENTS_WAITING_MAX {
        let account = Account { platform: "slack".into(), team: TEAM.into(), user: "UADA".into() };
        let place = Place { platform: "slack".into(), team: TEAM.into(), channel: "C1".into(), direct: false, thread: None };
        let what = What::Said { text: "leave?".into(), to_bot: true, to_other: false };
        let (id, message) = (format!("Waiting{number}"), Some(format!("0.{number:06}")));
        let kept = Event { id, message, from: account, place, received_at: office.clock.now(), response_url: None, what };
        assert_eq!(office.memory.accept(kept).await.unwrap(), Acceptance::New);
    }
    for _ in 0..3 {
        assert_eq!(office.event("EvLate", &event(1)).await.status, 503, "Slack sends it again");
    }
    let started = Instant::now();
    while office.slack.whispered("UADA").is_empty() {
        assert!(started.elapsed() < Duration::from_secs(10), "nobody was told");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let command = office.command("C1", "UADA", "leave?").await;
    assert!(
        command.status == 200 && command.body.contains("Too many questions") && command.body.contains("zu viele Fragen"),
        "{command:?}"
    );
    tokio::time::sleep(Duration::from_millis(50)).await;
    let [told] = &office.slack.whispered("UADA")[..] else { panic!("{:?}", office.slack.whispered("UADA")) };
    assert!(told.words().contains("Too many questions"), "{told:?}");
    assert!(office.slack.posted("C1").is_empty());
}
