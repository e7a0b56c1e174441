//! A long document in parts that each fit a prompt, cut between its blocks.

use pinakes_api::ApiError;
use pinakes_config::limits::tasks::PARTS_MAX;
use pinakes_types::{CharIndex, CharSpan, StructuredText};

/// The parts of a text, each of `tokens_max` tokens at most as `count` counts them; together they are its beginning, and all of it where it
/// is not too long.
pub(super) fn parts(
    text: &StructuredText,
    tokens_max: usize,
    count: impl Fn(&str) -> Result<usize, ApiError>,
) -> Result<Vec<CharSpan>, ApiError> {
    let index = CharIndex::new(&text.text);
    let mut parts: Vec<CharSpan> = Vec::new();
    let (mut start, mut end, mut used) = (0, 0, 0);
    let pieces = pieces(text, &index, tokens_max, &count)?;
    for (piece, tokens) in pieces {
        if used + tokens > tokens_max && end > start {
            parts.push(CharSpan::new(start, end));
            (start, used) = (end, 0);
            if parts.len() == PARTS_MAX {
                return Ok(parts);
            }
        }
        (end, used) = (piece.end, used + tokens);
    }
    if end > start {
        parts.push(CharSpan::new(start, end));
    }
    Ok(parts)
}

/// The blocks with what stands before each, cut where one is too long, with their tokens.
fn pieces(
    text: &StructuredText,
    index: &CharIndex<'_>,
    tokens_max: usize,
    count: &impl Fn(&str) -> Result<usize, ApiError>,
) -> Result<Vec<(CharSpan, usize)>, ApiError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let ends = text.blocks.iter().map(|block| block.span.end).chain([index.len_chars()]);
    for end in ends {
        if end <= at {
            continue;
        }
        let mut left = vec![CharSpan::new(at, end)];
        while let Some(piece) = left.pop() {
            let tokens = count(&text.plain(index, piece))?;
            if tokens <= tokens_max || piece.len() < 2 {
                pieces.push((piece, tokens));
            } else {
                let middle = piece.start + piece.len() / 2;
                left.extend([CharSpan::new(middle, piece.end), CharSpan::new(piece.start, middle)]);
            }
        }
        at = end;
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use pinakes_types::{Block, BlockKind, DocumentKind};

    use super::*;

    fn text(words: &[usize]) -> StructuredText {
        let paragraphs: Vec<String> = words.iter().map(|number| vec!["wörd"; *number].join(" ")).collect();
        let mut blocks = Vec::new();
        let mut at = 0;
        for paragraph in &paragraphs {
            let end = at + paragraph.chars().count();
            blocks.push(Block { kind: BlockKind::Paragraph, span: CharSpan::new(at, end) });
            at = end + 2;
        }
        let text = paragraphs.join("\n\n");
        StructuredText {
            kind: DocumentKind::Text,
            title: "t".into(),
            language: None,
            text,
            blocks,
            markup: vec![],
            pages: vec![],
            warnings: vec![],
        }
    }

    #[test]
    fn parts_follow_each_other_and_fit() {
        let count = |words: &str| Ok(words.split_whitespace().count());
        for (paragraphs, number) in [(vec![3, 3, 3], 1), (vec![6, 6, 3], 2), (vec![40], 4), (vec![], 0), (vec![9, 2, 9], 3)] {
            let text = text(&paragraphs);
            let parts = parts(&text, 10, count).unwrap();
            let index = CharIndex::new(&text.text);
            assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start), "{parts:?}");
            assert!(parts.iter().all(|part| count(index.slice(*part)).unwrap() <= 11), "{parts:?}");
            assert!(parts.len() >= number, "{paragraphs:?} {parts:?}");
            assert_eq!(parts.last().map_or(0, |part| part.end), index.len_chars());
        }
        assert_eq!(parts(&text(&[9; 200]), 10, count).unwrap().len(), PARTS_MAX);
    }
}
