//! SIMD arithmetic on slices: quantised products, attention, the delta rule.

mod isa;

pub use isa::{Isa, force};
