//! The legs as readers see them: opened at the published state, and moved on when a writer, of this process or another, has published.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// Rights epoch whose labels are laid over the view; 0: none yet.
    laid: AtomicU64,
    laying: Mutex<()>,
}

impl ReadSide {
    /// Opens what is published now; nothing, if nothing is.
    ///
    /// # Errors
    /// Catalog and index errors.
    pub async fn open(store: &Store) -> Result<Self, IngestError> {
        let side = Self {
            store: store.clone(),
            view: RwLock::new(None),
            refreshing: Mutex::new(()),
            laid: AtomicU64::new(0),
            laying: Mutex::new(()),
        };
        side.refresh().await?;
        Ok(side)
    }

    /// The legs to search, with the model that made their vectors; nothing while the store is empty. They filter by the labels documents
    /// have at this moment.
    pub async fn current(&self) -> Option<(Arc<Indexes>, Published)> {
        if let Err(error) = self.lay_rights_over().await {
            // The catalog decides in any case: what was closed is not shown, what was opened is found later.
            tracing::warn!(%error, "changed labels could not be read");
        }
        self.view.read().await.as_ref().map(|view| (Arc::clone(&view.indexes), view.published.clone()))
    }

    /// Where rights changed since they were last looked at, the changed labels are laid over the legs.
    async fn lay_rights_over(&self) -> Result<(), IngestError> {
        if self.store.catalog.rights_epoch().await? == self.laid.load(Ordering::Acquire) {
            return Ok(());
        }
        let _alone = self.laying.lock().await;
        // Read before the labels: a change between the two is laid over again next time.
        let epoch = self.store.catalog.rights_epoch().await?;
        if epoch == self.laid.load(Ordering::Acquire) {
            return Ok(());
        }
        let labels = self.store.catalog.relabelled().await?;
        if let Some(view) = &*self.view.read().await {
            view.indexes.lay_over(&labels);
        }
        self.laid.store(epoch, Ordering::Release);
        Ok(())
    }

    /// Moves on to the newest publication. Cheap when there is no newer one. Searches go on over the old view meanwhile.
    ///
    /// # Errors
    /// Catalog and index errors; the old view stays.
    pub async fn refresh(&self) -> Result<bool, IngestError> {
        let Ok(_alone) = self.refreshing.try_lock() else { return Ok(false) };
        self.move_on().await
    }

    /// The same, and waits where another is at it: what was published when this was called is read when it returns.
    ///
    /// # Errors
    /// As [`ReadSide::refresh`].
    pub async fn catch_up(&self) -> Result<bool, IngestError> {
        let _alone = self.refreshing.lock().await;
        self.move_on().await
    }

    /// For who holds `refreshing`.
    async fn move_on(&self) -> Result<bool, IngestError> {
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
        self.laid.store(0, Ordering::Release);
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
