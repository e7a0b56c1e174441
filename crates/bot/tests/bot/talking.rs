//! Threads, direct messages, settings, buttons, and an answer on its way.

use std::time::Duration;

use pinakes_api::Code;
use pinakes_bot::{ChannelSettings, Place};
use pinakes_types::{Principal, Scope};

use crate::doubles::Mood;
use crate::office::{Office, behind};

/// The conversations that the library was asked in, in order.
fn conversations(office: &Office) -> Vec<Option<String>> {
    office.library.asked().into_iter().map(|asked| asked.question.conversation).collect()
}

#[tokio::test]
async fn a_thread_is_a_conversation_that_its_asker_goes_on_with() {
    let office = Office::open().await;
    let ts = office.mention("C1", "UADA", "leave?", None).await;
    office.settled().await;
    assert_eq!(office.slack.posted("C1")[0].thread.as_ref(), Some(&ts), "the answer stands in the question's thread");
    office.says("message", "C1", "UADA", "and in Germany?", Some(&ts)).await;
    office.settled().await;
    office.mention("C1", "UBOB", "who approves it?", Some(&ts)).await;
    office.settled().await;
    // Others talk to one another.
    office.says("message", "C1", "UBOB", "thanks", Some(&ts)).await;
    office.says("message", "C1", "UADA", "<@UBOB> see?", Some(&ts)).await;
    office.says("message", "C1", "UADA", "lunch?", None).await;
    office.settled().await;
    let conversations = conversations(&office);
    assert_eq!(conversations.len(), 3, "{conversations:?}");
    assert!(conversations[0].is_some() && conversations.iter().all(|id| *id == conversations[0]));
    assert!(office.library.asked().iter().all(|asked| asked.subject == "slack:T1:C1"), "kept for the channel, not for a person");
    office.mention("C1", "UADA", "something else", None).await;
    office.settled().await;
    assert_ne!(self::conversations(&office).last(), conversations.first());
}

#[tokio::test]
async fn a_direct_message_goes_on_until_it_is_silent_for_long_or_begun_anew() {
    let office = Office::open().await;
    for (text, pause) in [("a", 0), ("b", 60), ("new", 0), ("c", 0), ("d", 3 * 3_600)] {
        office.clock.forward(pause);
        office.says("message", "D1", "UADA", text, None).await;
        office.settled().await;
    }
    let ids = conversations(&office);
    assert_eq!(ids.len(), 4);
    assert_eq!(ids[0], ids[1]);
    assert!(ids[1] != ids[2] && ids[2] != ids[3] && ids[0] != ids[3], "{ids:?}");
}

#[tokio::test]
async fn a_channel_is_set_up_by_command() {
    let office = Office::open().await;
    office.library.0.lock().unwrap().collections = vec![("handbook".into(), "public".into()), ("payroll".into(), "group:finance".into())];
    for setting in ["collection handbook", "answer always", "language de", "visibility private"] {
        office.command("C1", "UADA", &format!("settings {setting}")).await;
        office.settled().await;
    }
    assert!(office.responded().to_string().contains("visibility: private"));
    let place = Place { platform: "slack".into(), team: "T1".into(), channel: "C1".into(), direct: false, thread: None };
    let settings = office.bot.as_ref().unwrap().settings(&place).await.unwrap();
    assert_eq!(settings.collection.as_deref(), Some("handbook"));
    assert_ne!(settings, ChannelSettings::default());
    office.command("C1", "UADA", "settings colour red").await;
    office.settled().await;
    assert!(office.responded().to_string().contains("gibt es nicht"));
    for wrong in ["collection nonsense", "collection payroll"] {
        office.command("C1", "UBOB", &format!("settings {wrong}")).await;
        office.settled().await;
        assert!(office.responded().to_string().contains("gibt es für Sie nicht"), "{wrong}");
    }
    // Unknown people change nothing.
    office.command("C1", "UEVE", "settings visibility public").await;
    office.settled().await;
    assert_eq!(office.bot.as_ref().unwrap().settings(&place).await.unwrap(), settings);

    office.mention("C1", "UADA", "leave?", None).await;
    office.settled().await;
    assert!(office.slack.posted("C1").is_empty(), "private by the channel's own choice");
    assert!(office.slack.whispered("UADA").last().unwrap().words().contains("Das sehen nur Sie"));
    assert_eq!(office.library.asked().last().unwrap().question.collection.as_deref(), Some("handbook"));
}

