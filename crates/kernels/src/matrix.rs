//! Weight matrices in our own packed layout, and the product `y = W x` of every instruction set.
//!
//! Sixteen consecutive outputs (rows of W) lie interleaved as one *panel*, so that a SIMD lane is one output: no sum ever runs across lanes,
//! and every output is accumulated over the columns in the same order, whatever is multiplied beside it.
//!
//! The arithmetic of an output, for quantised formats, from the first column to the last, by blocks of 32 columns or, where 16 columns have
//! a scale of their own, by halves of them (integers exact, `fma` one rounding; `s`, `m` scale and minus the minimum of the weights, `a` the
//! scale of the input, `Σ` the sum of its codes):
//! ```text
//! t = dot·s               or, with minima,  t = fma(dot, s, m·Σ)
//! y = fma(t, a, y)
//! ```
//! and for float formats `y = fma(w, x, y)` column by column. This order is the contract; the scalar form is its oracle.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod layout;
mod memory;
mod pack;
mod product;
mod scalar;
mod unpack;

use std::ops::Range;

use crate::format::Format;
use crate::threads::Pool;
use layout::{Layout, PANEL};
use memory::Memory;

pub use product::{multiply, multiply_with};

/// Why a matrix was not packed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMatrix {
    /// A dimension is zero, or the columns are no whole number of blocks.
    #[error("a matrix of {rows} x {columns} cannot be stored as {format}, whose blocks are of {block} elements")]
    Shape {
        /// Outputs.
        rows: usize,
        /// Inputs.
        columns: usize,
        /// Name of the format.
        format: &'static str,
        /// Elements of a block.
        block: usize,
    },
    /// The bytes are not those of the shape.
    #[error("{bytes} bytes were given for a matrix of {rows} x {columns} in {format}, which takes {expected}")]
    Bytes {
        /// Given.
        bytes: usize,
        /// Needed.
        expected: usize,
        /// Outputs.
        rows: usize,
        /// Inputs.
        columns: usize,
        /// Name of the format.
        format: &'static str,
    },
    /// The system gave no memory.
    #[error("no memory for a matrix of {bytes} bytes: {reason}")]
    Memory {
        /// Asked for.
        bytes: usize,
        /// The system's words.
        reason: String,
    },
}

/// Weights `[rows, columns]`: outputs by inputs.
#[derive(Debug)]
pub struct Matrix {
    format: Format,
    rows: usize,
    columns: usize,
    layout: Layout,
    /// `[panels, layout.panel_bytes]`.
    memory: Memory,
}

impl Matrix {
    /// Packs a matrix stored row by row as `format` (in files: GGUF's order, or Hugging Face's for floats).
    ///
    /// # Errors
    /// [`BadMatrix`] when shape and bytes do not go together or there is no memory.
    pub fn pack(pool: &Pool, format: Format, rows: usize, columns: usize, bytes: &[u8]) -> Result<Self, BadMatrix> {
        let name = format.name();
        let shape = || BadMatrix::Shape { rows, columns, format: name, block: format.block_elements() };
        if rows == 0 || columns == 0 {
            return Err(shape());
        }
        let row_bytes = format.bytes_of(columns).ok_or_else(shape)?;
        let expected = row_bytes.checked_mul(rows).ok_or_else(shape)?;
        if bytes.len() != expected {
            return Err(BadMatrix::Bytes { bytes: bytes.len(), expected, rows, columns, format: name });
        }
        let layout = Layout::of(format, columns);
        let mut memory = Memory::new(layout.panel_bytes.checked_mul(rows.div_ceil(PANEL)).ok_or_else(shape)?)?;
        pool.pieces(memory.bytes_mut(), layout.panel_bytes, &|panel, out| {
            let first = panel * PANEL * row_bytes;
            let last = bytes.len().min(first + PANEL * row_bytes);
            pack::panel(format, &layout, &bytes[first..last], row_bytes, out);
        });
        Ok(Self { format, rows, columns, layout, memory })
    }

    /// Outputs.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Inputs.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Resident bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.memory.bytes().len()
    }

    /// The packed weights, for telling matrices apart: the same bytes for the same weights in the same version of the layout.
    #[must_use]
    pub fn packed(&self) -> &[u8] {
        self.memory.bytes()
    }

    /// The format it was stored in; its values are held exactly.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Writes the dequantised row `index`, exactly as [`crate::dequantise`] gives it: an embedding.
    ///
    /// # Panics
    /// When there is no such row or `out` is not as long as it.
    pub fn row(&self, index: usize, out: &mut [f32]) {
        assert!(index < self.rows, "row {index} of {}", self.rows);
        assert_eq!(out.len(), self.columns);
        unpack::row(&self.layout, self.panels(index / PANEL..index / PANEL + 1), index % PANEL, out);
    }

    /// The packed bytes of some panels: outputs `16·start..16·end`.
    fn panels(&self, which: Range<usize>) -> &[u8] {
        &self.memory.bytes()[which.start * self.layout.panel_bytes..which.end * self.layout.panel_bytes]
    }
}

#[cfg(test)]
mod tests;
