//! The files of the log: `audit.jsonl` is written to, `audit-<number of its first line>.jsonl` are full; `head.json` says where the chain
//! ends, so that a piece cut off its end is missed; `lock` lets several processes write.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::chain::Head;

pub(crate) const CURRENT: &str = "audit.jsonl";
pub(crate) const LOCK: &str = "lock";
const HEAD: &str = "head.json";
const FULL: &str = "audit-";

/// Full files by the number of their first line, oldest first.
pub(crate) fn full(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.strip_prefix(FULL).and_then(|rest| rest.strip_suffix(".jsonl")).and_then(|number| number.parse().ok());
        files.extend(number.map(|number| (number, path)));
    }
    files.sort();
    Ok(files)
}

pub(crate) fn full_name(first: u64) -> String {
    format!("{FULL}{first:012}.jsonl")
}

/// Where the chain ends as far as was noted.
pub(crate) fn read_head(folder: &Path) -> io::Result<Option<Head>> {
    match fs_err::read(folder.join(HEAD)) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Notes where the chain ends: whole, or not at all.
pub(crate) fn write_head(folder: &Path, head: &Head) -> io::Result<()> {
    let (place, fresh) = (folder.join(HEAD), folder.join("head.json.new"));
    let mut file = fs_err::File::create(&fresh)?;
    file.write_all(&serde_json::to_vec(head).map_err(io::Error::other)?)?;
    file.sync_data()?;
    fs_err::rename(&fresh, &place)
}

/// The last whole line of a file, without its end; nothing of an empty one. Of a line that a crash cut short the length is returned too.
pub(crate) fn last_line(bytes: &[u8]) -> (Option<&[u8]>, usize) {
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let lines = &bytes[..whole];
    let Some(end) = lines.len().checked_sub(1) else { return (None, bytes.len()) };
    let start = lines[..end].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    (Some(&lines[start..end]), bytes.len() - whole)
}
