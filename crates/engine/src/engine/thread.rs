//! The thread that owns a model. Each turn: let go of who left, take in who fits, one step for all, keep what is worth keeping.
//!
//! Promised: a request that is dropped is noticed within one step; a receiver that does not read pauses its own sequence only, and not for
//! ever; a panic fails the requests of that step and no others; memory is reserved before the first step, so that nothing is begun that
//! cannot be finished.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use super::guard::Below;
use super::local::Shared;
use super::pace::Pace;
use super::reuse::Reuse;
use super::running::{Active, Job};
use super::schedule::{self, Part, Turns};
use super::shadow::Check;
use super::{Backend, Failure, LocalOptions, Priority, Snapshot, queue};
use crate::cache::{Domain, SnapshotTree};

/// How long the thread sleeps when every running request waits for its receiver or for the disk.
const PAUSE: Duration = Duration::from_millis(2);

/// What the thread is told.
pub(super) enum Order {
    /// A request.
    Answer(Box<Job>),
    /// The epoch of a domain is over.
    Forget(Domain),
    /// The epoch of all domains is over.
    ForgetPrivate,
}

/// What the thread owns.
pub(super) struct State<B: Backend> {
    backend: B,
    orders: Receiver<Order>,
    shared: Arc<Shared>,
    queue: Vec<Active<B::Sequence>>,
    active: Vec<Active<B::Sequence>>,
    reuse: Reuse<B::Sequence>,
    check: Option<Check<B::Sequence>>,
    turns: Turns,
    pace: Pace,
    logits: Vec<f32>,
    next_id: u64,
    /// Tokens of the answers that ended.
    said: u64,
    options: LocalOptions,
}

impl<B: Backend> State<B> {
    pub(super) fn new(backend: B, orders: Receiver<Order>, shared: Arc<Shared>, below: Below<B::Sequence>, options: LocalOptions) -> Self {
        shared.stats().weights_bytes = backend.weights_bytes();
        let tree = SnapshotTree::new(options.cache_bytes, backend.prefill_cost(), backend.sequence_cost());
        Self {
            reuse: Reuse::new(tree, below, options.verify_reuse_rate),
            backend,
            orders,
            shared,
            queue: Vec::new(),
            active: Vec::new(),
            check: None,
            turns: Turns::default(),
            pace: Pace::new(options.gap_time),
            logits: Vec::new(),
            next_id: 0,
            said: 0,
            options,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            if !self.receive() {
                self.close();
                return;
            }
            self.drop_ended();
            self.admit();
            self.look_out();
            let plan = schedule::plan(&self.active, &mut self.turns, &self.pace, self.options.speculate);
            if !plan.is_empty() {
                self.step(&plan);
            } else if self.queue.is_empty() {
                self.verify();
            }
            self.publish();
        }
    }

