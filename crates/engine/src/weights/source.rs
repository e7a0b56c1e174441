//! Where tensors come from: files of two formats, or a generator of random ones. The names are GGUF's (QWEN35.md §4).

use pinakes_kernels::Matrix;

use crate::LoadError;

/// Gives tensors by name, each once.
pub(crate) trait Source {
    /// Whether there is such a tensor.
    fn has(&self, name: &str) -> bool;

    /// A small tensor of `shape` (outermost first), as it takes part in the arithmetic.
    fn vector(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError>;

    /// A matrix `[rows, columns]`.
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix, LoadError>;

    /// `experts` matrices `[rows, columns]` that lie in one tensor.
    fn experts(&mut self, name: &str, experts: usize, rows: usize, columns: usize) -> Result<Vec<Matrix>, LoadError>;

    /// Says what was there and was not asked for.
    fn finish(&mut self) -> Result<(), LoadError>;
}
