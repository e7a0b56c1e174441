//! The first 4 KiB of a file: all that is needed to know what it holds, so that a folder of thousands is known again in a moment.
//!
//! A clear prelude says what could read the file; the rest is sealed with it. Numbers are little-endian.

use super::id::Id;
use super::key::{Key, Sealer, Tag, digest};
use crate::cache::Domain;

/// Bytes of a header; units begin at multiples of it.
pub(super) const HEADER_BYTES: usize = 4096;
/// Which number a header has among the units of its file.
const HEADER_UNIT: u32 = u32::MAX;
const MAGIC: [u8; 8] = *b"PNKSRUN\n";
/// Goes up when anything about the files changes.
const VERSION: u32 = 1;
const PRELUDE_BYTES: usize = 96;
const TAG_AT: usize = HEADER_BYTES - 32;

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Of the engine that wrote it.
    pub(super) fingerprint: [u8; 32],
    /// What the file's key is derived with.
    pub(super) salt: [u8; 32],
    pub(super) id: Id,
    /// The run that it goes on from.
    pub(super) parent: Id,
    pub(super) domain: Domain,
    /// Position of its first token.
    pub(super) start: usize,
    /// Position after its last token; above `start`.
    pub(super) end: usize,
    /// Of the whole file.
    pub(super) file_bytes: u64,
    /// Of the first unit, which holds those of the others.
    pub(super) table: Tag,
}

/// Why a header is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadHeader {
    /// It was written by another version of this format or is sealed with another key.
    Foreign,
    /// It is not as it was written.
    Damaged,
}

impl Header {
    pub(super) fn encode(&self, key: Option<&Key>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&u32::from(key.is_some()).to_le_bytes());
        for hash in [&self.fingerprint, &self.salt] {
            bytes.extend_from_slice(hash);
        }
        bytes.resize(PRELUDE_BYTES, 0);
        for hash in [&self.id.0, &self.parent.0, &self.domain.0, &self.table] {
            bytes.extend_from_slice(hash);
        }
        for number in [self.start as u64, self.end as u64, self.file_bytes] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.resize(TAG_AT, 0);
        let (prelude, body) = bytes.split_at_mut(PRELUDE_BYTES);
        let tag = Sealer::new(key, &self.salt).seal(HEADER_UNIT, prelude, body);
        bytes.extend_from_slice(&tag);
        bytes
    }

    pub(super) fn decode(bytes: &mut [u8; HEADER_BYTES], key: Option<&Key>) -> Result<Self, BadHeader> {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if bytes[..8] != MAGIC {
            return Err(BadHeader::Damaged);
        }
        let sealed = word(12);
        if word(8) != VERSION || sealed != u32::from(key.is_some()) {
            return Err(BadHeader::Foreign);
        }
        let tag = hash(bytes, TAG_AT);
        let (fingerprint, salt) = (hash(bytes, 16), hash(bytes, 48));
        let (prelude, rest) = bytes.split_at_mut(PRELUDE_BYTES);
        let body = &mut rest[..TAG_AT - PRELUDE_BYTES];
        if !Sealer::new(key, &salt).open(HEADER_UNIT, prelude, body, &tag) {
            // Sealed with another key and damaged look the same.
            return Err(if key.is_some() { BadHeader::Foreign } else { BadHeader::Damaged });
        }
        let number = |at: usize| body[at..at + 8].iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let header = Self {
            fingerprint,
            salt,
            id: Id(hash(body, 0)),
            parent: Id(hash(body, 32)),
            domain: Domain(hash(body, 64)),
            table: hash(body, 96),
            start: usize::try_from(number(128)).map_err(|_| BadHeader::Damaged)?,
            end: usize::try_from(number(136)).map_err(|_| BadHeader::Damaged)?,
            file_bytes: number(144),
        };
        let sound = header.start < header.end && header.end <= crate::limits::CONTEXT_MAX;
        if sound { Ok(header) } else { Err(BadHeader::Damaged) }
    }
}

/// The salt of a file: a keyed hash of the name and of what its units hold.
pub(super) fn salt(key: Option<&Key>, header: &Header, contents: &[Tag]) -> [u8; 32] {
    let Some(key) = key else { return [0; 32] };
    let mut hasher = blake3::Hasher::new_keyed(&key.derive("pinakes run salt v1", &[]));
    hasher.update(&header.fingerprint).update(&header.id.0).update(&header.parent.0).update(&header.domain.0);
    hasher.update(&digest(&header.start.to_le_bytes(), &header.end.to_le_bytes()));
    contents.iter().for_each(|tag| {
        hasher.update(tag);
    });
    *hasher.finalize().as_bytes()
}

fn hash(bytes: &[u8], at: usize) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(&bytes[at..at + 32]);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let hash = |byte| [byte; 32];
        let (id, parent, domain) = (Id(hash(3)), Id(hash(4)), Domain(hash(5)));
        Header { fingerprint: hash(1), salt: hash(2), id, parent, domain, start: 7, end: 70, file_bytes: 12_288, table: hash(6) }
    }

    #[test]
    fn a_header_comes_back_and_no_bit_of_it_can_change() {
        for key in [None, Some(Key::new([9; 32]))] {
            let key = key.as_ref();
            let bytes: [u8; HEADER_BYTES] = header().encode(key).try_into().unwrap();
            assert_eq!(Header::decode(&mut bytes.clone(), key), Ok(header()));
            for at in 0..HEADER_BYTES {
                let mut changed = bytes;
                changed[at] ^= 1 << (at % 8);
                assert_ne!(Header::decode(&mut changed, key), Ok(header()), "byte {at}");
            }
        }
    }

    #[test]
    fn a_sealed_header_shows_nothing_but_who_could_read_it() {
        let key = Key::new([9; 32]);
        let bytes: [u8; HEADER_BYTES] = header().encode(Some(&key)).try_into().unwrap();
        assert!(!bytes.windows(8).any(|bytes| bytes == [4; 8] || bytes == [5; 8]));
        assert_eq!(Header::decode(&mut bytes.clone(), None), Err(BadHeader::Foreign));
        assert_eq!(Header::decode(&mut bytes.clone(), Some(&Key::new([8; 32]))), Err(BadHeader::Foreign));
    }
}
