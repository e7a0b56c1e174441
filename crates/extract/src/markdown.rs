//! Markdown: the text is the file itself; blocks come from pulldown-cmark's offsets, and `markup` is everything in a block that is no prose
//! (marks, bullets, link targets, tags), so that quotations read cleanly and still cut the file.

use std::ops::Range;

use pinakes_config::limits::ExtractLimits;
use pinakes_types::{Block, BlockKind, CharIndex, CharSpan, DocumentKind, StructuredText};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Fills in structure, markup and title of decoded Markdown.
pub(crate) fn parse(document: StructuredText, limits: &ExtractLimits) -> StructuredText {
    let text = document.text;
    let scan = Scan::run(&text);
    let index = CharIndex::new(&text);
    let to_chars = |range: &Range<usize>| index.span_of_bytes(range.clone());
    let mut blocks: Vec<Block> = scan.blocks.iter().map(|(kind, range)| Block { kind: *kind, span: to_chars(range) }).collect();
    if blocks.len() > limits.blocks_max {
        blocks.truncate(limits.blocks_max);
        if let Some(last) = blocks.last_mut() {
            last.span.end = index.char_of(text.trim_end().len());
        }
    }
    let markup = scan.markup(&text).iter().map(to_chars).collect::<Vec<CharSpan>>();
    let title = scan.title.clone().unwrap_or_default();
    let mut document = StructuredText { kind: DocumentKind::Markdown, title, blocks, markup, text: String::new(), ..document };
    if document.title.is_empty() {
        let heading = scan.blocks.iter().position(|(kind, _)| matches!(kind, BlockKind::Heading(_)));
        document.title =
            heading.map(|at| document.plain(&index, document.blocks[at.min(document.blocks.len() - 1)].span)).unwrap_or_default();
        document.title = crate::builder::collapse(&document.title);
    }
    drop(index);
    document.text = text;
    document
}

/// Byte ranges found in one pass over the events.
#[derive(Default)]
struct Scan {
    blocks: Vec<(BlockKind, Range<usize>)>,
    /// Prose inside blocks, ascending.
    prose: Vec<Range<usize>>,
    title: Option<String>,
    lists: usize,
    /// Set while inside a block whose inner blocks are part of it.
    inside: usize,
}

impl Scan {
    fn run(text: &str) -> Self {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_HEADING_ATTRIBUTES
            | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
            | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
        let mut scan = Self::default();
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            scan.event(text, event, range);
        }
        scan
    }

    fn event(&mut self, text: &str, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(text, &tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(_) | Event::SoftBreak | Event::HardBreak | Event::InlineMath(_) | Event::DisplayMath(_) => self.prose.push(range),
            Event::Code(_) => self.prose.push(without_backticks(text, range)),
            Event::Html(_) => self.html(text, range),
            Event::InlineHtml(_) | Event::FootnoteReference(_) | Event::Rule | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, text: &str, tag: &Tag<'_>, range: Range<usize>) {
        let kind = match tag {
            Tag::List(_) => {
                self.lists += 1;
                return;
            }
            Tag::Heading { level, .. } => BlockKind::Heading(number(*level)),
            Tag::Paragraph | Tag::HtmlBlock => BlockKind::Paragraph,
            Tag::Item => BlockKind::ListItem,
            Tag::CodeBlock(_) => BlockKind::Code,
            Tag::Table(_) => BlockKind::Table,
            Tag::MetadataBlock(_) => BlockKind::Metadata,
            _ => return,
        };
        self.inside += 1;
        if self.inside > 1 {
            return;
        }
        let range = trimmed(text, range);
        if kind == BlockKind::Metadata {
            self.title = front_matter_title(&text[range.clone()]);
        }
        if !range.is_empty() {
            self.blocks.push((kind, range));
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::List(_) => self.lists -= 1,
            TagEnd::HtmlBlock => {
                self.inside -= 1;
                // A block of nothing but tags or comments says nothing.
                if self.inside == 0
                    && self.blocks.last().is_some_and(|(_, range)| self.prose.last().is_none_or(|prose| prose.end <= range.start))
                {
                    self.blocks.pop();
                }
            }
            TagEnd::Heading(_) | TagEnd::Paragraph | TagEnd::Item | TagEnd::CodeBlock | TagEnd::Table | TagEnd::MetadataBlock(_) => {
                self.inside -= 1
            }
            _ => {}
        }
    }

    /// The words between the tags of one line of an HTML block.
    fn html(&mut self, text: &str, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let rest = &text[at..range.end];
            let open = rest.find('<').unwrap_or(rest.len());
            let words = trimmed(text, at..at + open);
            if !words.is_empty() {
                self.prose.push(words);
            }
            let tag = &rest[open..];
            let length = if tag.starts_with("<!--") { tag.find("-->").map(|end| end + 3) } else { tag.find('>').map(|end| end + 1) };
            at += open + length.unwrap_or(tag.len());
        }
    }

    /// What of the blocks is no prose, line breaks excepted: without them words would run together.
    fn markup(&self, text: &str) -> Vec<Range<usize>> {
        let mut markup = Vec::new();
        let mut next = 0;
        for (kind, block) in &self.blocks {
            if *kind == BlockKind::Metadata {
                continue;
            }
            let mut at = block.start;
            while let Some(prose) = self.prose.get(next).filter(|prose| prose.start < block.end) {
                next += 1;
                if prose.start > at {
                    gap(text, *kind, at..prose.start, &mut markup);
                }
                at = at.max(prose.end);
            }
            if at < block.end {
                gap(text, *kind, at..block.end, &mut markup);
            }
        }
        markup
    }
}

