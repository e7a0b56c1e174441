//! Calls of a platform's API: one host, bounded answers, no redirects, and patience where the platform asks for it.

use futures::StreamExt;
use pinakes_config::limits::bot::{CALL_RETRIES_MAX, CALL_TIMEOUT, RESPONSE_BYTES_MAX, RETRY_AFTER_MAX};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, Response, StatusCode, Url, redirect};
use serde_json::Value;
use std::future::Future;
use std::time::Duration;

use crate::platform::PlatformError;
use crate::secret::Secret;

/// Waited for where a platform asks to wait and does not say how long.
const WAIT: Duration = Duration::from_secs(1);
/// Before the first repetition of what was not answered.
const PAUSE: Duration = Duration::from_millis(200);

/// A platform's API.
#[derive(Debug, Clone)]
pub(crate) struct Web {
    client: Client,
    base: Url,
}

/// What a request carries.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Body<'a> {
    Nothing,
    Json(&'a Value),
    Form(&'a [(&'a str, &'a str)]),
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// `Null` where it is no JSON.
    pub(crate) body: Value,
}

impl Web {
    /// For the API at `base`.
    pub(crate) fn new(base: &str) -> Result<Self, PlatformError> {
        let refused = |error: &dyn std::fmt::Display| PlatformError::Refused(format!("{base}: {error}"));
        let mut base_url = Url::parse(base).map_err(|error| refused(&error))?;
        if !base_url.path().ends_with('/') {
            base_url.set_path(&format!("{}/", base_url.path()));
        }
        let client = Client::builder()
            .connect_timeout(CALL_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("pinakes/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| refused(&error))?;
        Ok(Self { client, base: base_url })
    }

    /// Whether an address that the platform named is on its own host, or on one below it: no other is ever connected to.
    pub(crate) fn is_own(&self, url: &Url) -> bool {
        let (Some(own), Some(host)) = (self.base.host_str(), url.host_str()) else { return false };
        let secure = |url: &Url| matches!(url.scheme(), "https" | "wss");
        let below = host.strip_suffix(own).is_some_and(|below| below.is_empty() || below.ends_with('.'));
        below && (secure(url) || !secure(&self.base))
    }

    /// One call, once. `path` counts from the base; a whole address must be the platform's own.
    pub(crate) async fn call(&self, method: Method, path: &str, token: Option<&Secret>, body: Body<'_>) -> Result<Answer, PlatformError> {
        let url = self.base.join(path).map_err(|error| PlatformError::Refused(error.to_string()))?;
        if !self.is_own(&url) {
            return Err(PlatformError::Refused(format!("{} is not an address of the platform", url.host_str().unwrap_or_default())));
        }
        let mut request = self.client.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token.reveal());
        }
        let request = match body {
            Body::Nothing => request,
            Body::Json(value) => request.json(value),
            Body::Form(pairs) => request.form(pairs),
        };
        // Without the address: one of them carries a ticket.
        let lost = |error: reqwest::Error| PlatformError::Unreachable(chain(&error.without_url()));
        let response = request.send().await.map_err(lost)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(PlatformError::Wait(retry_after(&headers)));
        }
        let body = serde_json::from_slice(&collect(response).await?).unwrap_or(Value::Null);
        if status.is_server_error() {
            return Err(PlatformError::Unreachable(status.to_string()));
        }
        Ok(Answer { status, headers, body })
    }
}

/// Makes a call until it is answered. Where the platform asks to wait, nothing happened, so it may be asked again; where it did not
/// answer, only what can happen twice (`twice`) is.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, PlatformError>>>(
    twice: bool,
    call: impl Fn() -> F,
) -> Result<T, PlatformError> {
    let mut retries = 0;
    loop {
        let wait = match call().await {
            Err(PlatformError::Wait(wait)) if retries < CALL_RETRIES_MAX && wait <= RETRY_AFTER_MAX => wait,
            Err(PlatformError::Unreachable(_)) if twice && retries < CALL_RETRIES_MAX => PAUSE * 2u32.pow(retries),
            answered => return answered,
        };
        retries += 1;
        tokio::time::sleep(wait).await;
    }
}

fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| text.trim().parse().ok());
    seconds.map_or(WAIT, Duration::from_secs)
}

async fn collect(response: Response) -> Result<Vec<u8>, PlatformError> {
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| PlatformError::Unreachable(chain(&error.without_url())))?;
        if bytes.len() + piece.len() > RESPONSE_BYTES_MAX {
            return Err(PlatformError::Unreachable("its answer has no end".into()));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// An error with its causes: reqwest's own words alone never say why.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_platforms_own_hosts_are_connected_to() {
        let slack = Web::new("https://slack.com/api").unwrap();
        for (url, own) in [
            ("https://slack.com/api/x", true),
            ("https://hooks.slack.com/commands/1", true),
            ("wss://wss-primary.slack.com/link/?ticket=1", true),
            ("http://slack.com/api/x", false),
            ("ws://wss-primary.slack.com/", false),
            ("https://evilslack.com/", false),
            ("https://slack.com.evil.example/", false),
            ("https://127.0.0.1/", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(slack.is_own(&Url::parse(url).unwrap()), own, "{url}");
        }
        let local = Web::new("http://127.0.0.1:9/api").unwrap();
        assert!(local.is_own(&Url::parse("ws://127.0.0.1:10/socket").unwrap()));
        assert!(!local.is_own(&Url::parse("ws://127.0.0.2:9/socket").unwrap()));
    }
}
