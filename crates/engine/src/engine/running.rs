//! One request while it is being answered: what is still to be read, the chooser's state, and the way back to the caller.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::{Event, Failure, FinishReason, Request, Usage};
use crate::sampler::{LoopDetector, Reasoning, Sampler, logprobs};

/// A request that waits.
pub(super) struct Job {
    pub(super) request: Request,
    pub(super) events: Sender<Event>,
    /// What it may take.
    pub(super) bytes: u64,
    pub(super) submitted: Instant,
}

/// A request with a sequence.
pub(super) struct Active<S> {
    pub(super) sequence: S,
    /// What it may take.
    pub(super) bytes: u64,
    request: Request,
    events: Sender<Event>,
    /// Events that the receiver had no room for; while there are any, the sequence pauses.
    unsent: VecDeque<Event>,
    /// Since when there have been some.
    stalled: Option<Instant>,
    /// Tokens of the prompt, then of the answer, that the sequence has read.
    read: usize,
    sampler: Sampler,
    reasoning: Option<Reasoning>,
    loops: Option<LoopDetector>,
    /// The token that was chosen and not yet read.
    chosen: [u32; 1],
    done: bool,
    usage: Usage,
    since: Instant,
}

impl<S> Active<S> {
    pub(super) fn new(job: Job, sequence: S, vocabulary: usize) -> Self {
        let Job { request, events, bytes, submitted } = job;
        let now = Instant::now();
        let usage = Usage { prompt_tokens: request.prompt.len(), queued: now - submitted, ..Usage::default() };
        Self {
            sequence,
            bytes,
            events,
            unsent: VecDeque::new(),
            stalled: None,
            read: 0,
            sampler: Sampler::new(request.sampling.clone(), request.valid_tokens.unwrap_or(vocabulary)),
            reasoning: request.reasoning.clone().map(Reasoning::new),
            loops: request.stop_loops.then(LoopDetector::default),
            chosen: [0],
            done: false,
            usage,
            since: now,
            request,
        }
    }

    /// Whether its place can be given to another: everything was said, or nobody listens or reads.
    pub(super) fn is_over(&self, stall_time_max: Duration) -> bool {
        let stalled = self.stalled.is_some_and(|since| since.elapsed() > stall_time_max);
        stalled || self.events.is_closed() || (self.done && self.unsent.is_empty())
    }

    /// Whether it can take part in a step.
    pub(super) fn is_ready(&self) -> bool {
        !self.done && self.unsent.is_empty()
    }

    /// Whether the prompt is still being read.
    pub(super) fn is_reading(&self) -> bool {
        self.read < self.request.prompt.len()
    }

    /// The next tokens to read, at most `most` of a prompt, and whether logits are needed after them. Pieces of a prompt end at
    /// multiples of 64, where pages do.
    pub(super) fn next_tokens(&mut self, most: usize) -> (&mut S, &[u32], bool) {
        if !self.is_reading() {
            return (&mut self.sequence, &self.chosen, true);
        }
        let length = self.request.prompt.len();
        let mut end = length.min(self.read + most.max(1));
        let aligned = end / 64 * 64;
        if end < length && aligned > self.read {
            end = aligned;
        }
        (&mut self.sequence, &self.request.prompt[self.read..end], end == length)
    }

    /// Records that `tokens` were read.
    pub(super) fn advance(&mut self, tokens: usize) {
        let total = self.request.prompt.len();
        if self.is_reading() {
            // Progress is only told where there is room, and never at the cost of a token's place.
            if self.events.capacity() > 1 {
                let _ = self.events.try_send(Event::Prefilled { done: self.read + tokens, total });
            }
        }
        self.read += tokens;
    }

    /// Chooses the next token from `logits`. Whatever goes wrong in it is this request's alone.
    pub(super) fn choose(&mut self, logits: &mut [f32]) {
        let chosen = catch_unwind(AssertUnwindSafe(|| self.choose_inner(logits)));
        if let Err(failure) = chosen.unwrap_or(Err(Failure::Panicked)) {
            self.fail(failure);
        }
    }

    fn choose_inner(&mut self, logits: &mut [f32]) -> Result<(), Failure> {
        self.sampler.admit(logits)?;
        let reported = self.request.logprobs.map(|count| logprobs(logits, count));
        let raw = reported.as_ref().map(|_| logits.to_vec());
        let forced = self.reasoning.as_ref().and_then(Reasoning::forced);
        let id = match forced {
            Some(id) => id,
            None => {
                let mask = self.request.mask.as_mut();
                match mask {
                    Some(mask) => self.sampler.choose(logits, Some(mask.as_mut()))?,
                    None => self.sampler.choose(logits, None)?,
                }
            }
        };
        if self.usage.completion_tokens == 0 {
            self.usage.prefill = self.since.elapsed();
            self.since = Instant::now();
        }
        if self.request.stop_tokens.contains(&id) {
            self.finish(FinishReason::Stop(id));
            return Ok(());
        }
        self.sampler.push(id);
        if let Some(reasoning) = &mut self.reasoning {
            reasoning.push(id);
        }
        self.chosen = [id];
        self.usage.completion_tokens += 1;
        let logprob = raw.zip(reported.as_ref()).and_then(|(raw, (_, normaliser))| Some(raw.get(id as usize)? - normaliser));
        self.send(Event::Token { id, logprob, top: reported.map(|(top, _)| top).unwrap_or_default() });
        if self.loops.as_mut().is_some_and(|loops| loops.push(id)) {
            self.finish(FinishReason::Loop);
        } else if self.usage.completion_tokens >= self.request.output_tokens_max {
            self.finish(FinishReason::Length);
        }
        Ok(())
    }

    fn finish(&mut self, reason: FinishReason) {
        self.usage.decode = self.since.elapsed();
        self.usage.reasoning_tokens = self.reasoning.as_ref().map_or(0, Reasoning::used);
        self.done = true;
        self.send(Event::Finished { reason, usage: self.usage });
    }

    /// Ends it without an answer.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.done = true;
        self.send(Event::Failed(failure));
    }

    fn send(&mut self, event: Event) {
        self.unsent.push_back(event);
        self.flush();
    }

    /// Sends what the receiver had no room for; true if something could be sent.
    pub(super) fn flush(&mut self) -> bool {
        let mut sent = false;
        while let Some(event) = self.unsent.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => sent = true,
                Err(TrySendError::Full(event)) => {
                    self.unsent.push_front(event);
                    self.stalled = self.stalled.filter(|_| !sent).or_else(|| Some(Instant::now()));
                    return sent;
                }
                Err(TrySendError::Closed(_)) => self.unsent.clear(),
            }
        }
        self.stalled = None;
        sent
    }
}
