//! Encryption at rest, and the checks that a unit is as it was written.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};

/// What says that a unit is whole: a blake3 digest, or 16 bytes of Poly1305 and zeros.
pub(super) type Tag = [u8; 32];

/// The secret that files are sealed with.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// Of 32 random bytes, which the caller keeps.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key for one purpose and one `salt`.
    pub(super) fn derive(&self, purpose: &'static str, salt: &[u8]) -> [u8; 32] {
        *blake3::Hasher::new_derive_key(purpose).update(&self.0).update(salt).finalize().as_bytes()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Makes a file's units what they are on the disk, and back.
///
/// With a key, each file is encrypted under a key of its own, derived from its salt; the salt is a keyed hash of all that is in the file.
/// So the same key never meets different contents, and no random numbers are needed; a unit's number is its nonce.
pub(super) struct Sealer {
    cipher: Option<ChaCha20Poly1305>,
}

impl Sealer {
    pub(super) fn new(key: Option<&Key>, salt: &[u8; 32]) -> Self {
        let cipher = key.map(|key| ChaCha20Poly1305::new(&key.derive("pinakes run seal v1", salt).into()));
        Self { cipher }
    }

    /// Seals `unit` in place.
    pub(super) fn seal(&self, number: u32, clear: &[u8], unit: &mut [u8]) -> Tag {
        match &self.cipher {
            None => digest(clear, unit),
            Some(cipher) => {
                let tag = cipher.encrypt_inout_detached(&nonce(number), clear, unit.into());
                let mut place = [0; 32];
                place[..16].copy_from_slice(&tag.expect("units are far below ChaCha20's 256 GiB"));
                place
            }
        }
    }

    /// Opens `unit` in place; false when it or the `clear` bytes that go with it are not what was sealed.
    pub(super) fn open(&self, number: u32, clear: &[u8], unit: &mut [u8], tag: &Tag) -> bool {
        match &self.cipher {
            None => digest(clear, unit) == *tag,
            Some(cipher) => {
                let mut short = [0; 16];
                short.copy_from_slice(&tag[..16]);
                tag[16..] == [0; 16] && cipher.decrypt_inout_detached(&nonce(number), clear, unit.into(), &short.into()).is_ok()
            }
        }
    }
}

/// Of what a unit holds before it is sealed.
pub(super) fn digest(clear: &[u8], unit: &[u8]) -> Tag {
    *blake3::Hasher::new().update(clear).update(unit).finalize().as_bytes()
}

fn nonce(number: u32) -> Nonce {
    let mut nonce = [0; 12];
    nonce[..4].copy_from_slice(&number.to_le_bytes());
    nonce.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_and_nothing_else_does() {
        let keys = [None, Some(Key::new([3; 32]))];
        for key in &keys {
            let sealer = Sealer::new(key.as_ref(), &[5; 32]);
            let mut unit = *b"what was read";
            let tag = sealer.seal(7, b"clear", &mut unit);
            assert_eq!(unit == *b"what was read", key.is_none());
            let open = |sealer: &Sealer, number, clear: &[u8], flip: usize| {
                let mut copy = unit;
                if flip < copy.len() {
                    copy[flip] ^= 4;
                }
                sealer.open(number, clear, &mut copy, &tag).then_some(copy)
            };
            assert_eq!(open(&sealer, 7, b"clear", 99).as_ref(), Some(b"what was read"));
            assert_eq!(open(&sealer, 7, b"claer", 99), None);
            assert_eq!(open(&sealer, 7, b"clear", 3), None);
            if let Some(key) = key {
                assert_eq!(open(&sealer, 8, b"clear", 99), None);
                assert_eq!(open(&Sealer::new(Some(key), &[6; 32]), 7, b"clear", 99), None);
                assert_eq!(open(&Sealer::new(Some(&Key::new([4; 32])), &[5; 32]), 7, b"clear", 99), None);
            }
        }
        assert_eq!(format!("{:?}", Key::new([1; 32])), "Key(..)");
    }
}
