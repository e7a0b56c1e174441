//! Trust, verified: some of the answers that went on from a snapshot are computed again from the first token, while nothing else is to
//! be done, and their first logits compared bit by bit.

use super::guard::guarded;
use super::running::Active;
use super::{Backend, Chunk, LogitRows, Snapshot};

/// One prompt that is being computed again.
pub(super) struct Check<S> {
    tokens: Vec<u32>,
    read: usize,
    sequence: S,
    expected: Vec<f32>,
}

impl<S: Snapshot> Check<S> {
    /// Of a request whose logits were kept for it.
    pub(super) fn of<B: Backend<Sequence = S>>(one: &mut Active<S>, backend: &B) -> Option<Self> {
        let expected = one.witnessed.take()?;
        one.verify = false;
        let sequence = guarded("begin", || backend.begin())?;
        Some(Self { tokens: one.tokens[..one.prompt_tokens].to_vec(), read: 0, sequence, expected })
    }

    /// Reads on by at most `most` tokens; at the end, whether the bits are the same.
    pub(super) fn step<B: Backend<Sequence = S>>(&mut self, backend: &mut B, most: usize, logits: &mut Vec<f32>) -> Option<bool> {
        let end = self.tokens.len().min(self.read + most);
        let last = end == self.tokens.len();
        let rows = if last { LogitRows::Last } else { LogitRows::None };
        backend.step(&mut [Chunk { sequence: &mut self.sequence, tokens: &self.tokens[self.read..end], logits: rows }], logits);
        self.read = end;
        last.then(|| {
            let same = logits.len() == self.expected.len();
            same && logits.iter().zip(&self.expected).all(|(a, b)| a.to_bits() == b.to_bits())
        })
    }
}
