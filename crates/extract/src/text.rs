//! Plain text, source code and CSV: the text is the file itself, blocks are what empty lines part.

use pinakes_types::{Block, BlockKind, CharSpan};

/// Blocks of this kind, one for each run of lines without an empty line; spans leave out the white space around it.
pub(crate) fn blocks(text: &str, kind: BlockKind, blocks_max: usize) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<CharSpan> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let chars = line.chars().count();
        let words = line.trim();
        if words.is_empty() {
            blocks.extend(open.take().map(|span| Block { kind, span }));
        } else {
            // Code keeps the indentation of its first line.
            let indent = if kind == BlockKind::Code { 0 } else { line.chars().take_while(|c| c.is_whitespace()).count() };
            let end = at + line.trim_end().chars().count();
            match &mut open {
                Some(span) => span.end = end,
                None => open = Some(CharSpan::new(at + indent, end)),
            }
        }
        at += chars;
    }
    blocks.extend(open.map(|span| Block { kind, span }));
    if blocks.len() > blocks_max {
        let end = blocks.last().map_or(0, |block| block.span.end);
        blocks.truncate(blocks_max);
        if let Some(last) = blocks.last_mut() {
            last.span.end = end;
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, kind: BlockKind) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        blocks(text, kind, 1000).iter().map(|block| chars[block.span.start..block.span.end].iter().collect()).collect()
    }

    #[test]
    fn empty_lines_part_blocks() {
        assert_eq!(cut("  ä b\nc  \r\n \t\r\n\nd\n", BlockKind::Paragraph), ["ä b\nc", "d"]);
        assert_eq!(cut("    fn x() {\n\n    }", BlockKind::Code), ["    fn x() {", "    }"]);
        assert_eq!(cut("\n \n", BlockKind::Code), [""; 0]);
    }

    #[test]
    fn the_last_block_takes_what_is_over_the_limit() {
        let spans: Vec<_> = blocks("a\n\nb\n\nc", BlockKind::Paragraph, 2).iter().map(|block| block.span).collect();
        assert_eq!(spans, [CharSpan::new(0, 1), CharSpan::new(3, 7)]);
    }
}
