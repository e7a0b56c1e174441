//! Cuts text where a reader would.

/// Pieces of `text` in order, each costing `cost_max` at most: cut after a paragraph, else a line, else a sentence, else a word, else
/// anywhere. White space at the cuts is left out. No piece is empty.
pub(crate) fn split(text: &str, cost: fn(char) -> usize, cost_max: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let fits = fitting(rest, cost, cost_max);
        let at = if fits == rest.len() { fits } else { cut(&rest[..fits]) };
        let (piece, after) = rest.split_at(at);
        pieces.push(piece.trim_end());
        rest = after.trim_start();
    }
    pieces
}

/// Bytes of the longest beginning that costs no more; at least one character.
fn fitting(text: &str, cost: fn(char) -> usize, cost_max: usize) -> usize {
    let mut spent = 0;
    for (at, char) in text.char_indices() {
        spent += cost(char);
        if spent > cost_max && at > 0 {
            return at;
        }
    }
    text.len()
}

/// Where to cut a text that is too long: in its second half if that can be, so that pieces stay long.
fn cut(text: &str) -> usize {
    for mark in ["\n\n", "\n", ". ", " "] {
        if let Some(at) = text.rfind(mark).filter(|at| at * 2 >= text.len()) {
            return at + mark.len();
        }
    }
    text.len()
}

/// The beginning of a text, on one line, with an ellipsis where something is left out.
pub(crate) fn shortened(text: &str, chars_max: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", flat[..end].trim_end()),
        None => flat,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_cut_where_a_reader_would_and_lose_only_white_space() {
        let pieces = |text| split(text, |_| 1, 12);
        assert_eq!(pieces(""), Vec::<&str>::new());
        assert_eq!(pieces("Short."), ["Short."]);
        assert_eq!(pieces("One two.\n\nThree four."), ["One two.", "Three four."]);
        assert_eq!(pieces("One two. Three four"), ["One two.", "Three four"]);
        assert_eq!(pieces("abcdefghijklmnop"), ["abcdefghijkl", "mnop"]);
        assert_eq!(split("äöü🙂", |char| char.len_utf16(), 2), ["äö", "ü", "🙂"]);
        assert_eq!(split("🙂🙂", |_| 9, 2), ["🙂", "🙂"], "what does not fit at all still gets through");
    }

    #[test]
    fn every_word_of_a_long_text_stays() {
        let text = "Lorem ipsum & dolor <sit> amet. ".repeat(400);
        let cost: fn(char) -> usize = |char| if char == '&' { 5 } else { 1 };
        let pieces = split(&text, cost, 300);
        assert!(pieces.iter().all(|piece| piece.chars().map(cost).sum::<usize>() <= 300));
        assert_eq!(pieces.join(" ").split_whitespace().collect::<Vec<_>>(), text.split_whitespace().collect::<Vec<_>>());
    }
}
