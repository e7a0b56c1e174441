//! Who takes part in a step: one token of every running answer, and as much of one prompt as leaves their pace bearable.

use super::running::Active;
use super::{Backend, Chunk, LogitRows};
use crate::limits::{CHUNK_TOKENS, CHUNK_TOKENS_SHARED};

/// Which of the active sequences take part, and with how many tokens. In order of arrival; one prompt is read at a time, so that the
/// first is answered first.
pub(super) fn plan<S>(active: &[Active<S>]) -> Vec<(usize, usize)> {
    let ready = || active.iter().enumerate().filter(|(_, one)| one.is_ready());
    let writing = ready().filter(|(_, one)| !one.is_reading()).map(|(index, _)| (index, 1));
    let mut plan: Vec<(usize, usize)> = writing.collect();
    let most = if plan.is_empty() { CHUNK_TOKENS } else { CHUNK_TOKENS_SHARED };
    if let Some((index, _)) = ready().find(|(_, one)| one.is_reading()) {
        plan.push((index, most));
        plan.sort_unstable();
    }
    plan
}

/// Takes the step.
pub(super) fn step<B: Backend>(backend: &mut B, active: &mut [Active<B::Sequence>], plan: &[(usize, usize)], logits: &mut Vec<f32>) {
    let mut read = Vec::with_capacity(plan.len());
    let mut batch = Vec::with_capacity(plan.len());
    for (index, one) in active.iter_mut().enumerate() {
        let Some((_, most)) = plan.iter().find(|(planned, _)| *planned == index) else { continue };
        let (sequence, tokens, needed) = one.next_tokens(*most);
        read.push((index, tokens.len(), needed));
        batch.push(Chunk { sequence, tokens, logits: if needed { LogitRows::Last } else { LogitRows::None } });
    }
    backend.step(&mut batch, logits);
    let width = backend.vocabulary();
    let mut rows = logits.chunks_exact_mut(width);
    for (index, tokens, needed) in read {
        active[index].advance(tokens);
        if needed {
            let row = rows.next().expect("a backend gives every row that was asked for");
            active[index].choose(row);
        }
    }
}
