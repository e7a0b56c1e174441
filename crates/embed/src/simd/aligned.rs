//! A float buffer that starts on a cache line: a 64-byte load that straddles two lines costs two, which halves the matrix product.

const LINE_FLOATS: usize = 16;

/// `len` floats, the first at a multiple of 64 bytes.
#[derive(Debug, Default)]
pub(crate) struct AlignedBuffer {
    storage: Vec<f32>,
    offset: usize,
    len: usize,
}

impl AlignedBuffer {
    /// A buffer of zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let mut buffer = Self::default();
        buffer.resize(len);
        buffer
    }

    /// Makes it at least `len` floats long. What stood in it is unspecified afterwards; what was never written is zero.
    pub(crate) fn resize(&mut self, len: usize) {
        if len + LINE_FLOATS > self.storage.len() {
            self.storage = vec![0.0; len + LINE_FLOATS];
            let offset = self.storage.as_ptr().align_offset(LINE_FLOATS * size_of::<f32>());
            // `align_offset` may decline (it says so with a huge number); then the buffer is merely slower.
            self.offset = if offset < LINE_FLOATS { offset } else { 0 };
        }
        self.len = len;
    }
}

impl std::ops::Deref for AlignedBuffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.storage[self.offset..self.offset + self.len]
    }
}

impl std::ops::DerefMut for AlignedBuffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.storage[self.offset..self.offset + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_on_a_cache_line_and_grows() {
        let mut buffer = AlignedBuffer::zeros(5);
        assert_eq!(buffer.as_ptr() as usize % 64, 0);
        buffer[4] = 1.0;
        buffer.resize(1000);
        assert_eq!((buffer.len(), buffer.as_ptr() as usize % 64), (1000, 0));
        assert!(buffer.iter().all(|&x| x == 0.0));
    }
}
