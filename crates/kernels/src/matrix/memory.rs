//! Memory for packed weights, in huge pages where the system has them.
//!
//! Weights are streamed once per token, and with pages of 4 KiB a third of that time goes into finding the pages. A huge page must lie whole
//! in one mapping, so matrices of a megabyte or three share large chunks rather than have mappings of their own. A chunk is filled from
//! the start and given back when the last of its matrices is dropped: the weights of a model come and go together.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use memmap2::{MmapMut, MmapRaw};

use super::BadMatrix;

/// What is mapped at once, unless a matrix needs more. Untouched pages of it cost nothing.
const CHUNK: usize = 64 << 20;

/// A huge page.
const HUGE: usize = 2 << 20;

/// A line of the cache, and a register.
const ALIGN: usize = 64;

/// The chunk that is being filled, and up to where.
static FILLING: Mutex<(Weak<MmapRaw>, usize)> = Mutex::new((Weak::new(), 0));

/// A range of a chunk that nobody else has.
#[derive(Debug)]
pub(super) struct Memory {
    chunk: Arc<MmapRaw>,
    start: usize,
    bytes: usize,
}

impl Memory {
    /// `bytes` zeros on a boundary of 64.
    pub(super) fn new(bytes: usize) -> Result<Self, BadMatrix> {
        let failed = |reason: String| BadMatrix::Memory { bytes, reason };
        if bytes > CHUNK / 4 {
            let (chunk, start) = map(bytes).map_err(failed)?;
            return Ok(Self { chunk, start, bytes });
        }
        // What is in there is a pair of plain values, right whoever panicked.
        let mut filling = FILLING.lock().unwrap_or_else(PoisonError::into_inner);
        let (chunk, start) = match filling.0.upgrade() {
            Some(chunk) if chunk.len() - filling.1 >= bytes => (chunk, filling.1),
            _ => map(CHUNK).map_err(failed)?,
        };
        *filling = (Arc::downgrade(&chunk), (start + bytes).next_multiple_of(ALIGN).min(chunk.len()));
        Ok(Self { chunk, start, bytes })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: `new` gave this range of the living chunk to nobody else, and writing it takes `&mut self`.
        unsafe { std::slice::from_raw_parts(self.chunk.as_ptr().add(self.start), self.bytes) }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the same.
        unsafe { std::slice::from_raw_parts_mut(self.chunk.as_mut_ptr().add(self.start), self.bytes) }
    }
}

/// A fresh mapping with room for `bytes` from the returned start on, which is where a huge page may lie.
fn map(bytes: usize) -> Result<(Arc<MmapRaw>, usize), String> {
    let whole = bytes.checked_add(HUGE).ok_or("more than there are addresses")?;
    let map = MmapMut::map_anon(whole).map_err(|error| error.to_string())?;
    // Only advice: failing is no error.
    #[cfg(target_os = "linux")]
    let _ = map.advise(memmap2::Advice::HugePage);
    let map = MmapRaw::from(map);
    let address = map.as_ptr() as usize;
    Ok((Arc::new(map), address.next_multiple_of(HUGE) - address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_apart_aligned_and_zero() {
        let mut ranges: Vec<Memory> = [1, 64, 100, CHUNK / 5, CHUNK / 5, CHUNK / 2, 7].map(|bytes| Memory::new(bytes).unwrap()).into();
        for range in &mut ranges {
            assert!((range.bytes().as_ptr() as usize).is_multiple_of(ALIGN));
            assert!(range.bytes().iter().step_by(4093).all(|byte| *byte == 0));
            range.bytes_mut()[0] = 1;
            *range.bytes_mut().last_mut().unwrap() = 1;
        }
        let mut spans: Vec<(usize, usize)> = ranges.iter().map(|range| (range.bytes().as_ptr() as usize, range.bytes)).collect();
        spans.sort_unstable();
        assert!(spans.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
    }
}
