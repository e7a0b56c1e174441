//! Slack as its documentation describes it, as far as the bot meets it: the Web API over HTTP, with its errors, limits and refusals.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Who the bot is there.
pub(crate) const BOT: &str = "UBOT";
pub(crate) const TEAM: &str = "T1";

/// A message as people see it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub(crate) channel: String,
    pub(crate) ts: String,
    pub(crate) thread: Option<String>,
    /// Only this account sees it.
    pub(crate) only: Option<String>,
    pub(crate) body: Value,
    pub(crate) grows: bool,
    /// What a growing message was given.
    pub(crate) grown: String,
    pub(crate) updates: usize,
}

impl Shown {
    /// Every word in it.
    pub(crate) fn words(&self) -> String {
        format!("{} {}", self.grown, self.body)
    }
}

/// What a method answers instead of doing what it is asked.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// 429 with `Retry-After`.
    Wait(u64),
    /// 500, and nothing happened.
    Broken,
    /// It happens, and the connection breaks before the answer.
    Lost,
    /// `ok: false`.
    Refuse(&'static str),
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) messages: Vec<Shown>,
    /// Bodies sent to response addresses, by address.
    pub(crate) responses: Vec<(String, Value)>,
    pub(crate) users: BTreeMap<String, Value>,
    pub(crate) members: BTreeMap<String, Vec<String>>,
    pub(crate) streams: bool,
    pub(crate) trouble: BTreeMap<String, VecDeque<Trouble>>,
    pub(crate) calls: Vec<(String, Value)>,
    pub(crate) socket: Option<String>,
    pub(crate) scopes: String,
    clock: u64,
}

pub(crate) struct FakeSlack {
    pub(crate) url: String,
    pub(crate) state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Drop for FakeSlack {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeSlack {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { streams: true, clock: 1_800_000_000, ..State::default() }));
        let serving = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Self { url, state, task }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Adds a full member with a confirmed address.
    pub(crate) fn member(&self, id: &str, email: &str) {
        let user = json!({ "id": id, "team_id": TEAM, "is_email_confirmed": true, "locale": "en-GB", "profile": { "email": email, "display_name": id } });
        self.state().users.insert(id.into(), user);
    }

    pub(crate) fn channel(&self, id: &str, members: &[&str]) {
        let members = members.iter().map(|member| (*member).to_owned()).chain([BOT.to_owned()]).collect();
        self.state().members.insert(id.into(), members);
    }

    pub(crate) fn trouble(&self, method: &str, troubles: impl IntoIterator<Item = Trouble>) {
        self.state().trouble.entry(method.into()).or_default().extend(troubles);
    }

    /// Our messages that everybody in the channel sees.
    pub(crate) fn posted(&self, channel: &str) -> Vec<Shown> {
        self.state().messages.iter().filter(|shown| shown.channel == channel && shown.only.is_none()).cloned().collect()
    }

    /// Our messages that only that account sees.
    pub(crate) fn whispered(&self, user: &str) -> Vec<Shown> {
        self.state().messages.iter().filter(|shown| shown.only.as_deref() == Some(user)).cloned().collect()
    }

    pub(crate) fn count(&self, method: &str) -> usize {
        self.state().calls.iter().filter(|(called, _)| called == method).count()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut buffer = Vec::new();
    while let Some((path, headers, body)) = request(&mut stream, &mut buffer).await {
        let answer = answer(&path, &headers, &body, &state);
        let Some(Answer { status, extra, body }) = answer else { return };
        let head = format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{extra}content-length: {}\r\n\r\n", body.len());
        if stream.write_all(head.as_bytes()).await.is_err() || stream.write_all(body.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The next request on a connection: path, headers in lower case, body.
pub(crate) async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, String, Vec<u8>)> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let path = String::from_utf8_lossy(&buffer[..end]).split(' ').nth(1)?.to_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).map_or(0, |text| text.trim().parse().unwrap());
            if buffer.len() >= end + 4 + length {
                let body = buffer[end + 4..end + 4 + length].to_vec();
                buffer.drain(..end + 4 + length);
                return Some((path, head, body));
            }
        }
        let mut piece = [0; 16_384];
        match stream.read(&mut piece).await {
            Ok(read) if read > 0 => buffer.extend_from_slice(&piece[..read]),
            _ => return None,
        }
    }
}

