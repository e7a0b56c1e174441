//! Prompt lookup (Saxena 2023): an answer that quotes goes on as the text that it quotes from does. What was read before is searched for
//! the last tokens, and what followed them there is put forward as a draft. The model judges the whole draft in one step.
//!
//! Drafts cost time where they fail: each that did not pay, by what a further row of a step really takes, makes the next attempt rarer
//! and asks for more in common; each that was right makes the next draft longer.

use crate::limits::{DRAFT_TOKENS_MAX, DRAFT_TOKENS_MIN};

/// Tokens that must be the same for what followed them to be a draft.
const MATCH_MIN: usize = 3;
/// Tokens that are compared at most; of several places the one with most in common counts.
const MATCH_MAX: usize = 12;
/// Steps without an attempt after the first failure.
const PAUSE_FIRST: usize = 8;
/// By what each further one multiplies them.
const PAUSE_GROWTH: usize = 4;
/// The most of them.
const PAUSE_MAX: usize = 256;

/// When to draft and how much, in one answer.
#[derive(Debug, Clone)]
pub(super) struct Drafter {
    length: usize,
    /// Tokens in common that are asked for.
    needed: usize,
    pause: usize,
    /// Steps until the next attempt.
    wait: usize,
}

impl Default for Drafter {
    fn default() -> Self {
        Self { length: DRAFT_TOKENS_MIN, needed: MATCH_MIN, pause: PAUSE_FIRST, wait: 0 }
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
        continuation(tokens, self.needed).map_or(&[], |rest| &rest[..most.min(rest.len())])
    }

    /// Takes note of how much of a draft was right, where one more row makes a step longer by `row_share` of it.
    pub(super) fn learn(&mut self, drafted: usize, accepted: usize, row_share: f64) {
        if accepted as f64 > drafted as f64 * row_share {
            self.length = if accepted == drafted { (self.length * 2).min(DRAFT_TOKENS_MAX) } else { accepted.max(DRAFT_TOKENS_MIN) };
            self.needed = MATCH_MIN.max(self.needed - 1);
            self.pause = PAUSE_FIRST;
        } else {
            self.length = DRAFT_TOKENS_MIN;
            self.needed = MATCH_MAX.min(self.needed + 2);
            self.wait = self.pause;
            self.pause = (self.pause * PAUSE_GROWTH).min(PAUSE_MAX);
        }
    }
}

/// What followed the earlier place whose last tokens have most in common with those of `tokens`, `needed` at least; the latest of
/// equals.
fn continuation(tokens: &[u32], needed: usize) -> Option<&[u32]> {
    let (last, before) = tokens.split_last()?;
    let mut best = (needed - 1, None);
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
        assert_eq!(continuation(&[], 3), None);
        assert_eq!(continuation(&[1, 2, 9, 1, 2], 3), None);
        assert_eq!(continuation(&[1, 2, 3, 9, 8, 1, 2, 3], 3), Some(&[9, 8, 1, 2, 3][..]));
        assert_eq!(continuation(&[1, 2, 3, 9, 8, 1, 2, 3], 4), None);
        // The later place has three in common, the earlier one four.
        let text = [7, 1, 2, 3, 5, 0, 1, 2, 3, 6, 7, 1, 2, 3];
        assert_eq!(continuation(&text, 3).unwrap()[0], 5);
    }

    #[test]
    fn success_makes_drafts_longer_and_failure_rarer() {
        let text: Vec<u32> = (0..40).chain(0..20).collect();
        let mut drafter = Drafter::default();
        let first = drafter.draft(&text, 100).len();
        drafter.learn(first, first, 0.3);
        assert_eq!(drafter.draft(&text, 100).len(), 2 * first);
        assert!(drafter.draft(&text, DRAFT_TOKENS_MIN - 1).is_empty());
        for pause in [8, 32, 128] {
            drafter.learn(8, 0, 0.3);
            assert!((0..pause).all(|_| drafter.draft(&text, 100).is_empty()));
            assert_eq!(drafter.draft(&text, 100).len(), DRAFT_TOKENS_MIN);
        }
        // Half of it right pays where rows are cheap, and not where they are dear.
        drafter.learn(8, 4, 0.1);
        assert_eq!(drafter.draft(&text, 100).len(), 4);
        drafter.learn(8, 4, 0.5);
        assert!(drafter.draft(&text, 100).is_empty());
    }
}
