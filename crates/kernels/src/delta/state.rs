//! What a sequence carries from token to token in one layer.

use super::DeltaShape;
use crate::aligned::Aligned;

/// The recurrent state of one layer of one sequence, f32. Copying it is a snapshot.
#[derive(Clone)]
pub struct DeltaState {
    /// The last `conv_width - 1` rows before the convolution, then S.
    values: Aligned,
    conv_floats: usize,
}

impl DeltaState {
    /// The state before the first token: all zero.
    #[must_use]
    pub fn new(shape: &DeltaShape) -> Self {
        shape.check();
        let conv_floats = (shape.conv_width - 1) * shape.channels();
        Self { values: Aligned::new(conv_floats + shape.values() * shape.key_dim), conv_floats }
    }

    /// Rows before the convolution, oldest first: `[conv_width - 1, channels]`.
    #[must_use]
    pub fn conv(&self) -> &[f32] {
        &self.values.floats()[..self.conv_floats]
    }

    /// The delta rule's memory: `[value_heads, key_dim, value_dim]`.
    #[must_use]
    pub fn s(&self) -> &[f32] {
        &self.values.floats()[self.conv_floats..]
    }

    /// Both parts, for the disk; native byte order.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.values.bytes()
    }

    /// What [`DeltaState::as_bytes`] gave of a layer of this shape; `None` when the length is another's.
    #[must_use]
    pub fn from_bytes(shape: &DeltaShape, bytes: &[u8]) -> Option<Self> {
        let mut state = Self::new(shape);
        let into = state.values.bytes_mut();
        (into.len() == bytes.len()).then(|| into.copy_from_slice(bytes))?;
        Some(state)
    }

    /// The convolution's rows and S.
    ///
    /// # Panics
    /// When the state is of another shape.
    pub(super) fn parts_mut(&mut self, shape: &DeltaShape) -> (&mut [f32], &mut [f32]) {
        let conv_floats = (shape.conv_width - 1) * shape.channels();
        let s_floats = shape.values() * shape.key_dim;
        assert!(self.conv_floats == conv_floats && self.values.floats().len() == conv_floats + s_floats, "a state of this layer");
        self.values.floats_mut().split_at_mut(conv_floats)
    }
}
