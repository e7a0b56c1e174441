//! Model files, mapped rather than read: tensors are packed straight from the page cache, and what has been packed is let go, so that
//! loading never holds a model twice.
//!
//! A mapped file must not shrink while it is mapped: the next touch of a lost page ends the process (SIGBUS). Model files are written
//! under another name and renamed, so nobody of ours does that.

use std::io;
use std::ops::Range;
use std::path::Path;

use memmap2::{Advice, Mmap, UncheckedAdvice};

/// The system's smallest page: ranges are let go in whole pages of it.
const PAGE_BYTES: usize = 4096;

/// A whole file, read-only.
pub struct MappedFile {
    map: Mmap,
}

impl MappedFile {
    /// Maps the file at `path`.
    ///
    /// # Errors
    /// The file cannot be opened or mapped; an empty file cannot on some systems.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = fs_err::File::open(path)?;
        // SAFETY: read-only and private to us; the module's comment says what is asked of others.
        let map =
            unsafe { Mmap::map(file.file()) }.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        Ok(Self { map })
    }

    /// The file's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Says that the file will be read from front to back. Best effort: a system that cannot read ahead is only slower.
    pub fn advise_sequential(&self) {
        let _ = self.map.advise(Advice::Sequential);
    }

    /// Lets the pages that lie wholly in `range` leave this process's memory; reading them again brings them back. Best effort.
    pub fn forget(&self, range: Range<usize>) {
        let start = range.start.min(self.map.len()).next_multiple_of(PAGE_BYTES);
        let end = range.end.min(self.map.len()) / PAGE_BYTES * PAGE_BYTES;
        if start < end {
            // SAFETY: the mapping is file-backed and never written, so dropped pages are read from the file again.
            let _ = unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, start, end - start) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgotten_pages_come_back_the_same() {
        let path = std::env::current_exe().unwrap();
        let file = MappedFile::open(&path).unwrap();
        let read = fs_err::read(&path).unwrap();
        file.advise_sequential();
        assert_eq!(file.bytes(), read);
        for range in [0..read.len(), 1..read.len() - 1, 5..5, read.len() + 1..read.len() + 9, 4000..9000] {
            file.forget(range);
        }
        assert_eq!(file.bytes(), read);
        assert!(MappedFile::open(Path::new("no such file")).is_err());
    }
}
