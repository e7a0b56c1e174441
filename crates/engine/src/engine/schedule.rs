//! Who takes part in a step: one token of every running answer, with drafts where they pay, and as much of prompts as leaves the
//! answers' pace bearable. Prompts of different people are read in turn; what is read ahead goes on only when nobody waits for anything.

use std::collections::HashMap;

use super::pace::Pace;
use super::running::Active;
use super::{Backend, Priority, Snapshot};
use crate::limits::{CHUNK_TOKENS_MIN, DRAFT_TOKENS_MAX, READERS_MAX};

/// One sequence's part in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Among the active ones.
    pub(super) index: usize,
    /// Tokens to read at most.
    pub(super) tokens: usize,
    /// Tokens to draft at most.
    pub(super) draft: usize,
}

/// When each client's prompt was last read from.
#[derive(Debug, Default)]
pub(super) struct Turns {
    last: HashMap<u64, u64>,
    now: u64,
}

/// Who takes part, in the order of `active`.
pub(super) fn plan<S: Snapshot>(active: &[Active<S>], turns: &mut Turns, pace: &Pace, drafts: bool) -> Vec<Part> {
    // Somebody whom others wait for is as urgent as they are.
    let is_awaited =
        |id: u64| active.iter().any(|one| one.priority == Priority::Interactive && one.follows.is_some_and(|(by, _)| by == id));
    let ready: Vec<(usize, &Active<S>)> = active.iter().enumerate().filter(|(_, one)| one.is_ready()).collect();
    let is_urgent = |one: &Active<S>| one.priority == Priority::Interactive || is_awaited(one.id);
    let urgent = ready.iter().any(|(_, one)| is_urgent(one));
    let taking: Vec<_> = ready.into_iter().filter(|(_, one)| !urgent || is_urgent(one)).collect();

    let writers = taking.iter().filter(|(_, one)| !one.is_reading()).count();
    let draft = if drafts && writers > 0 { DRAFT_TOKENS_MAX / writers } else { 0 };
    let writing = taking.iter().filter(|(_, one)| !one.is_reading()).map(|(index, _)| Part { index: *index, tokens: usize::MAX, draft });
    let mut plan: Vec<Part> = writing.collect();

    let mut readers: Vec<_> = taking.into_iter().filter(|(_, one)| one.is_reading()).collect();
    readers.sort_by_key(|(_, one)| (turns.last.get(&one.client).copied().unwrap_or(0), one.id));
    let mut left = pace.tokens(writers > 0 || !urgent);
    for (index, one) in readers.into_iter().take(READERS_MAX) {
        if left < CHUNK_TOKENS_MIN {
            break;
        }
        let tokens = left.min(one.unread());
        plan.push(Part { index, tokens, draft: 0 });
        left -= tokens;
        turns.now += 1;
        turns.last.insert(one.client, turns.now);
    }
    turns.last.retain(|client, _| active.iter().any(|one| one.client == *client));
    plan.sort_unstable_by_key(|part| part.index);
    plan
}

/// Tokens of a step beside one for each answer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Took {
    /// Of prompts.
    pub(super) prompts: usize,
    /// Of drafts.
    pub(super) drafts: usize,
}

/// Takes the step.
pub(super) fn step<B: Backend>(
    backend: &mut B,
    active: &mut [Active<B::Sequence>],
    plan: &[Part],
    row_share: f64,
    logits: &mut Vec<f32>,
) -> Took {
    let mut taking: Vec<_> = active.iter_mut().enumerate().filter(|(index, _)| plan.iter().any(|part| part.index == *index)).collect();
    let mut took = Took::default();
    for ((_, one), part) in taking.iter_mut().zip(plan) {
        let reads = one.is_reading();
        let tokens = one.prepare(part.tokens, part.draft);
        took.prompts += if reads { tokens } else { 0 };
        took.drafts += one.drafted();
        one.mark(backend);
    }
    let mut batch: Vec<_> = taking.iter_mut().filter_map(|(_, one)| one.chunk()).collect();
    backend.step(&mut batch, logits);
    let mut rows = logits.chunks_exact_mut(backend.vocabulary());
    for (_, one) in &mut taking {
        one.settle(backend, &mut rows, row_share);
    }
    took
}
