//! Questions where teams already talk: a chat platform's events in, answers out, behind one small trait.
//!
//! What is promised of every event: it is durable before it is acknowledged, and acknowledged before anything slow happens; whoever
//! addressed the bot gets one answer or one reason, whatever repeats, reorders, fails or restarts; what is said in a channel rests on what
//! every member may read, and everything else goes to the asker alone; text of documents and people never becomes a link, a mention or
//! markup of the platform.
//!
//! [`Bot`] knows no platform: [`Slack`] and [`Mattermost`] are [`ChatPlatform`]s. It knows no search, no accounts and no database either:
//! those are the traits [`Answers`], [`People`] and [`Memory`].

mod answering;
mod audience;
mod bot;
mod buttons;
mod channels;
mod command;
mod compose;
mod counts;
mod event;
mod hook;
mod journal;
mod mattermost;
mod message;
mod platform;
mod ports;
mod reach;
mod reply;
mod secret;
mod settings;
mod slack;
mod text;
mod threads;
mod web;
mod words;

pub use bot::{Bot, BotParts, Receipt, Rules, UnknownSenders};
pub use channels::Channel;
pub use counts::BotFigures;
pub use event::{Account, Event, Place, What};
pub use hook::BotHook;
pub use journal::{Acceptance, Entry, Kept, MemoryStub};
pub use mattermost::{Callback, Mattermost, MattermostHook, mattermost_steps};
pub use message::{Button, ButtonKind, Message, SourceLine};
pub use platform::{ChatPlatform, Members, PlatformError, PlatformResult, Posted, Profile, Standing};
pub use ports::{Answers, Memory, People, Promise, Question};
pub use reach::check_reach;
pub use secret::Secret;
pub use settings::{AnswerWhen, ChannelSettings, Visibility};
pub use slack::{
    Delivery, HttpReply, Outcome, Slack, SlackConfig, SlackGate, SlackIdentity, SlackRequest, check_slack, read_slack, run_socket,
    sign as slack_signature, slack_manifest, slack_steps,
};
pub use words::Language;
