//! What happens to activations between products: norms, residuals, gates, activation functions, soft maximum.
//!
//! Slices are `[rows, n]`, row-major. Each element (or row, where a row is reduced) is computed alone, in an order that its length alone
//! gives; only large slices are shared among threads.

mod elementwise;
mod reduce;
mod top;

#[cfg(test)]
mod tests;

pub use elementwise::{add, gate_sigmoid, gate_sigmoid_from, swiglu};
pub use reduce::{exp, log_sum_exp, rms_norm, rms_norm_from, softmax};
pub use top::{NotANumber, argmax, top_k};

/// Floats that one task takes. Fewer are not worth waking a thread for.
const TASK_FLOATS: usize = 16 * 1024;
