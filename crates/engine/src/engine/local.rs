//! An engine on a thread of its own, as its callers see it.
//!
//! Promised: submitting never blocks; what waits is bounded, and who is refused is told when to come again.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::guard::{Below, guarded};
use super::running::Job;
use super::thread::{Order, State};
use super::{Backend, Description, Engine, EngineStats, Refused, Request, Running, admission};
use crate::cache::{Domain, Tier, TierStats};
use crate::limits::{EVENTS_MAX, GAP_TIME_TARGET, QUEUE_MAX, RUNNING_MAX, STALL_TIME_MAX};

/// What an engine may take.
#[derive(Debug, Clone)]
pub struct LocalOptions {
    /// Bytes for the state of all sequences.
    pub memory_bytes: u64,
    /// Bytes for snapshots beside these; 0 keeps none.
    pub cache_bytes: u64,
    /// Share of the answers that went on from a snapshot to compute again from the start, for comparison, when nothing else is to be done.
    pub verify_reuse_rate: f32,
    /// Whether what was read before is put forward as a draft of what comes next. Changes no answer.
    pub speculate: bool,
    /// Time between two tokens of an answer to keep to while prompts are read.
    pub gap_time: Duration,
    /// Requests that wait.
    pub queue_max: usize,
    /// Sequences at once.
    pub running_max: usize,
    /// Events that wait for a receiver.
    pub events_max: usize,
    /// For how long a receiver may take none of them.
    pub stall_time_max: Duration,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self {
            memory_bytes: 4 << 30,
            cache_bytes: 2 << 30,
            verify_reuse_rate: 0.0,
            speculate: true,
            gap_time: GAP_TIME_TARGET,
            queue_max: QUEUE_MAX,
            running_max: RUNNING_MAX,
            events_max: EVENTS_MAX,
            stall_time_max: STALL_TIME_MAX,
        }
    }
}

/// A model on a thread of its own. Dropping it ends the thread; what it was working on fails.
pub struct Local {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    tier_stats: Option<Box<dyn Fn() -> TierStats + Send + Sync>>,
    description: Description,
    options: LocalOptions,
}

/// What the thread and its callers both see.
#[derive(Default)]
pub(super) struct Shared {
    /// Requests without a place.
    pub(super) waiting: AtomicUsize,
    /// For how long requests have held their places lately.
    pub(super) service_micros: AtomicU64,
    stats: Mutex<EngineStats>,
}

impl Shared {
    /// The figures; held for no longer than it takes to copy them.
    pub(super) fn stats(&self) -> MutexGuard<'_, EngineStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Local {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start<B: Backend>(backend: B, options: LocalOptions) -> std::io::Result<Self> {
        Self::launch(backend, options, None, None)
    }

    /// As [`Self::start`], with a slower tier that keeps snapshots too.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start_with_tier<B: Backend>(backend: B, options: LocalOptions, tier: Arc<dyn Tier<B::Sequence>>) -> std::io::Result<Self> {
        let below = Arc::clone(&tier);
        Self::launch(backend, options, Some(below), Some(Box::new(move || tier.stats())))
    }

    fn launch<B: Backend>(
        backend: B,
        options: LocalOptions,
        below: Below<B::Sequence>,
        tier_stats: Option<Box<dyn Fn() -> TierStats + Send + Sync>>,
    ) -> std::io::Result<Self> {
        let description = Description {
            vocabulary: backend.vocabulary(),
            context_max: backend.context_max(),
            memory_bytes: options.memory_bytes,
            cost: backend.sequence_cost(),
        };
        let (sender, receiver) = channel();
        let shared = Arc::new(Shared::default());
        let state = State::new(backend, receiver, Arc::clone(&shared), below, options.clone());
        let thread = std::thread::Builder::new().name("engine".into()).spawn(move || state.run())?;
        Ok(Self { orders: Some(sender), thread: Some(thread), shared, tier_stats, description, options })
    }

    /// What the engine is doing and did. Does not wait for the thread.
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        let stats = *self.shared.stats();
        let tier = self.tier_stats.as_ref().and_then(|stats| guarded("stats", stats));
        EngineStats { waiting: self.shared.waiting.load(Ordering::Acquire), tier, ..stats }
    }

    /// Drops every snapshot of a domain, whose epoch is over, in memory and on the disk, before the next step.
    pub fn forget_domain(&self, domain: Domain) {
        if let Some(orders) = &self.orders {
            // Where the thread is gone, so are its snapshots.
            let _ = orders.send(Order::Forget(domain));
        }
    }

    fn busy(&self, waiting: usize) -> Refused {
        let service = Duration::from_micros(self.shared.service_micros.load(Ordering::Acquire));
        let ahead = service.as_secs_f64() * waiting as f64 / self.options.running_max.max(1) as f64;
        Refused::Busy { waiting, retry_after: Duration::from_secs(ahead.ceil().clamp(1.0, 3600.0) as u64) }
    }
}

impl Engine for Local {
    fn submit(&self, mut request: Request) -> Result<Running, Refused> {
        let bytes = admission::admit(&mut request, &self.description)?;
        let orders = self.orders.as_ref().ok_or(Refused::Closed)?;
        let most = self.options.queue_max;
        let counted = self.shared.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n < most).then_some(n + 1));
        counted.map_err(|waiting| self.busy(waiting))?;
        let (events, receiver) = tokio::sync::mpsc::channel(self.options.events_max.max(2));
        let job = Job { request, events, bytes, submitted: Instant::now() };
        orders.send(Order::Answer(Box::new(job))).map_err(|_| Refused::Closed)?;
        Ok(Running { events: receiver })
    }

    fn forget_private(&self) {
        if let Some(orders) = &self.orders {
            // As with a single domain.
            let _ = orders.send(Order::ForgetPrivate);
        }
    }

    fn describe(&self) -> Description {
        self.description.clone()
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // The thread catches what can panic; if it did all the same, there is nobody left to tell.
            let _ = thread.join();
        }
    }
}
