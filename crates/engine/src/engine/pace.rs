//! How many tokens of prompts a step may read, so that those who are being answered do not wait too long between two tokens. Measured,
//! because it depends on the model, the machine and the depth.

use std::time::Duration;

use super::schedule::Took;
use crate::limits::{CHUNK_TOKENS, CHUNK_TOKENS_MIN, CHUNK_TOKENS_SHARED};

/// How much of a new measurement is believed when it is good news; bad news is believed at once.
const SHARE: f64 = 0.25;

/// What a row of a draft is taken to cost before one was measured.
const ROW_SHARE_FIRST: f64 = 0.25;

/// What steps have cost lately.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    target_seconds: f64,
    /// Of a step that reads no prompt.
    decode_seconds: f64,
    /// Of each row of a draft beside that, as a share of it.
    row_share: f64,
    /// Of each token of a prompt beside that; `None` before the first.
    token_seconds: Option<f64>,
}

impl Pace {
    /// For steps of at most `target` while others wait for their next token.
    pub(super) fn new(target: Duration) -> Self {
        Self { target_seconds: target.as_secs_f64(), decode_seconds: 0.0, row_share: ROW_SHARE_FIRST, token_seconds: None }
    }

    /// Tokens of prompts in a step; `shared`: somebody waits, or may come any moment, for whom it must be short.
    pub(super) fn tokens(&self, shared: bool) -> usize {
        if !shared {
            return CHUNK_TOKENS;
        }
        let Some(token) = self.token_seconds else { return CHUNK_TOKENS_SHARED };
        let room = (self.target_seconds - self.decode_seconds).max(0.0);
        ((room / token.max(1e-9)) as usize).clamp(CHUNK_TOKENS_MIN, CHUNK_TOKENS)
    }

    /// By what share of a step without drafts each row of a draft makes it longer.
    pub(super) fn row_share(&self) -> f64 {
        self.row_share
    }

    /// Takes note of a step of `tokens`, and whether it wrote answers on too.
    pub(super) fn learn(&mut self, tokens: Took, writing: bool, took: Duration) {
        let took = took.as_secs_f64();
        let Took { prompts, drafts } = tokens;
        if prompts == 0 && drafts == 0 {
            self.decode_seconds += SHARE * (took - self.decode_seconds);
        } else if prompts == 0 && self.decode_seconds > 0.0 {
            let share = (took / self.decode_seconds - 1.0).clamp(0.0, drafts as f64) / drafts as f64;
            self.row_share += SHARE * (share - self.row_share);
        } else if prompts >= CHUNK_TOKENS_MIN {
            let others = if writing { self.decode_seconds.min(took / 2.0) } else { 0.0 };
            let new = (took - others) / prompts as f64;
            let blend = |old: f64| if new > old { new } else { old + SHARE * (new - old) };
            self.token_seconds = Some(self.token_seconds.map_or(new, blend));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_shrink_at_once_and_grow_slowly() {
        let mut pace = Pace::new(Duration::from_millis(100));
        let prompts = |prompts| Took { prompts, drafts: 0 };
        assert_eq!((pace.tokens(false), pace.tokens(true)), (CHUNK_TOKENS, CHUNK_TOKENS_SHARED));
        pace.learn(prompts(512), false, Duration::from_millis(512));
        assert_eq!(pace.tokens(true), 100);
        pace.learn(prompts(100), true, Duration::from_millis(200));
        assert_eq!(pace.tokens(true), 50);
        pace.learn(prompts(50), true, Duration::from_millis(50));
        assert!((50..70).contains(&pace.tokens(true)), "{}", pace.tokens(true));
        pace.learn(prompts(64), true, Duration::from_secs(9));
        assert_eq!(pace.tokens(true), CHUNK_TOKENS_MIN);
        for _ in 0..100 {
            pace.learn(prompts(0), true, Duration::from_millis(60));
            pace.learn(prompts(40), true, Duration::from_millis(100));
            pace.learn(Took { prompts: 0, drafts: 5 }, true, Duration::from_millis(90));
        }
        assert!((28..=44).contains(&pace.tokens(true)), "{}", pace.tokens(true));
        assert!((pace.row_share() - 0.1).abs() < 0.01, "{}", pace.row_share());
    }
}
