//! The forward pass of a BERT encoder (Devlin et al., 2019; post-norm) over packed sequences.
//!
//! Sequences stand one after the other without padding: linear layers and norms run over all their tokens at once, attention over each
//! sequence by itself. One call uses one thread; several calls, each with its own [`Scratch`], use several.

use std::ops::Range;

use crate::linear::{Operand, Precision};
use crate::settings::{Encoder, Pooling};
use crate::simd::{
    AddBias, AddBiasAndResidual, AddBiasThenGelu, AlignedBuffer, Columns, Geometry, Plain, Product, Rows, exponentials, layer_norm,
    scale_into,
};
use crate::weights::{Layer, Norm, Weights};

/// Buffers of one forward pass, kept for the next. Activations are `[tokens, stride]`.
pub(crate) struct Scratch {
    /// The residual stream.
    hidden: AlignedBuffer,
    /// The residual stream of the next step.
    next: AlignedBuffer,
    /// Queries, keys and values, or the intermediate layer.
    wide: AlignedBuffer,
    /// What attention read, all heads.
    context: AlignedBuffer,
    /// Left operand of the current product.
    left: Operand,
    head: Head,
}

/// Buffers of one attention head over one sequence of `n` tokens.
struct Head {
    /// `[head size, n]`.
    keys: Columns,
    /// `[n, head size]`.
    values: Columns,
    /// `[n, n]`.
    scores: AlignedBuffer,
    /// One over the sum of each row of `scores`.
    inverse_sums: Vec<f32>,
    /// `[n, head size]`.
    context: AlignedBuffer,
}

impl Scratch {
    pub(crate) fn new(geometry: Geometry) -> Self {
        let buffer = AlignedBuffer::default;
        let head = Head {
            keys: Columns::new(geometry, false),
            values: Columns::new(geometry, true),
            scores: buffer(),
            inverse_sums: Vec::new(),
            context: buffer(),
        };
        Self { hidden: buffer(), next: buffer(), wide: buffer(), context: buffer(), left: Operand::new(geometry), head }
    }
}

/// A model ready to run.
pub(crate) struct Model {
    pub(crate) encoder: Encoder,
    pub(crate) weights: Weights,
    pub(crate) pooling: Pooling,
    pub(crate) normalize: bool,
}

impl Model {
    /// One vector per sequence of token ids. Each sequence is at most `positions` long and every id has a row in the embedding table;
    /// an empty sequence gives zeros.
    pub(crate) fn vectors(&self, sequences: &[&[u32]], precision: Precision, scratch: &mut Scratch) -> Vec<Vec<f32>> {
        scratch.left.precision = precision;
        let mut ends = 0;
        let spans: Vec<Range<usize>> = sequences
            .iter()
            .map(|ids| {
                ends += ids.len();
                ends - ids.len()..ends
            })
            .collect();
        self.embed_tokens(sequences, ends, scratch);
        for layer in &self.weights.layers {
            self.attention(layer, &spans, scratch);
            self.feed_forward(layer, ends, scratch);
        }
        spans.into_iter().map(|span| self.pool(span, scratch)).collect()
    }

    /// Distance between two rows of the residual stream.
    fn stride(&self) -> usize {
        self.weights.layers.first().map_or(self.encoder.hidden_size, |layer| layer.output.stride())
    }

    fn embed_tokens(&self, sequences: &[&[u32]], tokens: usize, scratch: &mut Scratch) {
        let (hidden, stride) = (self.encoder.hidden_size, self.stride());
        for buffer in [&mut scratch.hidden, &mut scratch.next, &mut scratch.context] {
            buffer.resize(tokens * stride);
        }
        let mut rows = scratch.hidden.chunks_exact_mut(stride);
        for ids in sequences {
            for (position, (id, row)) in ids.iter().zip(&mut rows).enumerate() {
                let word = &self.weights.words[*id as usize * hidden..][..hidden];
                let place = &self.weights.positions[position * hidden..][..hidden];
                for ((sum, word), place) in row.iter_mut().zip(word).zip(place) {
                    *sum = word + place;
                }
            }
        }
        self.normalize_rows(&mut scratch.hidden, &self.weights.embedding_norm);
    }

    fn normalize_rows(&self, rows: &mut [f32], norm: &Norm) {
        layer_norm(rows, self.stride(), &norm.weight, &norm.bias, self.encoder.layer_norm_eps);
    }

