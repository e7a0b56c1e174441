//! The engine's own threads. A forward pass is hundreds of short parallel sections, so a worker that has run out of tasks spins for a
//! moment before it sleeps, and the caller works too and never waits for a worker that did not join in time.
//!
//! Promises: every task runs exactly once; `run` returns after the last one has ended; a panic in a task reaches the caller; nothing
//! about a result depends on which thread ran which task, as long as tasks write to different places.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{JoinHandle, yield_now};
use std::time::{Duration, Instant};

use crate::profile::Profile;
use crate::shared::SharedMut;

/// How long an idle worker looks for the next section before it sleeps: longer than the serial work between two sections of a layer,
/// shorter than anyone would notice in the machine's idle load.
const SPIN: Duration = Duration::from_micros(50);

thread_local! {
    /// Whether this thread is running a task: a `run` inside a task is done in place, since the pool's threads are taken.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// A fixed set of threads. Dropping it joins them.
pub struct Pool {
    common: Arc<Common>,
    workers: Vec<JoinHandle<()>>,
    /// One section at a time: a second caller waits here.
    turn: Mutex<()>,
    profile: Profile,
}

/// What callers and workers share.
#[derive(Default)]
struct Common {
    /// Section number (upper 32 bits) and its tasks not yet claimed (lower 32).
    state: AtomicU64,
    /// The section being run. Only valid to a thread that has claimed one of its tasks.
    section: AtomicPtr<Section<'static>>,
    /// Workers asleep, or about to be.
    asleep: AtomicUsize,
    door: Mutex<()>,
    wake: Condvar,
    closing: AtomicBool,
}

/// One call of `run`, on the caller's stack.
struct Section<'a> {
    task: &'a (dyn Fn(usize) + Sync),
    tasks: usize,
    done: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Pool {
    /// `threads` in all, the caller of [`Pool::run`] among them; 0 counts as 1.
    ///
    /// # Panics
    /// When the operating system refuses a thread.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        let common = Arc::new(Common::default());
        let workers = (1..threads.max(1))
            .map(|index| {
                let common = Arc::clone(&common);
                let builder = std::thread::Builder::new().name(format!("kernel-{index}"));
                builder.spawn(move || common.work()).expect("the system has room for a few threads when the engine starts")
            })
            .collect();
        Self { common, workers, turn: Mutex::new(()), profile: Profile::default() }
    }

    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Threads that work on a section, the caller's included.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Runs `task(0..tasks)` on all threads, each claiming the next index when it is free; returns when all are done.
    ///
    /// Called from inside a task, it runs in place; called from two threads at once, one waits for the other.
    ///
    /// # Panics
    /// With the payload of the first task that panicked, after all have ended; tasks not yet begun by then are left out.
    /// When `tasks` does not fit in 32 bits.
    pub fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        if tasks <= 1 || self.workers.is_empty() || INSIDE.get() {
            return (0..tasks).for_each(task);
        }
        let count = u32::try_from(tasks).expect("a section has fewer tasks than four billion");
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let section = Section { task, tasks, done: AtomicUsize::new(0), panic: Mutex::new(None) };
        self.common.publish(&section, count);
        while self.common.claim_and_run() {}
        section.wait();
        drop(turn);
        let panic = section.panic.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
    }

    /// Splits `out` into pieces of `piece` elements (the last may be shorter) and runs `f(piece_index, piece)` on each, in parallel.
    pub fn pieces<T: Send>(&self, out: &mut [T], piece: usize, f: &(dyn Fn(usize, &mut [T]) + Sync)) {
        let piece = piece.max(1);
        let length = out.len();
        let shared = SharedMut::new(out);
        self.run(length.div_ceil(piece), &|index| {
            let start = index * piece;
            // SAFETY: pieces of different indices do not overlap, and each index is run once.
            f(index, unsafe { shared.slice(start, piece.min(length - start)) });
        });
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.common.closing.store(true, Ordering::SeqCst);
        self.common.rouse();
        for worker in self.workers.drain(..) {
            // A worker catches its tasks' panics, so it ends well.
            let _ = worker.join();
        }
    }
}

impl Common {
    fn publish(&self, section: &Section<'_>, tasks: u32) {
        // The pointer outlives its lifetime only in type: it is read after claiming a task, and `run` waits for every claimed task.
        self.section.store(std::ptr::from_ref(section).cast_mut().cast(), Ordering::Relaxed);
        let number = (self.state.load(Ordering::Relaxed) >> 32).wrapping_add(1);
        self.state.store((number << 32) | u64::from(tasks), Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) > 0 {
            self.rouse();
        }
    }

    fn rouse(&self) {
        drop(self.door.lock().unwrap_or_else(PoisonError::into_inner));
        self.wake.notify_all();
    }

