//! What goes into the index and what comes out of it.

use std::path::PathBuf;

use pinakes_types::{ChunkId, DocId, DocumentKind, Label, PathPattern, SourceId, Timestamp, VersionSeq};
use serde::{Deserialize, Serialize};

/// One of the two indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Leg {
    /// Words (tantivy).
    Lexical,
    /// Meaning (LanceDB).
    Vector,
}

impl std::fmt::Display for Leg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Lexical => "lexical",
            Self::Vector => "vector",
        })
    }
}

/// A chunk as both legs take it. All chunks of one version carry the same `path`, `source`, `kind`, `language`, `modified` and `labels`:
/// filters are decided once per version.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexedChunk {
    /// Which chunk.
    pub id: ChunkId,
    /// Which document.
    pub doc: DocId,
    /// Title of the document; searched, weighs more than the body.
    pub title: String,
    /// Heading path, such as `Leave > Parental leave`; searched, weighs a little more than the body.
    pub heading: String,
    /// Text without markup; searched.
    pub body: String,
    /// Path in the source; its words are searched, and filters may ask for a prefix.
    pub path: String,
    /// Where it comes from.
    pub source: SourceId,
    /// Format.
    pub kind: DocumentKind,
    /// ISO 639-1 code, which chooses the stemmer.
    pub language: Option<String>,
    /// When the document last changed.
    pub modified: Timestamp,
    /// Who may read it.
    pub labels: Vec<Label>,
    /// Embedding of [`IndexSettings::dimensions`] numbers; it is brought to unit length here.
    pub vector: Vec<f32>,
}

/// Which legs answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Both. Without a query vector the lexical leg answers alone.
    #[default]
    Hybrid,
    /// Words only.
    Lexical,
    /// Meaning only; needs a query vector.
    Vector,
}

/// How the two lists become one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fusion {
    /// Weighted sum of scores, each as a share of its leg's best (Bruch et al. 2022, arXiv:2210.11934).
    Convex {
        /// Share of the lexical leg, 0 to 1; the vector leg has the rest.
        weight_lexical: f32,
    },
    /// Reciprocal rank fusion, Σ 1 / (k + rank) (Cormack et al. 2009).
    Rrf {
        /// The constant; 60 in the paper.
        k: f32,
    },
}

impl Default for Fusion {
    fn default() -> Self {
        Self::Convex { weight_lexical: 0.5 }
    }
}

/// What a chunk must be to be a candidate at all. Absent or empty fields ask for nothing. The labels come from the scope, not from here.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// From any of these sources.
    pub sources: Vec<SourceId>,
    /// Of any of these formats.
    pub kinds: Vec<DocumentKind>,
    /// In any of these languages; documents of unknown language fall out.
    pub languages: Vec<String>,
    /// The path begins with exactly these characters (end it with `/` to mean a folder).
    pub path_prefix: Option<String>,
    /// Changed at this time or later.
    pub modified_after: Option<Timestamp>,
    /// Changed before this time.
    pub modified_before: Option<Timestamp>,
    /// In this part of the documents.
    pub within: Option<Part>,
}

/// A part of all documents. Empty fields ask for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Part {
    /// From any of these sources.
    pub sources: Vec<SourceId>,
    /// The path within the source fits any of these.
    pub paths: Vec<PathPattern>,
}

impl Part {
    /// Whether a document is in it.
    #[must_use]
    pub fn holds(&self, source: &str, path: &str) -> bool {
        (self.sources.is_empty() || self.sources.iter().any(|one| one.0 == source))
            && (self.paths.is_empty() || self.paths.iter().any(|pattern| pattern.matches(path)))
    }
}

/// A question to the index.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Any text. Words in double quotes must stand in the chunk in that order; everything else is a bag of words. No text is an error.
    pub text: String,
    /// Embedding of the question.
    pub vector: Option<Vec<f32>>,
    /// Candidates taken from each leg.
    pub depth: usize,
    /// What may be found.
    pub filter: Filter,
    /// Which legs answer.
    pub mode: Mode,
    /// How they are joined.
    pub fusion: Fusion,
}

