//! SHA-256 of files, read in pieces.

use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::ModelError;

/// Length in bytes and SHA-256 in lower-case hexadecimal.
pub(crate) fn digest(path: &Path) -> Result<(u64, String), ModelError> {
    let mut file = fs_err::File::open(path).map_err(ModelError::read(path))?;
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).map_err(ModelError::read(path))?;
        if read == 0 {
            let hex = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok((bytes, hex));
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
}
