//! The contract of the products, for every format and instruction set: near the exact result, and the same bits however computed.

use half::f16;
use proptest::prelude::*;

use super::*;
use crate::format::dequantise;
use crate::input::Input;
use crate::isa::Isa;

/// A small deterministic generator: what the tests need is variety, not quality.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn float(&mut self) -> f32 {
        self.next() as f32 / (1_u64 << 30) as f32 - 1.0
    }

    fn floats(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.float()).collect()
    }

    /// Stored bytes of any codes, with scales of a sensible size.
    fn stored(&mut self, format: Format, elements: usize) -> Vec<u8> {
        if format.is_float() {
            let mut bytes = vec![0; format.bytes_of(elements).unwrap()];
            crate::quantise(format, &self.floats(elements), &mut bytes);
            return bytes;
        }
        let mut bytes: Vec<u8> = (0..format.bytes_of(elements).unwrap()).map(|_| self.next() as u8).collect();
        for block in bytes.chunks_exact_mut(format.block_bytes()) {
            for at in halves_at(format) {
                block[*at..at + 2].copy_from_slice(&f16::from_f32(self.float() / 64.0).to_le_bytes());
            }
        }
        bytes
    }
}

/// Where a stored block has its f16 scales.
fn halves_at(format: Format) -> &'static [usize] {
    match format {
        Format::F32 | Format::F16 | Format::BF16 => &[],
        Format::Q4_0 | Format::Q5_0 | Format::Q8_0 => &[0],
        Format::Q4_1 | Format::Q5_1 | Format::Q4_K | Format::Q5_K => &[0, 2],
        Format::Q2_K => &[80, 82],
        Format::Q3_K => &[108],
        Format::Q6_K => &[208],
    }
}

fn product(isa: Isa, pool: &Pool, matrix: &Matrix, values: &[f32]) -> Vec<f32> {
    let mut input = Input::serving(&[matrix]);
    input.load_with(isa, pool, values, matrix.columns());
    let mut out = vec![f32::NAN; input.rows() * matrix.rows()];
    multiply_with(isa, pool, &input, &mut [(matrix, &mut out)]);
    out
}

fn bits(values: &[f32]) -> Vec<u32> {
    // One NaN is as good as another: their payloads depend on the order of operands.
    values.iter().map(|value| if value.is_nan() { u32::MAX } else { value.to_bits() }).collect()
}

#[test]
fn products_are_near_the_exact_ones() {
    let pool = Pool::new(1);
    let mut numbers = Numbers(7);
    for format in Format::ALL {
        let (rows, columns) = (21, 512);
        let stored = numbers.stored(format, rows * columns);
        let matrix = Matrix::pack(&pool, format, rows, columns, &stored).unwrap();
        let mut weights = vec![0.0; rows * columns];
        dequantise(format, &stored, &mut weights);
        let values = numbers.floats(3 * columns);
        let out = product(Isa::Scalar, &pool, &matrix, &values);
        let exact: Vec<f64> = values
            .chunks(columns)
            .flat_map(|x| weights.chunks(columns).map(move |w| w.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum()))
            .collect();
        let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
        let distance = norm(&mut out.iter().zip(&exact).map(|(a, b)| f64::from(*a) - b)) / norm(&mut exact.iter().copied());
        assert!(distance < if format.is_float() { 1e-6 } else { 1e-2 }, "{}: {distance}", format.name());
    }
}

#[test]
fn rows_come_back_exactly() {
    let pool = Pool::new(2);
    let mut numbers = Numbers(8);
    for format in Format::ALL {
        let (rows, columns) = (35, 768);
        let stored = numbers.stored(format, rows * columns);
        let matrix = Matrix::pack(&pool, format, rows, columns, &stored).unwrap();
        let (mut expected, mut got) = (vec![0.0; columns], vec![0.0; columns]);
        for (index, stored) in stored.chunks(stored.len() / rows).enumerate() {
            dequantise(format, stored, &mut expected);
            matrix.row(index, &mut got);
            assert_eq!(got, expected, "{} row {index}", format.name());
        }
    }
}

