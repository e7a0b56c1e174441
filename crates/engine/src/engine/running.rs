//! One request from its submission to its last event: the tokens of its prompt and answer, how many of them its sequence has read, and
//! what it is waiting for.
//!
//! A request has a sequence only while it is admitted. As any token is an exact place to go on from, the sequence can be taken away at
//! any time and be made again from a snapshot or from the start; nothing that was chosen changes.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use super::answer::{Answer, Said};
use super::draft::Drafter;
use super::outbox::Outbox;
use super::{Backend, Chunk, Event, Failure, FinishReason, LogitRows, Priority, Request, Snapshot, Usage};
use crate::cache::{CacheRequest, Fetching, Pin, ReuseEnd};

/// A request on its way to the engine's thread.
pub(super) struct Job {
    pub(super) request: Request,
    pub(super) events: Sender<Event>,
    /// What it may take.
    pub(super) bytes: u64,
    pub(super) submitted: Instant,
}

/// What a sequence is and stands on.
pub(super) struct Standing<S> {
    pub(super) sequence: S,
    /// Keeps the snapshot that the sequence went on from where it is.
    pub(super) pin: Option<Pin>,
}

/// A request on the engine's thread.
pub(super) struct Active<S> {
    /// In order of arrival.
    pub(super) id: u64,
    pub(super) client: u64,
    pub(super) priority: Priority,
    /// What it may take.
    pub(super) bytes: u64,
    pub(super) cache: Option<CacheRequest>,
    /// `None` while it waits for its turn.
    pub(super) standing: Option<Standing<S>>,
    /// The prompt and what was chosen.
    pub(super) tokens: Vec<u32>,
    pub(super) prompt_tokens: usize,
    /// Tokens that the sequence has read.
    pub(super) read: usize,
    /// Where the sequence is to be kept, ascending.
    pub(super) stops: Vec<usize>,
    /// A longer snapshot that is on its way from the disk.
    pub(super) fetching: Option<Fetching<S>>,
    /// Another that is reading the same text and will have kept it after so many tokens.
    pub(super) follows: Option<(u64, usize)>,
    /// Where reuse ended and why.
    pub(super) reuse: Option<(usize, ReuseEnd)>,
    /// Whether that was counted; only the first time that a request begins counts.
    pub(super) counted: bool,
    /// Whether its first logits are wanted, and then what they were.
    pub(super) verify: bool,
    pub(super) witnessed: Option<Vec<f32>>,
    deadline: Option<Instant>,
    answer: Answer,
    outbox: Outbox,
    drafter: Drafter,
    /// What the next step reads: tokens, then a draft of so many.
    chunk: Vec<u32>,
    drafted: usize,
    rows: LogitRows,
    done: bool,
    pub(super) usage: Usage,
    submitted: Instant,
    begun: bool,
    since: Instant,
}

impl<S: Snapshot> Active<S> {
    pub(super) fn new(id: u64, job: Job, vocabulary: usize) -> Self {
        let Job { mut request, events, bytes, submitted } = job;
        let tokens = std::mem::take(&mut request.prompt);
        Self {
            id,
            client: request.client,
            priority: request.priority,
            bytes,
            cache: request.cache.take(),
            standing: None,
            prompt_tokens: tokens.len(),
            usage: Usage { prompt_tokens: tokens.len(), ..Usage::default() },
            tokens,
            read: 0,
            stops: Vec::new(),
            fetching: None,
            follows: None,
            reuse: None,
            counted: false,
            verify: false,
            witnessed: None,
            deadline: request.time_max.and_then(|time| submitted.checked_add(time)),
            answer: Answer::new(request, vocabulary),
            outbox: Outbox::new(events),
            drafter: Drafter::default(),
            chunk: Vec::new(),
            drafted: 0,
            rows: LogitRows::None,
            done: false,
            submitted,
            begun: false,
            since: submitted,
        }
    }

    /// Gives it a sequence that has read `read` of its tokens.
    pub(super) fn stand(&mut self, sequence: S, read: usize, pin: Option<Pin>) {
        self.standing = Some(Standing { sequence, pin });
        self.read = read;
        if !self.begun {
            self.begun = true;
            self.since = Instant::now();
            self.usage.queued = self.since - self.submitted;
        }
    }

    /// Tokens that may come from a snapshot: one is read for its logits, where logits are wanted.
    pub(super) fn reusable(&self) -> usize {
        self.tokens.len() - usize::from(self.answer.tokens_left() > 0)
    }

    /// Ends it if there is nothing left to read and nothing to say.
    pub(super) fn finish_if_read(&mut self) {
        if self.read == self.tokens.len() && self.answer.tokens_left() == 0 && !self.done {
            self.finish(FinishReason::Read);
        }
    }

    /// Takes its sequence away until it is admitted again.
    pub(super) fn park(&mut self) {
        self.standing = None;
        self.fetching = None;
        self.follows = None;
        self.read = 0;
    }

    /// Whether its place can be given to another: everything was said, or nobody listens or reads.
    pub(super) fn is_over(&self, stall_time_max: Duration) -> bool {
        self.outbox.is_dead(stall_time_max) || (self.done && self.outbox.is_empty())
    }

