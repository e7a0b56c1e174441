//! Slack's Web API as a [`ChatPlatform`].

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use futures::FutureExt;
use pinakes_config::limits::bot::{MEMBERS_MAX, PROFILES_MAX, SEARCHED_MESSAGES_MAX, SINGLE_PROFILES_MAX};
use reqwest::Method;
use serde_json::{Value, json};

use super::blocks::{MESSAGE_COST_MAX, blocks, fallback};
use super::events::SlackIdentity;
use super::mrkdwn::{cost, escape_markdown};
use crate::event::{Account, Place};
use crate::message::Message;
use crate::platform::{ChatPlatform, Members, PlatformError, PlatformResult, Posted, Profile, Standing};
use crate::secret::Secret;
use crate::text::split;
use crate::web::{Answer, Body, Web, patiently};

/// Our mark on messages, by which they are found again.
const MARK: &str = "pinakes_answer";
/// Characters of text that a growing message is given at once.
const MARKDOWN_CHARS_MAX: usize = 12_000;
/// Characters of an answer under way; the end of it is shown.
const PROGRESS_CHARS_MAX: usize = 2_800;

/// What is needed to talk to Slack.
#[derive(Debug, Clone)]
pub struct SlackConfig {
    /// `https://slack.com/api`; other hosts of Slack's are below this one.
    pub api_url: String,
    /// `xoxb-…`
    pub bot_token: Secret,
    /// `xapp-…`, for Socket Mode.
    pub app_token: Secret,
}

/// A Slack workspace.
#[derive(Debug)]
pub struct Slack {
    pub(super) web: Web,
    token: Secret,
    pub(super) app_token: Secret,
    identity: RwLock<SlackIdentity>,
    /// The workspace has no growing messages.
    streams_missing: AtomicBool,
}

impl Slack {
    /// Makes ready; nothing is asked yet.
    ///
    /// # Errors
    /// An address that is none.
    pub fn new(config: SlackConfig) -> Result<Arc<Self>, PlatformError> {
        let SlackConfig { api_url, bot_token, app_token } = config;
        let web = Web::new(&api_url)?;
        Ok(Arc::new(Self { web, token: bot_token, app_token, identity: RwLock::default(), streams_missing: AtomicBool::new(false) }))
    }

