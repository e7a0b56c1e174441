//! The two cookies: a session's, and that of a sign-in through a provider while it is under way. Out of reach of scripts, not sent by other
//! sites' forms, and where the server is known by https sent over https only, under a name that no other host can set.

use std::time::Duration;

use actix_web::http::header::{self, HeaderMap};

/// How cookies are written and read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cookies {
    /// Whether people reach the server by https.
    pub(crate) secure: bool,
}

/// Bytes of a `Cookie` header that are read.
const HEADER_BYTES_MAX: usize = 16 << 10;

impl Cookies {
    fn session_name(self) -> &'static str {
        if self.secure { "__Host-pinakes_session" } else { "pinakes_session" }
    }

    fn sign_in_name(self) -> &'static str {
        if self.secure { "__Host-pinakes_sign_in" } else { "pinakes_sign_in" }
    }

    /// What `Set-Cookie` says of a session; `None` ends it.
    pub(crate) fn session(self, token: Option<&str>, lasts: Duration) -> String {
        self.written(self.session_name(), token, lasts)
    }

    /// The same of a sign-in under way.
    pub(crate) fn sign_in(self, browser: Option<&str>, lasts: Duration) -> String {
        self.written(self.sign_in_name(), browser, lasts)
    }

    fn written(self, name: &str, value: Option<&str>, lasts: Duration) -> String {
        let seconds = value.map_or(0, |_| lasts.as_secs());
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{name}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}", value.unwrap_or_default())
    }

    /// The session a request shows.
    pub(crate) fn session_of(self, headers: &HeaderMap) -> Option<String> {
        find(headers, self.session_name())
    }

    /// The sign-in it goes on with.
    pub(crate) fn sign_in_of(self, headers: &HeaderMap) -> Option<String> {
        find(headers, self.sign_in_name())
    }
}

fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).filter_map(|line| line.to_str().ok()).filter(|line| line.len() <= HEADER_BYTES_MAX);
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, value)| *known == name && !value.is_empty()).map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn cookies_say_what_keeps_them() {
        let plain = Cookies { secure: false }.session(Some("t"), Duration::from_secs(60));
        assert_eq!(plain, "pinakes_session=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
        let secure = Cookies { secure: true }.session(None, Duration::from_secs(60));
        assert_eq!(secure, "__Host-pinakes_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
    }

    #[test]
    fn only_the_right_name_is_read() {
        let found = |secure: bool, value: &str| {
            let mut map = HeaderMap::new();
            map.append(HeaderName::from_static("cookie"), HeaderValue::from_str(value).unwrap());
            Cookies { secure }.session_of(&map)
        };
        assert_eq!(found(false, "a=b; pinakes_session=x;c=d").as_deref(), Some("x"));
        assert_eq!(found(true, "pinakes_session=evil; __Host-pinakes_session=x").as_deref(), Some("x"));
        for nothing in ["", "pinakes_session", "pinakes_session=", "xpinakes_session=x", "PINAKES_SESSION=x"] {
            assert_eq!(found(false, nothing), None, "{nothing}");
        }
        assert_eq!(found(true, "pinakes_session=x"), None, "one that another host may have set");
    }
}
