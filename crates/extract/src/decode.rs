//! Bytes to characters: byte order marks, UTF-16 without one, UTF-8, and what `chardetng` (Firefox's detector) finds otherwise.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::outcome::Rejection;
use crate::reasons;

/// Bytes looked at to tell text from binary and to guess an encoding.
const SAMPLE_BYTES: usize = 1 << 20;

/// Decoded text without its byte order mark.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// Set when some bytes stood for no character.
    pub(crate) warning: Option<String>,
}

/// Decodes a file. `declared` is what the document says of itself (an HTML `charset`), believed after a byte order mark and valid UTF-8.
///
/// # Errors
/// Skipped as `binary` when the bytes are no text in any encoding.
pub(crate) fn decode(bytes: &[u8], declared: Option<&'static Encoding>) -> Result<Decoded, Rejection> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return checked(encoding, &bytes[mark..]);
    }
    if bytes.contains(&0) {
        let encoding = utf16_without_mark(bytes).ok_or_else(reasons::binary)?;
        return checked(encoding, bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return if is_binary(text) { Err(reasons::binary()) } else { Ok(Decoded { text: text.to_owned(), warning: None }) };
    }
    if mostly_utf8(bytes) {
        return checked(UTF_8, bytes);
    }
    checked(declared.filter(|encoding| *encoding != UTF_8).unwrap_or_else(|| guess(bytes)), bytes)
}

fn checked(encoding: &'static Encoding, bytes: &[u8]) -> Result<Decoded, Rejection> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if is_binary(&text) {
        return Err(reasons::binary());
    }
    let warning = had_errors.then(|| {
        let lost = text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count();
        format!("{lost} place(s) could not be decoded as {}. Save the file as UTF-8.", encoding.name())
    });
    Ok(Decoded { text: text.into_owned(), warning })
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    // Plain ASCII at the start says nothing, so the sample begins shortly before the first byte that does.
    let first = bytes.iter().position(|byte| *byte >= 0x80).unwrap_or(0).saturating_sub(4096);
    let sample = &bytes[first..bytes.len().min(first + SAMPLE_BYTES)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// UTF-16 shows as zeros in every other place: Latin text has them in the high bytes.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let (mut even, mut odd) = (0usize, 0usize);
    for (at, byte) in sample.iter().enumerate() {
        if *byte == 0 {
            if at % 2 == 0 { even += 1 } else { odd += 1 }
        }
    }
    let many = sample.len() / 4;
    match () {
        () if odd > many && even * 20 < odd => Some(UTF_16LE),
        () if even > many && odd * 20 < even => Some(UTF_16BE),
        () => None,
    }
}

/// UTF-8 with a few broken places (a cut file, a paste from elsewhere) must not be read as Latin-1.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in sample.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad * 8
}

/// More than one control character in thirty is no text.
fn is_binary(text: &str) -> bool {
    let (mut total, mut controls) = (0usize, 0usize);
    for c in text.chars().take(SAMPLE_BYTES) {
        total += 1;
        controls += usize::from(c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{1b}' | '\u{8}' | '\u{85}'));
    }
    controls * 30 > total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        decode(bytes, None).unwrap().text
    }

    #[test]
    fn marks_and_encodings_are_found() {
        assert_eq!(text("\u{feff}grün".as_bytes()), "grün");
        let utf16: Vec<u8> = "Grüße aus Köln".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&utf16), "Grüße aus Köln");
        assert_eq!(text(&[&[0xff, 0xfe], utf16.as_slice()].concat()), "Grüße aus Köln");
        let utf16: Vec<u8> = "Grüße aus Köln".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text(&utf16), "Grüße aus Köln");
        for (encoding, words) in [
            (encoding_rs::WINDOWS_1252, "Die Prüfung für größere Gebäude – „schön“"),
            (encoding_rs::SHIFT_JIS, "これは日本語の文章です。文字コードを調べます。"),
            (encoding_rs::WINDOWS_1251, "Это русский текст в старой кодировке."),
            (encoding_rs::GBK, "这是一个中文文本文件，用于测试编码检测。"),
        ] {
            assert_eq!(text(&encoding.encode(words).0), words, "{}", encoding.name());
        }
    }

    #[test]
    fn a_broken_place_in_utf8_is_partial_not_latin() {
        let bytes = [&"äöü".repeat(9).into_bytes()[..], b"\xc3 end"].concat();
        let decoded = decode(&bytes, None).unwrap();
        assert!(decoded.text.starts_with("äöüä") && decoded.text.ends_with("\u{fffd} end"));
        assert!(decoded.warning.unwrap().contains("1 place(s)"));
    }

    #[test]
    fn binary_is_refused() {
        for bytes in [&b"\x7fELF\0\0\x01\x02\0abc"[..], b"\x01\x02\x03\x04abc", &[0, 1, 2, 3, 4, 5]] {
            assert_eq!(decode(bytes, None).unwrap_err().reason().code, "binary");
        }
    }
}
