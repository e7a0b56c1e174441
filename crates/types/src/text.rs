//! What extraction makes of a file: its text, and where headings, paragraphs, tables, code and pages stand in it.

use serde::{Deserialize, Serialize};

use crate::span::{CharIndex, CharSpan};

/// The format a document was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentKind {
    /// Plain text, logs, CSV.
    Text,
    /// Program source and configuration files.
    Code,
    /// Markdown.
    Markdown,
    /// HTML pages.
    Html,
    /// PDF.
    Pdf,
    /// Word `.docx`.
    Docx,
}

impl DocumentKind {
    /// The name used in JSON, filters and the catalog.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Code => "code",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
        }
    }
}

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading of level 1 (top) to 6.
    Heading(u8),
    /// Running text.
    Paragraph,
    /// One item of a list, with what hangs below it.
    ListItem,
    /// A table row by row, cells separated by ` | `. The first row is the header where the format knows one.
    Table,
    /// Code or other text whose line breaks matter.
    Code,
    /// Text about the document (front matter): kept and shown, neither chunked nor searched.
    Metadata,
}

/// One structural unit. Blocks are in reading order and do not overlap; between them stands only white space or markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Where it stands in [`StructuredText::text`].
    pub span: CharSpan,
}

/// Where one page stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Page {
    /// As a reader's viewer numbers it, from 1.
    pub number: u32,
    /// Where it stands in [`StructuredText::text`].
    pub span: CharSpan,
}

/// A document as text. For text formats (plain, code, Markdown) `text` is the decoded file itself, byte order mark excepted, so a
/// quotation and its span can be checked against the file; for the others it is what a reader sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StructuredText {
    /// Format.
    pub kind: DocumentKind,
    /// From the document's own metadata, its first heading, or its file name, in this order. Never empty.
    pub title: String,
    /// ISO 639-1 code where detection is confident.
    pub language: Option<String>,
    /// The stored text that every span of this document counts in.
    pub text: String,
    /// Structure, in reading order.
    pub blocks: Vec<Block>,
    /// Markup inside blocks that is not prose (link targets, emphasis marks), ascending, disjoint. Empty but for Markdown.
    pub markup: Vec<CharSpan>,
    /// Page map, ascending; empty where the format has no pages.
    pub pages: Vec<Page>,
    /// What could not be read, in words for the operator; not empty means the document is partial.
    pub warnings: Vec<String>,
}

impl StructuredText {
    /// The page a character stands on.
    #[must_use]
    pub fn page_at(&self, char_offset: usize) -> Option<u32> {
        let next = self.pages.partition_point(|page| page.span.start <= char_offset);
        next.checked_sub(1).map(|i| self.pages[i].number)
    }

    /// The prose of a span: its text without the markup in it.
    #[must_use]
    pub fn plain(&self, index: &CharIndex<'_>, span: CharSpan) -> String {
        let mut plain = String::with_capacity(span.len());
        for piece in self.prose(span) {
            plain.push_str(index.slice(piece));
        }
        plain
    }

    /// The spans of prose inside `span`, in order: what is left when the markup is taken out.
    #[must_use]
    pub fn prose(&self, span: CharSpan) -> Vec<CharSpan> {
        let mut pieces = Vec::new();
        let mut at = span.start;
        let first = self.markup.partition_point(|markup| markup.end <= span.start);
        for markup in self.markup[first..].iter().take_while(|markup| markup.start < span.end) {
            if at < markup.start {
                pieces.push(CharSpan::new(at, markup.start));
            }
            at = at.max(markup.end);
        }
        if at < span.end {
            pieces.push(CharSpan::new(at, span.end));
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked() -> StructuredText {
        let text = "See [the *plan*](x.md) now".to_owned();
        StructuredText {
            kind: DocumentKind::Markdown,
            title: "t".into(),
            language: None,
            blocks: vec![],
            markup: vec![CharSpan::new(4, 5), CharSpan::new(9, 10), CharSpan::new(14, 22)],
            pages: vec![Page { number: 1, span: CharSpan::new(0, 9) }, Page { number: 2, span: CharSpan::new(9, 26) }],
            warnings: vec![],
            text,
        }
    }

    #[test]
    fn plain_leaves_markup_out() {
        let doc = linked();
        let index = CharIndex::new(&doc.text);
        assert_eq!(doc.plain(&index, CharSpan::new(0, 26)), "See the plan now");
        assert_eq!(doc.plain(&index, CharSpan::new(5, 12)), "the pl");
        assert_eq!(doc.plain(&index, CharSpan::new(15, 20)), "");
    }

    #[test]
    fn pages_are_found_by_their_start() {
        let doc = linked();
        assert_eq!((doc.page_at(0), doc.page_at(9), doc.page_at(99)), (Some(1), Some(2), Some(2)));
    }
}
