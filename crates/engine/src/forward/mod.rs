//! The forward pass, from ids to logits.
//!
//! Promised: a row's numbers depend on the tokens before it in its own sequence and on nothing else: not on how they were cut into
//! chunks, not on what else is in the batch, not on the number of threads, not on whether they were read now or earlier.

mod attention;
mod delta;
mod mlp;
mod moe;
mod scratch;
mod slice;

use std::ops::Range;

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
    let slices = slice::cut(model, batch);

    for (number, layer) in weights.layers.iter().enumerate() {
        for slice in &slices {
            s.normalise(model, &slice.rows, &layer.mixer_norm);
            match &layer.mixer {
                Mixer::Attention(attention) => attention::attention(model, number, attention, slice, batch, s),
                Mixer::Delta(delta) => delta::delta(model, number, delta, slice, batch, s),
            }
            s.add_mixed(model, &slice.rows);
        }
        match &layer.mlp {
            Mlp::Dense(dense) => {
                for slice in &slices {
                    s.normalise(model, &slice.rows, &layer.mlp_norm);
                    mlp::dense(model, dense, slice.rows.len(), s);
                    s.add_mixed(model, &slice.rows);
                }
            }
            // All at once: an expert reads few of the rows, and what it makes of them is small.
            Mlp::Moe(experts) => {
                s.normalise(model, &(0..rows), &layer.mlp_norm);
                moe::moe(model, experts, rows, s);
                s.add_mixed(model, &(0..rows));
            }
        }
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
    /// `normed = norm(stream)` of some rows.
    fn normalise(&mut self, model: &Model, rows: &Range<usize>, gain: &[f32]) {
        let hidden = gain.len();
        let normed = room(&mut self.normed, rows.len() * hidden);
        rms_norm(&model.pool, &self.stream[rows.start * hidden..rows.end * hidden], gain, model.config.norm_epsilon, normed);
    }

    /// `stream += mixed`, the latter being of those rows.
    fn add_mixed(&mut self, model: &Model, rows: &Range<usize>) {
        let hidden = model.config.hidden;
        add(&model.pool, &mut self.stream[rows.start * hidden..rows.end * hidden], &self.mixed[..rows.len() * hidden]);
    }
}
