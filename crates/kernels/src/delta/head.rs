//! One key head and its value heads, over the tokens of one sequence.
//!
//! Tokens go in blocks; within a block the value dimension is cut into slices whose part of S (32 KiB at 64 values and 128 key
//! dimensions) stays in the first-level cache. One sweep per token decays and updates S, sums the output, and sums what the *next* token
//! needs of the new S.

use super::{CONV_WIDTH_MAX, DeltaShape, DeltaWeights, HeadOrder, L2_EPSILON, Sequence};
use crate::Isa;
use crate::aligned::with_scratch;
use crate::simd::{LANES, Vector, dispatch, silu};

/// Tokens whose queries, keys and values are prepared together; they stay in the second-level cache beside S.
const BLOCK: usize = 32;
/// Values of a slice: four vectors give the sums of a sweep enough independent chains.
const SLICE: usize = 4 * LANES;
/// From how many tokens on slices of S are copied together before the sweeps. Rows of S are a power of two apart, so a slice in place
/// uses half the cache's sets; for a few tokens copying costs more.
const COPY_FROM_TOKENS: usize = 4;

/// Runs key head `key_head` of `sequence`. At most one call at a time per sequence and key head.
pub(super) fn run(isa: Isa, shape: &DeltaShape, weights: &DeltaWeights, sequence: &Sequence<'_>, key_head: usize) {
    let head = Head {
        shape,
        weights,
        sequence,
        key_head,
        key_pad: shape.key_dim.next_multiple_of(LANES),
        value_pad: shape.value_dim.next_multiple_of(LANES),
    };
    let copies = if head.in_place() { 0 } else { head.repeat() * shape.key_dim * head.value_pad };
    with_scratch(2 * BLOCK * (head.key_pad + head.value_pad) + copies, |scratch| run_in(isa, &head, scratch));
}

dispatch! { fn run_in(head: &Head<'_>, scratch: &mut [f32]) = run_head }

/// The parts of a task's scratch memory.
struct Scratch<'a> {
    /// `[BLOCK, key_pad]` each.
    q: &'a mut [f32],
    k: &'a mut [f32],
    /// `[BLOCK, value_pad]` each.
    v: &'a mut [f32],
    o: &'a mut [f32],
    /// S of one value head, slice after slice, `[slices, key_dim, slice]`; empty when S is used in place.
    s: &'a mut [f32],
}

#[inline(always)]
unsafe fn run_head<V: Vector>(head: &Head<'_>, scratch: &mut [f32]) {
    let (q, rest) = scratch.split_at_mut(BLOCK * head.key_pad);
    let (k, rest) = rest.split_at_mut(BLOCK * head.key_pad);
    let (v, rest) = rest.split_at_mut(BLOCK * head.value_pad);
    let (o, s) = rest.split_at_mut(BLOCK * head.value_pad);
    // SAFETY: the caller has the instruction set.
    unsafe { head.run::<V>(Scratch { q, k, v, o, s }) };
}

struct Head<'a> {
    shape: &'a DeltaShape,
    weights: &'a DeltaWeights,
    sequence: &'a Sequence<'a>,
    key_head: usize,
    /// Dimensions rounded up to whole vectors; what is beyond is zero.
    key_pad: usize,
    value_pad: usize,
}

