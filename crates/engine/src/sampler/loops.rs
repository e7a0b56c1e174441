//! Small models fall into endless repetition, in their reasoning most of all (their cards warn of it); this notices.

use crate::limits::{LOOP_PERIOD_MAX, LOOP_REPEATS, LOOP_TOKENS_MIN};

/// Watches the tokens of one answer for a cycle that comes back to back.
#[derive(Debug, Clone)]
pub struct LoopDetector {
    /// The last `LOOP_PERIOD_MAX` tokens, a ring.
    recent: Vec<u32>,
    seen: usize,
    /// `[period - 1]`: for how many tokens in a row each has equalled the one a period before it.
    matching: Vec<usize>,
}

impl Default for LoopDetector {
    fn default() -> Self {
        Self { recent: vec![0; LOOP_PERIOD_MAX], seen: 0, matching: vec![0; LOOP_PERIOD_MAX] }
    }
}

impl LoopDetector {
    /// Takes the next token; true once the answer goes in a circle.
    pub fn push(&mut self, token: u32) -> bool {
        let mut found = false;
        for period in 1..=LOOP_PERIOD_MAX.min(self.seen) {
            let before = self.recent[(self.seen - period) % LOOP_PERIOD_MAX];
            let matching = &mut self.matching[period - 1];
            *matching = if before == token { *matching + 1 } else { 0 };
            let covered = *matching + period;
            found |= covered >= LOOP_TOKENS_MIN && covered >= period * LOOP_REPEATS;
        }
        self.recent[self.seen % LOOP_PERIOD_MAX] = token;
        self.seen += 1;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_seen_and_prose_is_not() {
        for period in [1, 2, 7, 40, LOOP_PERIOD_MAX] {
            let mut detector = LoopDetector::default();
            (0..100_u32).for_each(|token| assert!(!detector.push(1_000 + token)));
            let first = (0..period * 20 + LOOP_TOKENS_MIN).position(|i| detector.push((i % period) as u32)).expect("a loop");
            assert_eq!(first + 1, LOOP_TOKENS_MIN.max(period * LOOP_REPEATS), "period {period}");
        }
        let mut detector = LoopDetector::default();
        let mut random = crate::Random::new(3);
        assert!(!(0..20_000).any(|_| detector.push((random.bits() % 50) as u32)));
    }
}
