//! Quotation marks as bytes: which of a vocabulary's tokens write one, even where a mark is made of several tokens.

use crate::tokenizer::Written;
use crate::{Tokenizer, tokenizer::Trie};

/// Opens a quotation. The two marks differ, so that text has one reading; what says otherwise is no quotation.
pub const OPEN: &str = "“";
/// Closes it.
pub const CLOSE: &str = "”";

/// Marks that people take for quotation marks too. They are not written outside a quotation, where nothing would hold what follows.
const OTHERS: [&str; 10] = ["\"", "„", "‟", "«", "»", "「", "」", "『", "』", "＂"];

/// Bytes of the longest mark.
const MARK_BYTES_MAX: usize = 3;
/// Bytes of text before a quotation that are kept, to see which source it names.
const TAIL_BYTES: usize = 16;

/// The end of what was written outside quotations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tail {
    bytes: Vec<u8>,
    /// Whether anything but white space was written at all; before that a `<think>` may open the reasoning.
    begun: bool,
}

/// What a piece of text outside quotations does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outside {
    /// It stays outside.
    Stays(Tail),
    /// Its last byte opens a quotation.
    Opens(Tail),
    /// It has a mark where none may stand.
    Forbidden,
}

impl Tail {
    /// After something that does not matter any more.
    pub(super) fn begun() -> Self {
        Self { bytes: Vec::new(), begun: true }
    }

    /// Whether something was written before.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Takes more bytes.
    pub(super) fn then(&self, bytes: &[u8]) -> Outside {
        let mut all = self.bytes.clone();
        let begun = self.begun || !bytes.iter().all(u8::is_ascii_whitespace);
        for (place, byte) in bytes.iter().enumerate() {
            all.push(*byte);
            let ends = |mark: &str| all.ends_with(mark.as_bytes());
            if ends(OPEN) && place + 1 == bytes.len() {
                return Outside::Opens(Self { bytes: all, begun });
            }
            if ends(OPEN) || ends(CLOSE) || OTHERS.into_iter().any(ends) {
                return Outside::Forbidden;
            }
        }
        let bytes = all.split_off(all.len().saturating_sub(TAIL_BYTES));
        Outside::Stays(Self { bytes, begun })
    }

    /// The number in brackets that stands right before an opening mark, as in `[2] “`.
    pub(super) fn names(&self) -> Option<u32> {
        let text = String::from_utf8_lossy(&self.bytes);
        let text = text.strip_suffix(OPEN).unwrap_or(&text).trim_end_matches([' ', ':']);
        let inside = text.strip_suffix(']')?.rsplit_once('[')?.1;
        inside.parse().ok()
    }

    /// Whether a mark may be half written.
    fn is_open_ended(&self) -> bool {
        self.bytes.iter().rev().take(MARK_BYTES_MAX - 1).any(|byte| *byte >= 0xC0)
    }
}

/// What quotation needs to know of a vocabulary; made once for each.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    pub(super) trie: Trie,
    /// Tokens that may not be written outside a quotation, as they have a mark that is not an opening one at their end.
    forbidden: Vec<u32>,
    /// Tokens that open a quotation.
    opening: Vec<u32>,
    /// Tokens that begin inside a character: what they write depends on the token before.
    continuing: Vec<u32>,
}

impl Vocabulary {
    pub(crate) fn new(tokenizer: &Tokenizer) -> Self {
        let texts: Vec<(&[u8], u32)> = (0..tokenizer.len() as u32).filter_map(|id| Some((text_of(tokenizer, id)?, id))).collect();
        let (mut forbidden, mut opening, mut continuing) = (Vec::new(), Vec::new(), Vec::new());
        for (bytes, id) in &texts {
            match Tail::default().then(bytes) {
                Outside::Stays(_) => {}
                Outside::Opens(_) => opening.push(*id),
                Outside::Forbidden => forbidden.push(*id),
            }
            if bytes.first().is_some_and(|byte| (0x80..0xC0).contains(byte)) {
                continuing.push(*id);
            }
        }
        Self { trie: Trie::new(texts), forbidden, opening, continuing }
    }

    /// Tokens that may not come next outside a quotation. `may_open`: whether one may be opened.
    pub(super) fn forbid(&self, tokenizer: &Tokenizer, tail: &Tail, may_open: bool, see: &mut impl FnMut(u32)) {
        self.forbidden.iter().copied().for_each(&mut *see);
        if tail.has_begun() {
            tokenizer.control("<think>").into_iter().for_each(&mut *see);
        }
        if !may_open {
            self.opening.iter().copied().for_each(&mut *see);
        }
        if tail.is_open_ended() {
            let completes = |id: &u32| match text_of(tokenizer, *id).map(|bytes| tail.then(bytes)) {
                Some(Outside::Forbidden) => true,
                Some(Outside::Opens(_)) => !may_open,
                _ => false,
            };
            self.continuing.iter().copied().filter(completes).for_each(see);
        }
    }
}

/// The bytes of a token of text.
pub(super) fn text_of(tokenizer: &Tokenizer, id: u32) -> Option<&[u8]> {
    match tokenizer.written(id) {
        Written::Bytes(bytes) => Some(bytes),
        Written::Control { .. } | Written::Nothing => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_seen_across_tokens() {
        let Outside::Stays(half) = Tail::default().then(b"see [12] \xe2\x80") else { panic!("no mark yet") };
        assert!(half.is_open_ended());
        let Outside::Opens(opened) = half.then(b"\x9c") else { panic!("an opening mark") };
        assert_eq!(opened.names(), Some(12));
        assert_eq!(half.then(b"\x9cx"), Outside::Forbidden);
        assert_eq!(half.then(b"\x9d"), Outside::Forbidden);
        assert!(matches!(half.then(b"\x93 fine"), Outside::Stays(_)));
        assert_eq!(Tail::default().then("a\"".as_bytes()), Outside::Forbidden);
    }

    #[test]
    fn a_number_counts_only_right_before_the_mark() {
        let names = |text: &str| match Tail::default().then(text.as_bytes()) {
            Outside::Opens(tail) => tail.names(),
            _ => panic!("{text} opens none"),
        };
        assert_eq!(names("[3]: “"), Some(3));
        assert_eq!(names("so [3] says “"), None);
        assert_eq!(names("[x] “"), None);
        assert_eq!(names("“"), None);
    }
}