    /// Who we are, as far as Slack has told already.
    #[must_use]
    pub fn known_identity(&self) -> SlackIdentity {
        self.identity.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who we are; Slack is asked the first time.
    ///
    /// # Errors
    /// Slack cannot be reached, or does not know the token.
    pub async fn identity(&self) -> Result<SlackIdentity, PlatformError> {
        let known = self.known_identity();
        if !known.user.is_empty() {
            return Ok(known);
        }
        let body = self.read("auth.test", &[]).await?;
        let identity = SlackIdentity { user: text(&body["user_id"]), bot: text(&body["bot_id"]), team: text(&body["team_id"]) };
        *self.identity.write().unwrap_or_else(PoisonError::into_inner) = identity.clone();
        Ok(identity)
    }

    pub(super) fn token(&self) -> &Secret {
        &self.token
    }

    /// Something that changes nothing, and takes a form.
    pub(super) async fn read(&self, method: &str, fields: &[(&str, &str)]) -> Result<Value, PlatformError> {
        patiently(true, || self.once(method, Body::Form(fields))).await
    }

    /// Something that changes something, and takes JSON. `twice`: whether it may happen twice.
    async fn write(&self, method: &str, body: &Value, twice: bool) -> Result<Value, PlatformError> {
        patiently(twice, || self.once(method, Body::Json(body))).await
    }

    async fn once(&self, method: &str, body: Body<'_>) -> Result<Value, PlatformError> {
        verdict(self.web.call(Method::POST, method, Some(&self.token), body).await?)
    }

    /// The fields of a message.
    fn message(message: &Message) -> Value {
        let blocks = blocks(message);
        let mut body = json!({
            "text": fallback(message),
            "unfurl_links": false,
            "unfurl_media": false,
            "metadata": metadata(&message.key),
        });
        if !blocks.is_empty() {
            body["blocks"] = blocks.into();
        }
        body
    }

    /// Where a message goes.
    fn to(place: &Place, mut body: Value) -> Value {
        body["channel"] = place.channel.as_str().into();
        if let Some(thread) = &place.thread {
            body["thread_ts"] = thread.as_str().into();
        }
        body
    }

    async fn send_whisper(&self, place: &Place, to: &Account, message: &Message) -> Result<(), PlatformError> {
        let mut body = Self::to(place, Self::message(message));
        if place.direct {
            return self.write("chat.postMessage", &body, false).await.map(drop);
        }
        body["user"] = to.user.as_str().into();
        match self.write("chat.postEphemeral", &body, false).await {
            // Not a member of the channel, as with commands anywhere: it goes into the direct message.
            Err(PlatformError::Refused(why)) if ["user_not_in_channel", "channel_not_found", "not_in_channel"].contains(&why.as_str()) => {
                let mut body = Self::message(message);
                body["channel"] = to.user.as_str().into();
                self.write("chat.postMessage", &body, false).await.map(drop)
            }
            sent => sent.map(drop),
        }
    }

    async fn look_for(&self, place: &Place, key: &str, after: Option<&str>) -> Result<Option<Posted>, PlatformError> {
        let identity = self.identity().await?;
        let limit = SEARCHED_MESSAGES_MAX.to_string();
        let mut fields = vec![("channel", place.channel.as_str()), ("limit", &limit), ("include_all_metadata", "true")];
        fields.extend(after.map(|after| ("oldest", after)));
        let method = match &place.thread {
            Some(thread) => {
                fields.push(("ts", thread));
                "conversations.replies"
            }
            None => "conversations.history",
        };
        let found = self.read(method, &fields).await?;
        let messages = found["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let own = messages.iter().filter(|message| message["user"] == identity.user.as_str() || message["bot_id"] == identity.bot.as_str());
        let own: Vec<&Value> = own.collect();
        let marked = own.iter().find(|message| message["metadata"]["event_payload"]["key"] == key);
        // A message that grows gets its mark when it ends: one of ours without a mark was left growing.
        let left = || own.iter().find(|message| message["metadata"]["event_type"] != MARK && !key.contains('#'));
        Ok(marked.or_else(left).map(|message| Posted { channel: place.channel.clone(), id: text(&message["ts"]) }))
    }

    async fn look_up(&self, user: &str) -> Result<Profile, PlatformError> {
        let found = self.read("users.info", &[("user", user), ("include_locale", "true")]).await?;
        Ok(profile_of(&found["user"]))
    }

    /// A few one by one; for many, the workspace's directory, and one by one those who are not in it.
    async fn look_up_all(&self, users: &[String]) -> Result<Vec<(String, Profile)>, PlatformError> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        while users.len() > SINGLE_PROFILES_MAX && found.len() < PROFILES_MAX {
            let page = self.read("users.list", &[("limit", "200"), ("include_locale", "true"), ("cursor", &cursor)]).await?;
            found.extend(page["members"].as_array().into_iter().flatten().map(|user| (text(&user["id"]), profile_of(user))));
            cursor = text(&page["response_metadata"]["next_cursor"]);
            if cursor.is_empty() {
                break;
            }
        }
        let listed: BTreeSet<String> = found.iter().map(|(id, _)| id.clone()).collect();
        for user in users.iter().filter(|user| !listed.contains(*user)) {
            found.push((user.clone(), self.look_up(user).await?));
        }
        Ok(found)
    }

    async fn list_members(&self, place: &Place) -> Result<Members, PlatformError> {
        let own = self.identity().await?.user;
        let (mut users, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.read("conversations.members", &[("channel", &place.channel), ("limit", "1000"), ("cursor", &cursor)]).await?;
            users.extend(
                page["members"].as_array().into_iter().flatten().filter_map(Value::as_str).filter(|user| *user != own).map(str::to_owned),
            );
            cursor = text(&page["response_metadata"]["next_cursor"]);
            if cursor.is_empty() || users.len() > MEMBERS_MAX {
                return Ok(Members { complete: cursor.is_empty(), users });
            }
        }
    }

    async fn start_stream(&self, place: &Place, to: &Account) -> Result<Option<Posted>, PlatformError> {
        let Some(thread) = place.thread.as_ref().filter(|_| !self.streams_missing.load(Ordering::Relaxed)) else { return Ok(None) };
        let body = json!({
            "channel": place.channel,
            "thread_ts": thread,
            "recipient_user_id": to.user,
            "recipient_team_id": to.team,
        });
        match self.once("chat.startStream", Body::Json(&body)).await {
            Ok(answer) => Ok(Some(Posted { channel: place.channel.clone(), id: text(&answer["ts"]) })),
            Err(PlatformError::Refused(why)) => {
                tracing::debug!(why, "no growing message here");
                // These say something of the workspace, others of the place.
                if ["unknown_method", "feature_not_enabled", "not_allowed_token_type", "missing_scope"].contains(&why.as_str()) {
                    self.streams_missing.store(true, Ordering::Relaxed);
                }
                Ok(None)
            }
            // Few may be begun in a minute; others can be updated at once.
            Err(PlatformError::Wait(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn profile_of(user: &Value) -> Profile {
    let id = text(&user["id"]);
    let flag = |name: &str| user[name].as_bool().unwrap_or(false);
    let standing = match () {
        () if flag("is_bot") || id == "USLACKBOT" => Standing::Program,
        () if flag("is_stranger") || flag("deleted") => Standing::Stranger,
        () if flag("is_restricted") || flag("is_ultra_restricted") => Standing::Guest,
        () => Standing::Member,
    };
    // Of a stranger the address is another company's word.
    let vouched = flag("is_email_confirmed") && matches!(standing, Standing::Member | Standing::Guest);
    let profile = &user["profile"];
    let name = ["display_name", "real_name"].iter().find_map(|name| profile[name].as_str().filter(|name| !name.is_empty()));
    Profile {
        name: name.unwrap_or(&id).to_owned(),
        email: profile["email"].as_str().filter(|email| vouched && !email.is_empty()).map(str::to_owned),
        standing,
        locale: user["locale"].as_str().map(str::to_owned),
    }
}

fn metadata(key: &str) -> Value {
    json!({ "event_type": MARK, "event_payload": { "key": key } })
}

/// Slack says in the body whether it did what was asked.
pub(super) fn verdict(answer: Answer) -> Result<Value, PlatformError> {
    let Answer { status, body, .. } = answer;
    match (body["ok"].as_bool(), body["error"].as_str()) {
        (Some(true), _) => Ok(body),
        (_, Some("ratelimited" | "rate_limited")) => Err(PlatformError::Wait(std::time::Duration::from_secs(1))),
        (_, Some("internal_error" | "fatal_error" | "service_unavailable" | "request_timeout")) => {
            Err(PlatformError::Unreachable(text(&body["error"])))
        }
        (_, Some(error)) => Err(PlatformError::Refused(error.to_owned())),
        _ => Err(PlatformError::Unreachable(format!("it answered {status} without saying how it went"))),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl ChatPlatform for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn parts(&self, message: Message, rest: &str) -> Vec<Message> {
        message.parts(cost, MESSAGE_COST_MAX, rest)
    }

    fn post<'a>(&'a self, place: &'a Place, message: &'a Message) -> PlatformResult<'a, Posted> {
        async move {
            let answer = self.write("chat.postMessage", &Self::to(place, Self::message(message)), false).await?;
            Ok(Posted { channel: place.channel.clone(), id: text(&answer["ts"]) })
        }
        .boxed()
    }

    fn update<'a>(&'a self, posted: &'a Posted, message: &'a Message) -> PlatformResult<'a, ()> {
        async move {
            let mut body = Self::message(message);
            body["channel"] = posted.channel.as_str().into();
            body["ts"] = posted.id.as_str().into();
            // What was shown under way has blocks; without any of its own an update would leave them.
            if body.get("blocks").is_none() {
                body["blocks"] = json!([]);
            }
            self.write("chat.update", &body, true).await.map(drop)
        }
        .boxed()
    }

    fn progress<'a>(&'a self, posted: &'a Posted, shown: &'a str) -> PlatformResult<'a, ()> {
        async move {
            let piece = split(shown, cost, PROGRESS_CHARS_MAX).pop().unwrap_or_default();
            let text = super::mrkdwn::escape(piece);
            let section = json!([{ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } }]);
            let body = json!({ "channel": posted.channel, "ts": posted.id, "text": text, "blocks": section });
            self.once("chat.update", Body::Json(&body)).await.map(drop)
        }
        .boxed()
    }

