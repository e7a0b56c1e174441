//! One answer as it comes to be: from a row of logits to the next token or the end. What it chooses depends on the rows and on what it
//! chose before, never on how the rows were come by.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Failure, FinishReason, Request};
use crate::sampler::{Logprob, LoopDetector, Reasoning, Sampler, logprobs};

pub(super) struct Answer {
    /// Its prompt was taken out.
    request: Request,
    sampler: Sampler,
    reasoning: Option<Reasoning>,
    loops: Option<LoopDetector>,
}

/// What a row came to.
pub(super) enum Said {
    /// The next token, and whether it is the last.
    Token { id: u32, logprob: Option<f32>, top: Vec<Logprob>, end: Option<FinishReason> },
    /// The end, before a token that is not part of it.
    Stop(u32),
}

impl Answer {
    pub(super) fn new(request: Request, vocabulary: usize) -> Self {
        Self {
            sampler: Sampler::new(request.sampling.clone(), request.valid_tokens.unwrap_or(vocabulary)),
            reasoning: request.reasoning.clone().map(Reasoning::new),
            loops: request.stop_loops.then(LoopDetector::default),
            request,
        }
    }

    /// Tokens so far.
    pub(super) fn tokens(&self) -> usize {
        self.sampler.generated().len()
    }

    /// Tokens that may still follow.
    pub(super) fn tokens_left(&self) -> usize {
        self.request.output_tokens_max - self.tokens()
    }

    /// Of which were reasoning.
    pub(super) fn reasoning_tokens(&self) -> usize {
        self.reasoning.as_ref().map_or(0, Reasoning::used)
    }

    /// Chooses the next token. Whatever goes wrong in it is this request's alone.
    pub(super) fn choose(&mut self, logits: &mut [f32]) -> Result<Said, Failure> {
        let chosen = catch_unwind(AssertUnwindSafe(|| self.choose_inner(logits)));
        chosen.unwrap_or(Err(Failure::Panicked))
    }

    fn choose_inner(&mut self, logits: &mut [f32]) -> Result<Said, Failure> {
        self.sampler.admit(logits)?;
        let reported = self.request.logprobs.map(|count| logprobs(logits, count));
        let raw = reported.as_ref().map(|_| logits.to_vec());
        let forced = self.reasoning.as_ref().and_then(Reasoning::forced);
        let id = match (forced, &mut self.request.mask) {
            (Some(id), _) => id,
            (None, Some(mask)) => self.sampler.choose(logits, Some(mask.as_mut()))?,
            (None, None) => self.sampler.choose(logits, None)?,
        };
        if self.request.stop_tokens.contains(&id) {
            return Ok(Said::Stop(id));
        }
        self.sampler.push(id);
        if let Some(reasoning) = &mut self.reasoning {
            reasoning.push(id);
        }
        let logprob = raw.zip(reported.as_ref()).and_then(|(raw, (_, normaliser))| Some(raw.get(id as usize)? - normaliser));
        let end = if self.loops.as_mut().is_some_and(|loops| loops.push(id)) {
            Some(FinishReason::Loop)
        } else {
            (self.tokens_left() == 0).then_some(FinishReason::Length)
        };
        Ok(Said::Token { id, logprob, top: reported.map(|(top, _)| top).unwrap_or_default(), end })
    }
}
