//! Slack's request signatures: `v0=` and the hexadecimal HMAC-SHA256 of `v0:{timestamp}:{raw body}` under the signing secret.

use hmac::{Hmac, KeyInit, Mac};
use pinakes_config::limits::bot::SIGNATURE_AGE_MAX;
use pinakes_types::Timestamp;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::secret::Secret;

/// The signature of a request with this `X-Slack-Request-Timestamp` (seconds since 1970) and this raw body.
#[must_use]
pub fn sign(secret: &Secret, timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).expect("a key of any length will do for HMAC");
    mac.update(b"v0:");
    mac.update(timestamp.as_bytes());
    mac.update(b":");
    mac.update(body);
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={digits}")
}

/// Whether a request is Slack's own and was sent just now, or why not. The comparison takes the same time wherever they differ.
pub(crate) fn verify(
    secret: &Secret,
    timestamp: Option<&str>,
    signature: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), &'static str> {
    if secret.is_empty() {
        return Err("there is no signing secret to check it by");
    }
    let (Some(timestamp), Some(signature)) = (timestamp, signature) else { return Err("it is not signed") };
    let seconds: i64 = timestamp.parse().map_err(|_| "its time is no number")?;
    let apart = (now.0 / 1_000).abs_diff(seconds);
    if apart > SIGNATURE_AGE_MAX.as_secs() {
        return Err("it was signed too long ago, or the clocks differ");
    }
    let expected = sign(secret, timestamp, body);
    if bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) { Ok(()) } else { Err("its signature is wrong") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that Slack publishes with its description of the scheme.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const TIMESTAMP: &str = "1531420618";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar\
                        &user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
                        &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
                        &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    fn check(timestamp: Option<&str>, signature: Option<&str>, body: &str, now_seconds: i64) -> Result<(), &'static str> {
        verify(&Secret::new(SECRET), timestamp, signature, body.as_bytes(), Timestamp(now_seconds * 1_000))
    }

    #[test]
    fn the_published_vector() {
        assert_eq!(sign(&Secret::new(SECRET), TIMESTAMP, BODY.as_bytes()), SIGNATURE);
        assert_eq!(check(Some(TIMESTAMP), Some(SIGNATURE), BODY, 1_531_420_618), Ok(()));
    }

    #[test]
    fn what_is_forged_stale_or_missing_is_refused() {
        let now = 1_531_420_618;
        assert!(check(None, Some(SIGNATURE), BODY, now).is_err());
        assert!(check(Some(TIMESTAMP), None, BODY, now).is_err());
        assert!(check(Some("now"), Some(SIGNATURE), BODY, now).is_err());
        assert!(check(Some("1531420619"), Some(SIGNATURE), BODY, now).is_err());
        assert!(check(Some(TIMESTAMP), Some(&SIGNATURE.to_uppercase()), BODY, now).is_err());
        assert!(check(Some(TIMESTAMP), Some(&SIGNATURE[..66]), BODY, now).is_err());
        assert!(check(Some(TIMESTAMP), Some("v0="), BODY, now).is_err());
        assert!(check(Some(TIMESTAMP), Some(SIGNATURE), &format!("{BODY} "), now).is_err());
        for (seconds, ok) in [(300, true), (-300, true), (301, false), (-301, false)] {
            assert_eq!(check(Some(TIMESTAMP), Some(SIGNATURE), BODY, now + seconds).is_ok(), ok, "{seconds}");
        }
        assert!(
            verify(&Secret::default(), Some(TIMESTAMP), Some(&sign(&Secret::default(), TIMESTAMP, b"")), b"", Timestamp(now * 1_000))
                .is_err()
        );
    }
}
