//! Sections: runs of content blocks under the same headings.

use std::rc::Rc;

use pinakes_types::{Block, BlockKind, CharIndex, CharSpan, StructuredText};

pub(super) const SEPARATOR: &str = " › ";

/// A heading that a section stands under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    level: u8,
    pub(super) text: String,
    pub(super) span: CharSpan,
}

/// Content blocks and the headings above them, outermost first.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) path: Rc<[Heading]>,
    pub(super) blocks: Vec<Block>,
}

/// Divides the blocks by headings. A heading with nothing of its own below it is content itself, so that no text is lost to search.
pub(super) fn sections(document: &StructuredText, index: &CharIndex<'_>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut path: Vec<Heading> = Vec::new();
    let mut blocks = document.blocks.iter().peekable();
    while let Some(block) = blocks.next() {
        match block.kind {
            BlockKind::Metadata => {}
            BlockKind::Heading(level) => {
                path.retain(|heading| heading.level < level);
                let text = document.plain(index, block.span).split_whitespace().collect::<Vec<_>>().join(" ");
                path.push(Heading { level, text, span: block.span });
                let childless = match blocks.peek().map(|next| next.kind) {
                    None => true,
                    Some(BlockKind::Heading(next)) => next <= level,
                    Some(_) => false,
                };
                // The next block starts a section of its own, whatever its path is.
                sections.push(Section { path: path.clone().into(), blocks: if childless { vec![*block] } else { Vec::new() } });
            }
            _ => match sections.last_mut() {
                Some(section) => section.blocks.push(*block),
                None => sections.push(Section { path: Rc::from([]), blocks: vec![*block] }),
            },
        }
    }
    sections.retain(|section| !section.blocks.is_empty());
    sections
}