// SAFETY of every block below, where nothing else is said: the instruction set is there by `run_head`'s promise; pointers are into
// slices of the sizes that `Scratch` and `Sequence` state; a task touches its own heads' and channels' parts of shared slices only.
impl Head<'_> {
    /// Value heads that read this key head.
    fn repeat(&self) -> usize {
        self.shape.value_heads / self.shape.key_heads
    }

    /// The `nth` of them.
    fn value_head(&self, nth: usize) -> usize {
        match self.shape.order {
            HeadOrder::Grouped => self.key_head * self.repeat() + nth,
            HeadOrder::Tiled => self.key_head + nth * self.shape.key_heads,
        }
    }

    /// Whether S is used where it stands.
    fn in_place(&self) -> bool {
        self.sequence.tokens < COPY_FROM_TOKENS && self.value_pad == self.shape.value_dim
    }

    #[inline(always)]
    unsafe fn run<V: Vector>(&self, scratch: Scratch<'_>) {
        let Scratch { q, k, v, o, s: copies } = scratch;
        let in_place = self.in_place();
        let (shape, sequence) = (self.shape, self.sequence);
        let (s_floats, s_pad) = (shape.key_dim * shape.value_dim, shape.key_dim * self.value_pad);
        let first_key = shape.key_heads * shape.key_dim;
        let query_scale = 1.0 / (shape.key_dim as f32).sqrt();
        // SAFETY: see above.
        unsafe {
            if !in_place {
                for (nth, copy) in copies.chunks_exact_mut(s_pad).enumerate() {
                    self.copy_slices(sequence.s.slice(self.value_head(nth) * s_floats, s_floats), copy, true);
                }
            }
            let mut start = 0;
            while start < sequence.tokens {
                let tokens = BLOCK.min(sequence.tokens - start);
                self.convolve::<V>(self.key_head * shape.key_dim, shape.key_dim, start, tokens, q);
                self.convolve::<V>(first_key + self.key_head * shape.key_dim, shape.key_dim, start, tokens, k);
                self.normalise::<V>(q, tokens, query_scale);
                self.normalise::<V>(k, tokens, 1.0);
                for nth in 0..self.repeat() {
                    let head = self.value_head(nth);
                    self.convolve::<V>(2 * first_key + head * shape.value_dim, shape.value_dim, start, tokens, v);
                    let gates = self.gates(head, start, tokens);
                    for first in (0..self.value_pad).step_by(SLICE) {
                        let width = SLICE.min(self.value_pad - first);
                        let (s, stride) = if in_place {
                            (sequence.s.slice(head * s_floats, s_floats)[first..].as_mut_ptr(), shape.value_dim)
                        } else {
                            (copies[nth * s_pad + first * shape.key_dim..].as_mut_ptr(), width)
                        };
                        let sweep = Sweep {
                            s,
                            stride,
                            q: q.as_ptr(),
                            k: k.as_ptr(),
                            keys: shape.key_dim,
                            key_pad: self.key_pad,
                            v: v[first..].as_ptr(),
                            o: o[first..].as_mut_ptr(),
                            value_pad: self.value_pad,
                            gates: &gates[..tokens],
                        };
                        match width / LANES {
                            1 => sweep.run::<V, 1>(),
                            2 => sweep.run::<V, 2>(),
                            3 => sweep.run::<V, 3>(),
                            _ => sweep.run::<V, 4>(),
                        }
                    }
                    self.finish::<V>(head, start, tokens, o);
                }
                start += tokens;
            }
            if !in_place {
                for (nth, copy) in copies.chunks_exact_mut(s_pad).enumerate() {
                    self.copy_slices(sequence.s.slice(self.value_head(nth) * s_floats, s_floats), copy, false);
                }
            }
            self.keep_rows(self.key_head * shape.key_dim, shape.key_dim);
            self.keep_rows(first_key + self.key_head * shape.key_dim, shape.key_dim);
            for nth in 0..self.repeat() {
                self.keep_rows(2 * first_key + self.value_head(nth) * shape.value_dim, shape.value_dim);
            }
        }
    }

    /// `s: [key_dim, value_dim]` into slices `[key_dim, slice]`, or back.
    fn copy_slices(&self, s: &mut [f32], copy: &mut [f32], into_copy: bool) {
        let keys = self.shape.key_dim;
        let mut first = 0;
        for slice in copy.chunks_mut(SLICE * keys) {
            let width = slice.len() / keys;
            let real = width.min(self.shape.value_dim - first);
            for (row, part) in s.chunks_exact_mut(self.shape.value_dim).zip(slice.chunks_exact_mut(width)) {
                if into_copy {
                    part[..real].copy_from_slice(&row[first..first + real]);
                    part[real..].fill(0.0);
                } else {
                    row[first..first + real].copy_from_slice(&part[..real]);
                }
            }
            first += real;
        }
    }

    /// A row before the convolution, counted from the first that the state keeps.
    #[inline(always)]
    unsafe fn row(&self, index: usize, channel: usize, channels: usize) -> *const f32 {
        let (kept, all) = (self.shape.conv_width - 1, self.shape.channels());
        if index < kept {
            // SAFETY: see above.
            unsafe { self.sequence.conv.slice(index * all + channel, channels).as_ptr() }
        } else {
            self.sequence.input.qkv[(index - kept) * all + channel..][..channels].as_ptr()
        }
    }

    /// Convolution and SiLU of `channels` channels from `channel` on; `out: [tokens, channels rounded up]`.
    #[inline(always)]
    unsafe fn convolve<V: Vector>(&self, channel: usize, channels: usize, start: usize, tokens: usize, out: &mut [f32]) {
        let pad = channels.next_multiple_of(LANES);
        for at in (0..pad).step_by(LANES) {
            let place = Place { channel: channel + at, rest: channels - at, start, tokens, pad };
            let out = out[at..].as_mut_ptr();
            // SAFETY: see above; the width is one of these.
            unsafe {
                match self.shape.conv_width {
                    4 => self.column::<V, 4>(place, 4, out),
                    width => self.column::<V, CONV_WIDTH_MAX>(place, width, out),
                }
            }
        }
    }

    /// One vector of channels over all tokens of a block: taps and the last rows stay in registers. `W` is at least `width`.
    #[inline(always)]
    unsafe fn column<V: Vector, const W: usize>(&self, place: Place, width: usize, out: *mut f32) {
        let Place { channel, rest, start, tokens, pad } = place;
        let some = rest.min(LANES);
        // SAFETY: see above.
        unsafe {
            let mut taps = [V::splat(0.0); W];
            let mut rows = taps;
            for tap in 0..width {
                taps[tap] = load(self.weights.conv[tap * self.shape.channels() + channel..].as_ptr(), rest);
                // The last of these comes in the loop.
                if tap + 1 < width {
                    rows[tap + 1] = load(self.row(start + tap, channel, some), rest);
                }
            }
            for token in 0..tokens {
                for tap in 1..width {
                    rows[tap - 1] = rows[tap];
                }
                rows[width - 1] = load(self.row(start + token + width - 1, channel, some), rest);
                let mut sum = taps[0].mul(rows[0]);
                for tap in 1..width {
                    sum = taps[tap].fma(rows[tap], sum);
                }
                silu(sum).store(out.add(token * pad));
            }
        }
    }

    /// Each row to length `scale`.
    #[inline(always)]
    unsafe fn normalise<V: Vector>(&self, x: &mut [f32], tokens: usize, scale: f32) {
        for row in x.chunks_exact_mut(self.key_pad).take(tokens) {
            // SAFETY: see above; rows are whole vectors, zero beyond the dimensions.
            unsafe {
                let mut squares = V::splat(0.0);
                for block in row.chunks_exact(LANES) {
                    let x = V::load(block.as_ptr());
                    squares = x.fma(x, squares);
                }
                let scale = V::splat(scale / (squares.sum() + L2_EPSILON).sqrt());
                for block in row.chunks_exact_mut(LANES) {
                    V::load(block.as_ptr()).mul(scale).store(block.as_mut_ptr());
                }
            }
        }
    }

    /// Decay `alpha` and update strength `beta` of each token.
    fn gates(&self, head: usize, start: usize, tokens: usize) -> [(f32, f32); BLOCK] {
        let mut gates = [(0.0, 0.0); BLOCK];
        for (token, gate) in gates[..tokens].iter_mut().enumerate() {
            let at = (start + token) * self.shape.value_heads + head;
            let dt = self.sequence.input.a[at] + self.weights.dt_bias[head];
            let softplus = if dt > 20.0 { dt } else { dt.exp().ln_1p() };
            *gate = ((self.weights.decay[head] * softplus).exp(), 1.0 / (1.0 + (-self.sequence.input.b[at]).exp()));
        }
        gates
    }

    /// The gated norm: `o / rms(o) * norm * silu(z)`.
    #[inline(always)]
    unsafe fn finish<V: Vector>(&self, head: usize, start: usize, tokens: usize, o: &[f32]) {
        let dim = self.shape.value_dim;
        for (token, o) in o.chunks_exact(self.value_pad).take(tokens).enumerate() {
            let at = (start + token) * self.shape.values() + head * dim;
            let z = &self.sequence.input.z[at..][..dim];
            // SAFETY: see above.
            unsafe {
                let out = self.sequence.out.slice(at, dim);
                let mut squares = V::splat(0.0);
                for block in o.chunks_exact(LANES) {
                    let x = V::load(block.as_ptr());
                    squares = x.fma(x, squares);
                }
                let scale = V::splat(1.0 / (squares.sum() / dim as f32 + self.shape.norm_epsilon).sqrt());
                for (block, out) in out.chunks_mut(LANES).enumerate() {
                    let at = block * LANES;
                    let (o, z, norm) = (V::load(o[at..].as_ptr()), z[at..].as_ptr(), self.weights.norm[at..].as_ptr());
                    if out.len() == LANES {
                        o.mul(scale).mul(V::load(norm)).mul(silu(V::load(z))).store(out.as_mut_ptr());
                    } else {
                        let (norm, z) = (V::load_first(norm, out.len(), 0.0), V::load_first(z, out.len(), 0.0));
                        o.mul(scale).mul(norm).mul(silu(z)).store_first(out.as_mut_ptr(), out.len());
                    }
                }
            }
        }
    }

    /// Keeps the last rows before the convolution for the next call. Oldest first, so that none is overwritten before it moved.
    unsafe fn keep_rows(&self, channel: usize, channels: usize) {
        for kept in 0..self.shape.conv_width - 1 {
            // SAFETY: see above; source and destination are different rows.
            unsafe {
                let from = self.row(self.sequence.tokens + kept, channel, channels);
                let to = self.sequence.conv.slice(kept * self.shape.channels() + channel, channels).as_mut_ptr();
                std::ptr::copy_nonoverlapping(from, to, channels);
            }
        }
    }
}

