//! Whether everything that the bot needs of Slack is there, each finding with its remedy.

use pinakes_api::CheckResult;
use reqwest::Method;

use super::api::{Slack, verdict};
use super::setup::SCOPES;
use super::socket::open;
use crate::platform::PlatformError;
use crate::web::{Body, patiently};

/// Tests the bot's token and scopes, and with `socket` that a web socket can be opened.
pub async fn check_slack(slack: &Slack, socket: bool) -> Vec<CheckResult> {
    let mut results = vec![];
    let asked = patiently(true, || slack.web.call(Method::POST, "auth.test", Some(slack.token()), Body::Nothing)).await;
    let scopes = asked.as_ref().ok().and_then(|answer| answer.headers.get("x-oauth-scopes")?.to_str().ok().map(str::to_owned));
    match asked.and_then(verdict) {
        Ok(body) => {
            let field = |name: &str| body[name].as_str().unwrap_or("?").to_owned();
            results.push(CheckResult::ok("slack_token", format!("signed in to {} as {}", field("team"), field("user"))));
            results.push(scopes_granted(scopes.as_deref()));
        }
        Err(error) => results.push(failed("slack_token", &error, "copy the Bot User OAuth Token (xoxb-…) again")),
    }
    if socket {
        results.push(match open(slack).await {
            Ok(_) => CheckResult::ok("slack_socket", "a web socket is offered"),
            Err(error) => {
                failed("slack_socket", &error, "make an App-Level Token with the scope connections:write and switch Socket Mode on")
            }
        });
    }
    results
}

fn scopes_granted(granted: Option<&str>) -> CheckResult {
    let name = "slack_scopes";
    let Some(granted) = granted else {
        return CheckResult::warn(name, "Slack does not say which scopes were granted", "compare them with `pinakes bot setup slack`");
    };
    let granted: Vec<&str> = granted.split(',').map(str::trim).collect();
    let missing: Vec<&str> = SCOPES.into_iter().filter(|scope| !granted.contains(scope)).collect();
    if missing.is_empty() {
        CheckResult::ok(name, format!("all {} are granted", SCOPES.len()))
    } else {
        CheckResult::fail(
            name,
            format!("missing: {}", missing.join(", ")),
            "update the app's manifest (`pinakes bot setup slack`) and install it again",
        )
    }
}

fn failed(name: &str, error: &PlatformError, remedy: &str) -> CheckResult {
    let remedy = match error {
        PlatformError::Refused(_) => remedy,
        _ => "see that this machine reaches Slack: a proxy or firewall may stand between",
    };
    CheckResult::fail(name, error.to_string(), remedy)
}
