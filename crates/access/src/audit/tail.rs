//! The latest lines, for looking at: read from the end, as much as a screen shows and no more.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::{Map, Value};

use super::files;

/// How far back is looked in one file, bytes.
const BYTES_MAX: u64 = 256 << 10;

/// The latest records, newest first, as they were written. A line that is none (its end not written yet) is passed over: telling whether
/// the log is whole is what `verify` is for.
pub(crate) fn latest(folder: &Path, most: usize) -> io::Result<Vec<Map<String, Value>>> {
    let mut found = Vec::new();
    let current = folder.join(files::CURRENT);
    let older = files::full(folder)?.into_iter().rev().map(|(_, path)| path);
    for path in std::iter::once(current).chain(older) {
        let bytes = match end_of(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            bytes => bytes?,
        };
        let lines = bytes.split(|&byte| byte == b'\n').rev();
        found.extend(lines.filter_map(|line| serde_json::from_slice(line).ok()).take(most - found.len()));
        if found.len() == most {
            break;
        }
    }
    Ok(found)
}

fn end_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = fs_err::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES_MAX)))?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}
