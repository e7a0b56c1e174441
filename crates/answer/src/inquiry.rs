//! One thing that a question asks for: what was found for it, and which sentences answer it.

use std::collections::HashSet;

use pinakes_api::{ApiError, Evidence};
use pinakes_catalog::Passage;
use pinakes_index::Candidate;
use pinakes_types::ChunkId;

use crate::Searcher;
use crate::evidence::{Documents, sentences_of};
use crate::ranking::{Ranked, rank};
use crate::search::Found;
use crate::support::evidence;

/// What the least support of a question counts for a part of it, which leaves words to the other parts.
const PART: f32 = 0.6;

/// A query with what answers it.
pub(crate) struct Inquiry {
    /// What was searched for.
    pub(crate) query: String,
    /// Its embedding.
    pub(crate) vector: Vec<f32>,
    /// The sentences of the passages found, best first.
    pub(crate) ranked: Vec<Ranked>,
    /// What speaks for them.
    pub(crate) evidence: Evidence,
    /// Whether that is enough for an answer.
    pub(crate) supported: bool,
}

impl Searcher {
    /// Ranks the sentences of the best passages found for a query; `is_part` says that it is a part of a question.
    pub(crate) async fn inquire(&self, query: &str, is_part: bool, found: &Found, documents: &Documents) -> Result<Inquiry, ApiError> {
        let settings = &self.store.config.answer;
        let passages = best(&found.passages, settings.passages);
        let vector = match &found.vector {
            Some(vector) => vector.clone(),
            None => self.embed_query(query).await?,
        };
        let sentences = sentences_of(documents, passages);
        let vectors = self.embed_all(sentences.iter().map(|(_, sentence)| sentence.by_itself()).collect()).await?;
        let ranked = rank(query, &vector, sentences, &vectors, passages);
        let evidence = evidence(query, &ranked, passages);
        let support_min = if is_part { settings.support_min * PART } else { settings.support_min };
        let supported = !ranked.is_empty() && evidence.support >= support_min;
        Ok(Inquiry { query: query.to_owned(), vector, ranked, evidence, supported })
    }
}

/// The first of passages.
pub(crate) fn best(passages: &[(Passage, Candidate)], number: usize) -> &[(Passage, Candidate)] {
    &passages[..passages.len().min(number)]
}

/// What was found for several queries as one list: the best of each in turn, none twice.
pub(crate) fn in_turn(found: &[Found]) -> Vec<(Passage, Candidate)> {
    let longest = found.iter().map(|found| found.passages.len()).max().unwrap_or(0);
    let mut seen: HashSet<ChunkId> = HashSet::new();
    let turns = (0..longest).flat_map(|place| found.iter().filter_map(move |found| found.passages.get(place)));
    turns.filter(|(passage, _)| seen.insert(passage.chunk)).cloned().collect()
}
