//! Which reader a file needs: by its first bytes where they are telling, else by its extension, else as text.

use pinakes_types::DocumentKind;

/// How to read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// One of the kinds that are read. Text without structure and CSV are both [`DocumentKind::Text`].
    Kind(DocumentKind),
    /// Comma-, semicolon- or tab-separated rows.
    Csv,
    /// A zip container, whose entries say what it is.
    Zip,
    /// An OLE container under a `.docx` name: an encrypted Word document.
    EncryptedOffice,
    /// A kind that is not read, in words that fit "The file is …".
    Unsupported(&'static str),
}

const MARKDOWN: &[&str] = &["md", "markdown", "mdown", "mkd", "mdx", "qmd", "rmd"];
const HTML: &[&str] = &["html", "htm", "xhtml", "xht", "shtml"];
const CSV: &[&str] = &["csv", "tsv", "tab"];
#[rustfmt::skip]
const CODE: &[&str] = &[
    "adb", "ads", "asm", "awk", "bash", "bat", "bzl", "c", "cc", "cfg", "cjs", "clj", "cljs", "cmake", "cmd", "coffee", "conf", "cpp", "cs",
    "css", "cu", "cuh", "cxx", "d", "dart", "dockerfile", "editorconfig", "el", "elm", "env", "erl", "ex", "exs", "f", "f90", "fish", "fs",
    "fsx", "gd", "go", "gradle", "graphql", "groovy", "h", "hcl", "hh", "hpp", "hrl", "hs", "hxx", "ini", "ipynb", "java", "jl", "js", "json",
    "json5", "jsonc", "jsonl", "jsx", "kt", "kts", "less", "lisp", "lua", "m", "mak", "make", "mjs", "mk", "ml", "mli", "mm", "ndjson", "nim",
    "nix", "pas", "pl", "plist", "pm", "pp", "properties", "proto", "ps1", "psm1", "py", "pyi", "r", "rb", "rs", "s", "sass", "scala", "scm",
    "scss", "sh", "sol", "sql", "svelte", "svg", "swift", "tcl", "tf", "tfvars", "toml", "ts", "tsx", "v", "vb", "vhd", "vhdl", "vim", "vue",
    "wat", "xml", "xsd", "xsl", "xslt", "yaml", "yml", "zig", "zsh",
];
const CODE_NAMES: &[&str] =
    &["makefile", "dockerfile", "containerfile", "cmakelists.txt", "gemfile", "rakefile", "vagrantfile", "jenkinsfile", "justfile"];

/// Extensions of text-shaped or container kinds that would be misread as something else.
#[rustfmt::skip]
const UNSUPPORTED: &[(&str, &str)] = &[
    ("eml", "an e-mail message"), ("msg", "an Outlook message"), ("mbox", "a mailbox"), ("mht", "a web archive"), ("mhtml", "a web archive"),
    ("rtf", "a Rich Text document"), ("doc", "an old Word document (.doc)"), ("dot", "an old Word template"), ("xls", "an old Excel workbook"),
    ("ppt", "an old PowerPoint presentation"), ("ps", "a PostScript file"), ("eps", "a PostScript picture"), ("ics", "a calendar file"),
    ("vcf", "a contact card"), ("pages", "an Apple Pages document"), ("numbers", "an Apple Numbers document"), ("key", "an Apple Keynote document"),
];

/// First bytes of kinds that are not read.
#[rustfmt::skip]
const MAGIC: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n", "a PNG picture"), (b"\xff\xd8\xff", "a JPEG picture"), (b"GIF8", "a GIF picture"), (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"), (b"BM", "a BMP picture"), (b"8BPS", "a Photoshop picture"), (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"), (b"\xfd7zXZ\0", "an xz archive"), (b"\x28\xb5\x2f\xfd", "a Zstandard archive"), (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a", "a RAR archive"), (b"\x7fELF", "a program"), (b"MZ", "a program"), (b"\xca\xfe\xba\xbe", "a program"), (b"\0asm", "a program"),
    (b"SQLite format 3\0", "an SQLite database"), (b"{\\rtf", "a Rich Text document"), (b"%!PS", "a PostScript file"), (b"ID3", "an audio file"),
    (b"OggS", "an audio file"), (b"fLaC", "an audio file"), (b"\x1aE\xdf\xa3", "a video"), (b"wOFF", "a font"), (b"wOF2", "a font"),
];
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Finds the reader for a file.
pub(crate) fn reader(name: &str, bytes: &[u8]) -> Reader {
    let lower = name.to_lowercase();
    let extension = lower.rsplit_once('.').map_or("", |(_, extension)| extension);
    by_magic(extension, bytes).unwrap_or_else(|| by_name(&lower, extension, bytes))
}

