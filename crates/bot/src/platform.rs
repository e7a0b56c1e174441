//! What the bot needs of a chat platform. An adapter puts words into the platform's form, keeps its limits and waits out its rate limits;
//! what is said to whom is decided above it.

use std::time::Duration;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::event::{Account, Place};
use crate::message::Message;

/// A message of ours on the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// Its channel.
    pub channel: String,
    /// The platform's id of it.
    pub id: String,
}

/// How an account belongs to the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A full member.
    Member,
    /// A guest, who sees a few channels only.
    Guest,
    /// Of another organisation, in a channel that is shared with it.
    Stranger,
    /// A program.
    Program,
}

/// What the platform says of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// As others see it.
    pub name: String,
    /// The e-mail address, where the platform vouches that it is theirs.
    pub email: Option<String>,
    /// How it belongs.
    pub standing: Standing,
    /// The language they chose, such as `de-DE`.
    pub locale: Option<String>,
}

/// Who is in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// Ids of the accounts, without our own.
    pub users: Vec<String>,
    /// Whether these are all.
    pub complete: bool,
}

/// Why a platform did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlatformError {
    /// It asks to wait, and nothing happened.
    #[error("the platform asks to wait {} s", .0.as_secs())]
    Wait(Duration),
    /// It said no, in a word of its own.
    #[error("the platform refused: {0}")]
    Refused(String),
    /// It was not reached, or did not answer: what was asked may have happened all the same.
    #[error("the platform did not answer: {0}")]
    Unreachable(String),
}

/// What an adapter's call comes to.
pub type PlatformResult<'a, T> = BoxFuture<'a, Result<T, PlatformError>>;

/// A chat platform.
pub trait ChatPlatform: Send + Sync + 'static {
    /// `slack` or `mattermost`.
    fn name(&self) -> &'static str;

    /// The message in parts that each fit into one message of the platform. `rest` is said where even the parts are too many.
    fn parts(&self, message: Message, rest: &str) -> Vec<Message>;

    /// Says something for all to see. Not tried again when it is not known whether it happened.
    fn post<'a>(&'a self, place: &'a Place, message: &'a Message) -> PlatformResult<'a, Posted>;

    /// Puts `message` in the place of what was said.
    fn update<'a>(&'a self, posted: &'a Posted, message: &'a Message) -> PlatformResult<'a, ()>;

    /// Shows an answer under way. Tried once and without waiting: the next one says more.
    fn progress<'a>(&'a self, posted: &'a Posted, text: &'a str) -> PlatformResult<'a, ()>;

    /// Says something that only `to` sees.
    fn whisper<'a>(&'a self, place: &'a Place, to: &'a Account, message: &'a Message) -> PlatformResult<'a, ()>;

    /// Answers a command or a button at the address that came with it, seen only by who gave it; `replace` puts it in the place of what
    /// the button stood under. Platforms without such addresses refuse.
    fn respond<'a>(&'a self, url: &'a str, message: &'a Message, replace: bool) -> PlatformResult<'a, ()>;

    /// Begins a message that grows, where the platform and the place have such; `None` where not.
    fn begin_stream<'a>(&'a self, place: &'a Place, to: &'a Account) -> PlatformResult<'a, Option<Posted>>;

    /// Lets it grow. Tried once.
    fn append<'a>(&'a self, posted: &'a Posted, text: &'a str) -> PlatformResult<'a, ()>;

    /// Ends its growing; a message that does not grow is left as it is. It can be updated then.
    fn end_stream<'a>(&'a self, posted: &'a Posted, key: &'a str) -> PlatformResult<'a, ()>;

    /// The message of ours that answers the event `key`, posted after the message `after`.
    fn find<'a>(&'a self, place: &'a Place, key: &'a str, after: Option<&'a str>) -> PlatformResult<'a, Option<Posted>>;

    /// The thread a message stands in, where its report does not say.
    fn thread<'a>(&'a self, place: &'a Place, _message: &'a str) -> PlatformResult<'a, Option<String>> {
        Box::pin(async move { Ok(place.thread.clone()) })
    }

    /// What people call a channel, where the platform says so.
    fn channel_name<'a>(&'a self, _place: &'a Place) -> PlatformResult<'a, Option<String>> {
        Box::pin(async { Ok(None) })
    }

    /// Who an account is.
    fn profile<'a>(&'a self, account: &'a Account) -> PlatformResult<'a, Profile>;

    /// Who some accounts of one workspace are; those the platform does not know are left out. Others may come along.
    fn profiles<'a>(&'a self, team: &'a str, users: &'a [String]) -> PlatformResult<'a, Vec<(String, Profile)>>;

    /// Who is in a channel.
    fn members<'a>(&'a self, place: &'a Place) -> PlatformResult<'a, Members>;
}
