//! The stretches of a document that hold a place where something was found, from the whole of it down to the passage.

use pinakes_api::Extent;
use pinakes_types::{Block, BlockKind, CharSpan, StructuredText};

/// Characters taken from either side of a passage, in whole blocks.
const NEIGHBOUR_CHARS: usize = 800;

/// Those stretches, widest first, each longer than the next and holding it. `chars` is the length of the text.
pub(crate) fn stretches(text: &StructuredText, chars: usize, found: CharSpan) -> Vec<(Extent, CharSpan)> {
    let mut widening = vec![(Extent::Passages, found), (Extent::Passages, with_neighbours(&text.blocks, found))];
    let parts = if has_headings(text) { sections(text, chars, found) } else { pages(text, found) };
    widening.extend(parts.into_iter().map(|span| (Extent::Sections, span)));
    widening.push((Extent::Whole, CharSpan::new(0, chars)));
    let mut stretches: Vec<(Extent, CharSpan)> = Vec::with_capacity(widening.len());
    for (extent, span) in widening {
        let narrower = stretches.last().map_or(found, |(_, span)| *span);
        let span = CharSpan::new(span.start.min(narrower.start), span.end.max(narrower.end));
        if span == narrower && !stretches.is_empty() {
            // The same text under its widest name: a document of one section is whole.
            stretches.pop();
        }
        stretches.push((extent, span));
    }
    stretches.reverse();
    stretches
}

/// The headings that a place stands under, outermost first.
pub(crate) fn headings_above(text: &StructuredText, place: usize) -> Vec<Block> {
    let mut above: Vec<(u8, Block)> = Vec::new();
    for (level, block) in headings(text).take_while(|(_, block)| block.span.start <= place) {
        above.retain(|(outer, _)| *outer < level);
        above.push((level, block));
    }
    above.into_iter().map(|(_, block)| block).collect()
}

fn headings(text: &StructuredText) -> impl Iterator<Item = (u8, Block)> {
    text.blocks.iter().filter_map(|block| match block.kind {
        BlockKind::Heading(level) => Some((level, *block)),
        _ => None,
    })
}

fn has_headings(text: &StructuredText) -> bool {
    headings(text).next().is_some()
}

/// The sections around a place, innermost first: what stands under the nearest heading alone, then that heading's section with those
/// below it, then the one it is part of, and so on.
fn sections(text: &StructuredText, chars: usize, found: CharSpan) -> Vec<CharSpan> {
    let above = headings_above(text, found.start);
    let until = |start: usize, level: u8| {
        headings(text).find(|(other, block)| block.span.start > start && *other <= level).map_or(chars, |(_, block)| block.span.start)
    };
    let own = above.last().map(|nearest| CharSpan::new(nearest.span.start, until(nearest.span.start, u8::MAX)));
    let enclosing = above.iter().rev().filter_map(|block| match block.kind {
        BlockKind::Heading(level) => Some(CharSpan::new(block.span.start, until(block.span.start, level))),
        _ => None,
    });
    own.into_iter().chain(enclosing).collect()
}

/// The page a place stands on, for formats that know pages better than headings.
fn pages(text: &StructuredText, found: CharSpan) -> Vec<CharSpan> {
    let next = text.pages.partition_point(|page| page.span.start <= found.start);
    next.checked_sub(1).map(|at| text.pages[at].span).into_iter().collect()
}

/// A passage with the blocks beside it.
fn with_neighbours(blocks: &[Block], found: CharSpan) -> CharSpan {
    let first = blocks.partition_point(|block| block.span.end <= found.start);
    let last = blocks.partition_point(|block| block.span.start < found.end);
    let before = blocks[..last].iter().rev().map(|block| block.span.start).filter(|start| *start < found.start);
    let start = before.take_while(|start| found.start - start <= NEIGHBOUR_CHARS).last().unwrap_or(found.start);
    let after = blocks[first..].iter().map(|block| block.span.end).filter(|end| *end > found.end);
    let end = after.take_while(|end| end - found.end <= NEIGHBOUR_CHARS).last().unwrap_or(found.end);
    CharSpan::new(start, end)
}

#[cfg(test)]
mod tests {
    use pinakes_types::DocumentKind;

    use super::*;

    fn text(blocks: &[(BlockKind, usize, usize)]) -> StructuredText {
        StructuredText {
            kind: DocumentKind::Markdown,
            title: "t".into(),
            language: None,
            text: "x".repeat(10_000),
            blocks: blocks.iter().map(|(kind, start, end)| Block { kind: *kind, span: CharSpan::new(*start, *end) }).collect(),
            markup: vec![],
            pages: vec![],
            warnings: vec![],
        }
    }

    fn handbook() -> StructuredText {
        use BlockKind::{Heading, Paragraph};
        text(&[
            (Heading(1), 0, 10),
            (Paragraph, 12, 1_000),
            (Heading(2), 1_002, 1_010),
            (Paragraph, 1_012, 2_000),
            (Heading(3), 2_002, 2_010),
            (Paragraph, 2_012, 3_900),
            (Paragraph, 3_902, 4_000),
            (Heading(2), 4_002, 4_010),
            (Paragraph, 4_012, 9_000),
        ])
    }

    #[test]
    fn from_the_whole_through_its_sections_down_to_the_passage() {
        let found = CharSpan::new(2_100, 2_400);
        let stretches = stretches(&handbook(), 9_000, found);
        assert_eq!(
            stretches,
            [
                (Extent::Whole, CharSpan::new(0, 9_000)),
                (Extent::Sections, CharSpan::new(1_002, 4_002)),
                (Extent::Sections, CharSpan::new(2_002, 4_002)),
                (Extent::Passages, CharSpan::new(2_002, 2_400)),
                (Extent::Passages, found),
            ]
        );
    }

    #[test]
    fn each_stretch_holds_the_next_wherever_something_is_found() {
        let text = handbook();
        for start in (0..8_900).step_by(37) {
            let stretches = stretches(&text, 9_000, CharSpan::new(start, start + 100));
            assert_eq!(stretches[0].1, CharSpan::new(0, 9_000));
            assert!(stretches.windows(2).all(|pair| pair[0].1.contains(pair[1].1) && pair[0].1 != pair[1].1), "{stretches:?}");
        }
    }

    #[test]
    fn headings_above_a_place_are_those_it_belongs_to() {
        let levels = |place| headings_above(&handbook(), place).iter().map(|block| block.span.start).collect::<Vec<_>>();
        assert_eq!(levels(2_100), [0, 1_002, 2_002]);
        assert_eq!(levels(4_100), [0, 4_002]);
    }

    #[test]
    fn a_short_document_is_whole_at_once() {
        let text = text(&[(BlockKind::Paragraph, 0, 120)]);
        assert_eq!(stretches(&text, 120, CharSpan::new(0, 120)), [(Extent::Whole, CharSpan::new(0, 120))]);
    }
}
