//! Search without an answer: ranked passages.

use pinakes_types::{CharSpan, ChunkId, DocId, DocumentKind, SourceId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::schemas;

/// Which legs propose passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SearchMode {
    /// Words and meaning, fused.
    #[default]
    Hybrid,
    /// Words only (BM25).
    Lexical,
    /// Meaning only (embeddings).
    Vector,
}

/// How the two legs' rankings become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fusion {
    /// Weighted sum of scores, each leg min-max normalised over its candidates.
    Convex,
    /// Reciprocal rank fusion.
    Rrf,
}

/// What a document must be to be searched. Lists mean "any of these"; an empty list means "all"; the fields must all hold.
/// They apply inside both legs, before ranking.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Filters {
    /// Names of sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub sources: Vec<SourceId>,
    /// A collection, by its name. One that is not there for the asker is not found; a conversation stays with the one it began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// Formats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<schemas::DocumentKind>)]
    pub kinds: Vec<DocumentKind>,
    /// ISO 639-1 codes of the detected language.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// What the path within the source starts with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_prefix: Option<String>,
    /// Modified at or after, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub modified_after: Option<Timestamp>,
    /// Modified before, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub modified_before: Option<Timestamp>,
}

/// A search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// The words; not empty, at most 4,096 characters.
    #[schema(min_length = 1, max_length = 4096, pattern = "\\S")]
    pub query: String,
    /// Hits wanted, 1 to 100.
    #[serde(default = "default_limit")]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    pub limit: usize,
    /// Hits to leave out at the start, at most 1,000.
    #[serde(default)]
    #[schema(maximum = 1000, default = 0)]
    pub offset: usize,
    /// Which legs propose.
    #[serde(default)]
    pub mode: SearchMode,
    /// How they are fused; the configured way when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fusion: Option<Fusion>,
    /// What to search.
    #[serde(default)]
    pub filters: Filters,
    /// Whether each hit says what each leg thought of it.
    #[serde(default)]
    pub explain: bool,
}

impl SearchRequest {
    /// Hits given when the request does not say.
    pub const LIMIT_DEFAULT: usize = 10;

    /// A search with every choice left at its default.
    #[must_use]
    pub fn new(query: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            limit: Self::LIMIT_DEFAULT,
            offset: 0,
            mode: SearchMode::default(),
            fusion: None,
            filters: Filters::default(),
            explain: false,
        }
    }
}

fn default_limit() -> usize {
    SearchRequest::LIMIT_DEFAULT
}

/// The same search as the query string of a `GET`: `?q=notice+period&kinds=pdf,docx`.
#[derive(Debug, Clone, PartialEq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// The words.
    #[param(min_length = 1, max_length = 4096, pattern = "\\S")]
    pub q: String,
    /// Hits wanted, 1 to 100, 10 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<usize>,
    /// Hits to leave out at the start.
    #[param(maximum = 1000)]
    pub offset: Option<usize>,
    /// Which legs propose; `hybrid` when absent.
    pub mode: Option<SearchMode>,
    /// How they are fused.
    pub fusion: Option<Fusion>,
    /// Names of sources, separated by commas.
    pub sources: Option<String>,
    /// A collection, by its name.
    pub collection: Option<String>,
    /// Formats, separated by commas.
    pub kinds: Option<String>,
    /// Languages, separated by commas.
    pub languages: Option<String>,
    /// What the path starts with.
    pub path_prefix: Option<String>,
    /// Modified at or after, in milliseconds since 1970.
    pub modified_after: Option<i64>,
    /// Modified before, in milliseconds since 1970.
    pub modified_before: Option<i64>,
    /// Whether each hit says what each leg thought of it.
    pub explain: Option<bool>,
}

impl SearchQuery {
    /// The request this query string stands for.
    ///
    /// # Errors
    /// The name in `kinds` that is no format.
    pub fn into_request(self) -> Result<SearchRequest, String> {
        let kinds = list(self.kinds.as_deref()).map(|name| parse_kind(name).ok_or_else(|| name.to_owned())).collect::<Result<_, _>>()?;
        Ok(SearchRequest {
            query: self.q,
            limit: self.limit.unwrap_or(SearchRequest::LIMIT_DEFAULT),
            offset: self.offset.unwrap_or(0),
            mode: self.mode.unwrap_or_default(),
            fusion: self.fusion,
            filters: Filters {
                sources: list(self.sources.as_deref()).map(|name| SourceId(name.to_owned())).collect(),
                collection: self.collection,
                kinds,
                languages: list(self.languages.as_deref()).map(str::to_owned).collect(),
                path_prefix: self.path_prefix,
                modified_after: self.modified_after.map(Timestamp),
                modified_before: self.modified_before.map(Timestamp),
            },
            explain: self.explain.unwrap_or(false),
        })
    }
}

