//! Memory for packed weights: from the system, page-aligned, in huge pages where it has them.

use memmap2::MmapMut;

use super::BadMatrix;

#[derive(Debug)]
pub(super) struct Memory(MmapMut);

impl Memory {
    /// `bytes` zeros; not zero of them.
    pub(super) fn new(bytes: usize) -> Result<Self, BadMatrix> {
        let map = MmapMut::map_anon(bytes).map_err(|error| BadMatrix::Memory { bytes, reason: error.to_string() })?;
        // Weights are streamed once per token; with 4 KiB pages the page walks cost a tenth of that. Only advice: failing is no error.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        Ok(Self(map))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}
