//! A linear layer, `y = x·W + b`, in 32-bit floats or in 8-bit integers.
//!
//! In 8 bits the weights have a scale for 32 inputs each (`Q8_0`), made once at loading, and so has each row that comes in. What leaves a
//! layer is 32-bit again: norms, attention, activation and residuals are computed as ever. Either way a row's result depends on that row
//! alone.

use pinakes_kernels::{Format, Input, Matrix, Pool, multiply, quantise};

use crate::simd::{AlignedBuffer, Columns, Epilogue, Finish, Geometry, Product, Rows};

/// What products are computed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// 32-bit floats: sentence-transformers' vectors to 1e-4.
    #[default]
    F32,
    /// 8-bit integers, where the layer's inputs are whole blocks of 32; MiniLM's cosines to 0.01.
    Int8,
}

/// Weights and bias.
pub(crate) struct Linear {
    weight: Columns,
    /// `None` when the inputs are no whole blocks.
    int8: Option<Matrix>,
    /// Padded with zeros to the stride.
    bias: AlignedBuffer,
}

/// What goes into a layer, and room for its product.
pub(crate) struct Operand {
    pub(crate) precision: Precision,
    rows: Rows,
    /// One thread: texts are what is spread over threads.
    pool: Pool,
    input: Input,
    /// `[rows, inputs]`, where the source has gaps between its rows.
    close: Vec<f32>,
    /// `[rows, outputs]`.
    product: Vec<f32>,
}

impl Operand {
    pub(crate) fn new(geometry: Geometry) -> Self {
        let (close, product) = (Vec::new(), Vec::new());
        Self { precision: Precision::F32, rows: Rows::new(geometry), pool: Pool::new(1), input: Input::new(), close, product }
    }

    /// For products that are always of floats.
    pub(crate) fn rows(&mut self) -> &mut Rows {
        &mut self.rows
    }
}

impl Linear {
    /// From a weight `[outputs, inputs]` and a bias `[outputs]`.
    pub(crate) fn new(geometry: Geometry, weight: &[f32], bias: &[f32], inputs: usize) -> Self {
        let mut packed = Columns::new(geometry, false);
        packed.pack_transposed(weight, inputs, 0, bias.len(), inputs);
        let mut padded = AlignedBuffer::zeros(packed.stride());
        padded[..bias.len()].copy_from_slice(bias);
        Self { weight: packed, int8: int8(weight, inputs, bias.len()), bias: padded }
    }

    /// Floats between two rows of a result.
    pub(crate) fn stride(&self) -> usize {
        self.weight.stride()
    }

    /// The bias, padded with zeros to the stride.
    pub(crate) fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// `result[row] = epilogue(source[row]·W)` for the first `rows` rows of `source`, which are `stride` floats apart.
    pub(crate) fn apply<E: Epilogue>(
        &self,
        operand: &mut Operand,
        (source, stride): (&[f32], usize),
        rows: usize,
        epilogue: E,
        result: &mut [f32],
    ) {
        match &self.int8 {
            Some(matrix) if operand.precision == Precision::Int8 => {
                let inputs = matrix.columns();
                let values = if stride == inputs {
                    &source[..rows * inputs]
                } else {
                    operand.close.clear();
                    source.chunks(stride).take(rows).for_each(|row| operand.close.extend(&row[..inputs]));
                    &operand.close
                };
                operand.input.load(&operand.pool, values, inputs);
                operand.product.resize(rows * matrix.rows(), 0.0);
                multiply(&operand.pool, &operand.input, &mut [(matrix, &mut operand.product)]);
                Finish { product: &operand.product, columns: matrix.rows(), stride: self.stride(), epilogue, result }.run();
            }
            _ => {
                operand.rows.pack(source, stride, 0, rows, self.weight.depth());
                Product { left: &operand.rows, right: &self.weight, epilogue, result }.run();
            }
        }
    }
}

fn int8(weight: &[f32], inputs: usize, outputs: usize) -> Option<Matrix> {
    let mut bytes = vec![0; Format::Q8_0.bytes_of(inputs).filter(|_| outputs.is_multiple_of(WIDEST))? * outputs];
    quantise(Format::Q8_0, weight, &mut bytes);
    Matrix::pack(&Pool::new(1), Format::Q8_0, outputs, inputs, &bytes).ok()
}

/// Floats of the widest register: rows of a product are whole ones.
const WIDEST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::AddBias;

    fn numbers(count: usize, mut seed: u32) -> Vec<f32> {
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    fn both(inputs: usize, outputs: usize, stride: usize, rows: usize) -> [Vec<f32>; 2] {
        let geometry = Geometry::detect();
        let linear = Linear::new(geometry, &numbers(inputs * outputs, 1), &numbers(outputs, 2), inputs);
        let source = numbers(rows * stride, 3);
        [Precision::F32, Precision::Int8].map(|precision| {
            let mut operand = Operand { precision, ..Operand::new(geometry) };
            let mut result = vec![f32::NAN; rows * linear.stride()];
            linear.apply(&mut operand, (&source, stride), rows, AddBias(linear.bias()), &mut result);
            assert!(result.chunks(linear.stride()).all(|row| row[outputs..].iter().all(|&x| x == 0.0)), "padding stays zero");
            result
        })
    }

    #[test]
    fn eight_bits_are_close_to_floats_whatever_the_gaps() {
        for (inputs, outputs, stride, rows) in [(64, 96, 64, 1), (64, 112, 80, 13), (384, 1152, 384, 30)] {
            let [exact, int8] = both(inputs, outputs, stride, rows);
            let error: f64 = exact.iter().zip(&int8).map(|(a, b)| f64::from(a - b).powi(2)).sum();
            let size: f64 = exact.iter().map(|a| f64::from(*a).powi(2)).sum();
            assert!(error > 0.0 && (error / size).sqrt() < 0.01, "{inputs} to {outputs}: {}", (error / size).sqrt());
        }
    }

    #[test]
    fn shapes_that_are_no_whole_blocks_are_computed_in_floats() {
        let [exact, int8] = both(40, 16, 40, 5);
        assert_eq!(exact, int8);
    }
}
