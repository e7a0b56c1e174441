//! A search with its workings shown: what each leg proposed, what that counted, and what became of a document that was expected.
//!
//! Everything shown passed the catalog with the asker's scope, so the explanation says no more than the search itself could: a document
//! that may not be read is not found, and candidates that may not be read are not counted.

use std::time::Instant;

use pinakes_api::{
    AloneScores, ApiError, Code, ExplainRequest, Explained, ExplainedDocument, ExplainedPassage, Filters, FusionUsed, LegPlace, LegUsed,
    Outcome, SearchMode, SearchRequest,
};
use pinakes_catalog::{DocumentRow, Passage};
use pinakes_index::{Candidate, LegHit};
use pinakes_types::Scope;

use crate::Searcher;
use crate::question::check;
use crate::searcher::catalog_error;

/// A passage that may be shown, with what the legs thought of it.
type Proposed = (Passage, Candidate);

/// How scores become contributions.
struct Workings {
    fusion: FusionUsed,
    lexical: Option<LegUsed>,
    vector: Option<LegUsed>,
    limit: usize,
}

impl Searcher {
    /// Explains a search.
    ///
    /// # Errors
    /// As [`Searcher::search`]; [`Code::NotFound`] for a document that is not there or not for the scope.
    pub async fn explain(&self, scope: &Scope, request: &ExplainRequest) -> Result<Explained, ApiError> {
        let started = Instant::now();
        let query = check(&request.query)?;
        let document = match &request.doc_id {
            Some(doc) => Some(self.store.catalog.document(scope, doc).await.map_err(catalog_error)?.ok_or_else(no_document)?),
            None => None,
        };
        let search = SearchRequest {
            limit: request.limit,
            mode: request.mode,
            fusion: request.fusion,
            filters: request.filters.clone(),
            ..SearchRequest::new(query)
        };
        let collection = self.collection(scope, request.filters.collection.as_deref())?;
        let documents_searched = self.documents_searched(scope, collection).await?;
        let depth = self.store.config.search.candidates.max(request.limit);
        // Both legs' candidates together are twice as many at most.
        let found = self.find_within(scope, query, &search, depth, 2 * depth).await?.passages;
        let workings = self.workings(request, depth, &found);
        let explained: Vec<ExplainedPassage> = found.iter().enumerate().map(|(place, one)| workings.passage(place + 1, one)).collect();
        let document = match document {
            Some(row) => Some(self.outcome(scope, &search, row, &explained, depth).await?),
            None => None,
        };
        Ok(Explained {
            query: query.to_owned(),
            fusion: workings.fusion,
            filters: request.filters.clone(),
            lexical: workings.lexical,
            vector: workings.vector,
            passages: explained.into_iter().take(2 * request.limit).collect(),
            document,
            documents_searched,
            took_ms: started.elapsed().as_millis() as u64,
        })
    }

    fn workings(&self, request: &ExplainRequest, depth: usize, found: &[Proposed]) -> Workings {
        let fusion = match self.fusion(request.fusion) {
            pinakes_index::Fusion::Convex { weight_lexical } => FusionUsed::Convex { weight_lexical },
            pinakes_index::Fusion::Rrf { k } => FusionUsed::Rrf { k },
        };
        let leg = |wanted: bool, of: fn(&Candidate) -> Option<LegHit>| {
            wanted.then(|| leg_used(found.iter().filter_map(|(_, candidate)| of(candidate)), depth))
        };
        Workings {
            fusion,
            lexical: leg(request.mode != SearchMode::Vector, |candidate| candidate.lexical),
            vector: leg(request.mode != SearchMode::Lexical, |candidate| candidate.vector),
            limit: request.limit,
        }
    }

    async fn outcome(
        &self,
        scope: &Scope,
        search: &SearchRequest,
        row: DocumentRow,
        explained: &[ExplainedPassage],
        depth: usize,
    ) -> Result<ExplainedDocument, ApiError> {
        let best = explained.iter().find(|passage| passage.doc_id == row.doc).cloned();
        let collection = self.collection(scope, search.filters.collection.as_deref())?;
        let outside = collection.filter(|collection| !collection.part.holds(&row.source.0, &row.path));
        let mut filtered_by = failing(&search.filters, &row);
        filtered_by.extend(outside.map(|_| "collection".to_owned()));
        let (outcome, reason, alone) = match &best {
            Some(best) if best.shown => (Outcome::Shown, format!("Its best passage has rank {}.", best.rank), None),
            Some(best) => {
                let words = format!("Its best passage has rank {}, and {} are shown.", best.rank, search.limit);
                (Outcome::BelowCut, words, None)
            }
            None if row.chunks == 0 => {
                let why = row.reason.as_ref().map_or_else(String::new, |reason| format!(" {}", reason.message));
                (Outcome::NotSearchable, format!("It has no searchable text.{why}"), None)
            }
            None if !filtered_by.is_empty() => {
                (Outcome::Filtered, format!("The search leaves it out by {}.", filtered_by.join(", ")), None)
            }
            None => {
                let alone = self.alone(scope, search, &row, depth).await?;
                (Outcome::NotCandidate, format!("None of its passages is among the {depth} best of either leg."), Some(alone))
            }
        };
        Ok(ExplainedDocument { doc_id: row.doc, title: row.title, path: row.path, outcome, reason, filtered_by, best, alone })
    }

