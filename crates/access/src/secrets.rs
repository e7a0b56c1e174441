//! Secrets that a browser or program shows: 256 random bits, of which only a hash is kept. They are as long as no one can guess, so the
//! hash need not be slow; it is keyed by what the secret is for, so that a hash of one kind is never one of another.

use pinakes_types::Random;
use subtle::ConstantTimeEq;

const BYTES: usize = 32;

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Session,
    Key,
    Link,
    CrossSite,
    SignIn,
}

impl Purpose {
    fn context(self) -> &'static str {
        match self {
            Self::Session => "pinakes 2026-11 session",
            Self::Key => "pinakes 2026-11 api key",
            Self::Link => "pinakes 2026-11 sign-in link",
            Self::CrossSite => "pinakes 2026-11 cross-site token",
            Self::SignIn => "pinakes 2026-11 sign-in state",
        }
    }
}

/// A new secret, 64 hexadecimal digits.
pub(crate) fn fresh(random: &dyn Random) -> String {
    let mut bytes = [0; BYTES];
    random.fill(&mut bytes);
    hex(&bytes)
}

/// A new id that is no secret, 16 hexadecimal digits.
pub(crate) fn fresh_id(random: &dyn Random) -> String {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    hex(&bytes)
}

/// What is kept of a secret.
pub(crate) fn hash(purpose: Purpose, secret: &str) -> String {
    hex(&blake3::derive_key(purpose.context(), secret.as_bytes()))
}

/// Whether two hashes are the same, in time that does not tell where they differ.
pub(crate) fn same(a: &str, b: &str) -> bool {
    bool::from(a.as_bytes().ct_eq(b.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Counts up, so that tests repeat.
    #[derive(Debug, Default)]
    pub(crate) struct Counting(AtomicU64);

    impl Random for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            let bytes = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            buffer.iter_mut().zip(bytes.iter().cycle()).for_each(|(to, from)| *to = *from);
        }
    }

    #[test]
    fn a_hash_of_one_kind_is_none_of_another() {
        let random = Counting::default();
        let (one, two) = (fresh(&random), fresh(&random));
        assert_eq!(one.len(), 2 * BYTES);
        assert_ne!(one, two);
        let hashes =
            [Purpose::Session, Purpose::Key, Purpose::Link, Purpose::CrossSite, Purpose::SignIn].map(|purpose| hash(purpose, &one));
        for (place, hash) in hashes.iter().enumerate() {
            assert!(!hash.contains(&one) && hashes.iter().skip(place + 1).all(|other| !same(hash, other)));
        }
        assert!(same("abc", "abc") && !same("abc", "abd") && !same("abc", "ab"));
    }
}
