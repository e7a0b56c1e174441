//! Search without an answer.

use std::time::Instant;

use pinakes_api::{ApiError, Code, Fusion, Hit, HitLegs, SearchMode, SearchRequest, SearchResponse};
use pinakes_catalog::Passage;
use pinakes_config::limits::SearchLimits;
use pinakes_index::{Candidate, Filter, Mode, Query};
use pinakes_types::{ChunkId, Scope, Timestamp};

use crate::Searcher;
use crate::highlight::highlight;
use crate::question::{check, content_words};
use crate::searcher::{catalog_error, index_error};

/// Passages that may be shown, best first, and the vector they were found by.
pub(crate) struct Found {
    pub(crate) passages: Vec<(Passage, Candidate)>,
    pub(crate) vector: Option<Vec<f32>>,
}

impl Searcher {
    /// Finds passages.
    ///
    /// # Errors
    /// Empty and oversized queries, limits overstepped, a collection that is not there for the scope, damaged legs.
    pub async fn search(&self, scope: &Scope, request: &SearchRequest) -> Result<SearchResponse, ApiError> {
        let started = Instant::now();
        let query = check(&request.query)?;
        let limits = SearchLimits::default();
        if !(1..=limits.hits_max).contains(&request.limit) {
            return Err(ApiError::new(Code::BadRequest, format!("limit must be 1 to {}.", limits.hits_max)));
        }
        if request.offset + request.limit > limits.candidates_max {
            let words = format!("offset and limit together may not exceed {}; narrow the search instead.", limits.candidates_max);
            return Err(ApiError::new(Code::BadRequest, words));
        }
        let collection = self.collection(scope, request.filters.collection.as_deref())?;
        let documents_searched = self.documents_searched(scope, collection).await?;
        let found = self.find(scope, query, request, request.offset + request.limit).await?;
        let words = content_words(query);
        let hits = found.passages.into_iter().enumerate().skip(request.offset);
        let hits = hits.map(|(place, (passage, candidate))| hit(place + 1, passage, &candidate, &words, request.explain)).collect();
        Ok(SearchResponse { query: query.to_owned(), hits, took_ms: started.elapsed().as_millis() as u64, documents_searched })
    }

    /// The best `wanted` passages that the scope allows.
    pub(crate) async fn find(&self, scope: &Scope, query: &str, request: &SearchRequest, wanted: usize) -> Result<Found, ApiError> {
        let depth = self.store.config.search.candidates.max(wanted);
        self.find_within(scope, query, request, depth, wanted).await
    }

    /// The same of `depth` candidates from each leg.
    pub(crate) async fn find_within(
        &self,
        scope: &Scope,
        query: &str,
        request: &SearchRequest,
        depth: usize,
        wanted: usize,
    ) -> Result<Found, ApiError> {
        let Some((indexes, _)) = self.legs.current().await else { return Ok(Found { passages: vec![], vector: None }) };
        self.check_model().await?;
        let vector = match request.mode {
            SearchMode::Lexical => None,
            SearchMode::Hybrid | SearchMode::Vector => Some(self.embed_query(query).await?),
        };
        let query = Query {
            text: query.to_owned(),
            vector: vector.clone(),
            depth,
            filter: self.filter(scope, request)?,
            mode: match request.mode {
                SearchMode::Hybrid => Mode::Hybrid,
                SearchMode::Lexical => Mode::Lexical,
                SearchMode::Vector => Mode::Vector,
            },
            fusion: self.fusion(request.fusion),
        };
        let candidates = indexes.search(scope, &query).await.map_err(index_error)?;
        let passages = self.allowed(scope, candidates, wanted).await?;
        Ok(Found { passages, vector })
    }