    /// hidden ← norm(hidden + output(attention(hidden))).
    fn attention(&self, layer: &Layer, spans: &[Range<usize>], scratch: &mut Scratch) {
        let stride = self.stride();
        let tokens = spans.last().map_or(0, |span| span.end);
        let Scratch { hidden: stream, next, wide, context, left, head } = scratch;

        let linear = &layer.query_key_value;
        let wide_stride = linear.stride();
        wide.resize(tokens * wide_stride);
        linear.apply(left, (stream, stride), tokens, AddBias(linear.bias()), wide);

        for span in spans.iter().filter(|span| !span.is_empty()) {
            let query_key_value = &wide[span.start * wide_stride..span.end * wide_stride];
            let context = &mut context[span.start * stride..span.end * stride];
            for number in 0..self.encoder.num_attention_heads {
                self.attend(number, query_key_value, wide_stride, context, left.rows(), head);
            }
        }

        let linear = &layer.attention_output;
        let epilogue = AddBiasAndResidual { bias: linear.bias(), residual: stream };
        linear.apply(left, (context, stride), tokens, epilogue, next);
        self.normalize_rows(next, &layer.attention_norm);
        std::mem::swap(stream, next);
    }

    /// One head over one sequence: context ← softmax(queries·keysᵀ)·values, into the head's columns.
    fn attend(&self, number: usize, input: &[f32], input_stride: usize, context: &mut [f32], left: &mut Rows, head: &mut Head) {
        let (hidden, size, stride) = (self.encoder.hidden_size, self.encoder.head_size(), self.stride());
        let tokens = input.len() / input_stride;
        let first = number * size;
        let Head { keys, values, scores, inverse_sums, context: read } = head;

        left.pack(input, input_stride, first, tokens, size);
        keys.pack_transposed(input, input_stride, hidden + first, tokens, size);
        scores.resize(tokens * keys.stride());
        Product { left, right: keys, epilogue: Plain, result: scores }.run();

        inverse_sums.resize(tokens, 0.0);
        exponentials(scores, keys.stride(), tokens, inverse_sums);

        left.pack(scores, keys.stride(), 0, tokens, tokens);
        values.pack(input, input_stride, 2 * hidden + first, tokens, size);
        read.resize(tokens * values.stride());
        Product { left, right: values, epilogue: Plain, result: read }.run();

        let rows = context.chunks_exact_mut(stride).zip(read.chunks_exact(values.stride()));
        for ((to, from), inverse_sum) in rows.zip(inverse_sums) {
            scale_into(&mut to[first..first + size], &from[..size], *inverse_sum);
        }
    }

    /// hidden ← norm(hidden + output(gelu(intermediate(hidden)))).
    fn feed_forward(&self, layer: &Layer, tokens: usize, scratch: &mut Scratch) {
        let stride = self.stride();
        let Scratch { hidden: stream, next, wide, left, .. } = scratch;

        let linear = &layer.intermediate;
        let wide_stride = linear.stride();
        wide.resize(tokens * wide_stride);
        linear.apply(left, (stream, stride), tokens, AddBiasThenGelu(linear.bias()), wide);

        let linear = &layer.output;
        let epilogue = AddBiasAndResidual { bias: linear.bias(), residual: stream };
        linear.apply(left, (wide, wide_stride), tokens, epilogue, next);
        self.normalize_rows(next, &layer.output_norm);
        std::mem::swap(stream, next);
    }

    /// The vector of the sequence that stands in these rows.
    fn pool(&self, span: Range<usize>, scratch: &Scratch) -> Vec<f32> {
        let (hidden, stride) = (self.encoder.hidden_size, self.stride());
        let rows = match self.pooling {
            Pooling::Mean => span,
            Pooling::Cls => span.start..span.end.min(span.start + 1),
        };
        let count = rows.len().max(1) as f32;
        let mut vector = vec![0.0; hidden];
        for row in rows {
            vector.iter_mut().zip(&scratch.hidden[row * stride..][..hidden]).for_each(|(sum, x)| *sum += x);
        }
        let scale = if self.normalize {
            // The mean's division cancels against the length.
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            1.0 / length.max(1e-12)
        } else {
            1.0 / count
        };
        vector.iter_mut().for_each(|x| *x *= scale);
        vector
    }
}
