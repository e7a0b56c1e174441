//! What is said before whom. The canary stands in a document that only finance may read.

use pinakes_bot::{Rules, UnknownSenders};
use serde_json::json;

use crate::office::{Office, behind, rules};

const CANARY: &str = "CANARY-FINANCE";

#[tokio::test]
async fn in_a_channel_only_what_every_member_may_read_is_said() {
    let office = Office::open().await;
    office.mention("C1", "UADA", "what is there?", None).await;
    office.settled().await;
    let [shown] = &office.slack.posted("C1")[..] else { panic!() };
    assert!(shown.words().contains("Ten days") && !shown.words().contains(CANARY), "{shown:?}");
    assert!(shown.words().contains("everyone here may read"));
    // Alone with the bot in a channel, she gets all she may read.
    office.mention("C2", "UADA", "what is there?", None).await;
    office.settled().await;
    assert!(office.slack.posted("C2")[0].words().contains(CANARY));
}

#[tokio::test]
async fn what_only_the_asker_may_read_is_whispered_and_the_channel_hears_the_same_as_without_it() {
    let office = Office::open().await;
    office.library.0.lock().unwrap().documents.remove(0);
    let said = |office: &Office| office.slack.posted("C1").iter().map(|shown| shown.body["text"].clone()).collect::<Vec<_>>();
    office.mention("C1", "UADA", "pay?", None).await;
    office.settled().await;
    let with_secret = said(&office);
    let [whispered] = &office.slack.whispered("UADA")[..] else { panic!("{:?}", office.slack.state().messages) };
    assert!(whispered.words().contains(CANARY) && whispered.words().contains("Only you see this"));
    assert!(whispered.thread.is_some());
    office.library.0.lock().unwrap().documents.clear();
    office.mention("C1", "UADA", "pay?", None).await;
    office.settled().await;
    let without = said(&office);
    assert_eq!(without[0], without[1]);
    assert_eq!(with_secret[0], without[0]);
    assert_eq!(office.slack.whispered("UADA").len(), 1);
}

#[tokio::test]
async fn guests_strangers_and_people_switched_off_keep_a_channel_private() {
    for change in ["guest", "stranger", "off"] {
        let office = Office::open().await;
        match change {
            "guest" => office.slack.state().users.get_mut("UEVE").unwrap()["is_restricted"] = true.into(),
            "stranger" => office.slack.state().users.get_mut("UEVE").unwrap()["is_stranger"] = true.into(),
            _ => {
                office.staff.hire("eve@acme.example", &[]);
                office.staff.switch_off("eve@acme.example");
            }
        }
        office.mention("C3", "UADA", "what is there?", None).await;
        office.settled().await;
        assert!(office.slack.posted("C3").is_empty(), "{change}: {:?}", office.slack.posted("C3"));
        let last = office.slack.whispered("UADA").pop().unwrap();
        assert!(last.words().contains(CANARY), "{change}");
    }
}

#[tokio::test]
async fn before_a_member_without_an_account_only_what_is_public_is_said() {
    let office = Office::open().await;
    office.mention("C3", "UADA", "what is there?", None).await;
    office.settled().await;
    let words = office.slack.posted("C3")[0].words();
    assert!(words.contains("Ten days") && !words.contains(CANARY));
}

#[tokio::test]
async fn a_large_channel_is_looked_up_at_once_and_a_stranger_in_it_is_found() {
    let office = Office::open().await;
    let members: Vec<String> = (0..300).map(|number| format!("UM{number}")).collect();
    for member in &members {
        office.slack.member(member, &format!("{member}@acme.example"));
    }
    let all: Vec<&str> = members.iter().map(String::as_str).chain(["UADA"]).collect();
    office.slack.channel("CALL", &all);
    office.mention("CALL", "UADA", "what is there?", None).await;
    office.settled().await;
    let words = office.slack.posted("CALL")[0].words();
    assert!(words.contains("Ten days") && !words.contains(CANARY));
    assert!(office.slack.count("users.list") == 1 && office.slack.count("users.info") <= 2, "{}", office.slack.count("users.info"));
    office.slack.state().users.get_mut("UM7").unwrap()["is_stranger"] = true.into();
    office.slack.channel("CALL2", &all);
    let mut fresh = office;
    fresh.kill();
    fresh.start().await;
    fresh.mention("CALL2", "UADA", "what is there?", None).await;
    fresh.settled().await;
    assert!(fresh.slack.posted("CALL2").is_empty());
}

