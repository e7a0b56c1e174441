//! Names of runs: a hash of everything that decides what a run holds, so that a file's name says what is in it and looking a prompt up
//! is computing names.

use std::fmt::{self, Display};

use super::key::Key;
use crate::cache::Domain;

/// Tokens hashed at a time.
const BLOCK_TOKENS: usize = 1024;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// A run's name: blake3 of fingerprint, domain, parent and tokens, keyed where files are sealed, so that names tell nobody what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id(pub(super) [u8; 32]);

impl Id {
    /// The parent of what begins with a sequence's first token.
    pub(super) const ROOT: Self = Self([0; 32]);

    /// Of its 64 hexadecimal digits.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let digit = |byte: &u8| HEX.iter().position(|digit| digit == byte).map(|value| value as u8);
        let mut id = [0; 32];
        if name.len() != 64 {
            return None;
        }
        for (byte, pair) in id.iter_mut().zip(name.as_bytes().chunks_exact(2)) {
            *byte = digit(&pair[0])? << 4 | digit(&pair[1])?;
        }
        Some(Self(id))
    }
}

impl Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What the names of one engine's runs begin from.
#[derive(Clone)]
pub(super) struct Naming {
    start: blake3::Hasher,
}

impl Naming {
    pub(super) fn new(fingerprint: &[u8; 32], key: Option<&Key>) -> Self {
        let mut start = match key {
            Some(key) => blake3::Hasher::new_keyed(&key.derive("pinakes run names v1", &[])),
            None => blake3::Hasher::new_derive_key("pinakes run names v1"),
        };
        start.update(fingerprint);
        Self { start }
    }

    /// The names of runs behind `parent`, token by token.
    pub(super) fn behind(&self, parent: Id, domain: Domain) -> Run {
        let mut hasher = self.start.clone();
        hasher.update(&domain.0).update(&parent.0);
        Run { hasher }
    }
}

/// A run that grows.
pub(super) struct Run {
    hasher: blake3::Hasher,
}

impl Run {
    pub(super) fn push(&mut self, tokens: &[u32]) {
        let mut bytes = [0; 4 * BLOCK_TOKENS];
        for block in tokens.chunks(BLOCK_TOKENS) {
            for (place, token) in bytes.chunks_exact_mut(4).zip(block) {
                place.copy_from_slice(&token.to_le_bytes());
            }
            self.hasher.update(&bytes[..4 * block.len()]);
        }
    }

    /// Its name as it is now.
    pub(super) fn id(&self) -> Id {
        Id(*self.hasher.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_depends_on_everything_and_not_on_how_tokens_came() {
        let id = |fingerprint: u8, key: Option<u8>, domain: u8, parent: u8, tokens: &[&[u32]]| {
            let key = key.map(|byte| Key::new([byte; 32]));
            let mut run = Naming::new(&[fingerprint; 32], key.as_ref()).behind(Id([parent; 32]), Domain([domain; 32]));
            tokens.iter().for_each(|tokens| run.push(tokens));
            run.id()
        };
        let one = id(1, None, 2, 3, &[&[7, 8, 9]]);
        assert_eq!(one, id(1, None, 2, 3, &[&[7], &[], &[8, 9]]));
        let others = [
            id(0, None, 2, 3, &[&[7, 8, 9]]),
            id(1, Some(0), 2, 3, &[&[7, 8, 9]]),
            id(1, Some(1), 2, 3, &[&[7, 8, 9]]),
            id(1, None, 3, 2, &[&[7, 8, 9]]),
            id(1, None, 2, 3, &[&[7, 8, 9, 0]]),
            id(1, None, 2, 3, &[&[7, 8, 10]]),
        ];
        assert!(others.iter().all(|other| *other != one));
        assert_eq!(Id::parse(&one.to_string()), Some(one));
        assert!(Id::parse("00").is_none() && Id::parse(&"G".repeat(64)).is_none());
    }
}
