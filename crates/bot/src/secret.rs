//! Tokens and secrets, which no log and no error ever shows.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A token or a secret.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Takes it over, without the white space around it that files and shells leave.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self(secret.trim().to_owned())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The secret itself, for the one request that needs it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// The hexadecimal HMAC-SHA256 of a text under this secret.
    pub(crate) fn seal(&self, text: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).expect("a key of any length will do for HMAC");
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether that is the text's seal, in a time that does not tell where it differs. An empty secret seals nothing.
    pub(crate) fn is_seal(&self, text: &str, seal: &str) -> bool {
        !self.is_empty() && bool::from(self.seal(text).as_bytes().ct_eq(seal.as_bytes()))
    }

    /// Whether it is the same, in a time that does not tell where it differs. An empty one is equal to nothing.
    pub(crate) fn matches(&self, other: &str) -> bool {
        !self.is_empty() && bool::from(self.0.as_bytes().ct_eq(other.as_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Secret(none)" } else { "Secret(…)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown_and_an_empty_one_matches_nothing() {
        let secret = Secret::new(" xoxb-1 \n");
        assert!(!format!("{secret:?}").contains("xoxb"));
        assert!(secret.matches("xoxb-1") && !secret.matches("xoxb-2") && !secret.matches("xoxb-"));
        assert!(!Secret::default().matches(""));
    }
}
