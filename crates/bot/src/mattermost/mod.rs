//! Mattermost: its outgoing webhook brings questions, its REST API (v4) takes answers.

mod hook;
mod rest;

pub use hook::MattermostHook;
pub use rest::Mattermost;
