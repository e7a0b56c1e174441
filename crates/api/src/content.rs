//! A document's text for showing, one part at a time.

use pinakes_types::{Block, BlockKind, CharSpan, DocId, DocVersion, DocumentKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::schemas;

/// Which part of a document. Without either field: the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContentQuery {
    /// Part, from 1: a page where the format has pages, else a stretch of about 20,000 characters that ends with a block.
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Or: the part that holds this character of the document.
    #[param(maximum = 4294967295_u32)]
    pub at: Option<usize>,
}

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlockName {
    /// A heading.
    Heading,
    /// Running text.
    Paragraph,
    /// One item of a list.
    ListItem,
    /// A table row by row, cells separated by ` | `.
    Table,
    /// Text whose line breaks matter.
    Code,
    /// Front matter.
    Metadata,
}

/// One structural unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContentBlock {
    /// What it is.
    pub kind: BlockName,
    /// Of a heading: 1 (top) to 6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Where it stands in the document: `[start, end)` in characters.
    #[schema(value_type = [usize; 2])]
    pub span: CharSpan,
}

impl From<Block> for ContentBlock {
    fn from(block: Block) -> Self {
        let (kind, level) = match block.kind {
            BlockKind::Heading(level) => (BlockName::Heading, Some(level)),
            BlockKind::Paragraph => (BlockName::Paragraph, None),
            BlockKind::ListItem => (BlockName::ListItem, None),
            BlockKind::Table => (BlockName::Table, None),
            BlockKind::Code => (BlockName::Code, None),
            BlockKind::Metadata => (BlockName::Metadata, None),
        };
        Self { kind, level, span: block.span }
    }
}

/// One part of a document's stored text. All spans count from the start of the *document*, so a citation's span can be used as it is:
/// character `c` of the document is character `c - span.start` of `text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentContent {
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// What it said when it was read.
    #[schema(value_type = String)]
    pub doc_version: DocVersion,
    /// Its title.
    pub title: String,
    /// Its path within its source.
    pub path: String,
    /// Format.
    #[schema(value_type = schemas::DocumentKind)]
    pub kind: DocumentKind,
    /// Language as ISO 639-1, where detected.
    pub language: Option<String>,
    /// This part, from 1.
    pub page: u32,
    /// Parts there are; at least 1.
    pub page_count: u32,
    /// Whether parts are the document's own pages.
    pub paged: bool,
    /// Where `text` stands in the document.
    #[schema(value_type = [usize; 2])]
    pub span: CharSpan,
    /// Characters in the whole document.
    pub chars: usize,
    /// The stored text of this part.
    pub text: String,
    /// Its structure, in order, cut to this part.
    pub blocks: Vec<ContentBlock>,
    /// Markup that is not prose, ascending, cut to this part.
    #[schema(value_type = Vec<[usize; 2]>)]
    pub markup: Vec<CharSpan>,
}
