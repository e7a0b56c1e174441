//! The forward pass, from ids to logits.
//!
//! Promised: a row's numbers depend on the tokens before it in its own sequence and on nothing else: not on how they were cut into
//! chunks, not on what else is in the batch, not on the number of threads, not on whether they were read now or earlier.

mod attention;
mod delta;
mod mlp;
mod moe;
mod scratch;

use pinakes_kernels::{add, multiply, rms_norm};

pub use scratch::Scratch;
use scratch::room;

use crate::engine::{Chunk, LogitRows};
use crate::model::Model;
use crate::sequence::Sequence;
use crate::weights::{Mixer, Mlp};

/// Some chunks of several sequences, each at most once.
pub type Batch<'a, 'b> = &'a mut [Chunk<'b, Sequence>];

/// Reads the batch and returns the logits that were asked for, `[rows, vocabulary]`, one chunk's after the other's. `observe` is shown
/// the residual stream `[tokens, hidden]` after the embedding (0), after each layer (1, 2, …), and after the final norm where all rows
/// are asked for (layers + 1).
///
/// # Panics
/// When an id is outside the vocabulary.
pub fn forward<'s>(model: &Model, batch: Batch<'_, '_>, s: &'s mut Scratch, observe: &mut dyn FnMut(usize, &[f32])) -> &'s mut [f32] {
    let (weights, pool, hidden) = (&model.weights, &model.pool, model.config.hidden);
    let rows: usize = batch.iter().map(|chunk| chunk.tokens.len()).sum();
    let epsilon = model.config.norm_epsilon;

    let x = room(&mut s.stream, rows * hidden);
    for (row, id) in x.chunks_exact_mut(hidden).zip(batch.iter().flat_map(|chunk| chunk.tokens)) {
        weights.embedding.row(*id as usize, row);
    }
    observe(0, x);
    let positions: Vec<u32> = batch.iter().flat_map(|chunk| (chunk.sequence.length() as u32..).take(chunk.tokens.len())).collect();
    let rotation = model.rope.at(&positions);

    for (number, layer) in weights.layers.iter().enumerate() {
        s.normalise(model, rows, &layer.mixer_norm);
        match &layer.mixer {
            Mixer::Attention(attention) => attention::attention(model, number, attention, &rotation, batch, rows, s),
            Mixer::Delta(delta) => delta::delta(model, number, delta, batch, rows, s),
        }
        add(pool, &mut s.stream[..rows * hidden], &s.mixed[..rows * hidden]);

        s.normalise(model, rows, &layer.mlp_norm);
        match &layer.mlp {
            Mlp::Dense(dense) => mlp::dense(model, dense, rows, s),
            Mlp::Moe(experts) => moe::moe(model, experts, rows, s),
        }
        add(pool, &mut s.stream[..rows * hidden], &s.mixed[..rows * hidden]);
        observe(number + 1, &s.stream[..rows * hidden]);
    }
    for chunk in batch.iter_mut() {
        chunk.sequence.advance(chunk.tokens.len());
    }

    let asked = gather(batch, hidden, &s.stream, &mut s.normed);
    let (last, normed) = (room(&mut s.mixed, asked * hidden), &s.normed[..asked * hidden]);
    rms_norm(pool, normed, &weights.output_norm, epsilon, last);
    if asked == rows {
        observe(weights.layers.len() + 1, last);
    }
    let logits = room(&mut s.logits, asked * model.config.vocabulary);
    if asked > 0 {
        let output = weights.output.as_ref().unwrap_or(&weights.embedding);
        multiply(pool, s.input.load(pool, last, hidden, &[output]), &mut [(output, logits)]);
    }
    logits
}

/// Copies the rows that need logits, `[rows, hidden]`, and says how many they are.
fn gather(batch: &[Chunk<'_, Sequence>], hidden: usize, stream: &[f32], out: &mut Vec<f32>) -> usize {
    let asked: usize = batch.iter().map(|chunk| chunk.logits.count(chunk.tokens.len())).sum();
    let mut places = room(out, asked * hidden).chunks_exact_mut(hidden);
    let mut rows = stream.chunks_exact(hidden);
    for chunk in batch {
        let skip = chunk.tokens.len() - chunk.logits.count(chunk.tokens.len());
        let taken = rows.by_ref().take(chunk.tokens.len()).skip(skip);
        if chunk.logits == LogitRows::None {
            taken.for_each(drop);
        } else {
            taken.zip(&mut places).for_each(|(row, place)| place.copy_from_slice(row));
        }
    }
    asked
}

impl Scratch {
    /// `normed = norm(stream)`
    fn normalise(&mut self, model: &Model, rows: usize, gain: &[f32]) {
        let normed = room(&mut self.normed, rows * gain.len());
        rms_norm(&model.pool, &self.stream[..rows * gain.len()], gain, model.config.norm_epsilon, normed);
    }
}
