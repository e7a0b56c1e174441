//! Mattermost's REST API (v4), as far as the bot meets it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::fake_slack::request;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) posts: BTreeMap<String, Value>,
    pub(crate) users: BTreeMap<String, Value>,
    pub(crate) members: Vec<String>,
    /// 429 for the next so many calls.
    pub(crate) waits: usize,
    pub(crate) may_whisper: bool,
    pub(crate) whispered: Vec<Value>,
    number: usize,
}

pub(crate) struct FakeMattermost {
    pub(crate) url: String,
    pub(crate) state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Drop for FakeMattermost {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeMattermost {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let serving = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let state = Arc::clone(&serving);
                tokio::spawn(async move {
                    let mut buffer = Vec::new();
                    while let Some((path, headers, body)) = request(&mut stream, &mut buffer).await {
                        let method = headers.split(' ').next().unwrap_or_default().to_owned();
                        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
                        let (status, answer) = state.lock().unwrap().answer(&method, path.trim_start_matches("/api/v4/"), &headers, &body);
                        let body = answer.to_string();
                        let head = format!("HTTP/1.1 {status} x\r\nretry-after: 0\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                        let _ = stream.write_all(head.as_bytes()).await;
                    }
                });
            }
        });
        Self { url, state, task }
    }
}

impl State {
    fn answer(&mut self, method: &str, path: &str, headers: &str, body: &Value) -> (u16, Value) {
        if !headers.contains("authorization: bearer tok") {
            return (401, json!({ "id": "api.context.session_expired.app_error" }));
        }
        if self.waits > 0 {
            self.waits -= 1;
            return (429, json!({}));
        }
        let parts: Vec<&str> = path.split(['/', '?']).collect();
        match (method, &parts[..]) {
            ("get", ["users", "me"]) => (200, json!({ "id": "bot1" })),
            ("post", ["users", "ids"]) => {
                let asked = body.as_array().cloned().unwrap_or_default();
                let found: Vec<Value> = asked.iter().filter_map(|id| self.users.get(id.as_str()?)).cloned().collect();
                (200, found.into())
            }
            ("get", ["users", id]) => self.users.get(*id).map_or((404, json!({})), |user| (200, user.clone())),
            ("get", ["channels", _, "members", ..]) => {
                let members: Vec<Value> = self.members.iter().map(|id| json!({ "user_id": id })).collect();
                (200, members.into())
            }
            ("post", ["posts", "ephemeral"]) if !self.may_whisper => (403, json!({ "id": "api.context.permissions.app_error" })),
            ("post", ["posts", "ephemeral"]) => {
                self.whispered.push(body.clone());
                (201, json!({}))
            }
            ("post", ["channels", "direct"]) => (201, json!({ "id": format!("direct{}", body[1].as_str().unwrap()) })),
            ("post", ["posts"]) => {
                self.number += 1;
                let id = format!("post{}", self.number);
                let mut post = body.clone();
                post["id"] = id.clone().into();
                post["user_id"] = "bot1".into();
                self.posts.insert(id, post.clone());
                (201, post)
            }
            ("put", ["posts", id, "patch"]) => match self.posts.get_mut(*id) {
                Some(post) => {
                    post["message"] = body["message"].clone();
                    if !body["props"].is_null() {
                        post["props"] = body["props"].clone();
                    }
                    (200, post.clone())
                }
                None => (404, json!({})),
            },
            ("get", ["channels", id]) => (200, json!({ "id": id, "display_name": "Town Square" })),
            ("get", ["posts", _, "thread"]) | ("get", ["channels", _, "posts", ..]) => (200, json!({ "posts": self.posts })),
            ("get", ["posts", id]) => (200, self.posts.get(*id).cloned().unwrap_or_else(|| json!({ "id": id, "root_id": "" }))),
            _ => (404, json!({ "id": "not_found" })),
        }
    }
}
