//! One thread that owns a model. Each turn: let go of who left, take in who fits, one step for all, tell them.
//!
//! Promised: submitting never blocks; what waits is bounded; a request that is dropped is noticed within one step; a receiver that does
//! not read pauses its own sequence only, and not for ever; a panic fails the requests of that step and no others; memory is reserved before the first
//! step, so that nothing is begun that cannot be finished.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::running::{Active, Job};
use super::{Backend, Description, Engine, Event, Failure, Refused, Request, Running, admission, schedule};
use crate::limits::{EVENTS_MAX, QUEUE_MAX, RUNNING_MAX, STALL_TIME_MAX};

/// How long the thread sleeps when every running request waits for its receiver.
const PAUSE: Duration = Duration::from_millis(2);

/// What an engine may take.
#[derive(Debug, Clone)]
pub struct LocalOptions {
    /// Bytes for the state of all sequences.
    pub memory_bytes: u64,
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
            queue_max: QUEUE_MAX,
            running_max: RUNNING_MAX,
            events_max: EVENTS_MAX,
            stall_time_max: STALL_TIME_MAX,
        }
    }
}

/// A model on a thread of its own. Dropping it ends the thread; what it was working on fails.
pub struct Local {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    waiting: Arc<AtomicUsize>,
    description: Description,
    options: LocalOptions,
}

impl Local {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start<B: Backend>(backend: B, options: LocalOptions) -> std::io::Result<Self> {
        let description = Description {
            vocabulary: backend.vocabulary(),
            context_max: backend.context_max(),
            memory_bytes: options.memory_bytes,
            cost: backend.sequence_cost(),
        };
        let (sender, receiver) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let state = State {
            backend,
            jobs: receiver,
            waiting: waiting.clone(),
            queue: VecDeque::new(),
            active: Vec::new(),
            logits: Vec::new(),
            options: options.clone(),
        };
        let thread = std::thread::Builder::new().name("engine".into()).spawn(move || state.run())?;
        Ok(Self { jobs: Some(sender), thread: Some(thread), waiting, description, options })
    }
}

impl Engine for Local {
    fn submit(&self, mut request: Request) -> Result<Running, Refused> {
        let bytes = admission::admit(&mut request, &self.description)?;
        let jobs = self.jobs.as_ref().ok_or(Refused::Closed)?;
        let most = self.options.queue_max;
        let counted = self.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n < most).then_some(n + 1));
        counted.map_err(|waiting| Refused::Busy { waiting })?;
        let (events, receiver) = tokio::sync::mpsc::channel(self.options.events_max.max(2));
        let job = Job { request, events, bytes, submitted: Instant::now() };
        jobs.send(job).map_err(|_| Refused::Closed)?;
        Ok(Running { events: receiver })
    }

    fn describe(&self) -> Description {
        self.description.clone()
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // The thread catches what can panic; if it did all the same, there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

/// What the thread owns.
struct State<B: Backend> {
    backend: B,
    jobs: Receiver<Job>,
    waiting: Arc<AtomicUsize>,
    queue: VecDeque<Job>,
    active: Vec<Active<B::Sequence>>,
    logits: Vec<f32>,
    options: LocalOptions,
}

impl<B: Backend> State<B> {
    fn run(mut self) {
        loop {
            if !self.receive() {
                self.close();
                return;
            }
            self.drop_cancelled();
            self.admit();
            let plan = schedule::plan(&self.active);
            if !plan.is_empty() {
                self.step(&plan);
            }
        }
    }

    /// Takes in what was submitted, sleeping when there is nothing else to do; false once nobody can submit any more.
    fn receive(&mut self) -> bool {
        let flushed = self.active.iter_mut().filter(|one| !one.is_ready()).fold(false, |any, one| one.flush() | any);
        let busy = flushed || self.active.iter().any(Active::is_ready);
        if !busy {
            let idle = self.active.is_empty() && self.queue.is_empty();
            let received = if idle { self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected) } else { self.jobs.recv_timeout(PAUSE) };
            match received {
                Ok(job) => self.queue.push_back(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        loop {
            match self.jobs.try_recv() {
                Ok(job) => self.queue.push_back(job),
                Err(std::sync::mpsc::TryRecvError::Empty) => return true,
                Err(std::sync::mpsc::TryRecvError::Disconnected) => return false,
            }
        }
    }

    /// Tells everybody that there will be no more. Who has no room for it sees the channel close.
    fn close(&mut self) {
        self.active.iter_mut().filter(|one| one.is_ready()).for_each(|one| one.fail(Failure::Closed));
        self.queue.extend(self.jobs.try_iter());
        for job in &self.queue {
            let _ = job.events.try_send(Event::Failed(Failure::Closed));
        }
    }

    fn drop_cancelled(&mut self) {
        let stall = self.options.stall_time_max;
        self.active.retain(|one| !one.is_over(stall));
        let before = self.queue.len();
        self.queue.retain(|job| !job.events.is_closed());
        self.waiting.fetch_sub(before - self.queue.len(), Ordering::AcqRel);
    }

    /// First come, first served: one that does not fit yet holds up those behind it, so that a large request is never starved.
    fn admit(&mut self) {
        let mut used: u64 = self.active.iter().map(|one| one.bytes).sum();
        while self.active.len() < self.options.running_max {
            let fits = self.queue.front().is_some_and(|job| used.saturating_add(job.bytes) <= self.options.memory_bytes);
            let Some(job) = (if fits { self.queue.pop_front() } else { None }) else { return };
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            used += job.bytes;
            self.active.push(Active::new(job, self.backend.begin(), self.backend.vocabulary()));
        }
    }

    fn step(&mut self, plan: &[(usize, usize)]) {
        let Self { backend, active, logits, .. } = self;
        let stepped = catch_unwind(AssertUnwindSafe(|| schedule::step(backend, active, plan, logits)));
        if stepped.is_err() {
            tracing::error!(sequences = plan.len(), "a step panicked; its requests fail");
            plan.iter().for_each(|(index, _)| active[*index].fail(Failure::Panicked));
        }
    }
}
