//! Mattermost's REST API as a [`ChatPlatform`]. Its messages are Markdown; buttons are there where Mattermost was told where to report
//! them, links always.

use std::sync::{Arc, PoisonError, RwLock};

use futures::FutureExt;
use pinakes_config::limits::bot::{MEMBERS_MAX, TITLE_CHARS_MAX};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::buttons::{Callback, attachments};
use crate::event::{Account, Place};
use crate::message::Message;
use crate::platform::{ChatPlatform, Members, PlatformError, PlatformResult, Posted, Profile, Standing};
use crate::secret::Secret;
use crate::text::{shortened, split};
use crate::web::{Answer, Body, Web, patiently};

/// A post holds 16,383 characters; escaping takes its share of them.
const POST_COST_MAX: usize = 10_000;
const MEMBERS_PER_PAGE: usize = 200;

/// A Mattermost server.
#[derive(Debug)]
pub struct Mattermost {
    web: Web,
    token: Secret,
    callback: Option<Callback>,
    own_id: RwLock<String>,
}

impl Mattermost {
    /// Makes ready; nothing is asked yet. `url` is the server's, such as `https://chat.example`; `token` the bot account's; without a
    /// `callback` there are no buttons.
    ///
    /// # Errors
    /// An address that is none.
    pub fn new(url: &str, token: Secret, callback: Option<Callback>) -> Result<Arc<Self>, PlatformError> {
        let web = Web::new(&format!("{}/api/v4/", url.trim_end_matches('/')))?;
        Ok(Arc::new(Self { web, token, callback, own_id: RwLock::default() }))
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>, twice: bool) -> Result<Value, PlatformError> {
        let body = body.map_or(Body::Nothing, Body::Json);
        verdict(patiently(twice, || self.web.call(method.clone(), path, Some(&self.token), body)).await?)
    }

    async fn read(&self, path: &str) -> Result<Value, PlatformError> {
        self.call(Method::GET, path, None, true).await
    }

    /// Our own account.
    pub(super) async fn own_id(&self) -> Result<String, PlatformError> {
        let known = self.own_id.read().unwrap_or_else(PoisonError::into_inner).clone();
        if !known.is_empty() {
            return Ok(known);
        }
        let id = text(&self.read("users/me").await?["id"]);
        self.own_id.write().unwrap_or_else(PoisonError::into_inner).clone_from(&id);
        Ok(id)
    }

    /// The first post of the thread a post stands in: answers to an answer all hang on the first.
    async fn root(&self, place: &Place) -> Result<Option<String>, PlatformError> {
        let Some(post) = place.thread.as_ref().filter(|post| is_id(post)) else { return Ok(None) };
        let root = text(&self.read(&format!("posts/{post}")).await?["root_id"]);
        Ok(Some(if root.is_empty() { post.clone() } else { root }))
    }

    async fn create(&self, place: &Place, message: &Message) -> Result<Posted, PlatformError> {
        let body = json!({
            "channel_id": place.channel,
            "root_id": self.root(place).await?.unwrap_or_default(),
            "message": words(message),
            "props": self.props(&place.channel, &place.team, message),
        });
        let created = self.call(Method::POST, "posts", Some(&body), false).await?;
        Ok(Posted { channel: place.channel.clone(), id: text(&created["id"]) })
    }

    /// Ephemeral where the bot may, else in the direct message.
    async fn send_whisper(&self, place: &Place, to: &Account, message: &Message) -> Result<(), PlatformError> {
        let props = self.props(&place.channel, &place.team, message);
        let post = json!({ "channel_id": place.channel, "message": words(message), "props": props });
        let body = json!({ "user_id": to.user, "post": post });
        match self.call(Method::POST, "posts/ephemeral", Some(&body), false).await {
            Err(PlatformError::Refused(_)) => {
                let direct = self.call(Method::POST, "channels/direct", Some(&json!([self.own_id().await?, to.user])), true).await?;
                let body = json!({ "channel_id": direct["id"], "message": words(message), "props": props });
                self.call(Method::POST, "posts", Some(&body), false).await.map(drop)
            }
            sent => sent.map(drop),
        }
    }

    /// Our mark on a post, by which it is found again, and its buttons.
    fn props(&self, channel: &str, team: &str, message: &Message) -> Value {
        let mut props = json!({ "pinakes_key": message.key, "disable_group_highlight": true });
        if let Some(callback) = &self.callback {
            props["attachments"] = attachments(callback, channel, team, &message.buttons);
        }
        props
    }

