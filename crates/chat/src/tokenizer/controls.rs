//! Control tokens: the ones a template writes and no text may become. They live outside the byte-pair encoder.

use std::collections::{HashMap, HashSet};

/// One control token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Control {
    pub(super) id: u32,
    pub(super) content: String,
    /// Left out of what a reader sees (`<|im_end|>`), unlike those that structure the answer (`<tool_call>`).
    pub(super) hidden: bool,
}

/// All control tokens of a vocabulary, found by text or by id.
#[derive(Debug, Default)]
pub(crate) struct Controls {
    /// Longest first, so that the first that fits at a place is the longest (as the reference matches).
    tokens: Vec<Control>,
    by_id: HashMap<u32, usize>,
    /// Whether a control token starts with this byte.
    starts: [bool; 32],
    first: HashSet<char>,
    last: HashSet<char>,
}

impl Controls {
    pub(super) fn new(mut tokens: Vec<Control>) -> Self {
        tokens.retain(|token| !token.content.is_empty());
        tokens.sort_by(|a, b| b.content.len().cmp(&a.content.len()).then(a.id.cmp(&b.id)));
        let mut controls = Self::default();
        for (place, token) in tokens.iter().enumerate() {
            controls.by_id.insert(token.id, place);
            controls.starts[bucket(token.content.as_bytes()[0])] = true;
            controls.first.extend(token.content.chars().next());
            controls.last.extend(token.content.chars().next_back());
        }
        Self { tokens, ..controls }
    }

    /// The first control token in `text` at or after byte `from`: where it starts, where it ends, its id. The longest wins.
    pub(crate) fn find(&self, text: &str, from: usize) -> Option<(usize, usize, u32)> {
        let bytes = text.as_bytes();
        (from..bytes.len()).filter(|&start| self.starts[bucket(bytes[start])]).find_map(|start| {
            let token = self.tokens.iter().find(|token| bytes[start..].starts_with(token.content.as_bytes()))?;
            Some((start, start + token.content.len(), token.id))
        })
    }

    pub(super) fn by_id(&self, id: u32) -> Option<&Control> {
        self.by_id.get(&id).map(|&place| &self.tokens[place])
    }

    pub(super) fn id_of(&self, content: &str) -> Option<u32> {
        self.tokens.iter().find(|token| token.content == content).map(|token| token.id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Control> {
        self.tokens.iter()
    }

    /// Whether some control token begins with this character.
    pub(crate) fn begins(&self, character: char) -> bool {
        self.first.contains(&character)
    }

    /// Whether some control token ends with this character.
    pub(crate) fn ends(&self, character: char) -> bool {
        self.last.contains(&character)
    }

    /// Whether `text` stands inside some control token.
    pub(crate) fn contain(&self, text: &str) -> bool {
        self.tokens.iter().any(|token| token.content.contains(text))
    }
}

/// Bytes that share their low five bits share a place; a false hit costs one comparison.
const fn bucket(byte: u8) -> usize {
    (byte & 31) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn controls(contents: &[&str]) -> Controls {
        let token = |(id, content): (usize, &&str)| Control { id: id as u32, content: (*content).to_owned(), hidden: true };
        Controls::new(contents.iter().enumerate().map(token).collect())
    }

    #[test]
    fn the_leftmost_and_then_the_longest_is_found() {
        let controls = controls(&["<a>", "<a><b>", "<c>"]);
        assert_eq!(controls.find("é<c<a><b>", 0), Some((4, 10, 1)));
        assert_eq!(controls.find("<a><c>", 1), Some((3, 6, 2)));
        assert_eq!(controls.find("<a", 0), None);
        assert!(controls.begins('<') && controls.ends('>') && controls.contain("a><") && !controls.contain("d"));
    }
}
