//! One shape for 32 elements of any quantised format: codes, and what turns codes into values.
//!
//! Every format of ggml's is `value = d · scale · (code − offset) − dmin · min` with one pair of scale and min for 16 or 32 elements.
//! The formats differ in how the bits lie; that difference ends here, so that dequantising and packing are written once.

use half::f16;

use super::Format;

/// Elements of a [`Block`].
pub(crate) const BLOCK: usize = 32;

/// 32 consecutive elements of a row: `value[i] = d·scale[i/16]·(code[i] − offset) − dmin·min[i/16]`.
pub(crate) struct Block {
    /// Unsigned codes, `0..2^bits`.
    pub(crate) codes: [u8; BLOCK],
    /// The format's own scale.
    pub(crate) d: f16,
    /// The format's own scale of minima; zero where it has none.
    pub(crate) dmin: f16,
    /// Integer scales of the two halves; 1 where the format has none.
    pub(crate) scale: [i8; 2],
    /// Integer minima of the two halves.
    pub(crate) min: [u8; 2],
}

/// Reads block `index` (of 32 elements) of a row stored in a quantised `format`.
///
/// # Panics
/// When `row` is too short, or `format` is not a quantised one.
pub(crate) fn read_block(format: Format, row: &[u8], index: usize) -> Block {
    let per_stored = format.block_elements() / BLOCK;
    let bytes = format.block_bytes();
    let stored = &row[index / per_stored * bytes..][..bytes];
    let part = index % per_stored;
    match format {
        Format::F32 | Format::F16 | Format::BF16 => unreachable!("{} has no blocks", format.name()),
        Format::Q8_0 => simple(half_at(stored, 0), f16::ZERO, |i| stored[2 + i] ^ 0x80),
        Format::Q4_0 => simple(half_at(stored, 0), f16::ZERO, |i| nibble(&stored[2..], i)),
        Format::Q4_1 => simple(half_at(stored, 0), -half_at(stored, 2), |i| nibble(&stored[4..], i)),
        Format::Q5_0 => simple(half_at(stored, 0), f16::ZERO, |i| nibble(&stored[6..], i) | fifth(&stored[2..], i)),
        Format::Q5_1 => simple(half_at(stored, 0), -half_at(stored, 2), |i| nibble(&stored[8..], i) | fifth(&stored[4..], i)),
        Format::Q2_K => q2_k(stored, part),
        Format::Q3_K => q3_k(stored, part),
        Format::Q4_K => q4_k(stored, part),
        Format::Q5_K => q5_k(stored, part),
        Format::Q6_K => q6_k(stored, part),
    }
}

/// What is subtracted from a code before scaling.
pub(crate) fn offset(format: Format) -> u8 {
    match format {
        Format::Q8_0 => 128,
        Format::Q4_0 => 8,
        Format::Q5_0 => 16,
        Format::Q6_K => 32,
        Format::Q3_K => 4,
        _ => 0,
    }
}

fn half_at(bytes: &[u8], at: usize) -> f16 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// The 32-element formats; the caller hands minus the stored minimum as `dmin`.
fn simple(d: f16, dmin: f16, code: impl Fn(usize) -> u8) -> Block {
    Block { codes: std::array::from_fn(code), d, dmin, scale: [1; 2], min: [1; 2] }
}

/// 32 nibbles in 16 bytes: the low ones are elements 0..16, the high ones 16..32.
fn nibble(bytes: &[u8], i: usize) -> u8 {
    (bytes[i % 16] >> (4 * (i / 16))) & 0xF
}

/// Bit `i` of 32, moved to the fifth place.
fn fifth(bytes: &[u8], i: usize) -> u8 {
    ((bytes[i / 8] >> (i % 8)) & 1) << 4
}

/// `scales[16] (min in the high nibble), qs[64], d, dmin`.
fn q2_k(stored: &[u8], part: usize) -> Block {
    let qs = &stored[16 + 32 * (part / 4)..];
    let pair = &stored[2 * part..][..2];
    Block {
        codes: std::array::from_fn(|i| (qs[i] >> (2 * (part % 4))) & 3),
        d: half_at(stored, 80),
        dmin: half_at(stored, 82),
        scale: [(pair[0] & 0xF) as i8, (pair[1] & 0xF) as i8],
        min: [pair[0] >> 4, pair[1] >> 4],
    }
}

/// `hmask[32], qs[64], scales[12] (16 of 6 bits, less 32), d`.
fn q3_k(stored: &[u8], part: usize) -> Block {
    let (high, qs, scales) = (&stored[..32], &stored[32 + 32 * (part / 4)..], &stored[96..108]);
    let scale = |at: usize| {
        let low = (scales[at % 8] >> (4 * (at / 8))) & 0xF;
        let top = (scales[8 + at % 4] >> (2 * (at / 4))) & 3;
        (low | top << 4) as i8 - 32
    };
    Block {
        codes: std::array::from_fn(|i| ((qs[i] >> (2 * (part % 4))) & 3) | ((high[i] >> part) & 1) << 2),
        d: half_at(stored, 108),
        dmin: f16::ZERO,
        scale: [scale(2 * part), scale(2 * part + 1)],
        min: [0; 2],
    }
}

/// Scale and minimum of part `j`: eight of each, 6 bits wide, in 12 bytes.
fn six_bits(scales: &[u8], j: usize) -> (u8, u8) {
    if j < 4 {
        (scales[j] & 63, scales[j + 4] & 63)
    } else {
        ((scales[j + 4] & 0xF) | (scales[j - 4] >> 6) << 4, (scales[j + 4] >> 4) | (scales[j] >> 6) << 4)
    }
}

/// `d, dmin, scales[12], qs[128]`.
fn q4_k(stored: &[u8], part: usize) -> Block {
    let qs = &stored[16 + 32 * (part / 2)..];
    let (scale, min) = six_bits(&stored[4..16], part);
    Block {
        codes: std::array::from_fn(|i| (qs[i] >> (4 * (part % 2))) & 0xF),
        d: half_at(stored, 0),
        dmin: half_at(stored, 2),
        scale: [scale as i8; 2],
        min: [min; 2],
    }
}

/// `d, dmin, scales[12], qh[32], qs[128]`.
fn q5_k(stored: &[u8], part: usize) -> Block {
    let (high, qs) = (&stored[16..48], &stored[48 + 32 * (part / 2)..]);
    let (scale, min) = six_bits(&stored[4..16], part);
    Block {
        codes: std::array::from_fn(|i| ((qs[i] >> (4 * (part % 2))) & 0xF) | ((high[i] >> part) & 1) << 4),
        d: half_at(stored, 0),
        dmin: half_at(stored, 2),
        scale: [scale as i8; 2],
        min: [min; 2],
    }
}

/// `ql[128], qh[64], scales[16], d`.
fn q6_k(stored: &[u8], part: usize) -> Block {
    let (half, quarter) = (part / 4, part % 4);
    let low = &stored[64 * half + 32 * (quarter % 2)..];
    let high = &stored[128 + 32 * half..];
    Block {
        codes: std::array::from_fn(|i| ((low[i] >> (4 * (quarter / 2))) & 0xF) | ((high[i] >> (2 * quarter)) & 3) << 4),
        d: half_at(stored, 208),
        dmin: f16::ZERO,
        scale: [stored[192 + 2 * part] as i8, stored[193 + 2 * part] as i8],
        min: [0; 2],
    }
}
