//! Reuse is a help and never a condition: what panics inside of it costs what was kept, not the engine's thread and not an answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::cache::{Domain, Fetching, Prefix, Tier};

/// What `work` gives; `None` where it panicked, which is said in the log. What it changed must not be used any more.
pub(crate) fn guarded<T>(place: &str, work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work));
    if done.is_err() {
        tracing::error!(place, "a defect in the reuse of what was read; it goes on without");
    }
    done.ok()
}

/// A slower tier below the tree, if there is one.
pub(super) type Below<S> = Option<Arc<dyn Tier<S>>>;

/// The slower tier as the engine's thread meets it: one that panicked once is not asked again, as nobody knows what it is now.
pub(super) struct Lower<S> {
    tier: Below<S>,
    /// Times that it panicked: at most one.
    pub(super) defects: u64,
}

impl<S> Lower<S> {
    pub(super) fn new(tier: Below<S>) -> Self {
        Self { tier, defects: 0 }
    }

    /// Whether there is one that can be asked.
    pub(super) fn is_on(&self) -> bool {
        self.tier.is_some()
    }

    pub(super) fn longest(&mut self, prefix: Prefix<'_>, most: usize) -> Option<usize> {
        self.ask("longest", |tier| tier.longest(prefix, most)).flatten()
    }

    pub(super) fn fetch(&mut self, prefix: Prefix<'_>, most: usize, base: Option<(usize, &S)>) -> Option<Fetching<S>> {
        self.ask("fetch", |tier| tier.fetch(prefix, most, base))
    }

    pub(super) fn offer(&mut self, prefix: Prefix<'_>, snapshot: &S) {
        self.ask("offer", |tier| tier.offer(prefix, snapshot));
    }

    pub(super) fn forget(&mut self, domain: Domain) {
        self.ask("forget", |tier| tier.forget(domain));
    }

    pub(super) fn forget_private(&mut self) {
        self.ask("forget", |tier| tier.forget_private());
    }

    fn ask<T>(&mut self, what: &str, question: impl FnOnce(&dyn Tier<S>) -> T) -> Option<T> {
        let tier = self.tier.as_ref()?;
        let answer = guarded(what, || question(tier.as_ref()));
        if answer.is_none() {
            self.defects += 1;
            self.tier = None;
        }
        answer
    }
}