#[test]
fn packing_adds_little() {
    let pool = Pool::new(1);
    for format in Format::ALL {
        let (rows, columns) = (64, 1024);
        let stored = vec![0; format.bytes_of(rows * columns).unwrap()];
        let matrix = Matrix::pack(&pool, format, rows, columns, &stored).unwrap();
        // Q2_K alone shares a byte between scale and minimum; no file of ours is worth kernels of its own for that.
        let most = if format == Format::Q2_K { 1.2 } else { 1.05 };
        assert!(matrix.bytes() as f64 <= most * stored.len() as f64, "{}: {} of {}", format.name(), matrix.bytes(), stored.len());
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let pool = Pool::new(1);
    let shape = |rows, columns| Matrix::pack(&pool, Format::Q4_K, rows, columns, &[0; 144]).unwrap_err().to_string();
    assert_eq!(shape(1, 288), "a matrix of 1 x 288 cannot be stored as Q4_K, whose blocks are of 256 elements");
    assert_eq!(shape(0, 256), "a matrix of 0 x 256 cannot be stored as Q4_K, whose blocks are of 256 elements");
    assert_eq!(shape(2, 256), "144 bytes were given for a matrix of 2 x 256 in Q4_K, which takes 288");
    assert!(shape(usize::MAX / 2, 256).contains("cannot be stored"));
}

#[test]
fn several_products_share_an_input() {
    let pool = Pool::new(2);
    let mut numbers = Numbers(9);
    let shapes = [(Format::Q4_K, 40), (Format::BF16, 16), (Format::Q8_0, 3)];
    let matrices = shapes.map(|(format, rows)| Matrix::pack(&pool, format, rows, 256, &numbers.stored(format, rows * 256)).unwrap());
    let values = numbers.floats(5 * 256);
    let mut input = Input::new();
    input.load(&pool, &values, 256);
    let mut outs = shapes.map(|(_, rows)| vec![0.0; 5 * rows]);
    let mut products: Vec<(&Matrix, &mut [f32])> = matrices.iter().zip(outs.iter_mut().map(Vec::as_mut_slice)).collect();
    multiply(&pool, &input, &mut products);
    for (matrix, out) in matrices.iter().zip(&outs) {
        assert_eq!(bits(out), bits(&product(Isa::Scalar, &pool, matrix, &values)));
    }
}

#[test]
#[should_panic(expected = "made for matrices other than of F32")]
fn an_input_without_the_form_that_is_needed_is_a_mistake() {
    let pool = Pool::new(1);
    let [quantised, exact] =
        [Format::Q8_0, Format::F32].map(|format| Matrix::pack(&pool, format, 16, 32, &vec![0; format.bytes_of(16 * 32).unwrap()]).unwrap());
    let mut input = Input::serving(&[&quantised]);
    input.load(&pool, &[1.0; 32], 32);
    multiply(&pool, &input, &mut [(&exact, &mut [0.0; 16])]);
}

fn formats() -> impl Strategy<Value = Format> {
    prop::sample::select(Format::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Any number of rows, outputs, threads, instruction set: each row's bits are those of the oracle on that row alone.
    #[test]
    fn a_row_does_not_know_its_company(
        format in formats(), outputs in 1_usize..70, blocks in 1_usize..6, rows in 1_usize..40, threads in 1_usize..4, seed in any::<u64>(),
    ) {
        // Floats take any number of columns.
        let columns = if format.is_float() { 13 * blocks } else { blocks * format.block_elements() };
        let mut numbers = Numbers(seed);
        let stored = numbers.stored(format, outputs * columns);
        let values = numbers.floats(rows * columns);
        let (one, many) = (Pool::new(1), Pool::new(threads));
        let matrix = Matrix::pack(&many, format, outputs, columns, &stored).unwrap();
        let expected: Vec<f32> = values.chunks(columns).flat_map(|row| product(Isa::Scalar, &one, &matrix, row)).collect();
        for isa in Isa::all() {
            prop_assert_eq!(bits(&product(isa, &many, &matrix, &values)), bits(&expected), "{:?} {}", isa, format.name());
        }
    }

    /// Bytes that no quantiser wrote and values that no layer should give: nothing breaks, and the bits still agree.
    #[test]
    fn anything_is_survived(format in formats(), rows in 1_usize..14, seed in any::<u64>(), wild in any::<u32>()) {
        let (outputs, columns) = (17, 256);
        let mut numbers = Numbers(seed);
        let stored: Vec<u8> = (0..format.bytes_of(outputs * columns).unwrap()).map(|_| numbers.next() as u8).collect();
        let mut values = numbers.floats(rows * columns);
        let at = numbers.next() as usize % values.len();
        values[at] = f32::from_bits(wild);
        let pool = Pool::new(1);
        let matrix = Matrix::pack(&pool, format, outputs, columns, &stored).unwrap();
        let expected = product(Isa::Scalar, &pool, &matrix, &values);
        for isa in Isa::all() {
            prop_assert_eq!(bits(&product(isa, &pool, &matrix, &values)), bits(&expected), "{:?} {}", isa, format.name());
        }
    }
}