/// Where one leg placed a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LegHit {
    /// From 1.
    pub rank: u32,
    /// BM25 for the lexical leg, cosine for the vector leg.
    pub score: f32,
}

/// A chunk the index proposes. Whether the reader may see it today is for the catalog to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Which chunk.
    pub id: ChunkId,
    /// Fused score; comparable within one answer only.
    pub score: f32,
    /// Place in the lexical leg.
    pub lexical: Option<LegHit>,
    /// Place in the vector leg.
    pub vector: Option<LegHit>,
}

/// The state of both legs that a commit made durable. The catalog stores it in the transaction that publishes, and hands it back on open:
/// whatever the legs hold beyond it was never published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Running number of the commit, also kept in tantivy's commit payload.
    pub sequence: u64,
    /// Tantivy's operation stamp.
    pub lexical_opstamp: u64,
    /// Lance's table version.
    pub vector_version: u64,
}

/// Sizes and bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexSettings {
    /// Numbers in each vector.
    pub dimensions: usize,
    /// Memory in which tantivy's writer collects postings before it writes a segment, in bytes; 15 MB at least.
    pub lexical_heap_bytes: usize,
    /// Rows collected in memory before they are handed to Lance, commit or not.
    pub staged_rows_max: usize,
    /// Vectors are also kept in memory, and searched there, while they take no more than this many bytes. 0 switches it off.
    pub resident_vector_bytes_max: usize,
    /// Lance's cache of index pages, in bytes.
    pub vector_index_cache_bytes: usize,
    /// Lance's cache of manifests and file metadata, in bytes.
    pub vector_metadata_cache_bytes: usize,
    /// Rows from which [`crate::Indexes::optimize`] builds an approximate index instead of leaving the scan exact.
    pub approximate_rows_min: usize,
    /// Fragments from which [`crate::Indexes::optimize`] joins them.
    pub fragments_max: usize,
}

impl IndexSettings {
    /// The defaults for vectors of this length.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        Self {
            dimensions,
            lexical_heap_bytes: 50_000_000,
            staged_rows_max: 4096,
            resident_vector_bytes_max: 96 << 20,
            vector_index_cache_bytes: 64 << 20,
            vector_metadata_cache_bytes: 16 << 20,
            approximate_rows_min: 50_000,
            fragments_max: 16,
        }
    }
}

/// What opening found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenReport {
    /// State after opening; equals the record handed in when there was one.
    pub record: Option<Record>,
    /// Chunks in the vector leg.
    pub chunks: usize,
    /// Files and folders set aside because they were newer than the record.
    pub quarantined: Vec<PathBuf>,
    /// Versions the lexical leg holds and the vector leg does not: written, never published. To be removed.
    pub lexical_only: Vec<VersionSeq>,
    /// Versions the vector leg holds and the lexical leg does not: a removal that was cut short. To be removed again.
    pub vector_only: Vec<VersionSeq>,
}

/// What [`crate::Indexes::optimize`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptimizeReport {
    /// The state now; to be stored like that of a commit.
    pub record: Record,
    /// Fragments before and after.
    pub fragments: (usize, usize),
    /// Old Lance versions removed.
    pub versions_removed: u64,
    /// Bytes given back to the disk.
    pub bytes_removed: u64,
    /// Whether an approximate vector index exists now.
    pub approximate: bool,
}

/// Gauges.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IndexStats {
    /// Chunks in the lexical leg.
    pub lexical_chunks: u64,
    /// Segments of the lexical leg.
    pub lexical_segments: usize,
    /// Chunks in the vector leg.
    pub vector_chunks: u64,
    /// Fragments of the vector leg.
    pub vector_fragments: usize,
    /// Document versions.
    pub versions: usize,
    /// Bytes of vectors held in memory; 0 when Lance is searched itself.
    pub resident_vector_bytes: usize,
    /// Last commit.
    pub record: Option<Record>,
}
