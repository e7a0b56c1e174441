//! A bound on work done at the same time, with a bounded queue before it: past the queue a request is turned away at once, and in the
//! queue it waits only so long. Turning away early keeps the answers that are given fast.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use pinakes_api::{ApiError, Code};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;

/// When to come back, told to whoever is turned away.
const RETRY_AFTER_SECONDS: u32 = 2;

/// The bound.
pub(crate) struct Gate {
    pub(crate) name: &'static str,
    places: Arc<Semaphore>,
    places_max: usize,
    waiting: AtomicUsize,
    waiting_max: usize,
    wait_max: Duration,
    refused: AtomicU64,
}

/// A place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place(#[allow(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// Counts a waiter for as long as it waits, also when it is dropped while waiting.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    pub(crate) fn new(name: &'static str, places: usize, waiting_max: usize, wait_max: Duration) -> Self {
        Self {
            name,
            places: Arc::new(Semaphore::new(places)),
            places_max: places,
            waiting: AtomicUsize::new(0),
            waiting_max,
            wait_max,
            refused: AtomicU64::new(0),
        }
    }

    /// Takes a place, after waiting for it if need be.
    pub(crate) async fn enter(&self) -> Result<Place, Failure> {
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(Place(permit));
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.waiting_max {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(self.refuse(Code::Busy, "Too many requests wait already; please try again in a moment."));
        }
        let _waiting = Waiting(&self.waiting);
        match tokio::time::timeout(self.wait_max, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place(permit)),
            Ok(Err(_)) | Err(_) => Err(self.refuse(Code::Overloaded, "No place came free in time; please try again in a moment.")),
        }
    }

    fn refuse(&self, code: Code, words: &str) -> Failure {
        self.refused.fetch_add(1, Ordering::Relaxed);
        Failure(ApiError::new(code, words).retry_after(RETRY_AFTER_SECONDS))
    }

    pub(crate) fn running(&self) -> usize {
        self.places_max - self.places.available_permits()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_works_one_waits_and_the_next_is_turned_away() {
        let gate = Gate::new("test", 1, 1, Duration::from_millis(20));
        let place = gate.enter().await.unwrap();
        assert_eq!(gate.running(), 1);
        let (waited, refused) = tokio::join!(gate.enter(), gate.enter());
        assert_eq!(waited.unwrap_err().0.code, Code::Overloaded, "waited for nothing");
        let refused = refused.unwrap_err().0;
        assert_eq!((refused.code, refused.retry_after_seconds), (Code::Busy, Some(RETRY_AFTER_SECONDS)));
        assert_eq!((gate.waiting(), gate.refused()), (0, 2));
        drop(place);
        assert!(gate.enter().await.is_ok());
    }

    #[tokio::test]
    async fn whoever_gives_up_waiting_is_not_counted() {
        let gate = Gate::new("test", 1, 1, Duration::from_millis(20));
        let _place = gate.enter().await.unwrap();
        for _ in 0..3 {
            let gone = tokio::time::timeout(Duration::from_millis(1), gate.enter()).await;
            assert!(gone.is_err());
        }
        assert_eq!(gate.waiting(), 0);
    }
}
