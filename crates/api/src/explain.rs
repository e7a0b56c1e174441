//! Why a search found what it found, and why it did not find something else.

use pinakes_types::{CharSpan, ChunkId, DocId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::search::{Filters, Fusion, SearchMode};

/// A search to explain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainRequest {
    /// The words; not empty, at most 4,096 characters.
    #[schema(min_length = 1, max_length = 4096, pattern = "\\S")]
    pub query: String,
    /// Hits the search would give, 1 to 100; what comes below them is shown as below the cut.
    #[serde(default = "default_limit")]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    pub limit: usize,
    /// Which legs propose.
    #[serde(default)]
    pub mode: SearchMode,
    /// How they are fused; the configured way when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fusion: Option<Fusion>,
    /// What to search.
    #[serde(default)]
    pub filters: Filters,
    /// A document to look for: why it was found, or why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub doc_id: Option<DocId>,
}

fn default_limit() -> usize {
    10
}

/// How the legs' lists became one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "method", rename_all = "lowercase")]
pub enum FusionUsed {
    /// The sum over both legs of weight × (score − `low`) / `high`.
    Convex {
        /// Weight of the lexical leg; the vector leg has the rest of 1.
        weight_lexical: f32,
    },
    /// The sum over both legs of 1 / (`k` + rank).
    Rrf {
        /// The constant.
        k: f32,
    },
}

/// What one leg proposed.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct LegUsed {
    /// Passages it proposed that the asker may read.
    pub candidates: usize,
    /// Passages it was asked for; when it gave as many, others were cut off.
    pub depth: usize,
    /// Score of its best candidate.
    pub high: f32,
    /// Score that counts as nothing: that of its worst candidate where others were cut off, else 0.
    pub low: f32,
}

/// Where one leg placed a passage, and what that counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LegPlace {
    /// From 1.
    pub rank: usize,
    /// BM25 of the lexical leg, cosine of the vector leg.
    pub score: f32,
    /// What it added to the fused score.
    pub contribution: f32,
}

/// A passage and how it came to its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedPassage {
    /// Place after fusion, from 1.
    pub rank: usize,
    /// Fused score: the sum of the contributions.
    pub score: f32,
    /// Whether the search would show it: its rank is within the limit.
    pub shown: bool,
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// Its title.
    pub title: String,
    /// Its path within its source.
    pub path: String,
    /// The passage.
    #[schema(value_type = u64)]
    pub chunk_id: ChunkId,
    /// Where it stands: `[start, end)` in characters.
    #[schema(value_type = [usize; 2])]
    pub span: CharSpan,
    /// Its place in the lexical leg; absent where that did not propose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexical: Option<LegPlace>,
    /// Its place in the vector leg; absent where that did not propose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector: Option<LegPlace>,
}

/// What became of a document in a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A passage of it is shown.
    Shown,
    /// Its best passage ranks below the limit.
    BelowCut,
    /// No leg ranked a passage of it among its candidates; `alone` says how its best would have scored.
    NotCandidate,
    /// A filter leaves it out.
    Filtered,
    /// It has no searchable text: it was skipped, or could not be read.
    NotSearchable,
}

/// Why a document was found, or was not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedDocument {
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// Its title.
    pub title: String,
    /// Its path within its source.
    pub path: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The same in words.
    pub reason: String,
    /// Names of the filters that leave it out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filtered_by: Vec<String>,
    /// Its best passage among the candidates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<ExplainedPassage>,
    /// Its best passage when nothing else is searched: scores only, as contributions mean nothing there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone: Option<AloneScores>,
}

/// The best scores of a document's passages when nothing else is searched.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct AloneScores {
    /// BM25; absent when no word of the query stands in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexical: Option<f32>,
    /// Cosine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector: Option<f32>,
}

/// A search explained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explained {
    /// The query as understood.
    pub query: String,
    /// How the legs' lists became one.
    pub fusion: FusionUsed,
    /// What was searched.
    pub filters: Filters,
    /// The lexical leg; absent where it was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexical: Option<LegUsed>,
    /// The vector leg; absent where it was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector: Option<LegUsed>,
    /// The best passages, those below the cut too: at most twice the limit.
    pub passages: Vec<ExplainedPassage>,
    /// What became of the document asked after. One that may not be read is not found, like one that is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<ExplainedDocument>,
    /// Documents the search could have found, before filters.
    pub documents_searched: u64,
    /// Wall time, in milliseconds.
    pub took_ms: u64,
}