/// Adds the markup in a stretch without prose. Tables keep the pipes between cells, not those at the ends of a row.
fn gap(text: &str, kind: BlockKind, range: Range<usize>, markup: &mut Vec<Range<usize>>) {
    let mut at = range.start;
    for line in text[range.clone()].split_inclusive('\n') {
        let words = line.trim_end_matches(['\n', '\r']);
        let starts_row = at == 0 || text[..at].ends_with('\n');
        let ends_row = text[at + words.len()..].trim_start_matches('\r').starts_with('\n') || at + words.len() == text.len();
        let between_cells = kind == BlockKind::Table && words.contains('|') && !starts_row && !ends_row;
        if between_cells {
            let mut start = at;
            for mark in words.split_inclusive(['|', ' ', '\t']) {
                let length = mark.trim_end_matches(['|', ' ', '\t']).len();
                if length > 0 {
                    markup.push(start..start + length);
                }
                start += mark.len();
            }
        } else if !words.is_empty() {
            markup.push(at..at + words.len());
        }
        at += line.len();
    }
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let slice = &text[range.clone()];
    let start = range.start + (slice.len() - slice.trim_start_matches(['\n', '\r']).len());
    let end = range.start + slice.trim_end().len();
    start.min(end)..end
}

fn without_backticks(text: &str, range: Range<usize>) -> Range<usize> {
    let slice = &text[range.clone()];
    let marks = slice.bytes().take_while(|byte| *byte == b'`').count();
    if marks * 2 >= slice.len() { range } else { range.start + marks..range.end - marks }
}

/// The value of `title:` (YAML) or `title =` (TOML).
fn front_matter_title(front_matter: &str) -> Option<String> {
    front_matter.lines().find_map(|line| {
        let value = line.strip_prefix("title")?.trim_start();
        let value = value.strip_prefix(':').or_else(|| value.strip_prefix('='))?.trim();
        let unquoted = value.strip_prefix(['"', '\'']).and_then(|inner| inner.strip_suffix(['"', '\''])).unwrap_or(value).trim();
        (!unquoted.is_empty()).then(|| unquoted.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(source: &str, expected: Expect) {
        let decoded = StructuredText { text: source.to_owned(), ..crate::parse::document(DocumentKind::Text) };
        let document = parse(decoded, &ExtractLimits::default());
        let index = CharIndex::new(&document.text);
        let shown: String =
            document.blocks.iter().map(|block| format!("{:?}: {:?}\n", block.kind, document.plain(&index, block.span))).collect();
        expected.assert_eq(&format!("[{}]\n{shown}", document.title));
        assert_eq!(document.text, source);
        assert!(document.markup.windows(2).all(|pair| pair[0].end <= pair[1].start), "{:?}", document.markup);
        assert!(document.blocks.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start), "{:?}", document.blocks);
    }

    #[test]
    fn prose_reads_cleanly() {
        check(
            "# Über *uns*\n\nSee [the **plan**](https://x.y/z \"t\") &amp; `code` <b>now</b>\\*.  \nNext ![alt](i.png)[^1]\n\n[^1]: Note.\n",
            expect![[r#"
                [Über uns]
                Heading(1): "Über uns"
                Paragraph: "See the plan &amp; code now*.  \nNext alt"
                Paragraph: "Note."
            "#]],
        );
    }

    #[test]
    fn front_matter_titles_and_comments_say_nothing() {
        check(
            "---\ntitle: \"Leave policy\"\n---\n\n<!-- hidden -->\n\n<div>\n<p>Shown</p>\n</div>\n\nText\n---\n",
            expect![[r#"
                [Leave policy]
                Metadata: "---\ntitle: \"Leave policy\"\n---"
                Paragraph: "\nShown\n"
                Heading(2): "Text\n"
            "#]],
        );
    }

    #[test]
    fn lists_are_one_block_an_item() {
        check(
            "- one\n  - [ ] nested\n\n    more\n- two\n\n1. eins\n\n> quoted\n> on\n",
            expect![[r#"
                []
                ListItem: "one\nnested\n\nmore"
                ListItem: "two"
                ListItem: "eins"
                Paragraph: "quoted\non"
            "#]],
        );
    }

    #[test]
    fn tables_keep_inner_pipes_and_code_its_lines() {
        check(
            "| A | *B* |\n|---|:--|\n| 1 | [x](y) |\n\na|b\n-|-\nc|d\n\n```rust\nfn x() {\n}\n```\n",
            expect![[r#"
                []
                Table: "A | B\n\n1 | x"
                Table: "a|b\n\nc|d"
                Code: "\nfn x() {\n}\n"
            "#]],
        );
    }
}
