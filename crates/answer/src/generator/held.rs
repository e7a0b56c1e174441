//! What a text may be held to while it is written: [`pinakes_chat`] says which tokens may come next, the engine asks it before each.

use pinakes_chat::{Grammar, Quoting};
use pinakes_engine::sampler::LogitMask;

/// A hold on what comes next.
#[derive(Debug)]
pub enum Held {
    /// What stands between quotation marks stands in a source.
    Quotes(Box<Quoting>),
    /// All of it is JSON of a schema.
    Schema(Box<Grammar>),
}

impl Held {
    /// As the engine takes it, for an answer that begins inside a `<think>` or not.
    pub(super) fn mask(self, in_reasoning: bool) -> Box<dyn LogitMask> {
        Box::new(match self {
            Self::Quotes(quoting) => Self::Quotes(Box::new(quoting.beginning_in_reasoning(in_reasoning))),
            Self::Schema(grammar) => Self::Schema(Box::new(grammar.beginning_in_reasoning(in_reasoning))),
        })
    }
}

impl LogitMask for Held {
    fn apply(&mut self, generated: &[u32], logits: &mut [f32]) {
        match self {
            Self::Quotes(quoting) => quoting.mask(generated, logits),
            Self::Schema(grammar) => grammar.mask(generated, logits),
        }
    }
}
