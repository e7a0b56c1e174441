//! What a layer reads: rows of f32 and, beside them, the same rows in 8 bits.
//!
//! The 8-bit form is made once and shared by all the projections of one input. Each 32 elements have a scale of their own (finer than the
//! 256 of ggml's `Q8_K`, so the K formats lose less here), and their sums, by which products correct for offsets and minima.
//!
//! Promised: what is stored of a row depends on that row alone, to the bit, on every instruction set.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod scalar;

use crate::isa::Isa;
use crate::matrix::Matrix;
use crate::profile::{Cost, Kernel};
use crate::threads::Pool;

/// Columns that share a scale.
pub(crate) const BLOCK: usize = 32;

/// Columns of f32 that fill a line of the cache.
pub(crate) const LINE: usize = 16;

/// Rows that lie interleaved, block by block, and that one register tile takes at once.
pub(crate) const GROUP: usize = 12;

/// Layer input: f32 rows and their 8-bit form. Reused from call to call, so that its memory is allocated once.
#[derive(Debug)]
pub struct Input {
    forms: Forms,
    groups: Vec<Group>,
    rows: usize,
    columns: usize,
}

/// Which forms are made of what is loaded.
#[derive(Debug, Clone, Copy)]
struct Forms {
    floats: bool,
    codes: bool,
}

/// Up to [`GROUP`] rows. `n` is their number, `B` the number of blocks; columns past the last are zeros.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// `n`.
    pub(crate) rows: usize,
    /// `[⌈columns/16⌉, n, 16]`: rows that were a power of two apart would all fall into one set of the cache.
    pub(crate) values: Vec<[f32; LINE]>,
    /// `[B, n, 32]`: `value ≈ scale · code`, codes −127..=127.
    pub(crate) codes: Vec<i8>,
    /// `[B, n]`; zero for a block of zeros, NaN for one that holds a value that is not finite.
    pub(crate) scales: Vec<f32>,
    /// `[B, n]`: −128 · sum of the codes, which is what unsigned weights have too much.
    pub(crate) corrections: Vec<i32>,
    /// `[B, n, 2]`: the same for each 16 columns.
    pub(crate) half_corrections: Vec<[i32; 2]>,
    /// `[B, n]`: sum of the codes.
    pub(crate) sums: Vec<f32>,
    /// `[B, n, 2]`: the same for each 16 columns.
    pub(crate) half_sums: Vec<[f32; 2]>,
}

/// The 8-bit form of 32 values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quantised {
    codes: [i8; BLOCK],
    scale: f32,
    half_sums: [i32; 2],
}

impl Default for Input {
    fn default() -> Self {
        Self::new()
    }
}

impl Input {
    /// An empty one, for matrices of any format.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Forms { floats: true, codes: true })
    }

    /// An empty one for these matrices, or others stored as one of them is: of a long prompt, a form that nobody reads costs a tenth of the
    /// product.
    #[must_use]
    pub fn serving(matrices: &[&Matrix]) -> Self {
        let float = |matrix: &&Matrix| matrix.format().is_float();
        Self::with(Forms { floats: matrices.iter().any(float), codes: !matrices.iter().all(float) })
    }

    fn with(forms: Forms) -> Self {
        Self { forms, groups: Vec::new(), rows: 0, columns: 0 }
    }

    /// Whether products with `matrix` find what they read.
    pub(crate) fn serves(&self, matrix: &Matrix) -> bool {
        if matrix.format().is_float() { self.forms.floats } else { self.forms.codes }
    }

    /// Takes `values`, `[rows, columns]`, in place of what was there.
    ///
    /// # Panics
    /// When `columns` is zero or `values` is no whole number of rows.
    pub fn load(&mut self, pool: &Pool, values: &[f32], columns: usize) {
        pool.counted(Kernel::Input, Cost::on_floats(values.len()), || self.load_with(Isa::current(), pool, values, columns));
    }

    /// [`Input::load`] with a given instruction set.
    pub(crate) fn load_with(&mut self, isa: Isa, pool: &Pool, values: &[f32], columns: usize) {
        assert!(columns > 0 && values.len().is_multiple_of(columns), "{} values in rows of {columns}", values.len());
        self.rows = values.len() / columns;
        self.columns = columns;
        self.groups.resize_with(self.rows.div_ceil(GROUP), Group::default);
        let forms = self.forms;
        let load = |index: usize, group: &mut Group| {
            let from = index * GROUP * columns;
            let values = &values[from..values.len().min(from + GROUP * columns)];
            group.rows = values.len() / columns;
            if forms.floats {
                group.load_floats(values, columns);
            }
            if forms.codes {
                group.load_codes(isa, values, columns);
            }
        };
        match self.groups.as_mut_slice() {
            [only] => load(0, only), // a decode step: not worth waking anybody
            groups => pool.pieces(groups, 1, &|index, piece| load(index, &mut piece[0])),
        }
    }

    /// Rows loaded; of an empty one none.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of each row.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }
}

