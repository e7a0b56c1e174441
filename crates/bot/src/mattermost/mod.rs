//! Mattermost: its outgoing webhook brings questions, its REST API (v4) takes answers.

mod buttons;
mod hook;
mod rest;
mod setup;

pub use buttons::Callback;
pub use hook::MattermostHook;
pub use rest::Mattermost;
pub use setup::mattermost_steps;
