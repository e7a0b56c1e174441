//! Prompt lookup (Saxena 2023): an answer that quotes goes on as the text that it quotes from does. What was read before is searched for
//! the last tokens, and what followed them there is put forward as a draft. The model judges the whole draft in one step.
//!
//! Drafts cost time where they fail, so each failure makes the next attempt rarer, and each success the next draft longer.

use crate::limits::{DRAFT_TOKENS_MAX, DRAFT_TOKENS_MIN};

/// Tokens that must be the same for what followed them to be a draft.
const MATCH_MIN: usize = 3;
/// Tokens that are compared at most; of several places the one with most in common counts.
const MATCH_MAX: usize = 12;
/// Steps without an attempt after the first failure, doubled by each further one.
const PAUSE_FIRST: usize = 4;
/// The most of them.
const PAUSE_MAX: usize = 256;

/// When to draft and how much, in one answer.
#[derive(Debug, Clone)]
pub(super) struct Drafter {
    length: usize,
    pause: usize,
    /// Steps until the next attempt.
    wait: usize,
}

impl Default for Drafter {
    fn default() -> Self {
        Self { length: DRAFT_TOKENS_MIN, pause: PAUSE_FIRST, wait: 0 }
    }
}

impl Drafter {
    /// What may follow `tokens`, at most `most`; empty where nothing is known or it did not pay lately.
    pub(super) fn draft<'a>(&mut self, tokens: &'a [u32], most: usize) -> &'a [u32] {
        if self.wait > 0 {
            self.wait -= 1;
            return &[];
        }
        let most = most.min(self.length);
        if most < DRAFT_TOKENS_MIN {
            return &[];
        }
        continuation(tokens).map_or(&[], |rest| &rest[..most.min(rest.len())])
    }

    /// Takes note of how much of a draft was right.
    pub(super) fn learn(&mut self, drafted: usize, accepted: usize) {
        if accepted == drafted {
            self.length = (self.length * 2).min(DRAFT_TOKENS_MAX);
            self.pause = PAUSE_FIRST;
        } else if 2 * accepted >= drafted {
            self.length = accepted.max(DRAFT_TOKENS_MIN);
            self.pause = PAUSE_FIRST;
        } else {
            self.length = accepted.max(DRAFT_TOKENS_MIN);
            self.wait = self.pause;
            self.pause = (self.pause * 2).min(PAUSE_MAX);
        }
    }
}

/// What followed the earlier place whose last tokens have most in common with those of `tokens`; the latest of equals.
fn continuation(tokens: &[u32]) -> Option<&[u32]> {
    let (last, before) = tokens.split_last()?;
    let mut best = (MATCH_MIN - 1, None);
    for (place, _) in before.iter().enumerate().rev().filter(|(_, token)| *token == last) {
        let same = before[..place].iter().rev().zip(before.iter().rev()).take(MATCH_MAX - 1).take_while(|(a, b)| a == b).count() + 1;
        if same > best.0 {
            best = (same, Some(place));
            if same == MATCH_MAX {
                break;
            }
        }
    }
    best.1.map(|place| &tokens[place + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_match_counts_and_short_ones_do_not() {
        assert_eq!(continuation(&[]), None);
        assert_eq!(continuation(&[1, 2, 9, 1, 2]), None);
        assert_eq!(continuation(&[1, 2, 3, 9, 8, 1, 2, 3]), Some(&[9, 8, 1, 2, 3][..]));
        // The later place has three in common, the earlier one four.
        let text = [7, 1, 2, 3, 5, 0, 1, 2, 3, 6, 7, 1, 2, 3];
        assert_eq!(continuation(&text).unwrap()[0], 5);
    }

    #[test]
    fn success_makes_drafts_longer_and_failure_rarer() {
        let text = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 1, 2, 3];
        let mut drafter = Drafter::default();
        let first = drafter.draft(&text, 100).len();
        drafter.learn(first, first);
        assert_eq!(drafter.draft(&text, 100).len(), 2 * first);
        assert_eq!(drafter.draft(&text, 3).len(), if DRAFT_TOKENS_MIN > 3 { 0 } else { 3 });
        for pause in [4, 8, 16] {
            drafter.learn(8, 0);
            assert!((0..pause).all(|_| drafter.draft(&text, 100).is_empty()));
            assert_eq!(drafter.draft(&text, 100).len(), DRAFT_TOKENS_MIN);
        }
    }
}
