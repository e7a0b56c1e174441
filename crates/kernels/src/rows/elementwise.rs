//! Operations on one element at a time.

use super::TASK_FLOATS;
use crate::profile::{Cost, Kernel};
use crate::simd::{LANES, Vector, dispatch, sigmoid, silu};
use crate::{Isa, Pool};

/// `x += y`: the residual.
///
/// # Panics
/// When the lengths differ; as all functions of this module.
pub fn add(pool: &Pool, x: &mut [f32], y: &[f32]) {
    assert_eq!(x.len(), y.len(), "both sides of a sum have one length");
    let cost = Cost::on_floats(3 * x.len());
    pool.counted(Kernel::Elementwise, cost, || {
        pool.pieces(x, TASK_FLOATS, &|index, x| add_with(Isa::current(), x, &y[index * TASK_FLOATS..][..x.len()]));
    });
}

/// `out = silu(gate) * up`.
pub fn swiglu(pool: &Pool, gate: &[f32], up: &[f32], out: &mut [f32]) {
    assert!(gate.len() == out.len() && up.len() == out.len(), "gate, up and out have one length");
    let cost = Cost::on_floats(3 * out.len());
    pool.counted(Kernel::Elementwise, cost, || {
        pool.pieces(out, TASK_FLOATS, &|index, out| {
            let start = index * TASK_FLOATS;
            swiglu_with(Isa::current(), &gate[start..][..out.len()], &up[start..][..out.len()], out);
        });
    });
}

/// `x *= sigmoid(gate)`: the output gate of attention.
pub fn gate_sigmoid(pool: &Pool, x: &mut [f32], gate: &[f32]) {
    assert_eq!(x.len(), gate.len(), "each element has its gate");
    let cost = Cost::on_floats(3 * x.len());
    pool.counted(Kernel::Elementwise, cost, || {
        pool.pieces(x, TASK_FLOATS, &|index, x| gate_with(Isa::current(), x, &gate[index * TASK_FLOATS..][..x.len()]));
    });
}

/// As [`gate_sigmoid`], where row `r` of `x: [rows, n]` finds its gate at `gate[r * stride..][..n]`: the query projection of Qwen3.5
/// gives query and gate of a head side by side, so `gate` is its output from the first gate on and `stride` is `2 n`.
pub fn gate_sigmoid_from(pool: &Pool, x: &mut [f32], n: usize, gate: &[f32], stride: usize) {
    assert!(n > 0 && x.len().is_multiple_of(n), "rows of {n}");
    let rows = (TASK_FLOATS / n).max(1);
    let cost = Cost::on_floats(3 * x.len());
    pool.counted(Kernel::Elementwise, cost, || {
        pool.pieces(x, rows * n, &|index, x| {
            for (row, x) in x.chunks_exact_mut(n).enumerate() {
                gate_with(Isa::current(), x, &gate[(index * rows + row) * stride..][..n]);
            }
        });
    });
}

dispatch! { pub(super) fn add_with(x: &mut [f32], y: &[f32]) = add_all }
dispatch! { pub(super) fn swiglu_with(gate: &[f32], up: &[f32], out: &mut [f32]) = swiglu_all }
dispatch! { pub(super) fn gate_with(x: &mut [f32], gate: &[f32]) = gate_all }

#[inline(always)]
unsafe fn add_all<V: Vector>(x: &mut [f32], y: &[f32]) {
    // SAFETY: both have the length given, and the caller has the instruction set.
    unsafe { map(x.as_ptr(), y.as_ptr(), x.as_mut_ptr(), x.len(), |x: V, y| x.add(y)) }
}

#[inline(always)]
unsafe fn swiglu_all<V: Vector>(gate: &[f32], up: &[f32], out: &mut [f32]) {
    // SAFETY: as above.
    unsafe { map(gate.as_ptr(), up.as_ptr(), out.as_mut_ptr(), out.len(), |gate: V, up| silu(gate).mul(up)) }
}

#[inline(always)]
unsafe fn gate_all<V: Vector>(x: &mut [f32], gate: &[f32]) {
    // SAFETY: as above.
    unsafe { map(x.as_ptr(), gate.as_ptr(), x.as_mut_ptr(), x.len(), |x: V, gate| x.mul(sigmoid(gate))) }
}

/// `out[i] = f(a[i], b[i])`; the last few through a buffer, so that they meet the same operations.
///
/// # Safety
/// All three have `length` floats; `out` may be `a`. The instruction set is there.
#[inline(always)]
unsafe fn map<V: Vector>(a: *const f32, b: *const f32, out: *mut f32, length: usize, f: impl Fn(V, V) -> V) {
    // One call of `f` in the code, so that it is inlined and compiled with the instruction set.
    for at in (0..length).step_by(LANES) {
        // SAFETY: in bounds by the caller's promise.
        unsafe {
            let (rest, a, b, out) = (length - at, a.add(at), b.add(at), out.add(at));
            let pair = if rest < LANES { (V::load_first(a, rest, 0.0), V::load_first(b, rest, 0.0)) } else { (V::load(a), V::load(b)) };
            let result = f(pair.0, pair.1);
            if rest < LANES { result.store_first(out, rest) } else { result.store(out) }
        }
    }
}