    /// Takes in what was submitted, sleeping when there is nothing else to do; false once nobody can submit any more.
    fn receive(&mut self) -> bool {
        let flushed = self.active.iter_mut().filter(|one| one.is_paused()).fold(false, |any, one| one.flush() | any);
        let nothing = self.active.is_empty() && self.queue.is_empty();
        let leaving = !self.queue.is_empty() && self.active.iter().any(Active::is_done);
        let busy = flushed || leaving || self.active.iter().any(Active::is_ready) || (nothing && self.check.is_some());
        if !busy {
            let received =
                if nothing { self.orders.recv().map_err(|_| RecvTimeoutError::Disconnected) } else { self.orders.recv_timeout(PAUSE) };
            match received {
                Ok(order) => self.follow(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        loop {
            match self.orders.try_recv() {
                Ok(order) => self.follow(order),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn follow(&mut self, order: Order) {
        match order {
            Order::Answer(job) => {
                self.queue.push(Active::new(self.next_id, *job, self.backend.vocabulary()));
                self.next_id += 1;
            }
            Order::Forget(domain) => {
                self.keep_no_more(|of| of == domain);
                self.reuse.forget(domain);
            }
            Order::ForgetPrivate => {
                self.keep_no_more(|_| true);
                self.reuse.forget_private();
            }
        }
    }

    /// Lets requests of these domains keep nothing from here on: it could not be found, and would hold memory.
    fn keep_no_more(&mut self, over: impl Fn(Domain) -> bool) {
        let all = self.active.iter_mut().chain(&mut self.queue);
        all.filter(|one| one.cache.as_ref().is_some_and(|cache| over(cache.domain))).for_each(|one| one.cache = None);
    }

    /// Tells everybody that there will be no more. Who has no room for it sees the channel close.
    fn close(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            self.follow(order);
        }
        let left = self.active.iter_mut().chain(&mut self.queue).filter(|one| !one.is_done() && !one.is_paused());
        left.for_each(|one| one.fail(Failure::Closed));
    }

    /// Lets go of who left, is done or has run out of time.
    fn drop_ended(&mut self) {
        let (now, stall) = (Instant::now(), self.options.stall_time_max);
        self.active.iter_mut().chain(&mut self.queue).filter(|one| one.is_late(now)).for_each(|one| one.fail(Failure::Deadline));
        let (shared, check, backend, said) = (&self.shared, &mut self.check, &self.backend, &mut self.said);
        self.active.retain_mut(|one| {
            let over = one.is_over(stall);
            if over {
                *check = check.take().or_else(|| Check::of(one, backend));
                *said += one.usage.completion_tokens as u64;
                account(shared, one);
            }
            !over
        });
        let before = self.queue.len();
        self.queue.retain(|one| !one.is_over(stall));
        self.shared.waiting.fetch_sub(before - self.queue.len(), Ordering::AcqRel);
    }

    /// Gives places to those whose turn it is: one that does not fit yet holds up those behind it, so that a large request is never
    /// starved; what is read ahead gives its place to a person.
    fn admit(&mut self) {
        while let Some(index) = queue::next(&self.queue, &self.active) {
            let used: u64 = self.active.iter().map(|one| one.bytes).sum();
            let fits = used.saturating_add(self.queue[index].bytes) <= self.options.memory_bytes;
            if !fits || self.active.len() >= self.options.running_max {
                if self.queue[index].priority == Priority::Background || !self.park() {
                    return;
                }
                continue;
            }
            let mut one = self.queue.remove(index);
            self.shared.waiting.fetch_sub(1, Ordering::AcqRel);
            one.follows = self.reuse.leader(&one, &self.active);
            if one.follows.is_none() {
                self.reuse.begin(&mut one, &self.backend);
            }
            self.active.push(one);
        }
    }

    /// Takes the place of the last that is being read ahead; false if there is none.
    fn park(&mut self) -> bool {
        let Some(index) = self.active.iter().rposition(|one| one.priority == Priority::Background && !one.is_done()) else { return false };
        let mut one = self.active.remove(index);
        self.reuse.keep_parked(&one);
        one.park();
        self.queue.push(one);
        self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        self.shared.stats().parked += 1;
        true
    }

    /// Looks whether what some wait for has come: bytes from the disk, or another who reads the same.
    fn look_out(&mut self) {
        self.active.iter_mut().filter(|one| one.fetching.is_some()).for_each(|one| self.reuse.poll(one));
        for index in 0..self.active.len() {
            let Some((id, stop)) = self.active[index].follows else { continue };
            let leader = self.active.iter().find(|one| one.id == id && !one.is_over(self.options.stall_time_max));
            let follows = match leader {
                Some(leader) if leader.read >= stop => None,
                Some(leader) if !leader.is_done() => continue,
                // It left before it got there: the first of those who waited goes on, the others wait for that one.
                _ => self.reuse.leader(&self.active[index], &self.active),
            };
            self.active[index].follows = follows;
            if follows.is_none() {
                self.reuse.begin(&mut self.active[index], &self.backend);
            }
        }
    }

    fn step(&mut self, plan: &[Part]) {
        let Self { backend, active, logits, pace, .. } = self;
        let start = Instant::now();
        let stepped = catch_unwind(AssertUnwindSafe(|| schedule::step(backend, active, plan, pace.row_share(), logits)));
        let Ok(took) = stepped else {
            tracing::error!(sequences = plan.len(), "a step panicked; its requests fail");
            plan.iter().for_each(|part| active[part.index].fail(Failure::Panicked));
            return;
        };
        self.pace.learn(took, plan.iter().any(|part| part.tokens == usize::MAX), start.elapsed());
        plan.iter().for_each(|part| self.reuse.keep(&self.active[part.index]));
    }

    /// Goes on with a check, as there is nothing else to do.
    fn verify(&mut self) {
        let Some(check) = &mut self.check else { return };
        let (backend, logits, most) = (&mut self.backend, &mut self.logits, self.pace.tokens(true));
        let checked = catch_unwind(AssertUnwindSafe(|| check.step(backend, most, logits)));
        let Ok(Some(same)) = checked else {
            if checked.is_err() {
                self.check = None;
            }
            return;
        };
        self.check = None;
        self.reuse.tree.stats.checks += 1;
        if !same {
            self.reuse.tree.stats.check_mismatches += 1;
            tracing::error!("an answer that went on from a snapshot is not what it is from the start: reuse is broken");
        }
    }

    fn publish(&self) {
        let mut stats = self.shared.stats();
        stats.running = self.active.len();
        stats.reserved_bytes = self.active.iter().map(|one| one.bytes).sum();
        stats.completion_tokens = self.said + self.active.iter().map(|one| one.usage.completion_tokens as u64).sum::<u64>();
        stats.cache = self.reuse.stats();
    }
}

/// Counts a request that ended and writes its line in the log.
fn account<S: Snapshot>(shared: &Shared, one: &Active<S>) {
    let (usage, age) = (one.usage, one.age());
    let (reused, end) = one.reuse.unwrap_or_default();
    tracing::info!(
        prompt_tokens = usage.prompt_tokens,
        cached_tokens = reused,
        reuse_ended = end.code(),
        reuse = ?end,
        completion_tokens = usage.completion_tokens,
        drafted_tokens = usage.drafted_tokens,
        accepted_tokens = usage.accepted_tokens,
        queued_ms = usage.queued.as_millis() as u64,
        prefill_ms = usage.prefill.as_millis() as u64,
        took_ms = age.as_millis() as u64,
        "a request ended"
    );
    let service = age.saturating_sub(usage.queued).as_micros() as u64;
    let before = shared.service_micros.load(Ordering::Acquire);
    shared.service_micros.store(if before == 0 { service } else { (3 * before + service) / 4 }, Ordering::Release);
    let mut stats = shared.stats();
    stats.ended += 1;
    stats.drafted_tokens += usage.drafted_tokens as u64;
    stats.accepted_tokens += usage.accepted_tokens as u64;
}
