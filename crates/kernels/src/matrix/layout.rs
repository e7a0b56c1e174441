//! Where things lie in a packed panel of sixteen outputs.
//!
//! Quantised: first the codes of all blocks of 32 columns, then the scales. Codes are cut into planes of 8, 4, 2 or 1 bits such that a
//! register of a plane, shifted and masked, gives registers of codes: eight for a block, register `j` with columns `4j..4j+4` of output `r` in
//! its 32-bit lane `r` — the operand of `vpdpbusd`. In planes (`w[j]` a register of codes, all registers of 64 bytes):
//! ```text
//! 8 bits: w[0..8]
//! 4 bits: p[t] = w[t] | w[t+4] << 4                                  t in 0..4
//! 2 bits: p[t] = w[t] | w[t+2] << 2 | w[t+4] << 4 | w[t+6] << 6      t in 0..2
//! 1 bit:  p    = w[0] | w[1] << 1 | … | w[7] << 7
//! ```
//! Scales of formats with blocks of 32: `[blocks] { d: [f16; 16], m: [f16; 16] if minima }`; of those with 256:
//! `[blocks/8] { d: [f16; 16], m: [f16; 16] if minima, scale: [parts][i8; 16], min: [parts][i8; 16] if minima }`, parts 8, or 16 with halves.
//! `m` has its sign flipped, so that it is added.
//!
//! Floats: `[columns][16]` of the stored width.

use crate::format::Format;

/// Outputs that lie interleaved.
pub(super) const PANEL: usize = 16;

/// Columns of a block.
pub(super) const BLOCK: usize = 32;

/// Bytes of a register of a plane.
pub(super) const REGISTER: usize = 64;

/// What a panel holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) kind: Kind,
    pub(super) format: Format,
    /// Blocks of a row; columns for floats.
    pub(super) blocks: usize,
    /// Bytes of the codes of one block in the whole panel.
    pub(super) code_bytes: usize,
    /// Where the scales start.
    pub(super) scales_at: usize,
    /// Bytes of scales for one stored block (32 or 256 columns).
    pub(super) scale_bytes: usize,
    /// From panel to panel, a multiple of 64.
    pub(super) panel_bytes: usize,
}

/// What the codes mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// Of a code; 0 for floats.
    pub(super) bits: u8,
    /// Values are `scale·code + m`; otherwise `scale·(code − offset)`.
    pub(super) minima: bool,
    /// Scales for 16 columns rather than 32.
    pub(super) halves: bool,
    /// Scales are integers times a scale of 256 columns.
    pub(super) nested: bool,
}

impl Kind {
    const fn of(format: Format) -> Self {
        let (bits, minima, halves, nested) = match format {
            Format::F32 | Format::F16 | Format::BF16 => (0, false, false, false),
            Format::Q8_0 => (8, false, false, false),
            Format::Q4_0 => (4, false, false, false),
            Format::Q4_1 => (4, true, false, false),
            Format::Q5_0 => (5, false, false, false),
            Format::Q5_1 => (5, true, false, false),
            Format::Q2_K => (2, true, true, true),
            Format::Q3_K => (3, false, true, true),
            Format::Q4_K => (4, true, false, true),
            Format::Q5_K => (5, true, false, true),
            Format::Q6_K => (6, false, true, true),
        };
        Self { bits, minima, halves, nested }
    }

    /// Left shift that brings codes with an offset to 8 bits, so that the offset of all of them is 128.
    pub(super) const fn shift(self) -> u8 {
        if self.minima { 0 } else { 8 - self.bits }
    }
}

impl Layout {
    pub(super) fn of(format: Format, columns: usize) -> Self {
        let kind = Kind::of(format);
        if format.is_float() {
            let panel_bytes = (columns * PANEL * format.block_bytes()).next_multiple_of(REGISTER);
            return Self { kind, format, blocks: columns, code_bytes: 0, scales_at: 0, scale_bytes: 0, panel_bytes };
        }
        let blocks = columns / BLOCK;
        let code_bytes = usize::from(kind.bits) * REGISTER;
        let pairs = if kind.minima { 2 } else { 1 };
        let parts = if kind.halves { 16 } else { 8 };
        let scale_bytes = pairs * PANEL * if kind.nested { 2 + parts } else { 2 };
        let scales_at = blocks * code_bytes;
        let stored = columns / format.block_elements();
        let panel_bytes = (scales_at + stored * scale_bytes).next_multiple_of(REGISTER);
        Self { kind, format, blocks, code_bytes, scales_at, scale_bytes, panel_bytes }
    }
}
