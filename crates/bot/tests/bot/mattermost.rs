//! The same bot on Mattermost.

use std::sync::Arc;
use std::time::Duration;

use pinakes_bot::{Bot, BotParts, Callback, Mattermost, MattermostHook, Memory, MemoryStub, Secret};
use serde_json::{Value, json};

use crate::doubles::{Hands, Library, Staff};
use crate::fake_mattermost::FakeMattermost;
use crate::office::{NOW, rules};

struct Room {
    server: FakeMattermost,
    library: Library,
    memory: MemoryStub,
    hook: MattermostHook,
}

async fn room() -> Room {
    let server = FakeMattermost::start().await;
    {
        let mut state = server.state.lock().unwrap();
        for (id, email) in [("uada", "ada@acme.example"), ("ubob", "bob@acme.example"), ("ueve", "eve@acme.example")] {
            state
                .users
                .insert(id.into(), json!({ "id": id, "username": id, "email": email, "email_verified": true, "roles": "system_user" }));
        }
        state.members = vec!["uada".into(), "ubob".into(), "bot1".into()];
    }
    let library = Library::new(&[("Handbook", "public", "Ten *days* @all."), ("Payroll", "group:finance", "CANARY-FINANCE")]);
    let staff = Staff::default();
    staff.hire("ada@acme.example", &["group:finance"]);
    staff.hire("bob@acme.example", &[]);
    let memory = MemoryStub::default();
    let clock = Arc::new(Hands::at(NOW));
    let callback = Callback { url: "https://kb.example".into(), secret: Secret::new("hook") };
    let parts = BotParts {
        platform: Mattermost::new(&server.url, Secret::new("tok"), Some(callback)).unwrap(),
        answers: Arc::new(library.clone()),
        people: Arc::new(staff),
        memory: Arc::new(memory.clone()),
        clock: clock.clone(),
    };
    let bot = Bot::start(parts, rules()).await.unwrap();
    Room { server, library, memory, hook: MattermostHook::new(bot, Secret::new("hook"), clock) }
}

impl Room {
    /// Presses a button of a post, as Mattermost reports it.
    async fn presses(&self, user: &str, post: &Value, button: &str) -> u16 {
        let actions = post["props"]["attachments"][0]["actions"].as_array().cloned().unwrap_or_default();
        let action = actions.iter().find(|action| action["integration"]["context"]["button"] == button);
        let context = action.unwrap_or_else(|| panic!("no {button} on {post}"))["integration"]["context"].clone();
        let report =
            json!({ "user_id": user, "team_id": "t", "channel_id": "c", "trigger_id": format!("{user}-{button}"), "context": context });
        let status = self.hook.pressed(report.to_string().as_bytes()).await.status;
        self.settled().await;
        status
    }

