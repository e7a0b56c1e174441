//! What showing pages as pictures may cost; what one picture may be stands with what reading a document may cost.

/// Pages at once, and pictures kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// Pages drawn at the same time, each in a child process of its own.
    pub drawn_at_once_max: usize,
    /// Bytes of pictures kept for who asks next.
    pub cache_bytes_max: usize,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { drawn_at_once_max: 2, cache_bytes_max: 64 << 20 }
    }
}
