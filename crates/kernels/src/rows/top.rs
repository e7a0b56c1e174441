//! The largest logits, of a vocabulary of a quarter million: blocks whose largest element cannot enter are skipped at one look.

use crate::Isa;
use crate::simd::{LANES, Vector, dispatch};

/// Elements looked at together.
const BLOCK: usize = 8 * LANES;
/// Up to here candidates are kept in a sorted list; more are selected from all.
const LIST_MAX: usize = 256;

/// A logit that is no number: the model or its numbers are broken, and whatever were chosen would be arbitrary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("logit {index} is not a number")]
pub struct NotANumber {
    /// The first such logit.
    pub index: usize,
}

/// The index of the largest logit, the first of equals. 0 of an empty slice.
///
/// # Errors
/// A logit is NaN.
pub fn argmax(logits: &[f32]) -> Result<u32, NotANumber> {
    let mut out = Vec::with_capacity(1);
    top_k(logits, 1, &mut out)?;
    Ok(out.first().map_or(0, |&(index, _)| index))
}

/// The `k` largest logits with their indices, largest first, the lower index first among equals; all of them when there are fewer.
///
/// # Errors
/// A logit is NaN; `out` is then empty.
///
/// # Panics
/// When there are more logits than 32 bits count.
pub fn top_k(logits: &[f32], k: usize, out: &mut Vec<(u32, f32)>) -> Result<(), NotANumber> {
    top_k_with(Isa::current(), logits, k, out)
}

pub(super) fn top_k_with(isa: Isa, logits: &[f32], k: usize, out: &mut Vec<(u32, f32)>) -> Result<(), NotANumber> {
    out.clear();
    assert!(u32::try_from(logits.len()).is_ok(), "token ids have 32 bits");
    if any_nan(isa, logits) {
        let index = logits.iter().position(|x| x.is_nan()).unwrap_or_default();
        return Err(NotANumber { index });
    }
    if k > LIST_MAX {
        select(logits, k, out);
    } else if k > 0 {
        collect(isa, logits, k, out);
    }
    Ok(())
}

/// By a sorted list of the best so far.
fn collect(isa: Isa, logits: &[f32], k: usize, out: &mut Vec<(u32, f32)>) {
    let mut base = 0;
    while base < logits.len() {
        // The weakest of a full list: only what is larger may enter, since an equal one comes later.
        let bar = if out.len() < k { None } else { out.last().map(|&(_, x)| x) };
        if let Some(bar) = bar {
            base += skip(isa, &logits[base..], bar);
        }
        for (index, &x) in logits.iter().enumerate().skip(base).take(BLOCK) {
            if out.len() == k {
                if x <= out[k - 1].1 {
                    continue;
                }
                out.pop();
            }
            let place = out.partition_point(|&(_, other)| other >= x);
            out.insert(place, (index as u32, x));
        }
        base += BLOCK;
    }
}

/// By selection among all.
fn select(logits: &[f32], k: usize, out: &mut Vec<(u32, f32)>) {
    out.extend((0_u32..).zip(logits.iter().copied()));
    let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    // Zeros of both signs are equal as numbers, so they must be for the order.
    out.iter_mut().for_each(|(_, x)| *x += 0.0);
    if k < out.len() {
        out.select_nth_unstable_by(k, order);
        out.truncate(k);
    }
    out.sort_unstable_by(order);
}

dispatch! { fn any_nan(x: &[f32]) -> bool = any_nan_in }
dispatch! {
    /// How many elements, in whole blocks, may be skipped because none is larger than `bar`.
    fn skip(x: &[f32], bar: f32) -> usize = skip_blocks
}

#[inline(always)]
unsafe fn any_nan_in<V: Vector>(x: &[f32]) -> bool {
    let mut blocks = x.chunks_exact(LANES);
    // SAFETY: a block holds `LANES` floats; the caller has the instruction set.
    blocks.by_ref().any(|block| unsafe { V::load(block.as_ptr()).any_nan() }) || blocks.remainder().iter().any(|x| x.is_nan())
}

#[inline(always)]
unsafe fn skip_blocks<V: Vector>(x: &[f32], bar: f32) -> usize {
    let mut skipped = 0;
    for block in x.chunks_exact(BLOCK) {
        // SAFETY: a block holds eight vectors; the caller has the instruction set.
        let largest = unsafe {
            let mut most = V::splat(f32::NEG_INFINITY);
            for at in (0..BLOCK).step_by(LANES) {
                most = V::load(block.as_ptr().add(at)).max(most);
            }
            most.largest()
        };
        if largest > bar {
            return skipped;
        }
        skipped += BLOCK;
    }
    skipped
}