    /// Whether its time is up before it is done.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        !self.done && self.deadline.is_some_and(|deadline| now > deadline)
    }

    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Whether it waits for its receiver.
    pub(super) fn is_paused(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Whether it can take part in a step.
    pub(super) fn is_ready(&self) -> bool {
        !self.done && self.outbox.is_empty() && self.standing.is_some() && self.fetching.is_none() && self.follows.is_none()
    }

    /// Whether more is to be read than the last token.
    pub(super) fn is_reading(&self) -> bool {
        self.read < self.prompt_tokens || self.tokens.len() - self.read > 1
    }

    /// Tokens that were chosen or given and not read.
    pub(super) fn unread(&self) -> usize {
        self.tokens.len() - self.read
    }

    /// Prepares the next step: at most `most` tokens of what is to be read, and behind the last one a draft of at most `draft`. Pieces
    /// of a prompt end where the sequence is to be kept, else at multiples of 64, where pages do. Returns how many tokens that are.
    pub(super) fn prepare(&mut self, most: usize, draft: usize) -> usize {
        let length = self.tokens.len();
        let mut end = length.min(self.read.saturating_add(most.max(1)));
        let aligned = end / 64 * 64;
        if end < length && aligned > self.read {
            end = aligned;
        }
        end = self.stops.iter().copied().find(|stop| *stop > self.read).map_or(end, |stop| end.min(stop));
        self.chunk.clear();
        self.chunk.extend_from_slice(&self.tokens[self.read..end]);
        self.rows = if end == length && self.answer.tokens_left() > 0 { LogitRows::Last } else { LogitRows::None };
        self.drafted = 0;
        if self.unread() == 1 && !self.is_reading() {
            // The last token of an answer is not drafted: nothing would be chosen after it.
            let draft = self.drafter.draft(&self.tokens, draft.min(self.answer.tokens_left().saturating_sub(1)));
            if !draft.is_empty() {
                self.drafted = draft.len();
                self.chunk.extend_from_slice(draft);
                self.rows = LogitRows::Tail(1 + draft.len());
            }
        }
        self.chunk.len()
    }

    /// How much of what was prepared is a draft.
    pub(super) fn drafted(&self) -> usize {
        self.drafted
    }

    /// Lets the sequence be taken back if what was prepared is a draft.
    pub(super) fn mark<B: Backend<Sequence = S>>(&mut self, backend: &B) {
        if let Some(standing) = self.standing.as_mut().filter(|_| self.drafted > 0) {
            backend.mark(&mut standing.sequence);
        }
    }

    /// What was prepared.
    pub(super) fn chunk(&mut self) -> Option<Chunk<'_, S>> {
        let standing = self.standing.as_mut()?;
        Some(Chunk { sequence: &mut standing.sequence, tokens: &self.chunk, logits: self.rows })
    }

    /// Takes what the step made of it: the rows that were asked for, each of which made the step longer by `row_share` of it.
    pub(super) fn settle<B: Backend<Sequence = S>>(&mut self, backend: &mut B, rows: &mut dyn Iterator<Item = &mut [f32]>, row_share: f64) {
        let before = self.read;
        self.read += self.chunk.len() - self.drafted;
        if before < self.prompt_tokens {
            self.outbox.mention(Event::Prefilled { done: self.read.min(self.prompt_tokens), total: self.prompt_tokens });
        }
        let mut accepted = 0;
        for index in 0..self.rows.count(self.chunk.len()) {
            let row = rows.next().expect("a backend gives every row that was asked for");
            if self.done || accepted < index {
                continue;
            }
            self.choose(row);
            let drafted = self.chunk.get(self.chunk.len() - self.drafted + index);
            accepted += usize::from(!self.done && drafted.is_some() && drafted == self.tokens.last());
        }
        if self.drafted > 0 {
            self.settle_draft(backend, accepted, row_share);
        }
        self.finish_if_read();
    }

    /// Keeps what the sequence read of a draft as far as it was right.
    fn settle_draft<B: Backend<Sequence = S>>(&mut self, backend: &mut B, accepted: usize, row_share: f64) {
        self.usage.drafted_tokens += self.drafted;
        self.usage.accepted_tokens += accepted;
        if !self.done {
            self.drafter.learn(self.drafted, accepted, row_share);
        }
        if let Some(standing) = &mut self.standing {
            backend.rewind(&mut standing.sequence, self.chunk.len() - self.drafted + accepted);
            self.read += accepted;
        }
        self.drafted = 0;
    }

    fn choose(&mut self, logits: &mut [f32]) {
        if self.verify && self.witnessed.is_none() {
            self.witnessed = Some(logits.to_vec());
        }
        let chosen = self.answer.choose(logits);
        if self.usage.completion_tokens == 0 && chosen.is_ok() {
            self.usage.prefill = self.since.elapsed();
            self.since = Instant::now();
        }
        match chosen {
            Err(failure) => self.fail(failure),
            Ok(Said::Stop(id)) => self.finish(FinishReason::Stop(id)),
            Ok(Said::Token { id, logprob, top, end }) => {
                self.tokens.push(id);
                self.usage.completion_tokens += 1;
                self.outbox.send(Event::Token { id, logprob, top });
                if let Some(reason) = end {
                    self.finish(reason);
                }
            }
        }
    }

    fn finish(&mut self, reason: FinishReason) {
        let elapsed = self.since.elapsed();
        if reason == FinishReason::Read {
            self.usage.prefill = elapsed
        } else {
            self.usage.decode = elapsed
        }
        self.usage.reasoning_tokens = self.answer.reasoning_tokens();
        self.done = true;
        self.outbox.send(Event::Finished { reason, usage: self.usage });
    }

    /// Ends it without an answer.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.done = true;
        self.outbox.send(Event::Failed(failure));
    }

    /// Sends what the receiver had no room for; true if something could be sent.
    pub(super) fn flush(&mut self) -> bool {
        self.outbox.flush()
    }

    /// How long it has been since it was submitted.
    pub(super) fn age(&self) -> Duration {
        self.submitted.elapsed()
    }
}
