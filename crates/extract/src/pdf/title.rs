//! A PDF's title from its metadata, when a person wrote it.

use hayro_interpret::hayro_syntax::metadata::Metadata;

use crate::builder::collapse;

/// The title, unless it is none or a file name its program left there.
pub(super) fn of(metadata: &Metadata) -> Option<String> {
    let title = collapse(&decode(metadata.title.as_deref()?));
    let title = title.strip_prefix("Microsoft Word - ").unwrap_or(&title);
    let lower = title.to_lowercase();
    let is_file = [".doc", ".docx", ".indd", ".pdf", ".qxd", ".tex", ".dvi", ".odt", ".ppt", ".pptx", ".fm"]
        .iter()
        .any(|ending| lower.ends_with(ending));
    let is_default =
        ["powerpoint presentation", "powerpoint-präsentation", "présentation powerpoint", "presentation", "slide 1", "document"]
            .contains(&lower.as_str());
    let says_nothing = title.chars().filter(|c| c.is_alphabetic()).count() < 2
        || lower.starts_with("untitled")
        || title.contains(char::REPLACEMENT_CHARACTER);
    (!is_file && !is_default && !says_nothing).then(|| title.to_owned())
}

/// PDF text strings: UTF-16 or UTF-8 with a mark, else PDFDocEncoding, which is Latin-1 for all that titles use.
pub(super) fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        [0xff, 0xfe, rest @ ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().copied().map(char::from).collect(), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(bytes: &[u8]) -> Option<String> {
        of(&Metadata { title: Some(bytes.into()), ..Default::default() })
    }

    #[test]
    fn written_titles_count_and_file_names_do_not() {
        assert_eq!(title(b"\xfe\xff\0\xdc\0b\0e\0r"), Some("Über".into()));
        assert_eq!(title(b"M\xfcller  report"), Some("Müller report".into()));
        assert_eq!(title(b"Microsoft Word - Plan 2024"), Some("Plan 2024".into()));
        for nothing in [&b"Microsoft Word - plan.doc"[..], b"untitled", b"", b"- 1 -", b"PowerPoint Presentation"] {
            assert_eq!(title(nothing), None);
        }
    }
}
