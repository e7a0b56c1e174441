//! From f32 to the formats that we write: `--quantize` at load and random models for measurements.

use half::{bf16, f16};

use super::Format;
use super::search::{affine, symmetric};

/// Writes `values` in `format` into `out`: F32, F16, BF16, Q8_0, Q4_0, Q4_K and Q6_K.
///
/// Values that are not finite have no place in the quantised formats and are taken as zero.
///
/// # Panics
/// When `out` is not exactly [`Format::bytes_of`] `values.len()`, or the format is one that we only read.
pub fn quantise(format: Format, values: &[f32], out: &mut [u8]) {
    assert_eq!(format.bytes_of(values.len()), Some(out.len()), "{} elements of {}", values.len(), format.name());
    let blocks = values.chunks_exact(format.block_elements()).zip(out.chunks_exact_mut(format.block_bytes()));
    match format {
        Format::F32 => blocks.for_each(|(value, out)| out.copy_from_slice(&value[0].to_le_bytes())),
        Format::F16 => blocks.for_each(|(value, out)| out.copy_from_slice(&f16::from_f32(value[0]).to_le_bytes())),
        Format::BF16 => blocks.for_each(|(value, out)| out.copy_from_slice(&bf16::from_f32(value[0]).to_le_bytes())),
        Format::Q8_0 => blocks.for_each(|(values, out)| q8_0(&finite(values), out)),
        Format::Q4_0 => blocks.for_each(|(values, out)| q4_0(&finite(values), out)),
        Format::Q4_K => blocks.for_each(|(values, out)| q4_k(&finite(values), out)),
        Format::Q6_K => blocks.for_each(|(values, out)| q6_k(&finite(values), out)),
        _ => unimplemented!("{} is a format that is only read", format.name()),
    }
}

fn finite<const N: usize>(values: &[f32]) -> [f32; N] {
    std::array::from_fn(|i| if values[i].is_finite() { values[i] } else { 0.0 })
}

fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

/// `d, qs[32]` with `d` the largest magnitude over 127.
fn q8_0(values: &[f32; 32], out: &mut [u8]) {
    let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let d = largest / 127.0;
    let by = inverse(d);
    out[..2].copy_from_slice(&f16::from_f32(d).to_le_bytes());
    for (to, value) in out[2..].iter_mut().zip(values) {
        *to = (value * by).round() as i8 as u8;
    }
}

/// `d, qs[16]`: the value of largest magnitude gets code 0, which stands for −8, so that its sign decides d's.
fn q4_0(values: &[f32; 32], out: &mut [u8]) {
    let largest = values.iter().fold(0.0_f32, |largest, value| if value.abs() > largest.abs() { *value } else { largest });
    let d = largest / -8.0;
    let by = inverse(d);
    out[..2].copy_from_slice(&f16::from_f32(d).to_le_bytes());
    let code = |value: f32| ((value * by + 8.5) as u8).min(15);
    for i in 0..16 {
        out[2 + i] = code(values[i]) | code(values[i + 16]) << 4;
    }
}

/// `d, dmin, scales[12], qs[128]`: scale and minimum of each 32 by search, then both rounded to 6 bits.
fn q4_k(values: &[f32; 256], out: &mut [u8]) {
    let parts: [(f32, f32); 8] = std::array::from_fn(|part| affine(&values[32 * part..][..32], 15));
    let d = f16::from_f32(parts.iter().fold(0.0_f32, |most, part| most.max(part.0)) / 63.0);
    let dmin = f16::from_f32(parts.iter().fold(0.0_f32, |most, part| most.max(part.1)) / 63.0);
    let six = |value: f32, unit: f16| (value * inverse(unit.to_f32())).round().clamp(0.0, 63.0) as u8;
    let scales: [u8; 8] = parts.map(|part| six(part.0, d));
    let mins: [u8; 8] = parts.map(|part| six(part.1, dmin));
    out[..2].copy_from_slice(&d.to_le_bytes());
    out[2..4].copy_from_slice(&dmin.to_le_bytes());
    for j in 0..4 {
        out[4 + j] = scales[j] | (scales[j + 4] >> 4) << 6;
        out[8 + j] = mins[j] | (mins[j + 4] >> 4) << 6;
        out[12 + j] = (scales[j + 4] & 0xF) | (mins[j + 4] & 0xF) << 4;
    }
    let code = |i: usize| {
        let (scale, min) = (d.to_f32() * f32::from(scales[i / 32]), dmin.to_f32() * f32::from(mins[i / 32]));
        ((values[i] + min) * inverse(scale)).round().clamp(0.0, 15.0) as u8
    };
    for i in 0..128 {
        let at = 64 * (i / 32) + i % 32;
        out[16 + i] = code(at) | code(at + 32) << 4;
    }
}

/// `ql[128], qh[64], scales[16], d`: the scale of each 16 by search, then rounded to 8 bits.
fn q6_k(values: &[f32; 256], out: &mut [u8]) {
    let parts: [f32; 16] = std::array::from_fn(|part| symmetric(&values[16 * part..][..16], 32));
    let largest = parts.iter().fold(0.0_f32, |largest, scale| if scale.abs() > largest.abs() { *scale } else { largest });
    let d = f16::from_f32(largest / -128.0);
    let scales: [i8; 16] = parts.map(|scale| (scale * inverse(d.to_f32())).round() as i8);
    let codes: [u8; 256] = std::array::from_fn(|i| {
        let scale = d.to_f32() * f32::from(scales[i / 16]);
        ((values[i] * inverse(scale)).round().clamp(-32.0, 31.0) + 32.0) as u8
    });
    out[208..].copy_from_slice(&d.to_le_bytes());
    for (to, scale) in out[192..208].iter_mut().zip(scales) {
        *to = scale as u8;
    }
    for (half, codes) in codes.as_chunks::<128>().0.iter().enumerate() {
        for i in 0..64 {
            out[64 * half + i] = (codes[i] & 0xF) | (codes[i + 64] & 0xF) << 4;
        }
        for i in 0..32 {
            out[128 + 32 * half + i] = (0..4).fold(0, |bits, quarter| bits | (codes[i + 32 * quarter] >> 4) << (2 * quarter));
        }
    }
}
