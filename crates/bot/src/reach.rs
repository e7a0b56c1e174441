//! Whether what a platform will call is there, as far as that can be told from here.

use pinakes_api::CheckResult;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::platform::PlatformError;
use crate::web::{Body, Web};

/// Calls `path` of the server at `public_url` as a stranger would: a bot that is there refuses what is not signed.
pub async fn check_reach(public_url: &str, path: &str) -> CheckResult {
    let name = "reachable";
    let url = format!("{}/{path}", public_url.trim_end_matches('/'));
    let called = async { Web::new(public_url)?.call(Method::POST, path, None, Body::Json(&json!({}))).await };
    let (found, remedy) = match called.await {
        Ok(answer) if answer.status == StatusCode::UNAUTHORIZED => {
            let words = format!("{url} asks for a signature, as it should; whether it is reached from outside only the platform can tell");
            return CheckResult::ok(name, words);
        }
        Ok(answer) if answer.status == StatusCode::NOT_FOUND => {
            (format!("{url} is not there"), "start `pinakes serve` with this configuration, and let the proxy forward this path to it")
        }
        Ok(answer) => (format!("{url} answers {}", answer.status), "see that the proxy forwards this path to `pinakes serve`"),
        Err(PlatformError::Unreachable(why)) => (
            format!("{url} does not answer as it should: {why}"),
            "start `pinakes serve`, and see that the name leads to the proxy before it",
        ),
        Err(error @ PlatformError::Wait(_)) => (format!("{url}: {error}"), "try again later: something before the server counts requests"),
        Err(error) => (format!("{url}: {error}"), "see that `server.public_url` is right"),
    };
    CheckResult::warn(name, found, remedy)
}

#[cfg(test)]
mod tests {
    use pinakes_api::Verdict;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that says this to whoever calls, once.
    async fn saying(status: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut head = [0; 1024];
            let read = connection.read(&mut head).await.unwrap();
            assert!(head[..read].starts_with(b"POST /bot/slack/events "));
            connection.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await.unwrap();
        });
        url
    }

    #[tokio::test]
    async fn a_bot_refuses_strangers_and_nothing_else_does() {
        for (status, verdict, words) in [
            ("401 Unauthorized", Verdict::Ok, "asks for a signature"),
            ("404 Not Found", Verdict::Warn, "is not there"),
            ("421 Misdirected Request", Verdict::Warn, "421"),
            ("502 Bad Gateway", Verdict::Warn, "does not answer as it should: 502"),
            ("429 Too Many Requests", Verdict::Warn, "asks to wait"),
        ] {
            let check = check_reach(&saying(status).await, "bot/slack/events").await;
            assert_eq!(check.verdict, verdict, "{check:?}");
            assert!(check.message.contains(words), "{check:?}");
        }
        let gone = check_reach("http://127.0.0.1:1/", "bot/slack/events").await;
        assert_eq!(gone.verdict, Verdict::Warn);
        assert!(gone.message.contains("http://127.0.0.1:1/bot/slack/events does not answer as it should"), "{gone:?}");
    }
}