impl Group {
    fn load_floats(&mut self, values: &[f32], columns: usize) {
        self.values.resize(self.rows * columns.div_ceil(LINE), [0.0; LINE]);
        for (row, values) in values.chunks_exact(columns).enumerate() {
            for (line, values) in values.chunks(LINE).enumerate() {
                self.values[line * self.rows + row][..values.len()].copy_from_slice(values);
            }
        }
    }

    fn load_codes(&mut self, isa: Isa, values: &[f32], columns: usize) {
        let count = self.rows * columns.div_ceil(BLOCK);
        self.codes.resize(count * BLOCK, 0);
        self.scales.resize(count, 0.0);
        self.corrections.resize(count, 0);
        self.half_corrections.resize(count, [0; 2]);
        self.sums.resize(count, 0.0);
        self.half_sums.resize(count, [0.0; 2]);
        for (row, values) in values.chunks_exact(columns).enumerate() {
            let (whole, rest) = values.as_chunks::<BLOCK>();
            for (block, values) in whole.iter().enumerate() {
                self.store(block * self.rows + row, &quantise(isa, values));
            }
            if !rest.is_empty() {
                let mut padded = [0.0; BLOCK];
                padded[..rest.len()].copy_from_slice(rest);
                self.store(whole.len() * self.rows + row, &quantise(isa, &padded));
            }
        }
    }

    fn store(&mut self, at: usize, block: &Quantised) {
        let [first, second] = block.half_sums;
        self.codes[at * BLOCK..][..BLOCK].copy_from_slice(&block.codes);
        self.scales[at] = block.scale;
        self.corrections[at] = -128 * (first + second);
        self.half_corrections[at] = [-128 * first, -128 * second];
        self.sums[at] = (first + second) as f32;
        self.half_sums[at] = [first as f32, second as f32];
    }
}

#[cfg(target_arch = "x86_64")]
fn quantise(isa: Isa, values: &[f32; BLOCK]) -> Quantised {
    match isa {
        // SAFETY: an `Isa` that a kernel is handed went through detection on this machine.
        Isa::Avx512 => unsafe { avx512::quantise(values) },
        // SAFETY: as above.
        Isa::Avx2 | Isa::AvxVnni => unsafe { avx2::quantise(values) },
        _ => scalar::quantise(values),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn quantise(_: Isa, values: &[f32; BLOCK]) -> Quantised {
    scalar::quantise(values)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_instruction_sets_quantise_alike(bits in proptest::array::uniform32(any::<u32>()), exponent in 0u32..256, wild in any::<bool>()) {
            // Values of any bits, or of one magnitude so that codes are not all zero.
            let value = |bits: u32| f32::from_bits(if wild { bits } else { bits & 0x807F_FFFF | exponent << 23 });
            let values = bits.map(value);
            let expected = scalar::quantise(&values);
            for isa in Isa::all() {
                let got = quantise(isa, &values);
                prop_assert_eq!(got.codes, expected.codes);
                prop_assert_eq!(got.scale.to_bits(), expected.scale.to_bits());
                prop_assert_eq!(got.half_sums, expected.half_sums);
            }
        }
    }

    #[test]
    fn what_is_not_finite_spoils_its_block_alone() {
        let mut values = [1.0; 64];
        values[40] = f32::INFINITY;
        let mut input = Input::new();
        input.load(&Pool::new(1), &values, 64);
        assert_eq!(input.groups()[0].scales[0], 1.0 / 127.0);
        assert!(input.groups()[0].scales[1].is_nan());
    }
}