    async fn edit(&self, posted: &Posted, body: Value, patient: bool) -> Result<(), PlatformError> {
        let path = format!("posts/{}/patch", posted.id);
        if patient {
            return self.call(Method::PUT, &path, Some(&body), true).await.map(drop);
        }
        verdict(self.web.call(Method::PUT, &path, Some(&self.token), Body::Json(&body)).await?).map(drop)
    }

    async fn look_for(&self, place: &Place, key: &str) -> Result<Option<Posted>, PlatformError> {
        let own = self.own_id().await?;
        let path = match self.root(place).await? {
            Some(root) => format!("posts/{root}/thread"),
            None => format!("channels/{}/posts?per_page=200", place.channel),
        };
        let found = self.read(&path).await?;
        let posts = found["posts"].as_object().into_iter().flat_map(|posts| posts.values());
        let ours = |post: &&Value| post["user_id"] == own.as_str() && post["props"]["pinakes_key"] == key;
        Ok(posts.into_iter().find(ours).map(|post| Posted { channel: place.channel.clone(), id: text(&post["id"]) }))
    }

    async fn look_up(&self, user: &str) -> Result<Profile, PlatformError> {
        if !is_id(user) {
            return Err(PlatformError::Refused("an account has no such id".into()));
        }
        Ok(profile_of(&self.read(&format!("users/{user}")).await?))
    }

    async fn look_up_all(&self, users: &[String]) -> Result<Vec<(String, Profile)>, PlatformError> {
        let mut found = Vec::new();
        for some in users.chunks(MEMBERS_PER_PAGE) {
            let page = self.call(Method::POST, "users/ids", Some(&json!(some)), true).await?;
            found.extend(page.as_array().into_iter().flatten().map(|user| (text(&user["id"]), profile_of(user))));
        }
        Ok(found)
    }
    async fn list_members(&self, place: &Place) -> Result<Members, PlatformError> {
        let own = self.own_id().await?;
        let mut users = Vec::new();
        for number in 0.. {
            let page = self.read(&format!("channels/{}/members?page={number}&per_page={MEMBERS_PER_PAGE}", place.channel)).await?;
            let page = page.as_array().map(Vec::as_slice).unwrap_or_default();
            users.extend(page.iter().map(|member| text(&member["user_id"])).filter(|user| *user != own));
            if page.len() < MEMBERS_PER_PAGE {
                return Ok(Members { users, complete: true });
            }
            if users.len() > MEMBERS_MAX {
                break;
            }
        }
        Ok(Members { users, complete: false })
    }
}

fn profile_of(user: &Value) -> Profile {
    let roles = text(&user["roles"]);
    let standing = match () {
        () if user["is_bot"].as_bool().unwrap_or(false) => Standing::Program,
        () if !text(&user["remote_id"]).is_empty() || user["delete_at"].as_i64().unwrap_or(0) > 0 => Standing::Stranger,
        () if roles.split(' ').any(|role| role == "system_guest") => Standing::Guest,
        () => Standing::Member,
    };
    let vouched = user["email_verified"].as_bool().unwrap_or(false) && matches!(standing, Standing::Member | Standing::Guest);
    Profile {
        name: text(&user["username"]),
        email: user["email"].as_str().filter(|email| vouched && !email.is_empty()).map(str::to_owned),
        standing,
        locale: user["locale"].as_str().map(str::to_owned),
    }
}

/// Ids are put into addresses.
fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn verdict(answer: Answer) -> Result<Value, PlatformError> {
    match answer.status {
        status if status.is_success() => Ok(answer.body),
        StatusCode::NOT_FOUND => Err(PlatformError::Refused("not found".into())),
        status => Err(PlatformError::Refused(answer.body["id"].as_str().map_or_else(|| status.to_string(), str::to_owned))),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn cost(char: char) -> usize {
    if is_markup(char) { 2 } else { 1 }
}

fn is_markup(char: char) -> bool {
    matches!(char, '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '<' | '>' | '!' | '~' | '|' | '#' | ':')
}

/// Text that stands for itself: no link, image, emoji, heading or mention. Mentions are broken by a character without width.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '@' => escaped.push_str("@\u{200b}"),
            char if is_markup(char) => escaped.extend(['\\', char]),
            char => escaped.push(char),
        }
    }
    escaped
}

