//! A slice that several tasks write to at different places. Kernels split outputs by column, head or row; the borrow checker can only
//! see the simplest of these splits, so the others say here, in one type, what they promise.

use std::marker::PhantomData;

/// A mutable slice that threads may share, each touching elements of its own.
pub(crate) struct SharedMut<'a, T> {
    start: *mut T,
    length: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: it is a `&mut [T]` whose parts go to several threads; `slice` asks its callers to keep the parts apart.
unsafe impl<T: Send> Sync for SharedMut<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for SharedMut<'_, T> {}

impl<'a, T> SharedMut<'a, T> {
    pub(crate) fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), length: slice.len(), slice: PhantomData }
    }

    /// `length` elements from `start`.
    ///
    /// # Safety
    /// No element may be reachable through two of these slices at a time.
    #[expect(clippy::mut_from_ref, reason = "the caller promises that parts do not overlap")]
    pub(crate) unsafe fn slice(&self, start: usize, length: usize) -> &mut [T] {
        assert!(start <= self.length && length <= self.length - start, "{length} elements from {start} of {}", self.length);
        // SAFETY: in bounds as just checked, and unaliased by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), length) }
    }
}
