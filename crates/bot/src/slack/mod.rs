//! Slack. Its client libraries in Rust bring their own HTTP stack and parse requests before the raw body can be checked; what is needed of
//! Slack is a handful of JSON calls and one HMAC, so it is spoken here directly.

mod api;
mod blocks;
mod check;
mod events;
mod gate;
mod mrkdwn;
mod payload;
mod setup;
mod signature;
mod socket;

pub use api::{Slack, SlackConfig};
pub use check::check_slack;
pub use events::{Delivery, Outcome, SlackIdentity, SlackRequest, read_slack};
pub use gate::{HttpReply, SlackGate};
pub use setup::{slack_manifest, slack_steps};
pub use signature::sign;
pub use socket::run_socket;
