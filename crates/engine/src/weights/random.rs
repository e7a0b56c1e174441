//! Random weights of a given shape, so that speed can be measured where no model is.

use std::collections::HashMap;

use pinakes_kernels::{Format, Matrix, Pool, quantise};

use super::mix::Quantization;
use super::source::Source;
use crate::LoadError;
use crate::sampler::Random;

/// Different values drawn for one kind of matrix; larger ones repeat them, which no kernel's speed depends on.
const DRAWN_VALUES: usize = 1 << 18;

/// Draws instead of reading.
pub(crate) struct RandomSource<'a> {
    pool: &'a Pool,
    quantization: Quantization,
    layers: usize,
    tied: bool,
    random: Random,
    /// Rows that were drawn, by format and columns.
    drawn: HashMap<(&'static str, usize), Vec<u8>>,
}

impl<'a> RandomSource<'a> {
    pub(crate) fn new(pool: &'a Pool, quantization: Quantization, layers: usize, tied: bool, seed: u64) -> Self {
        Self { pool, quantization, layers, tied, random: Random::new(seed), drawn: HashMap::new() }
    }

    /// Whole rows with values of variance `1 / columns`.
    fn draw(&mut self, format: Format, columns: usize, rows_max: usize) -> &[u8] {
        let random = &mut self.random;
        self.drawn.entry((format.name(), columns)).or_insert_with(|| {
            let rows = (DRAWN_VALUES / columns).clamp(1, rows_max.max(64));
            let scale = (columns as f32).sqrt().recip();
            let values: Vec<f32> = (0..rows * columns).map(|_| random.normal() * scale).collect();
            let mut bytes = vec![0; format.bytes_of(values.len()).expect("a format whose blocks fill the rows was chosen")];
            quantise(format, &values, &mut bytes);
            bytes
        })
    }
}

impl Source for RandomSource<'_> {
    fn has(&self, name: &str) -> bool {
        name != "output.weight" || !self.tied
    }

    fn vector(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        // Norms near 1, decays like trained ones, taps that keep the signal's size.
        let (mean, spread) = match name.rsplit('.').nth(usize::from(!name.ends_with("ssm_a"))) {
            Some("ssm_a") => (-4.0, 1.0),
            Some("ssm_dt") => (-2.0, 0.5),
            Some("ssm_conv1d") => (0.0, 0.5),
            _ => (1.0, 0.1),
        };
        let sign = if name.ends_with("ssm_a") { -1.0 } else { 1.0 };
        let draw = |_| mean + spread * self.random.normal();
        let values = (0..shape.iter().product()).map(draw);
        Ok(values.map(|x| if sign < 0.0 { -x.abs() } else { x }).collect())
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix, LoadError> {
        let format = self.quantization.format(name, columns, self.layers, self.tied).unwrap_or(Format::BF16);
        let start = self.random.bits() as usize;
        let pool = self.pool;
        let row = format.bytes_of(columns).expect("a format whose blocks fill the rows was chosen");
        let drawn = self.draw(format, columns, rows);
        let mut bytes = vec![0; rows * row];
        let different = drawn.len() / row;
        for (index, out) in bytes.chunks_exact_mut(row).enumerate() {
            out.copy_from_slice(&drawn[(start % different + index) % different * row..][..row]);
        }
        Ok(Matrix::pack(pool, format, rows, columns, &bytes).expect("the bytes were made for this shape"))
    }

    fn experts(&mut self, name: &str, experts: usize, rows: usize, columns: usize) -> Result<Vec<Matrix>, LoadError> {
        (0..experts).map(|_| self.matrix(name, rows, columns)).collect()
    }

    fn finish(&mut self) -> Result<(), LoadError> {
        Ok(())
    }
}
