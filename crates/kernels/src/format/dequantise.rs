//! From any format to f32.

use half::{bf16, f16};

use super::Format;
use super::block::{BLOCK, offset, read_block};

/// Writes the values of `out.len()` elements stored in `bytes`.
///
/// # Panics
/// When `bytes` is not exactly [`Format::bytes_of`] `out.len()`.
pub fn dequantise(format: Format, bytes: &[u8], out: &mut [f32]) {
    assert_eq!(format.bytes_of(out.len()), Some(bytes.len()), "{} elements of {}", out.len(), format.name());
    match format {
        Format::F32 => each(bytes, out, f32::from_le_bytes),
        Format::F16 => each(bytes, out, |pair| f16::from_le_bytes(pair).to_f32()),
        Format::BF16 => each(bytes, out, |pair| bf16::from_le_bytes(pair).to_f32()),
        _ => quantised(format, bytes, out),
    }
}

fn each<const N: usize>(bytes: &[u8], out: &mut [f32], value: impl Fn([u8; N]) -> f32) {
    for (to, from) in out.iter_mut().zip(bytes.as_chunks::<N>().0) {
        *to = value(*from);
    }
}

fn quantised(format: Format, bytes: &[u8], out: &mut [f32]) {
    let offset = f32::from(offset(format));
    for (index, out) in out.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
        let block = read_block(format, bytes, index);
        for (half, out) in out.chunks_exact_mut(BLOCK / 2).enumerate() {
            let scale = block.d.to_f32() * f32::from(block.scale[half]);
            let min = block.dmin.to_f32() * f32::from(block.min[half]);
            for (to, code) in out.iter_mut().zip(&block.codes[16 * half..]) {
                *to = scale * (f32::from(*code) - offset) - min;
            }
        }
    }
}
