//! How fast this machine reads, measured while it does, so that a prompt can be as long as its reader will wait for.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Tokens that tell: fewer are read in too few steps.
const TOKENS_MIN: usize = 512;
/// Tokens a second that are assumed until anything was read.
const ASSUMED: f32 = 250.0;
/// What a slower measurement counts for beside what is known. A faster one counts at once: the machine can do it; slower ones may be due
/// to others at work.
const WEIGHT_SLOWER: f32 = 0.2;
/// Budgets move in steps of this ratio, so that the same question mostly gets the same documents.
const STEP: f32 = 1.5;
/// Tokens of the smallest budget.
const BUDGET_MIN: f32 = 1_024.0;

/// Tokens read a second; 0 before the first measurement.
#[derive(Debug, Default)]
pub(crate) struct ReadingSpeed(AtomicU32);

impl ReadingSpeed {
    /// Notes that `tokens` were computed in `time`.
    pub(crate) fn note(&self, tokens: usize, time: Duration) {
        if tokens < TOKENS_MIN || time.is_zero() {
            return;
        }
        let (measured, known) = (tokens as f32 / time.as_secs_f32(), self.known());
        let speed = if known > measured { known + WEIGHT_SLOWER * (measured - known) } else { measured };
        self.0.store(speed.to_bits(), Ordering::Relaxed);
    }

    /// Tokens that are read within `time`, rounded down to a step.
    pub(crate) fn tokens_in(&self, time: Duration) -> usize {
        let known = self.known();
        let speed = if known > 0.0 { known } else { ASSUMED };
        let steps = (speed * time.as_secs_f32() / BUDGET_MIN).max(1.0).log(STEP).floor();
        (BUDGET_MIN * STEP.powf(steps)) as usize
    }

    fn known(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_was_measured_replaces_what_was_assumed() {
        let speed = ReadingSpeed::default();
        assert_eq!(speed.tokens_in(Duration::from_secs(10)), 2_304);
        speed.note(100, SECOND);
        assert_eq!(speed.known(), 0.0, "too few to tell");
        speed.note(2_000, SECOND);
        assert!((13_000..=20_000).contains(&speed.tokens_in(Duration::from_secs(10))));
    }

    #[test]
    fn one_slow_read_changes_little_and_the_least_is_always_given() {
        let speed = ReadingSpeed::default();
        speed.note(4_000, SECOND);
        let before = speed.tokens_in(Duration::from_secs(12));
        speed.note(3_600, SECOND);
        assert_eq!(speed.tokens_in(Duration::from_secs(12)), before);
        assert_eq!(speed.tokens_in(Duration::ZERO), 1_024);
    }
}
