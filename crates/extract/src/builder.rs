//! Builds the stored text of formats whose text is made anew (HTML, Word, PDF): clean blocks with an empty line between them, spans
//! counted while writing, and limits kept.

use pinakes_config::limits::ExtractLimits;
use pinakes_types::{Block, BlockKind, CharSpan};

/// Text and blocks under construction.
pub(crate) struct TextBuilder {
    text: String,
    chars: usize,
    blocks: Vec<Block>,
    chars_max: usize,
    blocks_max: usize,
    cut: bool,
}

impl TextBuilder {
    pub(crate) fn new(limits: &ExtractLimits) -> Self {
        Self {
            text: String::new(),
            chars: 0,
            blocks: Vec::new(),
            chars_max: limits.text_chars_max,
            blocks_max: limits.blocks_max,
            cut: false,
        }
    }

    /// Appends a block. White space around it is dropped, control characters become spaces; an empty block is none.
    pub(crate) fn push(&mut self, kind: BlockKind, block: &str) {
        let block = block.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        if block.is_empty() || self.cut {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
            self.chars += 2;
        }
        let start = self.chars;
        for c in block.chars() {
            if self.chars >= self.chars_max {
                self.cut = true;
                break;
            }
            self.text.push(if c.is_control() && c != '\n' && c != '\t' { ' ' } else { c });
            self.chars += 1;
        }
        let span = CharSpan::new(start, self.chars);
        let full = self.blocks.len() >= self.blocks_max;
        match self.blocks.last_mut() {
            Some(last) if full => last.span.end = span.end,
            _ => self.blocks.push(Block { kind, span }),
        }
    }

    /// Characters written so far.
    pub(crate) fn len_chars(&self) -> usize {
        self.chars
    }

    /// The first heading's text.
    pub(crate) fn first_heading(&self) -> Option<String> {
        let heading = self.blocks.iter().find(|block| matches!(block.kind, BlockKind::Heading(_)))?;
        Some(self.text.chars().skip(heading.span.start).take(heading.span.len()).collect())
    }

    /// Text, blocks, and a warning when the text was cut.
    pub(crate) fn finish(self) -> (String, Vec<Block>, Option<String>) {
        let warning = self.cut.then(|| {
            format!("Only the first {} characters were read. Split the document, or raise extract.text_chars_max.", self.chars_max)
        });
        (self.text, self.blocks, warning)
    }
}

/// The text with every run of white space as one space, none at the ends.
pub(crate) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cut_their_blocks_and_the_text_limit_is_kept() {
        let limits = ExtractLimits { text_chars_max: 12, ..Default::default() };
        let mut builder = TextBuilder::new(&limits);
        builder.push(BlockKind::Heading(1), " Äpfel \n");
        builder.push(BlockKind::Paragraph, "\u{0}");
        builder.push(BlockKind::Paragraph, "eins zwei");
        let (text, blocks, warning) = builder.finish();
        assert_eq!(text, "Äpfel\n\neins ");
        assert_eq!(blocks[1].span, CharSpan::new(7, 12));
        assert!(warning.unwrap().contains("first 12 characters"));
    }

    #[test]
    fn blocks_beyond_the_limit_join_the_last() {
        let mut builder = TextBuilder::new(&ExtractLimits { blocks_max: 1, ..Default::default() });
        builder.push(BlockKind::Paragraph, "a");
        builder.push(BlockKind::Paragraph, "b");
        let (_, blocks, _) = builder.finish();
        assert_eq!(blocks, [Block { kind: BlockKind::Paragraph, span: CharSpan::new(0, 4) }]);
    }
}
