//! Printing: JSON for programs, plain text for people. A reader that went away (a closed pipe) is no error.

use std::io::{IsTerminal, Write};

/// One JSON object on one line.
pub(crate) fn json(value: &impl serde::Serialize) {
    match serde_json::to_string(value) {
        Ok(words) => line(&words),
        Err(error) => eprintln!("pinakes: the result cannot be written as JSON: {error}"),
    }
}

/// One line of text.
pub(crate) fn line(words: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{words}");
    let _ = out.flush();
}

/// Whether a person watches the progress.
pub(crate) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

/// Bold, on a terminal.
pub(crate) fn bold(words: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[1m{words}\x1b[0m") } else { words.to_owned() }
}

/// Faint, on a terminal.
pub(crate) fn faint(words: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[2m{words}\x1b[0m") } else { words.to_owned() }
}

/// The first characters of a text on one line.
pub(crate) fn excerpt(text: &str, chars: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", flat[..end].trim_end()),
        None => flat,
    }
}
