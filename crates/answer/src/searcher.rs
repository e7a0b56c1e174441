//! What answers questions: the store's read side, the embedder, and the settings.

use std::sync::Arc;
use std::time::Duration;

use pinakes_api::{ApiError, Code};
use pinakes_embed::{Embedder, Precision};
use pinakes_index::IndexError;
use pinakes_ingest::{IngestError, ReadSide, Store};
use pinakes_types::Random;

use crate::collections::Collection;
use crate::{Figure, Generator, Generators};

/// How often what is published is looked at.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(500);

/// Searches and answers. Cheap to share; holds no state of its own between requests.
#[derive(Clone)]
pub struct Searcher {
    pub(crate) store: Store,
    pub(crate) legs: Arc<ReadSide>,
    pub(crate) embedder: Arc<Embedder>,
    pub(crate) generators: Generators,
    /// By name.
    pub(crate) collections: Arc<[Collection]>,
    /// For the ids of what is kept.
    pub(crate) random: Arc<dyn Random>,
}

impl Searcher {
    /// A searcher over a store. The ids of conversations and answers come from `random`.
    ///
    /// # Errors
    /// [`Code::ModelMismatch`] when the store's vectors were made by another model than the one given; [`Code::InvalidConfig`] for a
    /// collection that cannot be understood.
    pub async fn new(store: Store, legs: Arc<ReadSide>, embedder: Arc<Embedder>, random: Arc<dyn Random>) -> Result<Self, ApiError> {
        let collections = store.config.collections.iter().map(Collection::read).collect::<Result<_, _>>()?;
        let searcher = Self { store, legs, embedder, generators: Generators::default(), collections, random };
        searcher.check_model().await?;
        Ok(searcher)
    }

    /// The same, with language models that write the answers.
    #[must_use]
    pub fn with_generators(self, generators: Generators) -> Self {
        Self { generators, ..self }
    }

    /// The language models that write.
    #[must_use]
    pub fn generators(&self) -> &Generators {
        &self.generators
    }

    /// What the engine behind the generator counts; nothing without one.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        self.generators.iter().flat_map(Generator::figures).collect()
    }

    /// Moves on with what is published, by this process or another, for as long as it is polled.
    pub async fn follow(self) {
        let mut failing = false;
        loop {
            tokio::time::sleep(FOLLOW_INTERVAL).await;
            match self.legs.refresh().await {
                Ok(_) => failing = false,
                Err(error) if !failing => {
                    failing = true;
                    tracing::error!(%error, "what was published cannot be opened; the last state goes on being searched");
                }
                Err(_) => {}
            }
        }
    }

    /// Moves on with what is published now. Where that fails the last state goes on being searched, and [`Searcher::follow`] says so.
    pub async fn catch_up(&self) {
        let _ = self.legs.catch_up().await;
    }

    /// Whether the published vectors are this embedder's.
    pub(crate) async fn check_model(&self) -> Result<(), ApiError> {
        let Some((_, published)) = self.legs.current().await else { return Ok(()) };
        let configured = self.embedder.model();
        if published.model_fingerprint == configured.fingerprint {
            return Ok(());
        }
        Err(IngestError::ModelMismatch { store: published.model, configured: configured.name.clone() }.into())
    }

    /// The question as a vector.
    pub(crate) async fn embed_query(&self, text: &str) -> Result<Vec<f32>, ApiError> {
        let (embedder, text) = (Arc::clone(&self.embedder), text.to_owned());
        let vector = tokio::task::spawn_blocking(move || embedder.embed_query(&text)).await.map_err(ApiError::internal)?;
        vector.map_err(ApiError::internal)
    }

    /// Many short texts as vectors that are compared with one another and with a question's, and let go: 8 bits are enough for that.
    pub(crate) async fn embed_all(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, ApiError> {
        let embedder = Arc::clone(&self.embedder);
        let texts = move || embedder.embed_in(Precision::Int8, &texts.iter().map(String::as_str).collect::<Vec<_>>());
        tokio::task::spawn_blocking(texts).await.map_err(ApiError::internal)?.map_err(ApiError::internal)
    }
}

/// The catalog's errors at our boundary.
pub(crate) fn catalog_error(error: pinakes_catalog::CatalogError) -> ApiError {
    let code = pinakes_ingest::catalog_code(&error);
    match code {
        Code::Internal => ApiError::internal(error),
        code => ApiError::new(code, error.to_string()).caused_by(error),
    }
}

/// The legs' errors at our boundary. Whoever asks over the network learns that it is broken; the log, and the operator, learn where.
pub(crate) fn index_error(error: IndexError) -> ApiError {
    let words = "The index cannot be searched. `pinakes doctor` says why, and `pinakes index rebuild` makes it anew.";
    ApiError::new(Code::IndexDamaged, words).caused_by(error)
}
