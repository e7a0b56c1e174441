//! Reading ahead what a server publishes, while nobody asks.

use std::collections::{BTreeSet, HashSet};

use pinakes_api::ApiError;
use pinakes_config::limits::{WARM_DOCUMENTS_MAX, WARM_LOOK_INTERVAL, WARM_PAUSE_AFTER_ERROR};
use pinakes_types::{DocId, DocVersion, Label, Scope};

use super::{Chosen, Fate};
use crate::searcher::catalog_error;
use crate::{Generator, Searcher};

/// Somebody's labels; `None`: everything.
type Rights = Option<BTreeSet<Label>>;

/// What decides whether there may be something to do.
#[derive(PartialEq, Eq)]
struct State {
    epoch: u64,
    publication: Option<u64>,
    readers: Vec<Rights>,
}

/// Where reading ahead is.
#[derive(Default)]
struct Progress {
    /// Versions of documents that were read, by whose rights.
    done: HashSet<(Rights, DocId, DocVersion)>,
    epoch: u64,
    /// When there was last nothing left to do, or no room to do it in.
    finished: Option<State>,
}

impl Searcher {
    /// Reads documents of `chosen` ahead as they are published and whenever rights change, until it is dropped: for readers of the rights
    /// of `first`, and of those who asked lately. Stops while what is kept has grown by `bytes_max`. Errors are logged, and it goes on.
    pub async fn keep_warm(self, first: Option<Scope>, chosen: Chosen, bytes_max: u64) {
        let Some(generator) = self.generators.here().cloned() else { return };
        let mut progress = Progress::default();
        let bytes_max = generator.kept_bytes().unwrap_or(0).saturating_add(bytes_max);
        loop {
            let pause = match self.look(&generator, first.as_ref(), &chosen, &mut progress, bytes_max).await {
                Ok(()) => WARM_LOOK_INTERVAL,
                Err(error) => {
                    tracing::warn!(%error, "reading documents ahead failed; it is tried again later");
                    WARM_PAUSE_AFTER_ERROR
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Reads whatever was not read yet. Where something changes meanwhile, the next look sees it.
    async fn look(
        &self,
        generator: &Generator,
        first: Option<&Scope>,
        chosen: &Chosen,
        progress: &mut Progress,
        bytes_max: u64,
    ) -> Result<(), ApiError> {
        let epoch = self.rights_epoch().await?;
        generator.rotate_epoch(epoch);
        if std::mem::replace(&mut progress.epoch, epoch) != epoch {
            progress.done.clear();
        }
        let scopes: Vec<Scope> = first.cloned().into_iter().chain(generator.readers()).collect();
        let readers = scopes.iter().map(|scope| scope.labels().cloned()).collect();
        let publication = self.store.catalog.published().await.map_err(catalog_error)?.map(|(number, _)| number);
        let state = State { epoch, publication, readers };
        if progress.finished.as_ref() == Some(&state) {
            return Ok(());
        }
        for scope in &scopes {
            for document in self.choose(scope, chosen).await? {
                let Some(version) = document.version.clone() else { continue };
                let key = (scope.labels().cloned(), document.doc.clone(), version);
                if progress.done.contains(&key) {
                    continue;
                }
                if progress.done.len() >= WARM_DOCUMENTS_MAX || generator.kept_bytes().is_none_or(|bytes| bytes >= bytes_max) {
                    progress.finished = Some(state);
                    return Ok(());
                }
                if let Fate::Read { tokens, known } = self.warm_one(scope, generator, &document).await? {
                    tracing::info!(path = document.path, tokens, known, "read ahead");
                }
                progress.done.insert(key);
                if self.rights_epoch().await? != epoch {
                    return Ok(());
                }
            }
        }
        progress.finished = Some(state);
        Ok(())
    }
}
