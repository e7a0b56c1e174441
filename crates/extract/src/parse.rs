//! Bytes to structured text, in this process: the dispatch, and what all kinds share (titles, language, emptiness).

use pinakes_config::limits::ExtractLimits;
use pinakes_types::{BlockKind, CharIndex, DocumentKind, StructuredText};

use crate::kind::{self, Reader};
use crate::outcome::Rejection;
use crate::{decode, docx, html, language, markdown, pdf, reasons, text};

/// Reads a document. `name` is its file name: the extension helps to find the kind, and the stem is the title of last resort.
///
/// Runs in the calling process without limits of memory or time: hostile bytes belong to [`crate::Extractor`].
///
/// # Errors
/// [`Rejection`] says why there is no text and what to do about it.
pub fn parse(name: &str, bytes: &[u8], limits: &ExtractLimits) -> Result<StructuredText, Rejection> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(reasons::empty());
    }
    let mut document = match kind::reader(name, bytes) {
        Reader::Unsupported(words) => return Err(reasons::unsupported_kind(words)),
        Reader::EncryptedOffice => return Err(reasons::password_protected()),
        Reader::Csv => plain(bytes, DocumentKind::Text, BlockKind::Table, limits)?,
        Reader::Zip => docx::extract(name, bytes, limits)?,
        Reader::Kind(kind) => match kind {
            DocumentKind::Text => plain(bytes, kind, BlockKind::Paragraph, limits)?,
            DocumentKind::Code => plain(bytes, kind, BlockKind::Code, limits)?,
            DocumentKind::Markdown => markdown::parse(decoded(bytes, limits)?, limits),
            DocumentKind::Html => html::extract(bytes, limits)?,
            DocumentKind::Pdf => pdf::extract(bytes, limits)?,
            DocumentKind::Docx => return Err(reasons::damaged("a .docx file is a zip container and this is none")),
        },
    };
    if document.text.trim().is_empty() {
        return Err(reasons::empty());
    }
    if document.title.trim().is_empty() {
        document.title = title_of(name);
    }
    document.language = detect_language(&document);
    Ok(document)
}

/// An empty document of a kind, for a reader to fill in.
pub(crate) fn document(kind: DocumentKind) -> StructuredText {
    StructuredText {
        kind,
        title: String::new(),
        language: None,
        text: String::new(),
        blocks: Vec::new(),
        markup: Vec::new(),
        pages: Vec::new(),
        warnings: Vec::new(),
    }
}

/// Decodes a text format into a document without structure.
fn decoded(bytes: &[u8], limits: &ExtractLimits) -> Result<StructuredText, Rejection> {
    let decoded = decode::decode(bytes, None)?;
    let chars = decoded.text.chars().count();
    if chars > limits.text_chars_max {
        return Err(reasons::too_large(chars as u64, limits.text_chars_max as u64, "characters", "text_chars_max"));
    }
    Ok(StructuredText { text: decoded.text, warnings: decoded.warning.into_iter().collect(), ..document(DocumentKind::Text) })
}

fn plain(bytes: &[u8], kind: DocumentKind, block: BlockKind, limits: &ExtractLimits) -> Result<StructuredText, Rejection> {
    let document = decoded(bytes, limits)?;
    let blocks = text::blocks(&document.text, block, limits.blocks_max);
    Ok(StructuredText { kind, blocks, ..document })
}

/// The file's name without its extension.
fn title_of(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem });
    if stem.trim().is_empty() { "untitled".to_owned() } else { stem.to_owned() }
}

fn detect_language(document: &StructuredText) -> Option<String> {
    const SAMPLE_CHARS: usize = 4_000;
    let index = CharIndex::new(&document.text);
    let mut sample = String::new();
    for block in &document.blocks {
        if matches!(block.kind, BlockKind::Paragraph | BlockKind::ListItem | BlockKind::Heading(_)) {
            sample.push_str(&document.plain(&index, block.span));
            sample.push('\n');
        }
        if sample.len() > SAMPLE_CHARS {
            break;
        }
    }
    language::of(&sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(name: &str, bytes: &[u8]) -> String {
        parse(name, bytes, &ExtractLimits::default()).unwrap_err().reason().code.clone()
    }

    #[test]
    fn text_formats_keep_the_file_verbatim() {
        let source = "Grüße,\r\n\r\nes gilt § 4.\n";
        for name in ["a.txt", "a.rs", "a.md", "a.csv"] {
            let document = parse(name, format!("\u{feff}{source}").as_bytes(), &ExtractLimits::default()).unwrap();
            assert_eq!((document.text.as_str(), document.title.as_str()), (source, "a"), "{name}");
            assert_eq!(document.blocks.len(), 2, "{name}");
        }
    }

    #[test]
    fn what_is_not_read_says_why() {
        assert_eq!(code_of("a.txt", b""), "empty");
        assert_eq!(code_of("a.md", b" \n\t"), "empty");
        assert_eq!(code_of("a.txt", "\u{feff}\u{a0}".as_bytes()), "empty");
        assert_eq!(code_of("a.bin", b"\0\x01\x02\x03"), "binary");
        assert_eq!(code_of("a.docx", b"just words"), "damaged");
        assert_eq!(code_of("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...."), "password_protected");
        assert_eq!(code_of("a.jpg", b"\xff\xd8\xff\xe0"), "unsupported_kind");
    }

    #[test]
    fn a_huge_text_names_the_limit() {
        let limits = ExtractLimits { text_chars_max: 10, ..Default::default() };
        let reason = parse("a.txt", "ä".repeat(11).as_bytes(), &limits).unwrap_err().reason().clone();
        assert_eq!(reason.code, "too_large");
        assert!(reason.message.contains("11 characters") && reason.message.contains("text_chars_max"), "{reason}");
    }
}
