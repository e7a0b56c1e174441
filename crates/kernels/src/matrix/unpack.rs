//! From a panel back to plain numbers: the scalar form of what the SIMD kernels do in registers.

use half::{bf16, f16};

use super::layout::{BLOCK, Layout, PANEL, REGISTER};
use crate::format::Format;

/// One block of 32 columns of a panel.
pub(super) struct Unpacked {
    /// `[8][16][4]`: register, output, column of four. With an offset they are brought to 8 bits and the offset is 128.
    pub(super) codes: [u8; BLOCK * PANEL],
    /// `[2][16]`: what a code is worth, in each half.
    pub(super) scales: [[f32; PANEL]; 2],
    /// `[2][16]`: what is added, in each half.
    pub(super) minima: [[f32; PANEL]; 2],
}

/// Block `index` of a quantised panel.
pub(super) fn block(layout: &Layout, panel: &[u8], index: usize) -> Unpacked {
    let planes = &panel[index * layout.code_bytes..][..layout.code_bytes];
    let shift = layout.kind.shift();
    let codes = std::array::from_fn(|at| code(layout.kind.bits, planes, at / REGISTER, at % REGISTER) << shift);
    let (mut scales, mut minima) = ([[0.0; PANEL]; 2], [[0.0; PANEL]; 2]);
    for half in 0..2 {
        for lane in 0..PANEL {
            (scales[half][lane], minima[half][lane]) = scale(layout, panel, index, half, lane);
        }
    }
    Unpacked { codes, scales, minima }
}

/// Byte `byte` of register `register` of codes, put together from its planes.
fn code(bits: u8, planes: &[u8], register: usize, byte: usize) -> u8 {
    let plane = |first: usize, bits: usize| {
        let mask = ((1_u16 << bits) - 1) as u8;
        (planes[(first + register % bits) * REGISTER + byte] >> (bits * (register / bits))) & mask
    };
    match bits {
        8 => plane(0, 8),
        4 => plane(0, 4),
        2 => plane(0, 2),
        5 => plane(0, 4) | plane(4, 1) << 4,
        6 => plane(0, 4) | plane(4, 2) << 4,
        _ => plane(0, 2) | plane(2, 1) << 2,
    }
}

/// Scale and addend of one output in one half of a block.
fn scale(layout: &Layout, panel: &[u8], index: usize, half: usize, lane: usize) -> (f32, f32) {
    let kind = layout.kind;
    let stored = if kind.nested { index / 8 } else { index };
    let bytes = &panel[layout.scales_at + stored * layout.scale_bytes..][..layout.scale_bytes];
    let half_at = |at: usize| f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32();
    let d = half_at(2 * lane) / f32::from(1_u16 << kind.shift());
    let m = if kind.minima { half_at(2 * (PANEL + lane)) } else { 0.0 };
    if !kind.nested {
        return (d, m);
    }
    let (per_part, parts) = if kind.halves { (2, 16) } else { (1, 8) };
    let first = if kind.minima { 4 } else { 2 };
    let at = (first + per_part * (index % 8) + half % per_part) * PANEL + lane;
    let min = if kind.minima { bytes[at + parts * PANEL] } else { 0 };
    (d * f32::from(bytes[at] as i8), m * f32::from(min))
}

/// The values of output `lane` of a panel.
pub(super) fn row(layout: &Layout, panel: &[u8], lane: usize, out: &mut [f32]) {
    if layout.format.is_float() {
        for (column, out) in out.iter_mut().enumerate() {
            *out = float(layout.format, panel, column, lane);
        }
        return;
    }
    let (shift, offset) = (layout.kind.shift(), if layout.kind.minima { 0.0 } else { 128.0 });
    for (index, out) in out.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
        let planes = &panel[index * layout.code_bytes..][..layout.code_bytes];
        for (half, out) in out.as_chunks_mut::<{ BLOCK / 2 }>().0.iter_mut().enumerate() {
            let (scale, add) = scale(layout, panel, index, half, lane);
            for (column, out) in out.iter_mut().enumerate() {
                let column = column + half * BLOCK / 2;
                let code = code(layout.kind.bits, planes, column / 4, 4 * lane + column % 4) << shift;
                *out = scale * (f32::from(code) - offset) + add;
            }
        }
    }
}

/// The weight of output `lane` at `column` of a panel of floats.
pub(super) fn float(format: Format, panel: &[u8], column: usize, lane: usize) -> f32 {
    let at = column * PANEL + lane;
    match format {
        Format::F32 => f32::from_le_bytes([panel[4 * at], panel[4 * at + 1], panel[4 * at + 2], panel[4 * at + 3]]),
        Format::F16 => f16::from_le_bytes([panel[2 * at], panel[2 * at + 1]]).to_f32(),
        _ => bf16::from_le_bytes([panel[2 * at], panel[2 * at + 1]]).to_f32(),
    }
}
