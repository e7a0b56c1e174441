//! BM25 counted only over what the reader may read. Were a word's rarity counted over all chunks, scores and order would tell a reader
//! whether documents closed to them hold that word; counted here, an answer is the same whether those documents exist or not.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use pinakes_types::{ChunkId, Label, Scope};
use tantivy::{
    DocSet, Searcher, TERMINATED, Term,
    query::Bm25StatisticsProvider,
    schema::{Field, IndexRecordOption},
};

use crate::{
    directory::{Directory, Gate},
    error::Result,
    lexical::{Fields, ID, VERSION},
    model::Filter,
    neighbourhood::{self, is_first},
    parts::PartViews,
    readable::Few,
};

/// The chunks one set of labels may read, at one commit.
pub(crate) struct ScopeView {
    /// Per segment, one bit per document.
    readable: Vec<Vec<u64>>,
    /// The same as a query, where that is the shorter way.
    few: Option<Few>,
    chunks: u64,
    neighbourhoods: u64,
    tokens: Vec<(Field, u64)>,
    languages: Vec<String>,
}

impl ScopeView {
    fn new(searcher: &Searcher, fields: Fields, directory: &Arc<Directory>, scope: &Scope) -> Result<Self> {
        let gate = Gate::new(Arc::clone(directory), &PartViews::default(), scope, &Filter::default());
        let mut readable = Vec::with_capacity(searcher.segment_readers().len());
        let (mut chunks, mut neighbourhoods) = (0, 0);
        let mut tokens: Vec<(Field, u64)> = fields.counted().map(|field| (field, 0)).to_vec();
        for segment in searcher.segment_readers() {
            let (ids, versions) = (segment.fast_fields().u64(ID)?, segment.fast_fields().u64(VERSION)?);
            let norms = tokens.iter().map(|&(field, _)| segment.get_fieldnorms_reader(field)).collect::<tantivy::Result<Vec<_>>>()?;
            let mut bits = vec![0; segment.max_doc().div_ceil(64) as usize];
            // Chunks of one version mostly stand together.
            let mut last = (None, false);
            for document in segment.doc_ids_alive() {
                let version = versions.first(document);
                if last.0 != version {
                    last = (version, version.is_some_and(|version| gate.allows(version)));
                }
                if last.1 {
                    bits[document as usize / 64] |= 1_u64 << (document % 64);
                    chunks += 1;
                    neighbourhoods += u64::from(ids.first(document).is_some_and(|id| is_first(ChunkId(id))));
                    for ((_, sum), norm) in tokens.iter_mut().zip(&norms) {
                        *sum += u64::from(norm.fieldnorm(document));
                    }
                }
            }
            readable.push(bits);
        }
        let languages = directory.languages_in(&gate).into_iter().map(str::to_owned).collect();
        let bits = searcher.segment_readers().iter().zip(&readable).map(|(segment, bits)| (segment.segment_id(), &bits[..]));
        let few = Few::of(chunks, searcher.num_docs(), &bits.collect::<Vec<_>>());
        Ok(Self { readable, few, chunks, neighbourhoods, tokens, languages })
    }

    /// What may be read, where it is little of what there is.
    pub(crate) fn few(&self) -> Option<&Few> {
        self.few.as_ref()
    }

    /// Languages of the documents that may be read.
    pub(crate) fn languages(&self) -> impl Iterator<Item = &str> {
        self.languages.iter().map(String::as_str)
    }
}

/// Views of the scopes asked for last.
#[derive(Default)]
pub(crate) struct ScopeViews {
    views: Mutex<VecDeque<(BTreeSet<Label>, Arc<ScopeView>)>>,
    /// Neighbourhoods of all documents, counted once.
    neighbourhoods: OnceLock<u64>,
    /// Parts of the documents asked for last.
    pub(crate) parts: PartViews,
}

impl ScopeViews {
    /// Scopes remembered; people of one team share one.
    const KEPT_MAX: usize = 32;

    /// The view of a scope, or `None` for one that reads everything. Takes milliseconds the first time after each commit.
    pub(crate) fn of(
        &self,
        searcher: &Searcher,
        fields: Fields,
        directory: &Arc<Directory>,
        scope: &Scope,
    ) -> Result<Option<Arc<ScopeView>>> {
        let Some(labels) = scope.labels() else { return Ok(None) };
        let known = |views: &VecDeque<(BTreeSet<Label>, Arc<ScopeView>)>| {
            views.iter().find(|(known, _)| known == labels).map(|(_, view)| Arc::clone(view))
        };
        if let Some(view) = known(&self.views.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(Some(view));
        }
        let view = Arc::new(ScopeView::new(searcher, fields, directory, scope)?);
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if known(&views).is_none() {
            views.truncate(Self::KEPT_MAX - 1);
            views.push_front((labels.clone(), Arc::clone(&view)));
        }
        Ok(Some(view))
    }
}

impl ScopeViews {
    /// Neighbourhoods a scope may read: those of its view, or all.
    pub(crate) fn neighbourhoods(&self, searcher: &Searcher, view: Option<&ScopeView>) -> Result<u64> {
        match (view, self.neighbourhoods.get()) {
            (Some(view), _) => Ok(view.neighbourhoods),
            (None, Some(&counted)) => Ok(counted),
            (None, None) => {
                let counted = neighbourhood::count(searcher)?;
                Ok(*self.neighbourhoods.get_or_init(|| counted))
            }
        }
    }
}

/// The counts BM25 asks for: over one scope, or over everything.
pub(crate) struct Statistics<'a> {
    pub searcher: &'a Searcher,
    pub view: Option<&'a ScopeView>,
    /// What a term is looked for in: this many neighbourhoods instead of chunks.
    pub neighbourhoods: Option<u64>,
}

impl Bm25StatisticsProvider for Statistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        match self.view {
            None => self.searcher.total_num_tokens(field),
            Some(view) => Ok(view.tokens.iter().find(|&&(counted, _)| counted == field).map_or(0, |&(_, sum)| sum)),
        }
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        if let Some(neighbourhoods) = self.neighbourhoods {
            return Ok(neighbourhoods);
        }
        self.view.map_or_else(|| self.searcher.total_num_docs(), |view| Ok(view.chunks))
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let Some(view) = self.view else { return self.searcher.doc_freq(term) };
        let mut chunks = 0;
        for (segment, readable) in self.searcher.segment_readers().iter().zip(&view.readable) {
            let Some(mut postings) = segment.inverted_index(term.field())?.read_postings(term, IndexRecordOption::Basic)? else { continue };
            if let Some(held) = view.few.as_ref().and_then(|few| few.holding(segment.segment_id(), &mut postings)) {
                chunks += held;
                continue;
            }
            let mut document = postings.doc();
            while document != TERMINATED {
                chunks += (readable[document as usize / 64] >> (document % 64)) & 1;
                document = postings.advance();
            }
        }
        Ok(chunks)
    }
}