#[tokio::test]
async fn a_channel_is_set_up_from_elsewhere_once_the_bot_was_asked_in_it() {
    let office = Office::open().await;
    office.library.0.lock().unwrap().collections = vec![("payroll".into(), "group:finance".into())];
    let bot = office.bot.as_ref().unwrap();
    let admin = Scope::check(&Principal::person("root", [])).unwrap();
    assert_eq!(bot.channels().await.unwrap(), []);
    assert_eq!(bot.change_channel(&admin, "slack:T1:C1", &[]).await.unwrap_err().code, Code::NotFound);
    office.mention("C1", "UADA", "leave?", None).await;
    office.says("message", "D1", "UADA", "settings language de", None).await;
    office.settled().await;
    let known = bot.channels().await.unwrap();
    assert_eq!(
        known.iter().map(|channel| (&*channel.key, channel.name.as_deref())).collect::<Vec<_>>(),
        [("slack:T1:C1", Some("room-C1"))]
    );
    for (name, value) in [("collection", "payroll"), ("collection", "none"), ("colour", "red"), ("answer", "never")] {
        let refused = bot.change_channel(&admin, "slack:T1:C1", &[("language", "de"), (name, value)]).await.unwrap_err();
        assert_eq!(refused.code, Code::BadRequest, "{name} {value}");
    }
    assert_eq!(bot.channels().await.unwrap(), known, "all changes or none");
    assert_eq!(bot.change_channel(&admin, "slack:T1:D1", &[]).await.unwrap_err().code, Code::NotFound, "somebody's own");
    let changed = bot.change_channel(&admin, "slack:T1:C1", &[("language", "de"), ("visibility", "private")]).await.unwrap();
    assert_eq!((bot.channels().await.unwrap(), changed.name.as_deref()), (vec![changed.clone()], Some("room-C1")));
    let noted = office.staff.1.lock().unwrap().clone();
    assert_eq!(
        noted,
        ["ada bot_channel_changed slack:T1:D1 language=de", "root bot_channel_changed slack:T1:C1 language=de visibility=private"]
    );
    office.mention("C1", "UADA", "leave?", None).await;
    office.settled().await;
    assert_eq!(office.slack.posted("C1").len(), 1, "in force for the next question");
}

#[tokio::test]
async fn a_collection_that_not_everyone_there_may_use_is_answered_from_privately() {
    let office = Office::open().await;
    office.library.0.lock().unwrap().collections = vec![("payroll".into(), "group:finance".into())];
    office.command("C1", "UADA", "settings collection payroll").await;
    office.settled().await;
    office.mention("C1", "UADA", "leave?", None).await;
    office.settled().await;
    assert!(office.slack.posted("C1").is_empty() && office.slack.whispered("UADA").last().unwrap().words().contains("Ten days"));
    // Alone with those who may, it answers before all.
    office.command("C2", "UADA", "settings collection payroll").await;
    office.mention("C2", "UADA", "leave?", None).await;
    office.settled().await;
    assert_eq!(office.slack.posted("C2").len(), 1);
}

