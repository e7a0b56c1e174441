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

/// A piece of a sequence.
pub(super) enum Part {
    /// One page of each attention layer.
    Page(Vec<Arc<KvPage>>),
    /// The state of one DeltaNet layer.
    State(Arc<DeltaState>),
}

impl Form {
    /// What [`Form::page`] gave; `None` when the bytes are another form's.
    pub(super) fn part_of_page(&self, bytes: &[u8]) -> Option<Part> {
        let size = self.layout.page_bytes();
        let pages = bytes.chunks(size).map(|bytes| KvPage::from_bytes(&self.layout, bytes).map(Arc::new));
        let pages: Vec<_> = pages.collect::<Option<_>>()?;
        (bytes.len() == self.page_bytes()).then_some(Part::Page(pages))
    }

    /// What [`Form::state`] gave; `None` when the bytes are another form's.
    pub(super) fn part_of_state(&self, bytes: &[u8]) -> Option<Part> {
        let state = DeltaState::from_bytes(self.delta.as_ref()?, bytes)?;
        Some(Part::State(Arc::new(state)))
    }

    /// The sequence after `length` tokens: the pages that are full in `base`, a snapshot after fewer of the same tokens, then `parts`,
    /// pages in order and states in order. `None` when something is missing.
    pub(super) fn assemble(&self, length: usize, base: Option<(usize, &Sequence)>, parts: Vec<Part>) -> Option<Sequence> {
        let shared = base.map_or(0, |(length, _)| length / PAGE_TOKENS);
        let mut pages: Vec<Vec<Arc<KvPage>>> = match base {
            Some((_, sequence)) => sequence.layers().iter().filter_map(|layer| shared_pages(layer, shared)).collect(),
            None => vec![Vec::new(); self.layers.len() - self.states()],
        };
        let mut states = Vec::new();
        for part in parts {
            match part {
                Part::Page(layers) => pages.iter_mut().zip(layers).for_each(|(pages, page)| pages.push(page)),
                Part::State(state) => states.push(state),
            }
        }
        let (mut pages, mut states) = (pages.into_iter(), states.into_iter());
        let layer = |kind: &LayerKind| match kind {
            LayerKind::Full => pages.next().map(LayerMemory::Pages),
            LayerKind::Linear => states.next().map(LayerMemory::State),
        };
        let layers = self.layers.iter().map(layer).collect::<Option<Vec<_>>>()?;
        let sequence = Sequence::from_layers(length, layers);
        self.fits(&sequence, length).then_some(sequence)
    }
}

/// The first pages of a layer that has pages.
fn shared_pages(layer: &LayerMemory, count: usize) -> Option<Vec<Arc<KvPage>>> {
    match layer {
        LayerMemory::Pages(pages) => Some(pages.iter().take(count).cloned().collect()),
        LayerMemory::State(_) => None,
    }
}
