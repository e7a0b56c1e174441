//! SIMD arithmetic on slices: quantised products, attention, the delta rule.
//!
//! Every kernel computes each output row in an order of floating-point operations that depends on nothing but that row's own inputs:
//! not on the batch, not on how a prompt is split, not on the number of threads. So the same tokens give the same bits.

mod format;
mod input;
mod isa;
mod mapped;
mod matrix;
mod shared;
mod threads;

pub use format::{Format, dequantise, quantise};
pub use input::Input;
pub use isa::{Isa, force};
pub use mapped::MappedFile;
pub use matrix::{BadMatrix, Matrix, multiply, multiply_with};
pub use threads::Pool;