#[tokio::test]
async fn an_address_that_nobody_vouches_for_is_nobodys() {
    let office = Office::open().await;
    for (flag, value) in [("is_email_confirmed", false), ("is_stranger", true)] {
        let mut user = json!({ "id": "UMAL", "is_email_confirmed": true, "profile": { "email": "ada@acme.example" } });
        user[flag] = value.into();
        office.slack.state().users.insert(format!("UMAL-{flag}"), user);
        office.says("message", "D1", &format!("UMAL-{flag}"), "pay?", None).await;
    }
    office.settled().await;
    assert_eq!(office.slack.posted("D1").len(), 2);
    assert!(office.slack.posted("D1").iter().all(|shown| shown.words().contains("I do not know you yet")));
    assert!(office.library.asked().is_empty());
}

#[tokio::test]
async fn unknown_senders_get_a_reason_and_a_way_in_or_what_is_public() {
    let office = Office::open().await;
    office.mention("C3", "UEVE", "what is there?", None).await;
    office.settled().await;
    assert!(office.slack.posted("C3").is_empty());
    let [reason] = &office.slack.whispered("UEVE")[..] else { panic!() };
    for words in ["eve@acme.example", "slack:T1:UEVE", "https://kb.example", "administrator"] {
        assert!(reason.words().contains(words), "{words}: {reason:?}");
    }
    let open = Office::with(Rules { unknown_senders: UnknownSenders::Public, ..rules() }).await;
    open.says("message", "D9", "UEVE", "what is there?", None).await;
    open.settled().await;
    let words = open.slack.posted("D9")[0].words();
    assert!(words.contains("Ten days") && !words.contains(CANARY), "{words}");
}

#[tokio::test]
async fn a_command_is_answered_privately_and_shared_only_after_a_warning() {
    let office = Office::open().await;
    let at_once = office.command("C1", "UADA", "what is there?").await;
    assert!(at_once.body.contains("ephemeral"), "{at_once:?}");
    office.settled().await;
    let answer = office.responded();
    assert!(answer.to_string().contains(CANARY) && answer["response_type"] == "ephemeral");
    let key = behind(&answer, "pinakes_share").unwrap();

    // Bob cannot share what is not his, even if he knew the key.
    office.press("C1", "UBOB", "pinakes_share", &key).await;
    office.press("C1", "UBOB", "pinakes_share_anyway", &key).await;
    office.settled().await;
    assert!(office.responded().to_string().contains("Only who asked"));
    assert!(office.slack.posted("C1").is_empty());

    office.press("C1", "UADA", "pinakes_share", &key).await;
    office.settled().await;
    let warning = office.responded();
    assert!(warning.to_string().contains("Payroll") && !warning.to_string().contains(CANARY) && warning["replace_original"] == true);
    assert!(!warning.to_string().contains("Handbook"), "everybody may read that one");
    assert!(office.slack.posted("C1").is_empty());

    let anyway = behind(&warning, "pinakes_share_anyway").unwrap();
    office.press("C1", "UADA", "pinakes_share_anyway", &anyway).await;
    office.press("C1", "UADA", "pinakes_share_anyway", &anyway).await;
    office.settled().await;
    let [shared] = &office.slack.posted("C1")[..] else { panic!("{:?}", office.slack.posted("C1")) };
    assert!(shared.words().contains(CANARY) && shared.words().contains("Shared by UADA"));
}

