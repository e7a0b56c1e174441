//! What a scheduler needs of something that computes: begin a sequence, take a step with several, say what that costs. Sequences are
//! opaque to it, so that their state may live on another device.

use crate::cache::PrefillCost;

/// What a model remembers of one sequence. Cloning it is a snapshot: memory is shared until one side writes.
pub trait Snapshot: Clone + Send + 'static {
    /// The pages that it holds, as numbers that are equal where the memory is the same.
    fn pages(&self) -> Vec<usize>;
}

/// Computes steps.
pub trait Backend: Send + 'static {
    /// What the model remembers of one sequence. Cloning it is a snapshot.
    type Sequence: Snapshot;

    /// An empty sequence.
    fn begin(&self) -> Self::Sequence;

    /// Reads every chunk into its sequence and writes the asked rows of logits, `[rows, vocabulary]`, one chunk's after the other's.
    /// After a panic the sequences of the step are in no defined state and must be dropped; the backend must be usable.
    fn step(&mut self, batch: &mut [Chunk<'_, Self::Sequence>], logits: &mut Vec<f32>);

    /// From here on, until [`Self::rewind`], the sequence can be taken back by what it reads, which is a draft and little.
    fn mark(&self, sequence: &mut Self::Sequence);

    /// Takes the sequence back to the first `kept` tokens of those that it read since it was marked, and forgets the mark. What it
    /// remembers then is to the bit what reading no more than these leaves.
    fn rewind(&mut self, sequence: &mut Self::Sequence, kept: usize);

    /// What reading a prompt costs, for judging what is worth keeping.
    fn prefill_cost(&self) -> PrefillCost {
        PrefillCost { token: 1.0, pair: 0.0 }
    }

    /// Bytes of the model's weights, as they lie in memory.
    fn weights_bytes(&self) -> u64 {
        0
    }

    /// What a sequence takes.
    fn sequence_cost(&self) -> SequenceCost;

    /// Width of a row of logits; ids are below it.
    fn vocabulary(&self) -> usize;

    /// Positions the model may see.
    fn context_max(&self) -> usize;
}

/// Bytes that a sequence takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SequenceCost {
    /// Whatever its length: recurrent states.
    pub fixed_bytes: u64,
    /// Tokens of a page, in all layers.
    pub page_tokens: usize,
    /// Keys and values of a page, in all layers.
    pub page_bytes: u64,
}

impl SequenceCost {
    /// Of a sequence of `tokens`.
    #[must_use]
    pub fn bytes(&self, tokens: usize) -> u64 {
        self.fixed_bytes + tokens.div_ceil(self.page_tokens.max(1)) as u64 * self.page_bytes
    }
}

/// Which rows of a chunk need logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogitRows {
    /// None: more of the prompt follows.
    None,
    /// That of the last token.
    Last,
    /// Those of so many tokens at the end.
    Tail(usize),
    /// Every token's.
    All,
}

impl LogitRows {
    /// How many of `tokens` rows.
    #[must_use]
    pub fn count(self, tokens: usize) -> usize {
        match self {
            Self::None => 0,
            Self::Last => tokens.min(1),
            Self::Tail(count) => tokens.min(count),
            Self::All => tokens,
        }
    }
}

/// Tokens that follow what a sequence has read so far.
pub struct Chunk<'a, S> {
    /// Where they go.
    pub sequence: &'a mut S,
    /// One or more.
    pub tokens: &'a [u32],
    /// What comes back.
    pub logits: LogitRows,
}
