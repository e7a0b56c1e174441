//! What the model remembers of one sequence. Cloning is a snapshot: pages and states are shared until one side writes.

use std::sync::Arc;

use pinakes_kernels::{DeltaShape, DeltaState, KvLayout, KvPage, PAGE_TOKENS};

use crate::config::{Config, LayerKind};
use crate::engine::Snapshot;
use crate::rewind::Trail;

/// One sequence's memory.
#[derive(Clone)]
pub struct Sequence {
    /// Tokens read.
    length: usize,
    /// One for each layer of the model.
    layers: Vec<LayerMemory>,
    /// What going back takes, while that may be wanted.
    pub(crate) trail: Option<Box<Trail>>,
}

/// What one layer remembers.
#[derive(Clone)]
pub enum LayerMemory {
    /// Keys and values: page i holds those of tokens `64·i ..`.
    Pages(Vec<Arc<KvPage>>),
    /// The recurrent state and the convolution's last inputs, after the last token.
    State(Arc<DeltaState>),
}

impl Sequence {
    /// Before the first token.
    #[must_use]
    pub fn new(config: &Config, delta: Option<&DeltaShape>) -> Self {
        let memory = |kind: &LayerKind| match (kind, delta) {
            (LayerKind::Linear, Some(shape)) => LayerMemory::State(Arc::new(DeltaState::new(shape))),
            _ => LayerMemory::Pages(Vec::new()),
        };
        Self { length: 0, layers: config.layers.iter().map(memory).collect(), trail: None }
    }

    /// One that has read `length` tokens and remembers `layers` of them.
    pub(crate) fn from_layers(length: usize, layers: Vec<LayerMemory>) -> Self {
        Self { length, layers, trail: None }
    }

    /// Tokens read; the position of the next.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// What each layer remembers.
    #[must_use]
    pub fn layers(&self) -> &[LayerMemory] {
        &self.layers
    }

    /// Records that every layer has read `tokens` more.
    pub(crate) fn advance(&mut self, tokens: usize) {
        self.length += tokens;
    }

    /// Writes keys and values `[tokens, kv_heads, head_dim]` to `layer`, `ahead` tokens behind the last one read, on pages of its own.
    pub(crate) fn write(&mut self, layer: usize, layout: &KvLayout, ahead: usize, keys: &[f32], values: &[f32]) {
        let LayerMemory::Pages(pages) = &mut self.layers[layer] else { unreachable!("attention layers keep pages") };
        let width = layout.kv_heads * layout.head_dim;
        for (index, (key, value)) in keys.chunks_exact(width).zip(values.chunks_exact(width)).enumerate() {
            let position = self.length + ahead + index;
            if position / PAGE_TOKENS == pages.len() {
                pages.push(Arc::new(layout.new_page()));
            }
            layout.write(Arc::make_mut(&mut pages[position / PAGE_TOKENS]), position % PAGE_TOKENS, key, value);
        }
    }

    /// Forgets keys and values behind the first `length` tokens. States are [`Self::state`]'s to set.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = length;
        for layer in &mut self.layers {
            if let LayerMemory::Pages(pages) = layer {
                pages.truncate(length.div_ceil(PAGE_TOKENS));
            }
        }
    }

    /// Puts another state in the place of a DeltaNet layer's.
    pub(crate) fn put_state(&mut self, layer: usize, state: Arc<DeltaState>) {
        self.layers[layer] = LayerMemory::State(state);
    }

    /// The pages of an attention layer.
    pub(crate) fn pages(&self, layer: usize) -> Vec<&KvPage> {
        match &self.layers[layer] {
            LayerMemory::Pages(pages) => pages.iter().map(AsRef::as_ref).collect(),
            LayerMemory::State(_) => Vec::new(),
        }
    }

    /// The state of a DeltaNet layer, for this sequence alone to change.
    pub(crate) fn state(&mut self, layer: usize) -> &mut DeltaState {
        match &mut self.layers[layer] {
            LayerMemory::State(state) => Arc::make_mut(state),
            LayerMemory::Pages(_) => unreachable!("DeltaNet layers keep a state"),
        }
    }
}

impl Snapshot for Sequence {
    /// Those of the first attention layer: the others' are shared and copied at the same moments.
    fn pages(&self) -> Vec<usize> {
        let pages = self.layers.iter().find_map(|layer| if let LayerMemory::Pages(pages) = layer { Some(pages) } else { None });
        pages.into_iter().flatten().map(|page| Arc::as_ptr(page) as usize).collect()
    }
}
