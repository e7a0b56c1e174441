//! Whether the documents an answer is made of may still be read, looked at again while it is written: one that is deleted, or that its
//! reader may not read any more, ends the answer.

use std::time::{Duration, Instant};

use pinakes_api::{ApiError, Code};
use pinakes_types::{DocId, DocVersion, Scope};

use crate::Searcher;
use crate::searcher::catalog_error;
use crate::sentence::Document;

/// Time between two looks. An answer stops within a second of what stops it.
pub(crate) const LOOK_INTERVAL: Duration = Duration::from_millis(400);

/// The documents of one answer.
pub(crate) struct Watch {
    documents: Vec<(DocId, DocVersion)>,
    looked: Instant,
    /// Whether one of them was read anew meanwhile.
    pub(crate) changed: bool,
}

impl Watch {
    /// Watches documents that were readable a moment ago.
    pub(crate) fn new<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let documents = documents.into_iter().map(|document| (document.doc.clone(), document.version.clone())).collect();
        Self { documents, looked: Instant::now(), changed: false }
    }
}

impl Searcher {
    /// Looks, unless that was done a moment ago.
    ///
    /// # Errors
    /// [`Code::SourceWithdrawn`] when one may not be read any more.
    pub(crate) async fn look_again(&self, scope: &Scope, watch: &mut Watch) -> Result<(), ApiError> {
        if watch.looked.elapsed() < LOOK_INTERVAL {
            return Ok(());
        }
        self.look_again_now(scope, watch).await
    }

    /// Looks.
    ///
    /// # Errors
    /// As [`Searcher::look_again`].
    pub(crate) async fn look_again_now(&self, scope: &Scope, watch: &mut Watch) -> Result<(), ApiError> {
        let ids: Vec<DocId> = watch.documents.iter().map(|(doc, _)| doc.clone()).collect();
        let current = self.store.catalog.versions_of(scope, &ids).await.map_err(catalog_error)?;
        for (doc, version) in &watch.documents {
            match current.get(doc) {
                Some(now) => watch.changed |= now != version,
                None => {
                    let words = "A document this answer rests on was deleted, or may not be read by you any more. Ask again.";
                    return Err(ApiError::new(Code::SourceWithdrawn, words));
                }
            }
        }
        watch.looked = Instant::now();
        Ok(())
    }
}
