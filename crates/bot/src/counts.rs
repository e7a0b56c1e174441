//! What a bot counts, for monitoring.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The numbers as they are now. Counters count from the start of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BotFigures {
    /// Events that were kept to be answered.
    pub accepted: u64,
    /// Events that were known.
    pub repeated: u64,
    /// Events that were not for the bot.
    pub passed_over: u64,
    /// Events that were not taken: too many wait, or they could not be kept.
    pub turned_away: u64,
    /// Attempts that failed and are made again.
    pub tried_again: u64,
    /// Events that nobody could be told anything about.
    pub given_up: u64,
    /// Events that are kept and not answered yet.
    pub waiting: u64,
    /// Answers being made.
    pub running: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) accepted: AtomicU64,
    pub(crate) repeated: AtomicU64,
    pub(crate) passed_over: AtomicU64,
    pub(crate) turned_away: AtomicU64,
    pub(crate) tried_again: AtomicU64,
    pub(crate) given_up: AtomicU64,
    waiting: AtomicU64,
}

/// An event that is not answered yet; until it is dropped.
pub(crate) struct Waiting(Arc<Counts>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counts {
    pub(crate) fn one(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn wait(self: &Arc<Self>) -> Waiting {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(Arc::clone(self))
    }

    /// `running`: answers being made.
    pub(crate) fn figures(&self, running: u64) -> BotFigures {
        let now = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        BotFigures {
            accepted: now(&self.accepted),
            repeated: now(&self.repeated),
            passed_over: now(&self.passed_over),
            turned_away: now(&self.turned_away),
            tried_again: now(&self.tried_again),
            given_up: now(&self.given_up),
            waiting: now(&self.waiting),
            running,
        }
    }
}