    /// The best scores of one document's passages.
    async fn alone(&self, scope: &Scope, search: &SearchRequest, row: &DocumentRow, depth: usize) -> Result<AloneScores, ApiError> {
        let filters = Filters { sources: vec![row.source.clone()], path_prefix: Some(row.path.clone()), ..Filters::default() };
        let only = SearchRequest { filters, ..search.clone() };
        let found = self.find_within(scope, &search.query, &only, depth, 2 * depth).await?.passages;
        let own = |of: fn(&Candidate) -> Option<LegHit>| {
            let scores = found.iter().filter(|(passage, _)| passage.doc == row.doc).filter_map(|(_, candidate)| of(candidate));
            scores.map(|hit| hit.score).max_by(f32::total_cmp)
        };
        Ok(AloneScores { lexical: own(|candidate| candidate.lexical), vector: own(|candidate| candidate.vector) })
    }
}

fn leg_used(hits: impl Iterator<Item = LegHit>, depth: usize) -> LegUsed {
    let scores: Vec<f32> = hits.map(|hit| hit.score).collect();
    let high = scores.iter().copied().fold(0.0, f32::max);
    let low = if scores.len() >= depth { scores.iter().copied().fold(f32::INFINITY, f32::min).max(0.0) } else { 0.0 };
    LegUsed { candidates: scores.len(), depth, high, low }
}

impl Workings {
    fn passage(&self, rank: usize, (passage, candidate): &Proposed) -> ExplainedPassage {
        let (lexical_share, vector_share) = match self.fusion {
            FusionUsed::Convex { weight_lexical } => (weight_lexical.clamp(0.0, 1.0), 1.0 - weight_lexical.clamp(0.0, 1.0)),
            FusionUsed::Rrf { .. } => (1.0, 1.0),
        };
        ExplainedPassage {
            rank,
            score: candidate.score,
            shown: rank <= self.limit,
            doc_id: passage.doc.clone(),
            title: passage.title.clone(),
            path: passage.path.clone(),
            chunk_id: passage.chunk,
            span: passage.span,
            lexical: candidate.lexical.map(|hit| self.place(hit, self.lexical, lexical_share)),
            vector: candidate.vector.map(|hit| self.place(hit, self.vector, vector_share)),
        }
    }

    /// As the index's fusion counts; a test over a real store holds the sum to the fused score.
    fn place(&self, hit: LegHit, leg: Option<LegUsed>, share: f32) -> LegPlace {
        let LegUsed { high, low, .. } = leg.unwrap_or_default();
        let contribution = match self.fusion {
            FusionUsed::Convex { .. } if high > 0.0 => (hit.score - low).max(0.0) / high,
            FusionUsed::Convex { .. } => 0.0,
            FusionUsed::Rrf { k } => 1.0 / (k.max(0.0) + hit.rank as f32),
        };
        LegPlace { rank: hit.rank as usize, score: hit.score, contribution: share * contribution }
    }
}

/// Names of the filters that a document does not pass.
fn failing(filters: &Filters, row: &DocumentRow) -> Vec<String> {
    let modified = row.modified_ns / 1_000_000;
    let among = |list: Vec<&str>, value: Option<&str>| list.is_empty() || value.is_some_and(|value| list.contains(&value));
    let checks = [
        ("sources", filters.sources.is_empty() || filters.sources.contains(&row.source)),
        ("kinds", among(filters.kinds.iter().map(|kind| kind.as_str()).collect(), row.kind.as_deref())),
        ("languages", among(filters.languages.iter().map(String::as_str).collect(), row.language.as_deref())),
        ("path_prefix", filters.path_prefix.as_ref().is_none_or(|prefix| row.path.starts_with(prefix))),
        ("modified_after", filters.modified_after.is_none_or(|time| modified >= time.0)),
        ("modified_before", filters.modified_before.is_none_or(|time| modified < time.0)),
    ];
    checks.into_iter().filter(|(_, passed)| !passed).map(|(name, _)| name.to_owned()).collect()
}

fn no_document() -> ApiError {
    ApiError::new(Code::NotFound, "There is no such document.")
}

#[cfg(test)]
mod tests {
    use pinakes_types::{DocId, DocumentKind, FileState, SourceId, Timestamp};

    use super::*;

    #[test]
    fn the_filters_that_leave_a_document_out_are_named() {
        let row = DocumentRow {
            doc: DocId("d".into()),
            source: SourceId("files".into()),
            path: "hr/leave.md".into(),
            title: "Leave".into(),
            kind: Some("markdown".into()),
            language: None,
            state: FileState::Indexed,
            reason: None,
            bytes: 1,
            modified_ns: 5_000_000,
            version: None,
            pages: 0,
            chunks: 1,
            indexed_at: Timestamp(1),
        };
        assert!(failing(&Filters::default(), &row).is_empty());
        let passing = Filters { path_prefix: Some("hr/".into()), modified_after: Some(Timestamp(5)), ..Filters::default() };
        assert!(failing(&passing, &row).is_empty());
        let none = Filters {
            sources: vec![SourceId("other".into())],
            kinds: vec![DocumentKind::Pdf],
            languages: vec!["en".into()],
            path_prefix: Some("finance/".into()),
            modified_after: Some(Timestamp(6)),
            modified_before: Some(Timestamp(5)),
            ..Filters::default()
        };
        assert_eq!(failing(&none, &row), ["sources", "kinds", "languages", "path_prefix", "modified_after", "modified_before"]);
    }

    #[test]
    fn a_leg_counts_from_its_worst_candidate_only_where_others_were_cut_off() {
        let hits = |scores: &[f32]| scores.iter().zip(1..).map(|(&score, rank)| LegHit { rank, score }).collect::<Vec<_>>();
        assert_eq!(leg_used(hits(&[3.0, 1.0]).into_iter(), 10), LegUsed { candidates: 2, depth: 10, high: 3.0, low: 0.0 });
        assert_eq!(leg_used(hits(&[3.0, 1.0]).into_iter(), 2), LegUsed { candidates: 2, depth: 2, high: 3.0, low: 1.0 });
    }
}
