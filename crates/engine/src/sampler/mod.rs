//! From logits to a token.
//!
//! The order is fixed: ids beyond the tokenizer's are masked, then biases, then penalties over what was generated, then the caller's
//! mask; greedy takes the largest; otherwise temperature, top-k, top-p over what top-k left, min-p, and one draw. That is the order in
//! which the model cards' values were chosen (transformers, vLLM). The same seed, request and logits give the same token.
//!
//! Reported log-probabilities are the model's own: of the logits before anything above but the first.

mod draw;
mod logprob;
mod loops;
mod presets;
mod random;
mod reasoning;

use std::collections::HashMap;

use pinakes_kernels::argmax;
use thiserror::Error;

use draw::Drawer;
pub use logprob::{Logprob, logprobs};
pub use loops::LoopDetector;
pub use presets::Mode;
pub use random::Random;
pub use reasoning::{Reasoning, ReasoningBudget};

/// How to choose. The default is greedy.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// 0 is greedy.
    pub temperature: f32,
    /// Candidates that stay; 0 is all.
    pub top_k: usize,
    /// The fewest candidates whose probabilities add up to this stay.
    pub top_p: f32,
    /// Candidates below this share of the likeliest one's probability go.
    pub min_p: f32,
    /// Logits of generated tokens are divided by this where positive and multiplied where negative (Keskar et al. 2019).
    pub repetition: f32,
    /// Taken off the logit of every token that was generated.
    pub presence: f32,
    /// Taken off for each time that it was.
    pub frequency: f32,
    /// Added to the logits of single tokens.
    pub bias: Vec<(u32, f32)>,
    /// Of the generator behind the draws.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repetition: 1.0,
            presence: 0.0,
            frequency: 0.0,
            bias: Vec::new(),
            seed: 0,
        }
    }
}

impl Sampling {
    /// What is wrong with the values, if anything is.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let within = |name: &str, value: f32, low: f32, high: f32| {
            (!(value >= low && value <= high)).then(|| format!("{name} is {value}; {low} to {high} is allowed"))
        };
        within("temperature", self.temperature, 0.0, 100.0)
            .or_else(|| within("top_p", self.top_p, f32::MIN_POSITIVE, 1.0))
            .or_else(|| within("min_p", self.min_p, 0.0, 1.0))
            .or_else(|| within("repetition penalty", self.repetition, 0.01, 100.0))
            .or_else(|| within("presence penalty", self.presence, -100.0, 100.0))
            .or_else(|| within("frequency penalty", self.frequency, -100.0, 100.0))
            .or_else(|| self.bias.iter().find_map(|(id, bias)| within(&format!("bias of token {id}"), *bias, -1e4, 1e4)))
    }
}

/// A caller's say in which tokens may come next, such as a grammar.
pub trait LogitMask: Send {
    /// Sets what must not come next to minus infinity. `generated` is the answer so far.
    fn apply(&mut self, generated: &[u32], logits: &mut [f32]);
}

/// Why no token can be chosen.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum SampleError {
    /// The model's numbers broke down.
    #[error("the model's logits are not numbers")]
    NotANumber,
    /// The mask or the biases forbid every token.
    #[error("no token is allowed to come next")]
    NothingAllowed,
}

/// Chooses the tokens of one answer.
pub struct Sampler {
    sampling: Sampling,
    random: Random,
    /// Ids from here on are padding of the vocabulary.
    tokens: usize,
    generated: Vec<u32>,
    counts: HashMap<u32, u32>,
    drawer: Drawer,
}

impl Sampler {
    /// For one answer over ids below `tokens`.
    #[must_use]
    pub fn new(sampling: Sampling, tokens: usize) -> Self {
        let random = Random::new(sampling.seed);
        Self { sampling, random, tokens, generated: Vec::new(), counts: HashMap::new(), drawer: Drawer::default() }
    }

    /// The answer so far.
    #[must_use]
    pub fn generated(&self) -> &[u32] {
        &self.generated
    }

    /// Masks padding and checks that the logits are numbers; to be called before [`Self::choose`].
    ///
    /// # Errors
    /// A logit is NaN or infinite.
    pub fn admit(&self, logits: &mut [f32]) -> Result<(), SampleError> {
        if let Some(padding) = logits.get_mut(self.tokens..) {
            padding.fill(f32::NEG_INFINITY);
        }
        let valid = &logits[..self.tokens.min(logits.len())];
        // No early end: a scan without branches is a few dozen microseconds for the largest vocabularies.
        let broken = valid.iter().fold(false, |broken, x| broken | !x.is_finite());
        if broken || valid.is_empty() { Err(SampleError::NotANumber) } else { Ok(()) }
    }

    /// The next token, given admitted logits, which it changes.
    ///
    /// # Errors
    /// Nothing is left to choose from, or the mask wrote NaN.
    pub fn choose(&mut self, logits: &mut [f32], mask: Option<&mut dyn LogitMask>) -> Result<u32, SampleError> {
        self.adjust(logits);
        if let Some(mask) = mask {
            mask.apply(&self.generated, logits);
        }
        let best = argmax(logits).map_err(|_| SampleError::NotANumber)?;
        let most = logits[best as usize];
        if most == f32::NEG_INFINITY {
            return Err(SampleError::NothingAllowed);
        }
        if self.sampling.temperature == 0.0 { Ok(best) } else { self.drawer.draw(&self.sampling, logits, self.random.unit()) }
    }

    /// Records `token` as the next of the answer, chosen here or forced.
    pub fn push(&mut self, token: u32) {
        self.generated.push(token);
        *self.counts.entry(token).or_default() += 1;
    }

    /// Biases and penalties. Each touches its own logits only, so the map's order does not matter.
    fn adjust(&self, logits: &mut [f32]) {
        let Sampling { repetition, presence, frequency, bias, .. } = &self.sampling;
        for (id, bias) in bias {
            if let Some(logit) = logits.get_mut(*id as usize) {
                *logit += bias;
            }
        }
        if *repetition == 1.0 && *presence == 0.0 && *frequency == 0.0 {
            return;
        }
        for (id, count) in &self.counts {
            let Some(logit) = logits.get_mut(*id as usize) else { continue };
            *logit = if *logit > 0.0 { *logit / repetition } else { *logit * repetition };
            *logit -= presence + frequency * *count as f32;
        }
    }
}

#[cfg(test)]
mod tests;
