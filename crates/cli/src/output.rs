//! Printing: JSON for programs, plain text for people. A reader that went away (a closed pipe) is no error.

use std::io::{IsTerminal, Write};

/// One JSON object on one line.
pub(crate) fn json(value: &impl serde::Serialize) {
    match serde_json::to_string(value) {
        Ok(words) => line(&words),
        Err(error) => eprintln!("pinakes: the result cannot be written as JSON: {error}"),
    }
}

/// One line of text, or several. Of what speaks to a terminal rather than to its reader, only our own bold and faint get through: the words
/// may be a document's.
pub(crate) fn line(words: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", harmless(words));
    let _ = out.flush();
}

fn harmless(words: &str) -> String {
    let mut kept = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(c) = rest.chars().next() {
        let ours = [BOLD, FAINT, PLAIN].into_iter().find(|code| rest.starts_with(code));
        let length = ours.map_or(c.len_utf8(), str::len);
        let rearranges = matches!(u32::from(c), 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069);
        if ours.is_some() || matches!(c, '\n' | '\t') || !(c.is_control() || rearranges) {
            kept.push_str(&rest[..length]);
        }
        rest = &rest[length..];
    }
    kept
}

const BOLD: &str = "\x1b[1m";
const FAINT: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// Whether a person watches the progress.
pub(crate) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

/// Bold, on a terminal.
pub(crate) fn bold(words: &str) -> String {
    if std::io::stdout().is_terminal() { format!("{BOLD}{words}{PLAIN}") } else { words.to_owned() }
}

/// Faint, on a terminal.
pub(crate) fn faint(words: &str) -> String {
    if std::io::stdout().is_terminal() { format!("{FAINT}{words}{PLAIN}") } else { words.to_owned() }
}

/// The first characters of a text on one line.
pub(crate) fn excerpt(text: &str, chars: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", flat[..end].trim_end()),
        None => flat,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_do_not_speak_to_the_terminal() {
        let hostile = "\x1b[2J\x1b]8;;https://evil.example/\x07click\x1b]8;;\x07 a\u{202e}b\rc\u{9b}31m";
        assert_eq!(harmless(hostile), "[2J]8;;https://evil.example/click]8;; abc31m");
        assert_eq!(harmless("\x1b[1mTitle\x1b[0m\n\tü"), "\x1b[1mTitle\x1b[0m\n\tü");
    }
}
