//! Log-probabilities as the model gives them, before any sampling setting.

use pinakes_kernels::{log_sum_exp, top_k};

/// A token and the natural logarithm of its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logprob {
    /// The token.
    pub id: u32,
    /// ln p.
    pub logprob: f32,
}

/// The `count` likeliest tokens, likeliest first, and what turns any logit into a log-probability when taken off it.
#[must_use]
pub fn logprobs(logits: &[f32], count: usize) -> (Vec<Logprob>, f32) {
    let normaliser = log_sum_exp(logits);
    let mut top = Vec::new();
    if count > 0 {
        // Broken numbers were refused before; if there are any all the same, nothing is reported.
        if top_k(logits, count.min(logits.len()), &mut top).is_err() {
            top.clear();
        }
    }
    (top.into_iter().map(|(id, logit)| Logprob { id, logprob: logit - normaliser }).collect(), normaliser)
}
