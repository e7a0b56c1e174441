//! SIMD arithmetic on slices: quantised products, attention, the delta rule.
//!
//! Every kernel computes each output row in an order of floating-point operations that depends on nothing but that row's own inputs:
//! not on the batch, not on how a prompt is split, not on the number of threads. So the same tokens give the same bits.

mod isa;
mod mapped;
mod shared;
mod threads;

pub use isa::{Isa, force};
pub use mapped::MappedFile;
pub use threads::Pool;