/// A vector of channels within a head, and the tokens of a block.
#[derive(Clone, Copy)]
struct Place {
    channel: usize,
    /// Channels from this one to the head's end.
    rest: usize,
    start: usize,
    tokens: usize,
    /// Floats from one token's output to the next's.
    pad: usize,
}

/// Up to sixteen of the `rest` floats at `from`; zeros beyond.
#[inline(always)]
unsafe fn load<V: Vector>(from: *const f32, rest: usize) -> V {
    // SAFETY: the caller has `rest` floats there, and the instruction set.
    unsafe { if rest < LANES { V::load_first(from, rest, 0.0) } else { V::load(from) } }
}

/// One slice of S over a block of tokens.
struct Sweep<'a> {
    /// Row `i` of the slice at `s + i * stride`.
    s: *mut f32,
    stride: usize,
    /// Rows `key_pad` apart, `keys` long.
    q: *const f32,
    k: *const f32,
    keys: usize,
    key_pad: usize,
    /// Rows `value_pad` apart, from the slice's first value on.
    v: *const f32,
    o: *mut f32,
    value_pad: usize,
    /// Decay and strength per token.
    gates: &'a [(f32, f32)],
}

impl Sweep<'_> {
    /// `S = alpha S; d = beta (v - S^T k); S = S + k d^T; o = S^T q`, token after token, `W` vectors wide.
    ///
    /// # Safety
    /// The pointers have what the fields say; the instruction set is there.
    #[inline(always)]
    unsafe fn run<V: Vector, const W: usize>(&self) {
        // SAFETY: the caller's promise.
        unsafe {
            let zero = [V::splat(0.0); W];
            // S^T k of the first token; the sweeps below give the others'.
            let mut recalled = zero;
            for i in 0..self.keys {
                let k = V::splat(*self.k.add(i));
                for (w, sum) in recalled.iter_mut().enumerate() {
                    *sum = k.fma(V::load(self.s.add(i * self.stride + w * LANES)), *sum);
                }
            }
            for (token, &(alpha, beta)) in self.gates.iter().enumerate() {
                let v = self.v.add(token * self.value_pad);
                let o = self.o.add(token * self.value_pad);
                let mut change = zero;
                for (w, d) in change.iter_mut().enumerate() {
                    *d = V::splat(-alpha).fma(recalled[w], V::load(v.add(w * LANES))).mul(V::splat(beta));
                }
                let out = if token + 1 < self.gates.len() {
                    self.sweep::<V, W, true>(token, alpha, &change, &mut recalled)
                } else {
                    self.sweep::<V, W, false>(token, alpha, &change, &mut recalled)
                };
                for (w, sum) in out.into_iter().enumerate() {
                    sum.store(o.add(w * LANES));
                }
            }
        }
    }

    /// Updates S for `token`, returns its output; with `NEXT` also sums the new S with the next token's key.
    #[inline(always)]
    unsafe fn sweep<V: Vector, const W: usize, const NEXT: bool>(
        &self,
        token: usize,
        alpha: f32,
        change: &[V; W],
        recalled: &mut [V; W],
    ) -> [V; W] {
        // SAFETY: the caller's promise.
        unsafe {
            let zero = V::splat(0.0);
            let (q, k) = (self.q.add(token * self.key_pad), self.k.add(token * self.key_pad));
            let next_k = if NEXT { k.add(self.key_pad) } else { k };
            let alpha = V::splat(alpha);
            let (mut out, mut next) = ([zero; W], [zero; W]);
            for i in 0..self.keys {
                let (q, k) = (V::splat(*q.add(i)), V::splat(*k.add(i)));
                let next_k = V::splat(*next_k.add(i));
                for w in 0..W {
                    let at = self.s.add(i * self.stride + w * LANES);
                    let s = k.fma(change[w], V::load(at).mul(alpha));
                    s.store(at);
                    out[w] = q.fma(s, out[w]);
                    if NEXT {
                        next[w] = next_k.fma(s, next[w]);
                    }
                }
            }
            *recalled = next;
            out
        }
    }
}