#[tokio::test]
async fn what_all_may_read_is_shared_at_once_and_what_was_revoked_not_at_all() {
    let office = Office::open().await;
    office.library.0.lock().unwrap().documents.remove(1);
    office.command("C1", "UADA", "leave?").await;
    office.settled().await;
    let key = behind(&office.responded(), "pinakes_share").unwrap();
    office.press("C1", "UADA", "pinakes_share", &key).await;
    office.settled().await;
    assert_eq!(office.slack.posted("C1").len(), 1);

    office.command("C1", "UADA", "leave again?").await;
    office.settled().await;
    let key = behind(&office.responded(), "pinakes_share").unwrap();
    office.library.0.lock().unwrap().documents[0].1 = "group:board".into();
    office.press("C1", "UADA", "pinakes_share_anyway", &key).await;
    office.settled().await;
    assert!(office.responded().to_string().contains("no longer"));
    assert_eq!(office.slack.posted("C1").len(), 1);
}

/// Random people, rights, channels and ways to ask: nobody is shown a canary of a document they may not read, but by a share they were
/// warned of.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_canary_reaches_who_may_not_read_it() {
    const LABELS: [&str; 4] = ["group:a", "group:b", "group:c", "public"];
    let seed = 7u64;
    let mut state = seed;
    let mut below = move |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % end
    };
    let office = Office::open().await;
    let documents = LABELS.map(|label| (format!("D-{label}"), label.to_owned(), format!("CANARY<{label}>"))).to_vec();
    office.library.0.lock().unwrap().documents = documents;
    let mut held = std::collections::BTreeMap::new();
    for number in 0..12 {
        let (user, email) = (format!("U{number}"), format!("u{number}@acme.example"));
        office.slack.member(&user, &email);
        // Every fourth has no account here.
        let labels: Vec<&str> = LABELS[..3].iter().filter(|_| below(2) == 0).copied().collect();
        if number % 4 != 3 {
            office.staff.hire(&email, &labels);
        }
        let labels = if number % 4 == 3 { vec!["public"] } else { labels.into_iter().chain(["public"]).collect() };
        held.insert(user, labels);
    }
    let users: Vec<String> = held.keys().cloned().collect();
    let mut channels = std::collections::BTreeMap::new();
    for number in 0..10 {
        let first = users[below(users.len())].as_str();
        let members: Vec<&str> = users.iter().map(String::as_str).filter(|user| *user == first || below(3) == 0).collect();
        office.slack.channel(&format!("CX{number}"), &members);
        channels.insert(format!("CX{number}"), members.iter().map(|member| (*member).to_owned()).collect::<Vec<_>>());
    }
    for round in 0..120 {
        let channel = format!("CX{}", below(10));
        let members = &channels[&channel];
        let user = members[below(members.len())].clone();
        match below(4) {
            0 | 1 => drop(office.mention(&channel, &user, &format!("q{round}"), None).await),
            2 => drop(
                office
                    .command(
                        &channel,
                        &user,
                        ["settings visibility private", "settings visibility public", "settings answer always"][below(3)],
                    )
                    .await,
            ),
            _ => drop(office.says("message", &channel, &user, &format!("q{round}"), None).await),
        }
        if round % 10 == 0 {
            office.settled().await;
        }
    }
    office.settled().await;
    let shown = office.slack.state().messages.clone();
    assert!(shown.len() > 40, "{}", shown.len());
    for message in shown {
        let readers = message.only.clone().map_or_else(|| channels[&message.channel].clone(), |only| vec![only]);
        for label in LABELS {
            // Escaped, as it is on the way to Slack.
            if message.words().contains(&format!("CANARY&lt;{label}&gt;")) {
                let blind: Vec<_> = readers.iter().filter(|reader| !held[*reader].contains(&label)).collect();
                assert!(blind.is_empty(), "seed {seed}: {label} shown in {} to {blind:?}", message.channel);
            }
        }
    }
}
