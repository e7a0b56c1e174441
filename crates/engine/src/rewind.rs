//! Going back by some tokens, for drafts that were wrong from some place on.
//!
//! Keys and values are simply forgotten. A recurrent state cannot be run backwards; so the state from before the draft is kept (it is
//! shared until the draft changes its copy), and beside it what each DeltaNet layer was given since, a few kilobytes a token. Going back
//! runs the recurrence again over the tokens that stay, which reads no weights: a few per cent of a step.
//! Promised: the same bits as reading no more than those tokens, as a row's bits depend on the rows before it only.

use std::sync::Arc;

use pinakes_kernels::{DeltaInput, DeltaState, delta_net};

use crate::model::Model;
use crate::sequence::{LayerMemory, Sequence};
use crate::weights::Mixer;

/// What was read since a moment.
#[derive(Clone)]
pub(crate) struct Trail {
    /// Tokens that were read before it.
    start: usize,
    /// One for each layer of the model; empty for attention layers.
    layers: Vec<Steps>,
}

/// What one DeltaNet layer was given, as [`DeltaInput`] has it.
#[derive(Clone, Default)]
struct Steps {
    /// Before the first of them.
    state: Option<Arc<DeltaState>>,
    qkv: Vec<f32>,
    a: Vec<f32>,
    b: Vec<f32>,
}

impl Sequence {
    /// From here on, until [`Model::rewind`], the sequence can be taken back.
    pub fn mark(&mut self) {
        let steps = |layer: &LayerMemory| match layer {
            LayerMemory::State(state) => Steps { state: Some(Arc::clone(state)), ..Steps::default() },
            LayerMemory::Pages(_) => Steps::default(),
        };
        let layers = self.layers().iter().map(steps).collect();
        self.trail = Some(Box::new(Trail { start: self.length(), layers }));
    }

    /// Takes note of what a DeltaNet layer is about to read, if the sequence is marked.
    pub(crate) fn note(&mut self, layer: usize, input: &DeltaInput<'_>) {
        if let Some(trail) = &mut self.trail {
            let Steps { qkv, a, b, .. } = &mut trail.layers[layer];
            qkv.extend_from_slice(input.qkv);
            a.extend_from_slice(input.a);
            b.extend_from_slice(input.b);
        }
    }
}

impl Model {
    /// Takes `sequence` back to the first `kept` tokens of those that it read since it was marked, and forgets the mark.
    pub fn rewind(&self, sequence: &mut Sequence, kept: usize) {
        let Some(trail) = sequence.trail.take() else { return };
        let length = trail.start + kept;
        if length >= sequence.length() {
            return;
        }
        // What comes out is of no interest, and what gates it neither.
        let values = self.weights.delta.as_ref().map_or(0, |shape| kept * shape.values());
        let (gate, mut out) = (vec![0.0; values], vec![0.0; values]);
        for (number, steps) in trail.layers.into_iter().enumerate() {
            let (Mixer::Delta(weights), Some(shape), Some(state)) = (&self.weights.layers[number].mixer, &self.weights.delta, steps.state)
            else {
                continue;
            };
            sequence.put_state(number, state);
            let (qkv, gates) = (&steps.qkv[..kept * shape.channels()], kept * shape.value_heads);
            let input = DeltaInput { qkv, z: &gate, a: &steps.a[..gates], b: &steps.b[..gates] };
            delta_net(&self.pool, shape, &weights.small, &mut [(input, sequence.state(number), &mut out)]);
        }
        sequence.truncate(length);
    }
}