struct Answer {
    status: u16,
    extra: String,
    body: String,
}

/// `None`: the connection breaks.
fn answer(path: &str, headers: &str, body: &[u8], state: &Mutex<State>) -> Option<Answer> {
    let plain = |status, body: &str| Some(Answer { status, extra: String::new(), body: body.to_owned() });
    let mut state = state.lock().unwrap();
    if path.starts_with("/respond/") {
        let spent = state.trouble.get_mut("respond").and_then(VecDeque::pop_front).is_some();
        if spent {
            return plain(404, "used_url");
        }
        let body = serde_json::from_slice(body).unwrap();
        state.responses.push((path.to_owned(), body));
        return plain(200, "ok");
    }
    let method = path.trim_start_matches("/api/").to_owned();
    if !headers.contains("authorization: bearer x") {
        return plain(200, r#"{"ok":false,"error":"not_authed"}"#);
    }
    let is_json = headers.contains("application/json");
    let asked: Value = if is_json { serde_json::from_slice(body).unwrap() } else { form(body) };
    state.calls.push((method.clone(), asked.clone()));
    match state.trouble.get_mut(&method).and_then(VecDeque::pop_front) {
        Some(Trouble::Wait(seconds)) => {
            return Some(Answer {
                status: 429,
                extra: format!("retry-after: {seconds}\r\n"),
                body: r#"{"ok":false,"error":"ratelimited"}"#.into(),
            });
        }
        Some(Trouble::Broken) => return plain(500, "oops"),
        Some(Trouble::Refuse(error)) => return plain(200, &json!({ "ok": false, "error": error }).to_string()),
        Some(Trouble::Lost) => {
            let _ = state.act(&method, &asked, is_json);
            return None;
        }
        None => {}
    }
    let extra = if method == "auth.test" { format!("x-oauth-scopes: {}\r\n", state.scopes) } else { String::new() };
    let mut done = state.act(&method, &asked, is_json).unwrap_or_else(|error| json!({ "ok": false, "error": error }));
    if done.get("ok").is_none() {
        done["ok"] = true.into();
    }
    Some(Answer { status: 200, extra, body: done.to_string() })
}

fn form(body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    let fields = text.split('&').filter_map(|field| field.split_once('='));
    Value::Object(fields.map(|(name, value)| (decoded(name), Value::String(decoded(value)))).collect())
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

impl State {
    fn act(&mut self, method: &str, asked: &Value, is_json: bool) -> Result<Value, &'static str> {
        let field = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
        // Methods that read take forms only.
        if is_json
            && ["users.info", "users.list", "conversations.info", "conversations.members", "conversations.replies", "conversations.history"]
                .contains(&method)
        {
            return Err("invalid_arguments");
        }
        match method {
            "auth.test" => Ok(json!({ "user_id": BOT, "bot_id": "B1", "team_id": TEAM, "team": "Acme", "user": "pinakes" })),
            "apps.connections.open" => Ok(json!({ "url": self.socket.clone().ok_or("not_allowed_token_type")? })),
            "users.info" => Ok(json!({ "user": self.users.get(&field("user")).ok_or("user_not_found")? })),
            "users.list" => Ok(json!({ "members": self.users.values().filter(|user| user["is_stranger"] != true).collect::<Vec<_>>() })),
            "conversations.info" => Ok(json!({ "channel": { "id": field("channel"), "name": format!("room-{}", field("channel")) } })),
            "conversations.members" => self.members_page(&field("channel"), &field("cursor")),
            "conversations.replies" | "conversations.history" => {
                Ok(self.history(&field("channel"), asked["ts"].as_str(), &field("oldest")))
            }
            "chat.postMessage" => self.post(asked, None),
            "chat.postEphemeral" => self.post(asked, Some(field("user"))),
            "chat.update" => self.update(asked),
            "chat.startStream" | "chat.appendStream" | "chat.stopStream" if !self.streams => Err("unknown_method"),
            "chat.startStream" if asked["thread_ts"].is_null() => Err("invalid_arguments"),
            "chat.startStream" => {
                let started = self.post(asked, None)?;
                self.messages.last_mut().unwrap().grows = true;
                Ok(started)
            }
            "chat.appendStream" => {
                let message = self.growing(&field("ts"))?;
                message.grown.push_str(asked["markdown_text"].as_str().unwrap());
                Ok(json!({}))
            }
            "chat.stopStream" => {
                let message = self.growing(&field("ts"))?;
                message.grows = false;
                message.body["metadata"] = asked["metadata"].clone();
                Ok(json!({}))
            }
            _ => Err("unknown_method"),
        }
    }

    fn growing(&mut self, ts: &str) -> Result<&mut Shown, &'static str> {
        self.messages.iter_mut().find(|shown| shown.ts == ts && shown.grows).ok_or("message_not_in_streaming_state")
    }

    fn post(&mut self, asked: &Value, only: Option<String>) -> Result<Value, &'static str> {
        valid(asked)?;
        let channel = asked["channel"].as_str().ok_or("channel_not_found")?.to_owned();
        if let Some(user) = &only
            && !self.members.get(&channel).is_some_and(|members| members.contains(user))
        {
            return Err("user_not_in_channel");
        }
        self.clock += 1;
        let ts = format!("{}.000000", self.clock);
        let thread = asked["thread_ts"].as_str().map(str::to_owned);
        self.messages.push(Shown { channel: channel.clone(), ts: ts.clone(), thread, only, body: asked.clone(), ..Shown::default() });
        Ok(json!({ "channel": channel, "ts": ts }))
    }

    fn update(&mut self, asked: &Value) -> Result<Value, &'static str> {
        valid(asked)?;
        let ts = asked["ts"].as_str().unwrap_or_default();
        let found = self.messages.iter_mut().find(|shown| shown.ts == ts && shown.only.is_none()).ok_or("message_not_found")?;
        if found.grows {
            return Err("streaming_state_conflict");
        }
        let metadata = found.body["metadata"].take();
        found.body = asked.clone();
        if found.body.get("metadata").is_none() {
            found.body["metadata"] = metadata;
        }
        found.updates += 1;
        found.grown.clear();
        Ok(json!({ "ts": ts }))
    }

    fn members_page(&self, channel: &str, cursor: &str) -> Result<Value, &'static str> {
        const PAGE: usize = 3;
        let members = self.members.get(channel).ok_or("channel_not_found")?;
        let from: usize = cursor.parse().unwrap_or(0);
        let next = from + PAGE;
        let cursor = if next < members.len() { next.to_string() } else { String::new() };
        Ok(json!({ "members": members.iter().skip(from).take(PAGE).collect::<Vec<_>>(), "response_metadata": { "next_cursor": cursor } }))
    }

    fn history(&self, channel: &str, thread: Option<&str>, oldest: &str) -> Value {
        let here = self.messages.iter().filter(|shown| shown.channel == channel && shown.only.is_none());
        let here = here.filter(|shown| thread.is_none() || shown.thread.as_deref() == thread);
        let messages = here.filter(|shown| shown.ts.as_str() > oldest).map(
            |shown| json!({ "user": BOT, "bot_id": "B1", "ts": shown.ts, "text": shown.body["text"], "metadata": shown.body["metadata"] }),
        );
        json!({ "messages": messages.collect::<Vec<_>>() })
    }
}

/// Block Kit's limits, and text for those who see no blocks.
fn valid(asked: &Value) -> Result<(), &'static str> {
    let blocks = asked["blocks"].as_array().cloned().unwrap_or_default();
    if blocks.len() > 50 {
        return Err("invalid_blocks");
    }
    for block in &blocks {
        if block["text"]["text"].as_str().is_some_and(|text| text.is_empty() || text.encode_utf16().count() > 3_000) {
            return Err("invalid_blocks");
        }
    }
    if serde_json::to_string(&blocks).unwrap().len() > 40_000 {
        return Err("msg_blocks_too_long");
    }
    Ok(())
}
