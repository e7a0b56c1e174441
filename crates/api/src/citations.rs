//! Whether citations given earlier still hold: a document may have changed since.

use pinakes_types::{CharSpan, DocId, DocVersion};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A citation as an answer gave it, as far as it is needed to look it up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CitedQuote {
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// What it said when it was cited.
    #[schema(value_type = String)]
    pub doc_version: DocVersion,
    /// Where the quote stood: `[start, end)` in characters.
    #[schema(value_type = [usize; 2])]
    pub char_span: CharSpan,
    /// The quote.
    pub quote: String,
}

/// Citations to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CitationCheckRequest {
    /// At most 64.
    pub citations: Vec<CitedQuote>,
}

/// What became of a citation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CitationState {
    /// The quote stands where it stood.
    Current,
    /// It stands elsewhere in the document.
    Moved,
    /// The document is there and does not say it any more.
    Changed,
    /// The document is not there, or not for the asker.
    Gone,
}

/// One citation as it stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CitationCheck {
    /// The document, as asked.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// What became of the citation.
    pub state: CitationState,
    /// The document's version now; absent when it is gone.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc_version: Option<DocVersion>,
    /// Where the quote stands now.
    #[schema(value_type = Option<[usize; 2]>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub char_span: Option<CharSpan>,
    /// The page it starts on now, where the format has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// All of them, in the order asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CitationCheckResponse {
    /// The citations.
    pub citations: Vec<CitationCheck>,
}
