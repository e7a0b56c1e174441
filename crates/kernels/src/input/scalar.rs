//! The oracle of quantising 32 values.

use super::{BLOCK, Quantised};

/// Below this the reciprocal of a magnitude would overflow; such a block counts as zeros.
pub(super) const LEAST: f32 = 1e-35;

/// `scale` is the largest magnitude over 127; codes are rounded to nearest, ties to even.
pub(super) fn quantise(values: &[f32; BLOCK]) -> Quantised {
    // As integers magnitudes compare alike, and what is not finite comes out on top.
    let largest = values.iter().fold(0, |largest, value| (value.to_bits() & 0x7FFF_FFFF).max(largest));
    let largest = f32::from_bits(largest);
    if !largest.is_finite() || largest < LEAST {
        let scale = if largest.is_finite() { 0.0 } else { f32::NAN };
        return Quantised { codes: [0; BLOCK], scale, half_sums: [0; 2] };
    }
    let by = 127.0 / largest;
    let codes = values.map(|value| round(value * by) as i8);
    let sum = |codes: &[i8]| codes.iter().map(|code| i32::from(*code)).sum();
    Quantised { codes, scale: largest / 127.0, half_sums: [sum(&codes[..16]), sum(&codes[16..])] }
}

/// To nearest, ties to even, for magnitudes below 2²²: the sum with 1.5·2²³ has no bits left for a fraction. Unlike the function of the
/// standard library this is two additions on any processor.
fn round(value: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    (value + SHIFT) - SHIFT
}
