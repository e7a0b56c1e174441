//! Memory that starts on a cache line, so that no vector straddles two.

use std::cell::Cell;

/// One cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// Floats from a cache line on, zero at first.
#[derive(Clone, Default)]
pub(crate) struct Aligned {
    lines: Vec<Line>,
    length: usize,
}

impl Aligned {
    pub(crate) fn new(length: usize) -> Self {
        Self { lines: vec![Line([0.0; 16]); length.div_ceil(16)], length }
    }

    /// Makes room for at least `length` floats; what they hold is anything.
    pub(crate) fn grow(&mut self, length: usize) {
        if self.length < length {
            *self = Self::new(length);
        }
    }

    pub(crate) fn floats(&self) -> &[f32] {
        // SAFETY: the lines are `length` floats and no more than a line of rest.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }

    pub(crate) fn floats_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above, and borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: floats are bytes without padding.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length * 4) }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above; every pattern of bytes is a float.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length * 4) }
    }
}

/// Runs `f` with `length` floats of this thread's scratch memory, whose contents are anything. Kept between calls: kernels run
/// thousands of times a second.
pub(crate) fn with_scratch<T>(length: usize, f: impl FnOnce(&mut [f32]) -> T) -> T {
    thread_local! {
        static SCRATCH: Cell<Aligned> = const { Cell::new(Aligned { lines: Vec::new(), length: 0 }) };
    }
    let mut scratch = SCRATCH.take();
    scratch.grow(length);
    let result = f(&mut scratch.floats_mut()[..length]);
    SCRATCH.set(scratch);
    result
}
