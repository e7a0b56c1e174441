//! A step goes through a layer a slice of rows at a time, so that what lies between two products needs room for a slice only. The
//! layer's weights are in the cache by the second slice, and no row's bits depend on how the rows are cut.

use std::ops::Range;

use pinakes_kernels::Rotation;

use crate::engine::Chunk;
use crate::model::Model;
use crate::sequence::Sequence;

/// Rows of a slice for each thread, five groups of the twelve that products take together: attention has tasks for all threads.
const ROWS_PER_THREAD: usize = 60;

/// The fewest: enough to be bound by arithmetic rather than by reading weights.
const ROWS_MIN: usize = 2 * ROWS_PER_THREAD;

/// Some consecutive rows of a step.
pub(super) struct Slice<'m> {
    /// Which rows.
    pub(super) rows: Range<usize>,
    /// The first chunk that has a part in it; the parts' chunks follow each other.
    first_chunk: usize,
    /// Tokens of a chunk each.
    parts: Vec<Range<usize>>,
    /// Sines and cosines of the rows' positions.
    pub(super) rotation: Rotation<'m>,
}

/// Cuts the rows of a batch.
pub(super) fn cut<'m>(model: &'m Model, batch: &[Chunk<'_, Sequence>]) -> Vec<Slice<'m>> {
    let total: usize = batch.iter().map(|chunk| chunk.tokens.len()).sum();
    let rows = (ROWS_PER_THREAD * model.pool.threads()).max(ROWS_MIN);
    (0..total).step_by(rows).map(|first| slice(model, batch, first..total.min(first + rows))).collect()
}

fn slice<'m>(model: &'m Model, batch: &[Chunk<'_, Sequence>], rows: Range<usize>) -> Slice<'m> {
    let (mut first_chunk, mut parts, mut positions) = (0, Vec::new(), Vec::with_capacity(rows.len()));
    let mut row = 0;
    for (index, chunk) in batch.iter().enumerate() {
        let (begin, end) = (row, row + chunk.tokens.len());
        row = end;
        let (from, to) = (rows.start.max(begin), rows.end.min(end));
        if from >= to {
            continue;
        }
        if parts.is_empty() {
            first_chunk = index;
        }
        // A chunk without tokens between two others has an empty part.
        parts.resize(index - first_chunk, 0..0);
        let tokens = from - begin..to - begin;
        let position = |token: usize| (chunk.sequence.length() + token) as u32;
        positions.extend(tokens.clone().map(position));
        parts.push(tokens);
    }
    Slice { rows, first_chunk, parts, rotation: model.rope.at(&positions) }
}

impl Slice<'_> {
    /// The sequences of the slice's rows, in order, and which tokens of their chunks the rows are.
    pub(super) fn sequences<'s>(&'s self, batch: &'s mut [Chunk<'_, Sequence>]) -> impl Iterator<Item = (&'s mut Sequence, Range<usize>)> {
        batch[self.first_chunk..].iter_mut().zip(&self.parts).map(|(chunk, part)| (&mut *chunk.sequence, part.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LoadOptions;
    use crate::engine::LogitRows;
    use crate::weights::Quantization;

    #[test]
    fn slices_hold_every_row_once_in_order() {
        let model = Model::random("tiny", Quantization::Q8_0, 1, &LoadOptions::default()).unwrap();
        let tokens = vec![1_u32; 300];
        let lengths = [1, 0, 130, 0, 1, 250, 1];
        let mut sequences: Vec<Sequence> = lengths.iter().map(|_| model.begin()).collect();
        let mut batch: Vec<_> = (sequences.iter_mut().zip(lengths))
            .map(|(sequence, length)| Chunk { sequence, tokens: &tokens[..length], logits: LogitRows::None })
            .collect();
        let slices = cut(&model, &batch);
        assert_eq!(slices.iter().map(|slice| slice.rows.clone()).collect::<Vec<_>>(), [0..120, 120..240, 240..360, 360..383]);
        let mut read = [0; 7];
        for slice in &slices {
            for (index, part) in slice.parts.iter().enumerate().filter(|(_, part)| !part.is_empty()) {
                assert_eq!(part.start, read[slice.first_chunk + index]);
                read[slice.first_chunk + index] = part.end;
            }
            assert_eq!(slice.sequences(&mut batch).map(|(_, part)| part.len()).sum::<usize>(), slice.rows.len());
        }
        assert_eq!(read, lengths);
    }
}
