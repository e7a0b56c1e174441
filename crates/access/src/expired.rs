//! Letting go of what is over: sessions, links, and counts of days that have passed. None of it lets anybody in, whether it is kept or
//! not; it only takes room.

use pinakes_api::ApiError;
use pinakes_config::limits::access::FORGET_INTERVAL;
use pinakes_types::Timestamp;

use crate::accounts::{Accounts, failed};
use crate::limits::DAY_MS;

impl Accounts {
    /// Forgets it; says how many sessions are gone.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn forget_expired(&self) -> Result<u64, ApiError> {
        let now = self.now();
        let idle_ms = i64::try_from(self.config.session_idle_max.as_millis()).unwrap_or(i64::MAX);
        let unused_since = Timestamp(now.0.saturating_sub(idle_ms));
        self.catalog.forget_expired(now, unused_since, now.0 / DAY_MS).await.map_err(failed)
    }

    /// The same again and again, until it is dropped.
    pub async fn keep_forgetting(self) {
        loop {
            match self.forget_expired().await {
                Ok(0) => {}
                Ok(sessions) => tracing::debug!(sessions, "sessions that are over were forgotten"),
                Err(error) => tracing::warn!(%error, "sessions that are over are still kept"),
            }
            tokio::time::sleep(FORGET_INTERVAL).await;
        }
    }
}
