//! The documents of passages, and the sentences an extractive answer may be made of.

use std::collections::HashMap;
use std::sync::Arc;

use pinakes_api::ApiError;
use pinakes_catalog::Passage;
use pinakes_index::Candidate;
use pinakes_types::{DocId, Scope};

use crate::Searcher;
use crate::searcher::catalog_error;
use crate::sentence::{Document, Sentence, sentences_in};

/// Documents by their id, as far as they are still what the passages were found in.
pub(crate) type Documents = HashMap<DocId, Arc<Document>>;

/// Sentences looked at for one question.
const SENTENCES_MAX: usize = 96;
/// Documents of earlier turns that are looked at.
const NAMED_MAX: usize = 32;

impl Searcher {
    /// The documents of passages. One that changed since the passages were found falls out.
    pub(crate) async fn documents_of(
        &self,
        scope: &Scope,
        passages: &[(Passage, Candidate)],
        known: Documents,
    ) -> Result<Documents, ApiError> {
        let mut documents = known;
        for (passage, _) in passages {
            if documents.contains_key(&passage.doc) {
                continue;
            }
            let Some((version, text)) = self.store.catalog.text(scope, &passage.doc).await.map_err(catalog_error)? else { continue };
            if version == passage.version {
                let (doc, title, path) = (passage.doc.clone(), passage.title.clone(), passage.path.clone());
                documents.insert(doc.clone(), Arc::new(Document { doc, version, title, path, text }));
            }
        }
        Ok(documents)
    }

    /// The same with documents named by their ids; one that is gone, or that the scope does not allow any more, is left out.
    pub(crate) async fn documents_named(&self, scope: &Scope, docs: &[DocId], known: Documents) -> Result<Documents, ApiError> {
        let mut documents = known;
        for doc in docs.iter().take(NAMED_MAX) {
            if documents.contains_key(doc) {
                continue;
            }
            let Some(row) = self.store.catalog.document(scope, doc).await.map_err(catalog_error)? else { continue };
            let Some((version, text)) = self.store.catalog.text(scope, doc).await.map_err(catalog_error)? else { continue };
            let document = Document { doc: doc.clone(), version, title: row.title, path: row.path, text };
            documents.insert(doc.clone(), Arc::new(document));
        }
        Ok(documents)
    }
}

/// The sentences of passages, each with the place of its passage.
pub(crate) fn sentences_of(documents: &Documents, passages: &[(Passage, Candidate)]) -> Vec<(usize, Sentence)> {
    let passages = passages.iter().enumerate().filter_map(|(place, (passage, _))| Some((place, passage, documents.get(&passage.doc)?)));
    let found = passages
        .flat_map(|(place, passage, document)| sentences_in(document, passage.span).into_iter().map(move |sentence| (place, sentence)));
    found.take(SENTENCES_MAX).collect()
}
