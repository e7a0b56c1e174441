//! What one text may ask of a generator beside its prompt.

use std::time::Duration;

use pinakes_engine::sampler::Sampling;

use super::Held;

/// Choices for one text. The default is what answers use: greedy, since what quotes documents is to be exact and the same question is to
/// get the same answer; lengths and reasoning as configured; until the model ends it.
#[derive(Default)]
pub struct Options {
    /// Tokens of the text after any reasoning; as configured when absent.
    pub tokens_max: Option<usize>,
    /// Whether the model reasons first; as configured when absent.
    pub thinking: Option<bool>,
    /// Tokens of that reasoning; as configured when absent.
    pub reasoning_tokens_max: Option<usize>,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// What it is held to. A server elsewhere cannot be asked for it: see [`super::Generator::can_hold`].
    pub held: Option<Held>,
    /// Whether the prompt is the asker's own rather than documents: then what is read of it is reused for nobody else.
    pub private: bool,
    /// Texts that end it and are left out.
    pub stop: Vec<String>,
    /// For how long it may take, from now; as long as it takes when absent.
    pub time_max: Option<Duration>,
}