    /// Claims one task and runs it; false when there is none.
    fn claim_and_run(&self) -> bool {
        let mut state = self.state.load(Ordering::Acquire);
        let section = loop {
            let left = state & u64::from(u32::MAX);
            if left == 0 {
                return false;
            }
            let section = self.section.load(Ordering::Relaxed);
            match self.state.compare_exchange_weak(state, state - 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break section,
                Err(now) => state = now,
            }
        };
        debug_assert_ne!(section, null_mut());
        let left = (state & u64::from(u32::MAX)) as usize;
        // SAFETY: the exchange succeeded, so the section numbered in `state` still had this task unclaimed while the pointer was
        // read; its `run` stores the pointer before the state and returns only after this task is counted as done.
        let section = unsafe { &*section };
        section.run(section.tasks - left);
        true
    }

    /// A worker's life.
    fn work(&self) {
        let mut idle_since = Instant::now();
        loop {
            if self.claim_and_run() {
                while self.claim_and_run() {}
                idle_since = Instant::now();
            }
            if self.closing.load(Ordering::Relaxed) {
                return;
            }
            for _ in 0..16 {
                std::hint::spin_loop();
            }
            if idle_since.elapsed() > SPIN {
                self.sleep();
                idle_since = Instant::now();
            }
        }
    }

    /// Sleeps until there is a task or the pool closes. `asleep` is raised before the last look and the publisher reads it after
    /// storing, both sequentially consistent, so one of the two sees the other.
    fn sleep(&self) {
        let mut door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        self.asleep.fetch_add(1, Ordering::SeqCst);
        while self.state.load(Ordering::SeqCst) & u64::from(u32::MAX) == 0 && !self.closing.load(Ordering::SeqCst) {
            door = self.wake.wait(door).unwrap_or_else(PoisonError::into_inner);
        }
        self.asleep.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Section<'_> {
    fn run(&self, index: usize) {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let _inside = Inside::enter();
            (self.task)(index);
        }));
        if let Err(payload) = outcome {
            let mut first = self.panic.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert(payload);
        }
        // Last touch of the section by this thread: after it the caller may return.
        self.done.fetch_add(1, Ordering::Release);
    }

    /// Waits for the tasks that other threads claimed.
    fn wait(&self) {
        let mut looks = 0_u32;
        while self.done.load(Ordering::Acquire) < self.tasks {
            looks += 1;
            // Where cores are short, the thread waited for may need this one.
            if looks.is_multiple_of(1024) { yield_now() } else { std::hint::spin_loop() }
        }
    }
}

/// Marks this thread as inside a task until dropped.
struct Inside;

impl Inside {
    fn enter() -> Self {
        INSIDE.set(true);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once_at_any_number_of_threads() {
        for threads in [0, 1, 2, 3, 8] {
            let pool = Pool::new(threads);
            for tasks in [0, 1, 2, 7, 100, 1000] {
                let counts: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
                pool.run(tasks, &|index| {
                    counts[index].fetch_add(1, Ordering::Relaxed);
                });
                assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1));
            }
        }
    }

    #[test]
    fn sections_follow_each_other_with_and_without_sleep() {
        let pool = Pool::new(4);
        let total = AtomicUsize::new(0);
        for round in 0..2000 {
            pool.run(5, &|index| {
                total.fetch_add(index, Ordering::Relaxed);
            });
            if round % 500 == 0 {
                std::thread::sleep(SPIN * 10);
            }
        }
        assert_eq!(total.load(Ordering::Relaxed), 2000 * 10);
    }

    #[test]
    fn pieces_cover_the_slice() {
        let pool = Pool::new(3);
        let mut out = vec![0_usize; 103];
        pool.pieces(&mut out, 10, &|index, piece| piece.iter_mut().enumerate().for_each(|(at, x)| *x = index * 10 + at));
        assert!(out.iter().enumerate().all(|(at, &x)| at == x));
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
        let pool = Pool::new(3);
        for _ in 0..20 {
            let caught = catch_unwind(AssertUnwindSafe(|| pool.run(50, &|index| assert_ne!(index, 17, "seventeen"))));
            let payload = caught.unwrap_err();
            assert!(payload.downcast_ref::<String>().unwrap().contains("seventeen"));
        }
        let ran = AtomicUsize::new(0);
        pool.run(50, &|_| {
            ran.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(ran.load(Ordering::Relaxed), 50);
    }

    #[test]
    fn nested_and_concurrent_sections_are_safe() {
        let pool = Pool::new(3);
        let total = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        pool.run(4, &|_| {
                            pool.run(3, &|_| {
                                total.fetch_add(1, Ordering::Relaxed);
                            });
                        });
                    }
                });
            }
        });
        assert_eq!(total.load(Ordering::Relaxed), 3 * 50 * 12);
    }
}
