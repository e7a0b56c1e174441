//! From rows as files store them to a panel.

use super::layout::{BLOCK, Layout, PANEL, REGISTER};
use crate::format::{Block, read_block};

/// Packs up to 16 rows of `row_bytes` each; rows that are missing stay zero, as `out` comes.
pub(super) fn panel(format: crate::Format, layout: &Layout, rows: &[u8], row_bytes: usize, out: &mut [u8]) {
    for (lane, row) in rows.chunks_exact(row_bytes).enumerate() {
        if format.is_float() {
            float_lane(row, format.block_bytes(), lane, out);
        } else {
            for index in 0..layout.blocks {
                let block = read_block(format, row, index);
                codes(layout, index, lane, &block, out);
                scales(layout, index, lane, &block, out);
            }
        }
    }
}

fn float_lane(row: &[u8], width: usize, lane: usize, out: &mut [u8]) {
    for (value, out) in row.chunks_exact(width).zip(out.chunks_exact_mut(PANEL * width)) {
        out[lane * width..][..width].copy_from_slice(value);
    }
}

/// Puts each code into its planes; see the layout.
fn codes(layout: &Layout, index: usize, lane: usize, block: &Block, out: &mut [u8]) {
    let out = &mut out[index * layout.code_bytes..][..layout.code_bytes];
    for (column, code) in block.codes.iter().enumerate().take(BLOCK) {
        let (register, byte) = (column / 4, 4 * lane + column % 4);
        let mut low_plane = |plane: usize, bits: usize, value: u8| {
            let registers = bits; // a plane of b bits fills b registers
            let at = (plane + register % registers) * REGISTER + byte;
            out[at] |= value << (bits * (register / registers));
        };
        match layout.kind.bits {
            8 => low_plane(0, 8, *code),
            4 => low_plane(0, 4, *code),
            2 => low_plane(0, 2, *code),
            5 => {
                low_plane(0, 4, code & 15);
                low_plane(4, 1, code >> 4);
            }
            6 => {
                low_plane(0, 4, code & 15);
                low_plane(4, 2, code >> 4);
            }
            _ => {
                low_plane(0, 2, code & 3);
                low_plane(2, 1, code >> 2);
            }
        }
    }
}

fn scales(layout: &Layout, index: usize, lane: usize, block: &Block, out: &mut [u8]) {
    let kind = layout.kind;
    let (stored, part) = if kind.nested { (index / 8, index % 8) } else { (index, 0) };
    let out = &mut out[layout.scales_at + stored * layout.scale_bytes..][..layout.scale_bytes];
    out[2 * lane..][..2].copy_from_slice(&block.d.to_le_bytes());
    let mut next = 2 * PANEL;
    if kind.minima {
        out[next + 2 * lane..][..2].copy_from_slice(&(-block.dmin).to_le_bytes());
        next += 2 * PANEL;
    }
    if !kind.nested {
        return;
    }
    let (per_part, parts) = if kind.halves { (2, 16) } else { (1, 8) };
    for half in 0..per_part {
        let at = next + (per_part * part + half) * PANEL + lane;
        out[at] = block.scale[half] as u8;
        if kind.minima {
            out[at + parts * PANEL] = block.min[half];
        }
    }
}
