//! The chain: how a record becomes a line that depends on all lines before it.
//!
//! `{"seq":7,…,"prev":"<hash of line 6>","hash":"<hash of this line up to here>"}`: whatever byte is changed, either the line's own hash
//! is wrong, or it is no such line any more, or the next line does not follow.

use serde::{Deserialize, Serialize};

use super::record::Noted;

/// Where a chain begins.
pub(crate) const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const CONTEXT: &str = "pinakes 2026-11 audit line";
const BEFORE_HASH: &str = ",\"hash\":\"";
const HASH_CHARS: usize = 64;

/// The last line of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// Its number; the first is 1.
    pub(crate) seq: u64,
    /// Its hash.
    pub(crate) hash: String,
    /// Number of the oldest line that is kept.
    pub(crate) first: u64,
}

impl Head {
    pub(crate) fn start() -> Self {
        Self { seq: 0, hash: START.to_owned(), first: 1 }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    #[serde(flatten)]
    noted: &'a Noted,
    prev: &'a str,
}

/// The line that comes after `head`, which becomes it. Without its line end.
pub(crate) fn append(head: &mut Head, noted: &Noted) -> String {
    let seq = head.seq + 1;
    let open = serde_json::to_string(&Line { seq, noted, prev: &head.hash }).expect("a record is plain data");
    let open = open.strip_suffix('}').expect("a record is an object").to_owned();
    let hash = hash_of(&open);
    (head.seq, head.hash) = (seq, hash);
    format!("{open}{BEFORE_HASH}{}\"}}", head.hash)
}

#[derive(Deserialize)]
struct Place {
    seq: u64,
    prev: String,
    hash: String,
}

/// Number, hash of the line before and own hash of a line that is whole in itself.
pub(crate) fn read(line: &[u8]) -> Result<(u64, String, String), &'static str> {
    let line = std::str::from_utf8(line).map_err(|_| "it is not text")?;
    let split = line.len().checked_sub(BEFORE_HASH.len() + HASH_CHARS + 2).filter(|at| line.is_char_boundary(*at));
    let (open, rest) = line.split_at(split.ok_or("it is cut short")?);
    let hash = rest.strip_prefix(BEFORE_HASH).and_then(|rest| rest.strip_suffix("\"}")).ok_or("it does not end with its hash")?;
    if hash_of(open) != hash {
        return Err("it was changed: its hash is another");
    }
    let place: Place = serde_json::from_str(line).map_err(|_| "it is no record")?;
    Ok((place.seq, place.prev, place.hash))
}

fn hash_of(open: &str) -> String {
    blake3::Hasher::new_derive_key(CONTEXT).update(open.as_bytes()).finalize().to_hex().to_string()
}
