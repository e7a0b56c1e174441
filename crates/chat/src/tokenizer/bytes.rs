//! The alphabet of byte-level vocabularies: each byte stands as one printable character (Radford et al. 2019, GPT-2's `bytes_to_unicode`).
//!
//! Printable bytes of Latin-1 stand for themselves; the 68 others follow from U+0100 on in their own order.

/// Whether a byte stands for itself.
const fn stands_for_itself(byte: u8) -> bool {
    matches!(byte, 33..=126 | 161..=172 | 174..=255)
}

/// The character that stands for a byte.
pub(crate) fn symbol(byte: u8) -> char {
    if stands_for_itself(byte) {
        return char::from(byte);
    }
    let others_before = (0..byte).filter(|&earlier| !stands_for_itself(earlier)).count();
    char::from_u32(256 + others_before as u32).expect("at most U+0143, a letter")
}

/// The byte a character stands for, if it is one of the 256.
fn byte(symbol: char) -> Option<u8> {
    match u32::from(symbol) {
        code @ 0..=255 => u8::try_from(code).ok().filter(|&byte| stands_for_itself(byte)),
        code @ 256..=323 => (0..=255).filter(|&byte| !stands_for_itself(byte)).nth((code - 256) as usize),
        _ => None,
    }
}

/// The bytes that a token of the vocabulary stands for. A token with a character outside the alphabet stands for its own UTF-8.
pub(super) fn decode(token: &str) -> Vec<u8> {
    token.chars().map(byte).collect::<Option<Vec<u8>>>().unwrap_or_else(|| token.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_own_symbol() {
        for value in 0..=255 {
            assert_eq!(byte(symbol(value)), Some(value));
        }
        assert_eq!((symbol(b' '), symbol(b'\n'), symbol(173)), ('Ġ', 'Ċ', 'Ń'));
        assert_eq!(byte('Ń').zip(byte('ń')), None);
    }

    #[test]
    fn a_token_outside_the_alphabet_is_its_own_text() {
        assert_eq!(decode("Ġthe"), b" the");
        assert_eq!(decode("日"), "日".as_bytes());
    }
}
