//! The bytes of every token of text as one tree, so that the tokens that a text can begin with are found by walking along it.

use std::ops::Range;

/// No token ends at a node.
const NONE: u32 = u32::MAX;

/// A tree of bytes. Node 0 is the root; the children of a node stand one after the other, by their bytes, and the children of one node
/// follow those of the node before.
pub(crate) struct Trie {
    /// Where each node's children begin; one more at the end.
    children: Vec<u32>,
    /// The byte that leads to each node.
    bytes: Vec<u8>,
    /// The token that ends at each node.
    tokens: Vec<u32>,
}

impl std::fmt::Debug for Trie {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Trie").field("nodes", &self.tokens.len()).finish_non_exhaustive()
    }
}

impl Trie {
    /// Where every text begins.
    pub(crate) const ROOT: u32 = 0;

    /// The tree of these tokens; of two with the same bytes one is kept.
    pub(crate) fn new(mut tokens: Vec<(&[u8], u32)>) -> Self {
        tokens.sort_unstable();
        tokens.dedup_by(|later, kept| later.0 == kept.0);
        let mut trie = Self { children: Vec::new(), bytes: vec![0], tokens: Vec::new() };
        // Breadth first: the nodes of one depth after those of the depth before.
        let mut level: Vec<Range<usize>> = std::iter::once(0..tokens.len()).collect();
        let mut depth = 0;
        while !level.is_empty() {
            let mut next = Vec::new();
            for range in level {
                let ends_here = tokens[range.clone()].first().is_some_and(|(bytes, _)| bytes.len() == depth);
                trie.tokens.push(if ends_here { tokens[range.start].1 } else { NONE });
                trie.children.push(trie.bytes.len() as u32);
                let longer = &tokens[range.start + usize::from(ends_here)..range.end];
                let mut at = range.end - longer.len();
                for same in longer.chunk_by(|(a, _), (b, _)| a[depth] == b[depth]) {
                    trie.bytes.push(same[0].0[depth]);
                    next.push(at..at + same.len());
                    at += same.len();
                }
            }
            level = next;
            depth += 1;
        }
        trie.children.push(trie.bytes.len() as u32);
        trie
    }

    fn children_of(&self, node: u32) -> Range<usize> {
        self.children[node as usize] as usize..self.children[node as usize + 1] as usize
    }

    /// Where a byte leads.
    pub(crate) fn child(&self, node: u32, byte: u8) -> Option<u32> {
        let children = self.children_of(node);
        let place = self.bytes[children.clone()].binary_search(&byte).ok()?;
        Some((children.start + place) as u32)
    }

    /// The token that ends at a node.
    pub(crate) fn token(&self, node: u32) -> Option<u32> {
        Some(self.tokens[node as usize]).filter(|token| *token != NONE)
    }

    /// Every token that ends at a node or below it.
    pub(crate) fn below(&self, node: u32, see: &mut impl FnMut(u32)) {
        let mut left = vec![node];
        while let Some(node) = left.pop() {
            self.token(node).into_iter().for_each(&mut *see);
            left.extend(self.children_of(node).map(|child| child as u32));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_at_the_end_of_its_bytes() {
        let words: [&[u8]; 7] = [b"a", b"ab", b"abc", b"b", b"\xff", b"b\x00", b"abd"];
        let trie = Trie::new(words.iter().enumerate().map(|(id, word)| (*word, id as u32)).collect());
        for (id, word) in words.iter().enumerate() {
            let node = word.iter().try_fold(Trie::ROOT, |node, byte| trie.child(node, *byte)).unwrap();
            assert_eq!(trie.token(node), Some(id as u32));
        }
        let mut found = Vec::new();
        trie.below(trie.child(Trie::ROOT, b'a').unwrap(), &mut |token| found.push(token));
        found.sort_unstable();
        assert_eq!(found, [0, 1, 2, 6]);
        assert_eq!((trie.child(Trie::ROOT, b'c'), trie.token(Trie::ROOT)), (None, None));
        assert_eq!(Trie::new(vec![]).child(Trie::ROOT, b'a'), None);
    }
}
