//! The legs as readers see them: opened at the published state, and moved on when a writer, of this process or another, has published.

use std::sync::Arc;

use pinakes_index::Indexes;
use tokio::sync::{Mutex, RwLock};

use crate::lock::WriterLock;
use crate::writer::index_settings;
use crate::{IngestError, Published, Store};

struct View {
    publication: u64,
    published: Published,
    indexes: Arc<Indexes>,
}

/// Follows what is published.
pub struct ReadSide {
    store: Store,
    view: RwLock<Option<View>>,
    /// One refresh at a time; whoever comes meanwhile reads the view there is.
    refreshing: Mutex<()>,
}

impl ReadSide {
    /// Opens what is published now; nothing, if nothing is.
    ///
    /// # Errors
    /// Catalog and index errors.
    pub async fn open(store: &Store) -> Result<Self, IngestError> {
        let side = Self { store: store.clone(), view: RwLock::new(None), refreshing: Mutex::new(()) };
        side.refresh().await?;
        Ok(side)
    }

    /// The legs to search, with the model that made their vectors; nothing while the store is empty.
    pub async fn current(&self) -> Option<(Arc<Indexes>, Published)> {
        self.view.read().await.as_ref().map(|view| (Arc::clone(&view.indexes), view.published.clone()))
    }

    /// Moves on to the newest publication. Cheap when there is no newer one. Searches go on over the old view meanwhile.
    ///
    /// # Errors
    /// Catalog and index errors; the old view stays.
    pub async fn refresh(&self) -> Result<bool, IngestError> {
        let Ok(_alone) = self.refreshing.try_lock() else { return Ok(false) };
        let Some((publication, published)) = Published::read(&self.store.catalog).await? else { return Ok(false) };
        let same_folder = match &*self.view.read().await {
            Some(view) if view.publication == publication => return Ok(false),
            Some(view) if view.published.folder == published.folder => Some(Arc::clone(&view.indexes)),
            _ => None,
        };
        let indexes = match same_folder {
            Some(indexes) => {
                indexes.follow(&published.record).await?;
                indexes
            }
            None => Arc::new(self.open_legs(&published).await?),
        };
        *self.view.write().await = Some(View { publication, published, indexes });
        Ok(true)
    }

    /// Opens the legs; where that fails, what a crash or a power cut left in the way is set aside first, if nobody else is writing.
    async fn open_legs(&self, published: &Published) -> Result<Indexes, IngestError> {
        let folder = self.store.data_dir().join(&published.folder);
        let settings = index_settings(&self.store, published.dimensions);
        let error = match Indexes::open_for_reading(&folder, settings.clone(), &published.record).await {
            Ok(indexes) => return Ok(indexes),
            Err(error) => error,
        };
        let Ok(_lock) = WriterLock::take(self.store.data_dir(), "recovery", self.store.now()) else { return Err(error.into()) };
        tracing::warn!(%error, "the indexes do not open as they are; setting aside what was never published");
        drop(Indexes::open(&folder, settings.clone(), Some(&published.record)).await?);
        Ok(Indexes::open_for_reading(&folder, settings, &published.record).await?)
    }
}