    /// Asks the catalog about candidates, best first, until enough may be shown.
    async fn allowed(&self, scope: &Scope, candidates: Vec<Candidate>, wanted: usize) -> Result<Vec<(Passage, Candidate)>, ApiError> {
        let mut allowed = Vec::with_capacity(wanted);
        for some in candidates.chunks(wanted.max(16)) {
            let ids: Vec<ChunkId> = some.iter().map(|candidate| candidate.id).collect();
            let passages = self.store.catalog.resolve(scope, &ids).await.map_err(catalog_error)?;
            let mut some = some.iter();
            for passage in passages {
                let candidate =
                    some.find(|candidate| candidate.id == passage.chunk).expect("passages come in the order of their candidates");
                allowed.push((passage, candidate.clone()));
            }
            if allowed.len() >= wanted {
                break;
            }
        }
        allowed.truncate(wanted);
        Ok(allowed)
    }

    pub(crate) fn fusion(&self, wanted: Option<Fusion>) -> pinakes_index::Fusion {
        use pinakes_config::Fusion as Configured;
        let (weight, k) = match self.store.config.search.fusion {
            Configured::Convex { weight_lexical } => (weight_lexical, 60),
            Configured::ReciprocalRank { k } => (0.5, k),
        };
        let convex = pinakes_index::Fusion::Convex { weight_lexical: weight as f32 };
        let rrf = pinakes_index::Fusion::Rrf { k: k as f32 };
        match (wanted, self.store.config.search.fusion) {
            (Some(Fusion::Convex), _) | (None, Configured::Convex { .. }) => convex,
            (Some(Fusion::Rrf), _) | (None, Configured::ReciprocalRank { .. }) => rrf,
        }
    }

    fn filter(&self, scope: &Scope, request: &SearchRequest) -> Result<Filter, ApiError> {
        let collection = self.collection(scope, request.filters.collection.as_deref())?;
        Ok(Filter { within: collection.map(|collection| collection.part.clone()), ..filter(request)? })
    }
}

fn filter(request: &SearchRequest) -> Result<Filter, ApiError> {
    let limits = SearchLimits::default();
    let filters = &request.filters;
    let values = filters.sources.iter().map(|source| &source.0).chain(&filters.languages).chain(&filters.path_prefix);
    let too_many = filters.sources.len().max(filters.kinds.len()).max(filters.languages.len()) > limits.filter_values_max;
    if too_many || values.into_iter().any(|value| value.chars().count() > limits.filter_value_chars_max) {
        let words = format!("A filter takes at most {} values of {} characters.", limits.filter_values_max, limits.filter_value_chars_max);
        return Err(ApiError::new(Code::BadRequest, words));
    }
    Ok(Filter {
        sources: filters.sources.clone(),
        kinds: filters.kinds.clone(),
        languages: filters.languages.clone(),
        path_prefix: filters.path_prefix.clone(),
        modified_after: filters.modified_after,
        modified_before: filters.modified_before,
        within: None,
    })
}

/// A passage as it is shown.
pub(crate) fn hit(rank: usize, passage: Passage, candidate: &Candidate, query_words: &[String], explain: bool) -> Hit {
    let legs = HitLegs {
        lexical_rank: candidate.lexical.map(|leg| leg.rank as usize),
        lexical_score: candidate.lexical.map(|leg| leg.score),
        vector_rank: candidate.vector.map(|leg| leg.rank as usize),
        vector_score: candidate.vector.map(|leg| leg.score),
    };
    Hit {
        rank,
        score: candidate.score,
        doc_id: passage.doc,
        title: passage.title,
        path: passage.path,
        page: passage.page,
        heading: (!passage.heading.is_empty()).then_some(passage.heading),
        chunk_id: passage.chunk,
        span: passage.span,
        highlights: highlight(query_words, &passage.body),
        snippet: passage.body,
        kind: crate::documents::kind_of(&passage.kind),
        language: passage.language,
        modified: (passage.modified_ns != 0).then_some(Timestamp(passage.modified_ns / 1_000_000)),
        legs: explain.then_some(legs),
    }
}