fn list(written: Option<&str>) -> impl Iterator<Item = &str> {
    written.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty())
}

fn parse_kind(name: &str) -> Option<DocumentKind> {
    use DocumentKind::{Code, Docx, Html, Markdown, Pdf, Text};
    [Text, Code, Markdown, Html, Pdf, Docx].into_iter().find(|kind| kind.as_str() == name)
}

/// What each leg thought of a hit. Ranks count from 1; a field is absent when that leg did not propose the passage.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct HitLegs {
    /// Place among the lexical candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lexical_rank: Option<usize>,
    /// BM25 score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lexical_score: Option<f32>,
    /// Place among the vector candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector_rank: Option<usize>,
    /// Cosine similarity, -1 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector_score: Option<f32>,
}

/// One passage found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Hit {
    /// Place, from 1.
    pub rank: usize,
    /// Fused score; comparable within one response only.
    pub score: f32,
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// Its title.
    pub title: String,
    /// Its path within its source.
    pub path: String,
    /// Page the passage starts on, where the format has pages.
    pub page: Option<u32>,
    /// Headings above the passage, outermost first, joined by ` › `; absent where there are none.
    pub heading: Option<String>,
    /// The passage.
    #[schema(value_type = u64)]
    pub chunk_id: ChunkId,
    /// Where the snippet stands in the document's stored text: `[start, end)` in characters.
    #[schema(value_type = [usize; 2])]
    pub span: CharSpan,
    /// The part of the passage that shows why it was found, free of markup.
    pub snippet: String,
    /// Format.
    #[schema(value_type = schemas::DocumentKind)]
    pub kind: DocumentKind,
    /// Detected language.
    pub language: Option<String>,
    /// When the file was last modified.
    #[schema(value_type = Option<i64>)]
    pub modified: Option<Timestamp>,
    /// Where words of the query stand in `snippet`, in characters, ascending.
    #[serde(default)]
    #[schema(value_type = Vec<[usize; 2]>)]
    pub highlights: Vec<CharSpan>,
    /// What each leg thought; only when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legs: Option<HitLegs>,
}

/// Ranked passages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchResponse {
    /// The query as understood.
    pub query: String,
    /// Best first.
    pub hits: Vec<Hit>,
    /// Wall time, in milliseconds.
    pub took_ms: u64,
    /// Documents the search could have found: readable by the asker and current, before filters.
    pub documents_searched: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_and_a_body_mean_the_same() {
        let body: SearchRequest =
            serde_json::from_str(r#"{"query":"a b","limit":3,"filters":{"kinds":["pdf","docx"],"modified_after":5}}"#).unwrap();
        let query = SearchQuery {
            q: "a b".into(),
            limit: Some(3),
            offset: None,
            mode: None,
            fusion: None,
            sources: None,
            collection: None,
            kinds: Some("pdf, docx,".into()),
            languages: None,
            path_prefix: None,
            modified_after: Some(5),
            modified_before: None,
            explain: None,
        };
        assert_eq!(query.into_request(), Ok(body));
    }

    #[test]
    fn every_kind_can_be_named_in_a_query_string() {
        for kind in ["text", "code", "markdown", "html", "pdf", "docx"] {
            let parsed = parse_kind(kind).unwrap();
            assert_eq!(serde_json::to_value(parsed).unwrap(), kind);
        }
        assert_eq!(parse_kind("exe"), None);
    }

    #[test]
    fn a_misspelt_filter_is_an_error_and_not_a_wider_search() {
        assert!(serde_json::from_str::<SearchRequest>(r#"{"query":"a","filters":{"source":["x"]}}"#).is_err());
    }

    #[test]
    fn the_stable_names_of_a_hit() {
        let hit = Hit {
            rank: 1,
            score: 0.5,
            doc_id: DocId("d".into()),
            title: "t".into(),
            path: "p".into(),
            page: Some(2),
            heading: None,
            chunk_id: ChunkId(7),
            span: CharSpan::new(3, 9),
            snippet: "s".into(),
            kind: DocumentKind::Pdf,
            language: None,
            modified: None,
            highlights: vec![CharSpan::new(0, 1)],
            legs: None,
        };
        let json = serde_json::to_value(&hit).unwrap();
        for name in ["rank", "score", "doc_id", "title", "path", "page", "heading", "chunk_id", "span", "snippet"] {
            assert!(json.get(name).is_some(), "{name}");
        }
        assert_eq!(json["span"], serde_json::json!([3, 9]));
    }
}
