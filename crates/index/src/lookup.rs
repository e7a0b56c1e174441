//! Looking a question up in the lexical leg.

use std::{collections::HashSet, sync::Arc};

use pinakes_types::ChunkId;
use tantivy::{
    DocAddress, Searcher, Term,
    collector::{Collector, DocSetCollector, FilterCollector, TopDocs},
    query::{Bm25StatisticsProvider, BooleanQuery, BoostQuery, DisjunctionMaxQuery, Occur, PhraseQuery, Query, TermQuery},
    schema::{Field, IndexRecordOption},
};

use crate::{
    directory::Gate,
    error::Result,
    fusion::Ranked,
    lexical::{Fields, ID, VERSION},
    neighbourhood::blend,
    question::Question,
    scoped::{ScopeView, Statistics},
    stems::QuestionStemmers,
    words::Word,
};

/// What a word in the text, the title, the headings and the path adds to a score, in the order of [`Fields::searched`].
const BOOSTS: [f32; 4] = [1.0, 0.3, 0.2, 0.2];

/// A word that stands in more than this share of all chunks (and in at least [`COMMON_CHUNKS_MIN`]) is left out beside rarer ones. No list
/// of stop words knows every language, or that a company's name stands on all of its pages.
const COMMON_SHARE: f64 = 0.3;
const COMMON_CHUNKS_MIN: u64 = 50;

/// One view of the leg, with what is needed to read a question.
pub(crate) struct Lookup<'a> {
    pub searcher: &'a Searcher,
    pub fields: Fields,
    pub stemmers: QuestionStemmers,
    /// What is counted; `None` counts everything.
    pub view: Option<&'a ScopeView>,
    /// Neighbourhoods the view holds.
    pub neighbourhoods: u64,
}

type BoxedQuery = Box<dyn Query>;

