//! A sequence as bytes and back: keys and values by page (all layers of 64 tokens together), then the state of each DeltaNet layer.

use std::ops::Range;
use std::sync::Arc;

use pinakes_kernels::{DeltaShape, DeltaState, KvLayout, KvPage, PAGE_TOKENS};

use crate::Model;
use crate::config::LayerKind;
use crate::sequence::{LayerMemory, Sequence};

/// What the sequences of a model are made of.
#[derive(Clone)]
pub(super) struct Form {
    layout: KvLayout,
    delta: Option<DeltaShape>,
    layers: Vec<LayerKind>,
    state_bytes: usize,
}

impl Form {
    pub(super) fn of(model: &Model) -> Self {
        let delta = model.weights().delta.clone();
        let state_bytes = delta.as_ref().map_or(0, |shape| DeltaState::new(shape).as_bytes().len());
        Self { layout: *model.kv_layout(), delta, layers: model.config().layers.clone(), state_bytes }
    }

    /// Bytes of one page of all layers.
    pub(super) fn page_bytes(&self) -> usize {
        self.layout.page_bytes() * (self.layers.len() - self.states())
    }

    /// Bytes of the state of one layer.
    pub(super) fn state_bytes(&self) -> usize {
        self.state_bytes
    }

    /// Layers with a state.
    pub(super) fn states(&self) -> usize {
        self.layers.iter().filter(|kind| **kind == LayerKind::Linear).count()
    }

    /// Puts page number `page` of all layers into `out`.
    pub(super) fn page(&self, sequence: &Sequence, page: usize, out: &mut Vec<u8>) {
        out.clear();
        for layer in sequence.layers() {
            if let LayerMemory::Pages(pages) = layer {
                out.extend_from_slice(pages[page].as_bytes());
            }
        }
    }

    /// Puts the state of the `number`th layer that has one into `out`.
    pub(super) fn state(&self, sequence: &Sequence, number: usize, out: &mut Vec<u8>) {
        out.clear();
        let mut states =
            sequence.layers().iter().filter_map(|layer| if let LayerMemory::State(state) = layer { Some(state) } else { None });
        out.extend_from_slice(states.nth(number).expect("as many states as layers that have one").as_bytes());
    }

    /// Whether the sequence is one of this form after `length` tokens.
    pub(super) fn fits(&self, sequence: &Sequence, length: usize) -> bool {
        let whole = |(kind, layer): (&LayerKind, &LayerMemory)| match (kind, layer) {
            (LayerKind::Full, LayerMemory::Pages(pages)) => {
                pages.len() >= length.div_ceil(PAGE_TOKENS) && pages.iter().all(|page| page.as_bytes().len() == self.layout.page_bytes())
            }
            (LayerKind::Linear, LayerMemory::State(state)) => state.as_bytes().len() == self.state_bytes,
            _ => false,
        };
        let layers = sequence.layers();
        sequence.length() == length && layers.len() == self.layers.len() && self.layers.iter().zip(layers).all(whole)
    }
}

/// Pages that hold the tokens from `start` to `end`, among them those that begin or go on outside of these.
pub(super) fn pages(start: usize, end: usize) -> Range<usize> {
    start / PAGE_TOKENS..end.div_ceil(PAGE_TOKENS)
}

/// A sequence that is being put together: pages in order, then states in order.
pub(super) struct Assembly<'a> {
    form: &'a Form,
    layers: Vec<LayerMemory>,
    states: usize,
}

impl<'a> Assembly<'a> {
    /// Shares those pages with `base`, a snapshot after so many of the same tokens, that are full there.
    pub(super) fn new(form: &'a Form, base: Option<(usize, &Sequence)>) -> Self {
        let empty = |kind: &LayerKind| match (kind, &form.delta) {
            // Taken up again by its own state below.
            (LayerKind::Linear, Some(shape)) => LayerMemory::State(Arc::new(DeltaState::new(shape))),
            _ => LayerMemory::Pages(Vec::new()),
        };
        let mut layers: Vec<LayerMemory> = match base {
            Some((_, sequence)) => sequence.layers().to_vec(),
            None => form.layers.iter().map(empty).collect(),
        };
        let shared = base.map_or(0, |(length, _)| length / PAGE_TOKENS);
        for layer in &mut layers {
            if let LayerMemory::Pages(pages) = layer {
                pages.truncate(shared);
            }
        }
        Self { form, layers, states: 0 }
    }

    /// Adds the next page of all layers; `None` when the bytes are not those of one.
    pub(super) fn page(&mut self, bytes: &[u8]) -> Option<()> {
        let size = self.form.layout.page_bytes();
        if bytes.len() != self.form.page_bytes() {
            return None;
        }
        let mut parts = bytes.chunks_exact(size);
        for layer in &mut self.layers {
            if let LayerMemory::Pages(pages) = layer {
                pages.push(Arc::new(KvPage::from_bytes(&self.form.layout, parts.next()?)?));
            }
        }
        Some(())
    }

    /// Adds the next state; `None` when the bytes are not one's.
    pub(super) fn state(&mut self, bytes: &[u8]) -> Option<()> {
        let state = DeltaState::from_bytes(self.form.delta.as_ref()?, bytes)?;
        let mut places = self.layers.iter_mut().filter(|layer| matches!(layer, LayerMemory::State(_)));
        *places.nth(self.states)? = LayerMemory::State(Arc::new(state));
        self.states += 1;
        Some(())
    }

    /// The sequence after `length` tokens; `None` when something is missing.
    pub(super) fn finish(self, length: usize) -> Option<Sequence> {
        let states = self.states;
        let sequence = Sequence::from_layers(length, self.layers);
        (states == self.form.states() && self.form.fits(&sequence, length)).then_some(sequence)
    }
}