fn by_magic(extension: &str, bytes: &[u8]) -> Option<Reader> {
    let head = &bytes[..bytes.len().min(1024)];
    if head.windows(5).any(|window| window == b"%PDF-") && (extension == "pdf" || head.starts_with(b"%PDF-") || head.contains(&0)) {
        return Some(Reader::Kind(DocumentKind::Pdf));
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Some(Reader::Zip);
    }
    if head.starts_with(OLE) {
        let known = UNSUPPORTED.iter().find(|(known, _)| *known == extension).map(|(_, words)| Reader::Unsupported(words));
        return Some(known.unwrap_or(match extension {
            "docx" | "docm" | "dotx" | "dotm" => Reader::EncryptedOffice,
            _ => Reader::Unsupported("an old or encrypted Office document"),
        }));
    }
    let short = |magic: &[u8]| magic.len() < 4;
    MAGIC
        .iter()
        .find(|(magic, _)| head.starts_with(magic) && (!short(magic) || !head.is_ascii()))
        .map(|(_, words)| Reader::Unsupported(words))
        .or_else(|| (head.get(4..8) == Some(b"ftyp")).then_some(Reader::Unsupported("a video or picture")))
        .or_else(|| {
            (head.starts_with(b"RIFF") && head.len() > 12 && !head.is_ascii())
                .then_some(Reader::Unsupported("a picture, audio or video file"))
        })
}

fn by_name(lower: &str, extension: &str, bytes: &[u8]) -> Reader {
    let is = |list: &[&str]| list.contains(&extension);
    if let Some((_, words)) = UNSUPPORTED.iter().find(|(known, _)| *known == extension) {
        return Reader::Unsupported(words);
    }
    Reader::Kind(match () {
        () if extension == "pdf" => DocumentKind::Pdf,
        () if matches!(extension, "docx" | "docm" | "dotx" | "dotm") => DocumentKind::Docx,
        () if is(MARKDOWN) => DocumentKind::Markdown,
        () if is(HTML) => DocumentKind::Html,
        () if is(CSV) => return Reader::Csv,
        () if is(CODE) || CODE_NAMES.contains(&lower) || bytes.starts_with(b"#!") => DocumentKind::Code,
        () if extension != "txt" && looks_like_html(bytes) => DocumentKind::Html,
        () => DocumentKind::Text,
    })
}

fn looks_like_html(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    head.starts_with("<!doctype html") || head.starts_with("<html")
}

/// What a zip container is, by the names in it.
pub(crate) fn of_zip(names: impl Iterator<Item = impl AsRef<str>>, extension: &str) -> Reader {
    let mut odf = false;
    for name in names {
        let name = name.as_ref();
        if name == "word/document.xml" {
            return Reader::Kind(DocumentKind::Docx);
        }
        match name.split('/').next() {
            Some("word") => return Reader::Kind(DocumentKind::Docx),
            Some("ppt") => return Reader::Unsupported("a PowerPoint presentation"),
            Some("xl") => return Reader::Unsupported("an Excel workbook"),
            _ => odf |= name == "content.xml",
        }
    }
    Reader::Unsupported(match extension {
        "docx" | "docm" => return Reader::Kind(DocumentKind::Docx),
        "epub" => "an EPUB book",
        "odt" => "an OpenDocument text",
        "ods" => "an OpenDocument spreadsheet",
        "odp" => "an OpenDocument presentation",
        "pptx" => "a PowerPoint presentation",
        "xlsx" => "an Excel workbook",
        "jar" | "apk" | "whl" => "a program package",
        "pages" => "an Apple Pages document",
        "numbers" => "an Apple Numbers document",
        "key" => "an Apple Keynote document",
        _ if odf => "an OpenDocument file",
        _ => "a ZIP archive (unpack it and add its documents)",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_decide_before_names() {
        let kind = Reader::Kind;
        for (name, bytes, expected) in [
            ("a.txt", &b"%PDF-1.4"[..], kind(DocumentKind::Pdf)),
            ("a.pdf", b"junk %PDF-1.4", kind(DocumentKind::Pdf)),
            ("about-pdf.md", b"a file starts with %PDF-1.4", kind(DocumentKind::Markdown)),
            ("a.docx", b"PK\x03\x04", Reader::Zip),
            ("a.docx", OLE, Reader::EncryptedOffice),
            ("a.doc", OLE, Reader::Unsupported("an old Word document (.doc)")),
            ("a.png", b"\x89PNG\r\n\x1a\n", Reader::Unsupported("a PNG picture")),
            ("BMW.txt", b"BMW is a car", kind(DocumentKind::Text)),
            ("page", b"\n<!DOCTYPE html><p>x", kind(DocumentKind::Html)),
            ("x.RS", b"fn main() {}", kind(DocumentKind::Code)),
            ("Dockerfile", b"FROM x", kind(DocumentKind::Code)),
            ("run", b"#!/bin/sh", kind(DocumentKind::Code)),
            ("notes.unknown", b"words", kind(DocumentKind::Text)),
            ("t.TSV", b"a\tb", Reader::Csv),
            ("m.eml", b"From: x", Reader::Unsupported("an e-mail message")),
        ] {
            assert_eq!(reader(name, bytes), expected, "{name}");
        }
    }

    #[test]
    fn containers_are_told_by_their_entries() {
        assert_eq!(of_zip(["[Content_Types].xml", "word/document.xml"].into_iter(), "zip"), Reader::Kind(DocumentKind::Docx));
        assert_eq!(of_zip(["xl/workbook.xml"].into_iter(), "docx"), Reader::Unsupported("an Excel workbook"));
        assert_eq!(of_zip(["mimetype", "content.xml"].into_iter(), "odt"), Reader::Unsupported("an OpenDocument text"));
    }
}
