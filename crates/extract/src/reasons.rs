//! Every reason a file is not simply indexed, in one place: a stable code, and words that name the remedy.

use std::io;

use pinakes_types::Reason;

use crate::outcome::Rejection;

fn skipped(code: &str, message: impl Into<String>) -> Rejection {
    Rejection::Skipped(Reason::new(code, message))
}

fn failed(code: &str, message: impl Into<String>) -> Rejection {
    Rejection::Failed(Reason::new(code, message))
}

pub(crate) fn empty() -> Rejection {
    skipped("empty", "The file holds no text. Nothing to do, unless it should: then save it again from its program.")
}

pub(crate) fn binary() -> Rejection {
    skipped("binary", "The content is binary, not text. If it is a document, export it as PDF, .docx or plain text.")
}

pub(crate) fn not_a_file(what: &str) -> Rejection {
    skipped("not_a_file", format!("The path is {what}, not a regular file. Copy its content into a file."))
}

pub(crate) fn unsupported_kind(kind: &str) -> Rejection {
    skipped("unsupported_kind", format!("The file is {kind}, a kind that is not read. Export it as PDF, .docx or plain text."))
}

pub(crate) fn too_large(found: u64, max: u64, unit: &str, limit: &str) -> Rejection {
    skipped(
        "too_large",
        format!(
            "The file has {found} {unit} and the limit is {max}. Split the file, or raise extract.{limit} if this machine has the memory."
        ),
    )
}

pub(crate) fn no_text_layer(pages: usize) -> Rejection {
    skipped(
        "no_text_layer",
        format!("None of the {pages} page(s) holds text; it is probably a scan. Run it through OCR (such as ocrmypdf) and add the result."),
    )
}

pub(crate) fn no_unicode() -> Rejection {
    skipped(
        "no_text_layer",
        "The PDF's fonts do not say which characters their shapes stand for. Run it through OCR (such as ocrmypdf --force-ocr) and add \
         the result.",
    )
}

pub(crate) fn no_such_page(number: u32) -> Rejection {
    failed("no_such_page", format!("There is no page {number} that can be shown."))
}

pub(crate) fn page_too_large() -> Rejection {
    failed("page_too_large", "The image of this page would be too large.")
}

pub(crate) fn password_protected() -> Rejection {
    failed("password_protected", "The document is protected by a password. Save a copy without the password and add that.")
}

pub(crate) fn unsupported_encryption() -> Rejection {
    failed("unsupported_encryption", "The document is encrypted in a way that is not read. Save a copy without encryption and add that.")
}

pub(crate) fn damaged(what: impl std::fmt::Display) -> Rejection {
    failed("damaged", format!("The document is damaged: {what}. Open it in its own program, save it again and add the result."))
}

pub(crate) fn expands_too_far(part: &str) -> Rejection {
    failed(
        "expands_too_far",
        format!(
            "Its part {part} expands far beyond what a document holds, as in a zip bomb. If the file can be trusted, export it as PDF."
        ),
    )
}

pub(crate) fn nested_too_deep(max: usize) -> Rejection {
    failed(
        "nested_too_deep",
        format!("Its elements stand in one another more than {max} deep. Save it again from its program or export it as PDF."),
    )
}

pub(crate) fn changed_while_reading() -> Rejection {
    failed(
        "changed_while_reading",
        "The file kept changing while it was read. It is read again at the next sync, once nothing writes to it.",
    )
}

pub(crate) fn cannot_read(error: &io::Error) -> Rejection {
    match error.kind() {
        io::ErrorKind::NotFound => failed("not_found", "The file is gone. If it was moved, run a sync."),
        io::ErrorKind::PermissionDenied => {
            failed("permission_denied", "The file may not be read by this user. Grant read access to it and to the folders above it.")
        }
        _ => failed("unreadable", format!("The file could not be read: {error}. Check the disk or share it lies on, then run a sync.")),
    }
}

pub(crate) fn parser_panicked(detail: &str) -> Rejection {
    failed(
        "parser_panicked",
        format!("The document's parser gave up ({detail}). Save the document again from its program, or export it as PDF."),
    )
}

pub(crate) fn parser_crashed(detail: &str) -> Rejection {
    failed(
        "parser_crashed",
        format!("The document's parser crashed ({detail}). Save the document again from its program, or export it as PDF."),
    )
}

pub(crate) fn timed_out(seconds: u64, what: &str) -> Rejection {
    failed(
        "timed_out",
        format!(
            "Reading took more than {seconds} s of {what}. Split the document, or raise extract.cpu_time_max and extract.wall_time_max."
        ),
    )
}

pub(crate) fn memory_limit() -> Rejection {
    failed(
        "memory_limit",
        "Reading needed more memory than a document of this size may take. Save it again from its program or split it; if it is large and \
         can be trusted, raise extract.address_space_max.",
    )
}

pub(crate) fn worker_unavailable(error: &io::Error) -> Rejection {
    failed(
        "worker_unavailable",
        format!("The reading process could not be started: {error}. Check free memory, process limits and the program file."),
    )
}
