//! SIMD arithmetic on slices: quantised products, attention, the delta rule.
//!
//! Every kernel computes each output row in an order of floating-point operations that depends on nothing but that row's own inputs:
//! not on the batch, not on how a prompt is split, not on the number of threads. So the same tokens give the same bits.

mod aligned;
mod attention;
mod delta;
mod format;
mod input;
mod isa;
mod mapped;
mod matrix;
mod peaks;
mod profile;
mod rope;
mod rows;
mod shared;
mod simd;
#[cfg(test)]
mod test_numbers;
mod threads;

pub use attention::{KvKind, KvLayout, KvPage, PAGE_TOKENS, Queries, attend};
pub use delta::{DeltaInput, DeltaShape, DeltaState, DeltaWeights, HeadOrder, delta_net};
pub use format::{Format, dequantise, quantise};
pub use input::Input;
pub use isa::{Isa, force_isa};
pub use mapped::MappedFile;
pub use matrix::{BadMatrix, Matrix, multiply, multiply_with};
pub use peaks::Peaks;
pub use profile::{Kernel, Tally};
pub use rope::{Pairing, Rope, Rotation, Yarn};
pub use rows::{
    NotANumber, add, argmax, exp, gate_sigmoid, gate_sigmoid_from, log_sum_exp, rms_norm, rms_norm_from, softmax, swiglu, top_k,
};
pub use threads::Pool;