#[tokio::test]
async fn what_is_counted_adds_up() {
    let office = Office::open().await;
    office.library.mood(Mood::Slow(Duration::from_millis(200)));
    for _ in 0..3 {
        office.mention("C2", "UADA", "leave?", None).await;
    }
    office.says("message", "C1", "UBOB", "lunch?", None).await;
    let bot = office.bot.as_ref().unwrap();
    let first = bot.figures();
    assert_eq!((first.accepted, first.passed_over, first.waiting), (3, 1, 3), "{first:?}");
    let mut most = 0;
    while bot.figures().waiting > 0 {
        most = most.max(bot.figures().running);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(most >= 1);
    let after = bot.figures();
    assert_eq!((after.waiting, after.running, after.given_up, after.tried_again), (0, 0, 0, 0), "{after:?}");
}

#[tokio::test]
async fn where_it_always_answers_it_is_silent_about_what_it_does_not_know() {
    let office = Office::open().await;
    office.command("C1", "UADA", "settings answer always").await;
    office.settled().await;
    office.says("message", "C1", "UBOB", "leave?", None).await;
    office.settled().await;
    assert_eq!(office.slack.posted("C1").len(), 1);
    office.library.mood(Mood::Ignorant);
    office.says("message", "C1", "UBOB", "nice weather", None).await;
    office.library.mood(Mood::Fails);
    office.says("message", "C1", "UEVE", "hello", None).await;
    office.settled().await;
    assert_eq!(office.slack.posted("C1").len(), 1);
    assert!(office.slack.whispered("UBOB").is_empty() && office.slack.whispered("UEVE").is_empty());
}

#[tokio::test]
async fn feedback_is_kept_for_whom_the_answer_was_made() {
    let office = Office::open().await;
    office.mention("C1", "UADA", "leave?", None).await;
    office.says("message", "D1", "UADA", "leave?", None).await;
    office.settled().await;
    let key = |channel: &str| behind(&office.slack.posted(channel)[0].body, "pinakes_up").unwrap();
    office.press("C1", "UBOB", "pinakes_up", &key("C1")).await;
    office.settled().await;
    office.press("D1", "UADA", "pinakes_down", &key("D1")).await;
    office.settled().await;
    assert!(office.responded().to_string().contains("Thank you"));
    // Somebody else's private answer, or one of another channel, cannot be judged.
    office.press("D1", "UBOB", "pinakes_down", &key("D1")).await;
    office.press("C2", "UADA", "pinakes_down", &key("C1")).await;
    office.press("C1", "UADA", "pinakes_down", "no such answer").await;
    office.settled().await;
    let feedback = office.library.0.lock().unwrap().feedback.clone();
    let shown: Vec<_> = feedback.iter().map(|(owner, _, helped, by)| (owner.as_str(), *helped, by.as_str())).collect();
    assert_eq!(shown, [("slack:T1:C1", true, "slack:T1:UBOB"), ("ada", false, "slack:T1:UADA")]);
}

#[tokio::test]
async fn an_answer_grows_where_slack_lets_it_and_is_updated_elsewhere() {
    for streams in [true, false] {
        let office = Office::open().await;
        office.slack.state().streams = streams;
        office.library.mood(Mood::Slow(Duration::from_millis(160)));
        office.mention("C2", "UADA", "leave?", None).await;
        office.settled().await;
        let [shown] = &office.slack.posted("C2")[..] else { panic!() };
        assert!(!shown.grows && shown.words().contains("Ten days"));
        let (appended, updated) = (office.slack.count("chat.appendStream"), office.slack.count("chat.update"));
        assert!(if streams { appended >= 2 && updated == 1 } else { appended == 0 && updated >= 3 }, "{streams}: {appended} {updated}");
        assert_eq!(office.slack.count("chat.startStream"), 1, "asked for once, then known");
        office.mention("C2", "UADA", "leave?", None).await;
        office.settled().await;
        assert_eq!(office.slack.count("chat.startStream"), if streams { 2 } else { 1 });
    }
}

#[tokio::test]
async fn updates_keep_their_distance() {
    let mut office = Office::open().await;
    office.kill();
    office.rules.update_interval = Duration::from_millis(400);
    office.slack.state().streams = false;
    office.library.mood(Mood::Slow(Duration::from_millis(400)));
    office.start().await;
    let started = tokio::time::Instant::now();
    office.mention("C2", "UADA", "leave?", None).await;
    office.settled().await;
    let most = started.elapsed().as_millis() as usize / 400 + 2;
    assert!(office.slack.count("chat.update") <= most, "{} updates", office.slack.count("chat.update"));
}
