//! The same bot on Mattermost.

use std::sync::Arc;
use std::time::Duration;

use pinakes_bot::{Bot, BotParts, Mattermost, MattermostHook, Memory, MemoryStub, Secret};
use serde_json::json;

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
    let parts = BotParts {
        platform: Mattermost::new(&server.url, Secret::new("tok")).unwrap(),
        answers: Arc::new(library.clone()),
        people: Arc::new(staff),
        memory: Arc::new(memory.clone()),
        clock: clock.clone(),
    };
    let bot = Bot::start(parts, rules()).await.unwrap();
    Room { server, library, memory, hook: MattermostHook::new(bot, Secret::new("hook"), clock) }
}

impl Room {
    async fn asks(&self, user: &str, post: &str, text: &str) -> u16 {
        let body = json!({ "token": "hook", "team_id": "t", "channel_id": "c", "user_id": user, "post_id": post, "text": text, "trigger_word": "pinakes" });
        let status = self.hook.receive("application/json", body.to_string().as_bytes()).await.status;
        while !self.memory.waiting().await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        status
    }
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