    async fn settled(&self) {
        while !self.memory.waiting().await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn asks(&self, user: &str, post: &str, text: &str) -> u16 {
        let body = json!({ "token": "hook", "team_id": "t", "channel_id": "c", "user_id": user, "post_id": post, "text": text, "trigger_word": "pinakes" });
        let status = self.hook.receive("application/json", body.to_string().as_bytes()).await.status;
        self.settled().await;
        status
    }
}

#[tokio::test]
async fn buttons_judge_an_answer_and_share_a_private_one() {
    let room = room().await;
    room.server.state.lock().unwrap().may_whisper = true;
    room.asks("uada", "q1", "pinakes leave?").await;
    let post = room.server.state.lock().unwrap().posts.values().next().unwrap().clone();
    assert_eq!(room.presses("ubob", &post, "pinakes_up").await, 200);
    let feedback = room.library.0.lock().unwrap().feedback.clone();
    assert_eq!(
        feedback.iter().map(|(owner, _, helped, by)| (owner.as_str(), *helped, by.as_str())).collect::<Vec<_>>(),
        [("mattermost:t:c", true, "mattermost:t:ubob")]
    );
    let said = |room: &Room| {
        let whispered = room.server.state.lock().unwrap().whispered.clone();
        whispered.last().map(|whisper| whisper["post"].clone()).unwrap_or_default()
    };
    assert!(said(&room)["message"].as_str().unwrap().contains("Thank you"));

    // What only Ada may read is whispered to her; shown to the channel only after a warning, and by nobody else.
    room.library.0.lock().unwrap().documents.remove(0);
    room.asks("uada", "q2", "pinakes pay?").await;
    let private = said(&room);
    assert!(private["message"].as_str().unwrap().contains("CANARY"));
    let canary = |room: &Room| {
        let posts = room.server.state.lock().unwrap().posts.clone();
        posts.values().filter(|post| post["message"].as_str().is_some_and(|words| words.contains("CANARY"))).count()
    };
    room.presses("ubob", &private, "pinakes_share").await;
    assert!(said(&room)["message"].as_str().unwrap().contains("Only who asked") && canary(&room) == 0);
    room.presses("uada", &private, "pinakes_share").await;
    let warning = said(&room);
    assert!(warning["message"].as_str().unwrap().contains("Payroll") && canary(&room) == 0, "{warning}");
    room.presses("uada", &warning, "pinakes_share_anyway").await;
    assert_eq!(canary(&room), 1);
    assert_eq!(room.hook.pressed(br#"{"user_id":"uada","trigger_id":"x","context":{"button":"pinakes_share_anyway"}}"#).await.status, 401);
}

#[tokio::test]
async fn a_question_gets_one_answer_from_what_all_may_read() {
    let room = room().await;
    room.server.state.lock().unwrap().waits = 2;
    for _ in 0..3 {
        assert_eq!(room.asks("uada", "q1", "pinakes leave?").await, 200);
    }
    let posts = room.server.state.lock().unwrap().posts.clone();
    let [post] = &posts.values().collect::<Vec<_>>()[..] else { panic!("{posts:?}") };
    let words = post["message"].as_str().unwrap();
    assert!(words.contains(r"Ten \*days\*") && !words.contains("CANARY") && !words.contains("@all"), "{words}");
    assert!(words.contains("1. [Handbook](https://kb.example/documents/Handbook?span=0-16)"), "{words}");
    assert_eq!(post["root_id"], "q1");
}

#[tokio::test]
async fn follow_ups_in_a_thread_keep_their_conversation() {
    let room = room().await;
    room.asks("uada", "q1", "pinakes leave?").await;
    room.server.state.lock().unwrap().posts.insert("q2".into(), json!({ "id": "q2", "root_id": "q1" }));
    room.asks("ubob", "q2", "pinakes and in Germany?").await;
    let asked = room.library.asked();
    assert!(asked.len() == 2 && asked[0].question.conversation.is_some());
    assert_eq!(asked[0].question.conversation, asked[1].question.conversation);
}

#[tokio::test]
async fn a_wrong_token_is_turned_away_and_the_unknown_are_told_why() {
    let room = room().await;
    let forged = br#"{"token":"guess","channel_id":"c","user_id":"uada","post_id":"q1","text":"x"}"#;
    assert_eq!(room.hook.receive("application/json", forged).await.status, 401);
    room.asks("ueve", "q2", "pinakes pay?").await;
    let direct = |room: &Room| room.server.state.lock().unwrap().posts.values().filter(|post| post["channel_id"] == "directueve").count();
    assert_eq!(direct(&room), 1, "where the bot may not whisper it writes directly");
    room.server.state.lock().unwrap().may_whisper = true;
    room.asks("ueve", "q3", "pinakes pay?").await;
    let whispered = room.server.state.lock().unwrap().whispered.clone();
    assert!(whispered[0]["post"]["message"].as_str().unwrap().contains("I do not know you yet"), "{whispered:?}");
    assert!(room.library.asked().is_empty());
}
