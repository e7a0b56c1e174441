//! The bot in an office: a fake Slack that follows the published protocol, people, documents, and what goes wrong.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "all of this is a test")]

mod doubles;
mod fake_mattermost;
mod fake_slack;
mod fake_socket;
mod intake;
mod mattermost;
mod never_silent;
mod office;
mod rights;
mod sdk;
mod socket;
mod talking;