/// The message as Markdown.
fn words(message: &Message) -> String {
    let mut words = escape(&message.text);
    if !message.sources.is_empty() {
        words.push('\n');
    }
    for source in &message.sources {
        let title = escape(&shortened(&source.title, TITLE_CHARS_MAX));
        let title = match source.url.as_deref().filter(|url| !url.contains(['(', ')', '<', '>', ' ', '"'])) {
            Some(url) => format!("[{title}]({url})"),
            None => title,
        };
        let place = source.place.as_ref().map(|place| format!(", {}", escape(place))).unwrap_or_default();
        words.push_str(&format!("\n{}. {title}{place}", source.number));
    }
    for note in &message.notes {
        words.push_str(&format!("\n\n_{}_", escape(note)));
    }
    for button in &message.buttons {
        if let Some(url) = button.url.as_deref().filter(|url| !url.contains(['(', ')', '<', '>', ' ', '"'])) {
            words.push_str(&format!("\n\n[{}]({url})", escape(&button.label)));
        }
    }
    words
}

impl ChatPlatform for Mattermost {
    fn name(&self) -> &'static str {
        "mattermost"
    }

    fn parts(&self, message: Message, rest: &str) -> Vec<Message> {
        message.parts(cost, POST_COST_MAX, rest)
    }

    fn post<'a>(&'a self, place: &'a Place, message: &'a Message) -> PlatformResult<'a, Posted> {
        self.create(place, message).boxed()
    }

    fn update<'a>(&'a self, posted: &'a Posted, message: &'a Message) -> PlatformResult<'a, ()> {
        // The team is Mattermost's to say when a button is pressed.
        let body = json!({ "message": words(message), "props": self.props(&posted.channel, "", message) });
        self.edit(posted, body, true).boxed()
    }

    fn progress<'a>(&'a self, posted: &'a Posted, shown: &'a str) -> PlatformResult<'a, ()> {
        let piece = split(shown, cost, POST_COST_MAX).pop().unwrap_or_default();
        self.edit(posted, json!({ "message": escape(piece) }), false).boxed()
    }

    fn whisper<'a>(&'a self, place: &'a Place, to: &'a Account, message: &'a Message) -> PlatformResult<'a, ()> {
        self.send_whisper(place, to, message).boxed()
    }

    fn respond<'a>(&'a self, _: &'a str, _: &'a Message, _: bool) -> PlatformResult<'a, ()> {
        async { Err(PlatformError::Refused("there are no such addresses here".into())) }.boxed()
    }

    fn begin_stream<'a>(&'a self, _: &'a Place, _: &'a Account) -> PlatformResult<'a, Option<Posted>> {
        async { Ok(None) }.boxed()
    }

    fn append<'a>(&'a self, _: &'a Posted, _: &'a str) -> PlatformResult<'a, ()> {
        async { Err(PlatformError::Refused("messages do not grow here".into())) }.boxed()
    }

    fn end_stream<'a>(&'a self, _: &'a Posted, _: &'a str) -> PlatformResult<'a, ()> {
        async { Ok(()) }.boxed()
    }

    fn find<'a>(&'a self, place: &'a Place, key: &'a str, _: Option<&'a str>) -> PlatformResult<'a, Option<Posted>> {
        self.look_for(place, key).boxed()
    }

    fn thread<'a>(&'a self, place: &'a Place, message: &'a str) -> PlatformResult<'a, Option<String>> {
        async move {
            let at = Place { thread: Some(message.to_owned()), ..place.clone() };
            self.root(&at).await
        }
        .boxed()
    }

    fn channel_name<'a>(&'a self, place: &'a Place) -> PlatformResult<'a, Option<String>> {
        async move {
            if !is_id(&place.channel) {
                return Ok(None);
            }
            let found = self.read(&format!("channels/{}", place.channel)).await?;
            Ok(Some(text(&found["display_name"])).filter(|name| !name.is_empty()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_documents_is_only_words() {
        let hostile = "![x](https://evil.example) @all [click](https://evil.example) <img>";
        let escaped = escape(hostile);
        assert!(!escaped.contains("](") && !escaped.contains("@all") && escaped.contains(r"\!\[x\]\("), "{escaped}");
    }
}
