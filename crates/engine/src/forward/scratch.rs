//! Room for what lies between two layers. It grows to the largest step and is used again by every one.

use pinakes_kernels::{Input, Matrix, Pool};

/// Buffers of one engine thread; n is the rows of the step, m those of a slice (of the step where there are experts).
#[derive(Default)]
pub struct Scratch {
    /// `[n, hidden]`: the residual stream.
    pub(super) stream: Vec<f32>,
    /// `[m, hidden]`: the stream, normalised.
    pub(super) normed: Vec<f32>,
    /// `[m, hidden]`: what a mixer or an MLP adds to the stream.
    pub(super) mixed: Vec<f32>,
    /// What the products out of the stream read.
    pub(super) input: Inputs,
    /// What the products back into the stream read.
    pub(super) inner_input: Inputs,
    /// Results of products; what they are is said where they are used.
    pub(super) wide: [Vec<f32>; 4],
    /// What the mixer or the activation made of them.
    pub(super) inner: Vec<f32>,
    /// `[asked, vocabulary]`
    pub(crate) logits: Vec<f32>,
}

/// Inputs of products, one for each set of forms that readers need: making a form that nobody reads costs time.
#[derive(Default)]
pub(super) struct Inputs {
    floats: Option<Input>,
    codes: Option<Input>,
    both: Option<Input>,
}

impl Inputs {
    /// `values` in rows of `columns`, for products with `readers`.
    pub(super) fn load(&mut self, pool: &Pool, values: &[f32], columns: usize, readers: &[&Matrix]) -> &Input {
        let floats = readers.iter().filter(|matrix| matrix.format().is_float()).count();
        let place = match floats {
            0 => &mut self.codes,
            some if some == readers.len() => &mut self.floats,
            _ => &mut self.both,
        };
        let input = place.get_or_insert_with(|| Input::serving(readers));
        input.load(pool, values, columns);
        input
    }
}

/// The first `length` elements of a buffer, which grows to hold them. What they hold is left over and must be overwritten.
pub(super) fn room(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    &mut buffer[..length]
}