impl Lookup<'_> {
    /// The best `depth` chunks the gate lets through; no gate lets all through.
    pub(crate) fn search(&mut self, question: &Question, gate: Option<Arc<Gate>>, depth: usize) -> Result<Ranked> {
        let terms = self.telling_terms(&question.words)?;
        let chunks = self.query(question, &terms);
        if chunks.clauses().is_empty() {
            return Ok(Vec::new());
        }
        let chunks = self.ranked(&chunks, gate.clone(), depth, None)?;
        if chunks.is_empty() || terms.is_empty() {
            return Ok(chunks);
        }
        let around = terms.iter().map(|terms| (Occur::Should, any_term(self.fields.around, terms, 1.0))).collect();
        let around = self.ranked(&BooleanQuery::new(around), gate, depth, Some(self.neighbourhoods))?;
        Ok(blend(chunks, &around))
    }

    fn ranked(&self, query: &BooleanQuery, gate: Option<Arc<Gate>>, depth: usize, neighbourhoods: Option<u64>) -> Result<Ranked> {
        let top = TopDocs::with_limit(depth).order_by_score();
        let narrowed = self.view.and_then(ScopeView::few).map(|few| {
            let both: Vec<BoxedQuery> = vec![Box::new(few.clone()), Box::new(query.clone())];
            BooleanQuery::intersection(both)
        });
        let query = narrowed.as_ref().unwrap_or(query);
        let statistics = Statistics { searcher: self.searcher, view: self.view, neighbourhoods };
        let found = match gate {
            None => self.searcher.search_with_statistics_provider(query, &top, &statistics)?,
            Some(gate) => self.searcher.search_with_statistics_provider(query, &gated(gate, top), &statistics)?,
        };
        let mut ranked = Vec::with_capacity(found.len());
        for (score, address) in found {
            ranked.push((self.chunk(address)?, settled(score)));
        }
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Ok(ranked)
    }

    /// Every chunk in which all phrases stand. Only for questions that have some.
    pub(crate) fn holding_phrases(&mut self, question: &Question, gate: Arc<Gate>) -> Result<HashSet<u64>> {
        let query = BooleanQuery::new(self.phrases(question));
        let found = self.searcher.search(&query, &gated(gate, DocSetCollector))?;
        found.into_iter().map(|address| Ok(self.chunk(address)?.0)).collect()
    }

    fn chunk(&self, address: DocAddress) -> Result<ChunkId> {
        let column = self.searcher.segment_reader(address.segment_ord).fast_fields().u64(ID)?;
        Ok(ChunkId(column.first(address.doc_id).unwrap_or_default()))
    }

    fn query(&mut self, question: &Question, words: &[Vec<String>]) -> BooleanQuery {
        let mut clauses = self.phrases(question);
        for terms in words {
            for (field, boost) in self.fields.searched().into_iter().zip(BOOSTS) {
                clauses.push((Occur::Should, any_term(field, terms, boost)));
            }
        }
        BooleanQuery::new(clauses)
    }

    /// Each word's terms that the text holds, without the words that are in too many chunks to tell them apart.
    fn telling_terms(&mut self, words: &[Word]) -> Result<Vec<Vec<String>>> {
        let statistics = Statistics { searcher: self.searcher, view: self.view, neighbourhoods: None };
        let common = ((statistics.total_num_docs()? as f64 * COMMON_SHARE) as u64).max(COMMON_CHUNKS_MIN);
        let mut found: Vec<(u64, Vec<String>)> = Vec::with_capacity(words.len());
        for word in words {
            let mut chunks = 0;
            let mut held = Vec::new();
            for term in self.stemmers.terms(word) {
                let in_text = statistics.doc_freq(&Term::from_field_text(self.fields.text, &term))?;
                let in_path = statistics.doc_freq(&Term::from_field_text(self.fields.path, &term))?;
                if in_text + in_path > 0 {
                    chunks = chunks.max(in_text);
                    held.push(term);
                }
            }
            if !held.is_empty() {
                found.push((chunks, held));
            }
        }
        if found.iter().any(|&(chunks, _)| chunks <= common) {
            found.retain(|&(chunks, _)| chunks <= common);
        }
        Ok(found.into_iter().map(|(_, terms)| terms).collect())
    }

    fn phrases(&mut self, question: &Question) -> Vec<(Occur, BoxedQuery)> {
        let text = self.fields.text;
        let mut clauses: Vec<(Occur, BoxedQuery)> = Vec::new();
        for phrase in &question.phrases {
            let alternatives = self.stemmers.sequences(phrase).into_iter().map(|sequence| -> BoxedQuery {
                let mut terms: Vec<(usize, Term)> =
                    sequence.iter().map(|(position, term)| (*position, Term::from_field_text(text, term))).collect();
                match terms.len() {
                    1 => Box::new(TermQuery::new(terms.remove(0).1, IndexRecordOption::WithFreqs)),
                    _ => Box::new(PhraseQuery::new_with_offset(terms)),
                }
            });
            clauses.push((Occur::Must, Box::new(DisjunctionMaxQuery::new(alternatives.collect()))));
        }
        clauses
    }
}

/// A score without its last bits. They depend on the order in which its parts are added up, and that depends on what else is in the index,
/// which a reader should not learn. Two sums that differ can still fall to two sides of a step; that is rare, and tells next to nothing.
fn settled(score: f32) -> f32 {
    const LAST: u32 = 0xff;
    f32::from_bits((score.to_bits() + LAST.div_ceil(2)) & !LAST)
}

/// Chunks that hold one of the terms; of several the best counts, as they are forms of one word.
fn any_term(field: Field, terms: &[String], boost: f32) -> BoxedQuery {
    let one = |term: &String| -> BoxedQuery { Box::new(TermQuery::new(Term::from_field_text(field, term), IndexRecordOption::WithFreqs)) };
    let any: BoxedQuery = match terms {
        [term] => one(term),
        _ => Box::new(DisjunctionMaxQuery::new(terms.iter().map(one).collect())),
    };
    if boost == 1.0 { any } else { Box::new(BoostQuery::new(any, boost)) }
}

/// Asks the gate inside the search, so that `depth` counts only what may be found.
fn gated<C: Collector + Send + Sync>(
    gate: Arc<Gate>,
    collector: C,
) -> FilterCollector<C, impl Fn(u64) -> bool + Send + Sync + Clone + 'static, u64> {
    FilterCollector::new(VERSION.to_owned(), move |version: u64| gate.allows(version), collector)
}
