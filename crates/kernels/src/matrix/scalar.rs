//! The oracle: the product in plain Rust, in the order that the module above lays down.

use std::ops::Range;

use super::layout::{BLOCK, Layout, PANEL};
use super::product::Output;
use super::unpack::{self, Unpacked};
use crate::input::{Group, LINE};

/// One panel times the rows of `groups`.
pub(super) fn panel(layout: &Layout, packed: &[u8], index: usize, groups: &[Group], first_row: usize, output: &Output) {
    let mut row = first_row;
    for group in groups {
        let mut sums = vec![[0.0; PANEL]; group.rows];
        if layout.format.is_float() {
            float(layout, packed, group, &mut sums);
        } else {
            for block in 0..layout.blocks {
                quantised(layout, &unpack::block(layout, packed, block), group, block * group.rows, &mut sums);
            }
        }
        for sums in &sums {
            output.store(row, index, sums);
            row += 1;
        }
    }
}

fn float(layout: &Layout, packed: &[u8], group: &Group, sums: &mut [[f32; PANEL]]) {
    for column in 0..layout.blocks {
        let weights: [f32; PANEL] = std::array::from_fn(|lane| unpack::float(layout.format, packed, column, lane));
        for (row, sums) in sums.iter_mut().enumerate() {
            let value = group.values[column / LINE * group.rows + row][column % LINE];
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum = weight.mul_add(value, *sum);
            }
        }
    }
}

/// `first` is where the block's rows start in the group's arrays.
fn quantised(layout: &Layout, weights: &Unpacked, group: &Group, first: usize, sums: &mut [[f32; PANEL]]) {
    let Unpacked { scales: s, minima: m, .. } = weights;
    for (row, sums) in sums.iter_mut().enumerate() {
        let at = first + row;
        let codes = &group.codes[at * BLOCK..][..BLOCK];
        for (lane, sum) in sums.iter_mut().enumerate() {
            let mut add = |half: usize, columns: Range<usize>, correction: i32, total: f32| {
                let t = if layout.kind.minima {
                    dot(weights, codes, lane, columns, 0).mul_add(s[half][lane], m[half][lane] * total)
                } else {
                    dot(weights, codes, lane, columns, correction) * s[half][lane]
                };
                *sum = t.mul_add(group.scales[at], *sum);
            };
            if layout.kind.halves {
                add(0, 0..BLOCK / 2, group.half_corrections[at][0], group.half_sums[at][0]);
                add(1, BLOCK / 2..BLOCK, group.half_corrections[at][1], group.half_sums[at][1]);
            } else {
                add(0, 0..BLOCK, group.corrections[at], group.sums[at]);
            }
        }
    }
}

/// Below 2^24 in magnitude, hence exact as f32: 32 · 255 · 127.
fn dot(weights: &Unpacked, codes: &[i8], lane: usize, columns: Range<usize>, start: i32) -> f32 {
    let term = |column: usize| i32::from(weights.codes[column / 4 * 64 + 4 * lane + column % 4]) * i32::from(codes[column]);
    columns.map(term).fold(start, |sum, term| sum + term) as f32
}