    fn whisper<'a>(&'a self, place: &'a Place, to: &'a Account, message: &'a Message) -> PlatformResult<'a, ()> {
        self.send_whisper(place, to, message).boxed()
    }

    fn respond<'a>(&'a self, url: &'a str, message: &'a Message, replace: bool) -> PlatformResult<'a, ()> {
        async move {
            let mut body = Self::message(message);
            body["response_type"] = "ephemeral".into();
            body["replace_original"] = replace.into();
            // These addresses answer in plain text, and 404 once they are spent.
            let answer = patiently(true, || self.web.call(Method::POST, url, None, Body::Json(&body))).await?;
            if answer.status.is_success() { Ok(()) } else { Err(PlatformError::Refused(answer.status.to_string())) }
        }
        .boxed()
    }

    fn begin_stream<'a>(&'a self, place: &'a Place, to: &'a Account) -> PlatformResult<'a, Option<Posted>> {
        self.start_stream(place, to).boxed()
    }

    fn append<'a>(&'a self, posted: &'a Posted, text: &'a str) -> PlatformResult<'a, ()> {
        async move {
            // More than fits is left out: the end of the answer puts the whole in its place.
            let text: String = escape_markdown(text).chars().take(MARKDOWN_CHARS_MAX).collect();
            let body = json!({ "channel": posted.channel, "ts": posted.id, "markdown_text": text });
            self.once("chat.appendStream", Body::Json(&body)).await.map(drop)
        }
        .boxed()
    }

    fn end_stream<'a>(&'a self, posted: &'a Posted, key: &'a str) -> PlatformResult<'a, ()> {
        async move {
            if self.streams_missing.load(Ordering::Relaxed) {
                return Ok(());
            }
            let body = json!({ "channel": posted.channel, "ts": posted.id, "metadata": metadata(key) });
            match self.write("chat.stopStream", &body, true).await {
                // It did not grow, or not any more.
                Err(PlatformError::Refused(_)) => Ok(()),
                ended => ended.map(drop),
            }
        }
        .boxed()
    }

    fn find<'a>(&'a self, place: &'a Place, key: &'a str, after: Option<&'a str>) -> PlatformResult<'a, Option<Posted>> {
        self.look_for(place, key, after).boxed()
    }

    fn channel_name<'a>(&'a self, place: &'a Place) -> PlatformResult<'a, Option<String>> {
        async move {
            let found = self.read("conversations.info", &[("channel", &place.channel)]).await?;
            Ok(Some(text(&found["channel"]["name"])).filter(|name| !name.is_empty()))
        }
        .boxed()
    }

    fn profile<'a>(&'a self, account: &'a Account) -> PlatformResult<'a, Profile> {
        self.look_up(&account.user).boxed()
    }

    fn profiles<'a>(&'a self, _team: &'a str, users: &'a [String]) -> PlatformResult<'a, Vec<(String, Profile)>> {
        self.look_up_all(users).boxed()
    }

    fn members<'a>(&'a self, place: &'a Place) -> PlatformResult<'a, Members> {
        self.list_members(place).boxed()
    }
}
