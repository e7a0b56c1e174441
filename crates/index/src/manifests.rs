//! Lance's manifests by file name. Lance opens the one with the highest number whatever is in it, so those newer than our record have to
//! be out of the way before it looks (names: lance-table 14, `io/commit.rs`).

use std::{
    io,
    path::{Path, PathBuf},
};

/// Folder of a table's manifests.
pub(crate) fn folder(table: &Path) -> PathBuf {
    table.join("_versions")
}

/// The number in a manifest's name: `{2^64 - 1 - version, 20 digits}.manifest`, or `{version}.manifest` as older releases wrote it.
fn version_of(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".manifest")?;
    let parsed: u64 = number.parse().ok()?;
    Some(if number.len() == 20 { u64::MAX - parsed } else { parsed })
}

/// Every manifest with its version, ascending. A table that does not exist has none.
pub(crate) fn list(table: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs_err::read_dir(folder(table)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut manifests = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if let Some(version) = path.file_name().and_then(|name| name.to_str()).and_then(version_of) {
            manifests.push((version, path));
        }
    }
    manifests.sort_unstable();
    Ok(manifests)
}

fn note(table: &Path) -> PathBuf {
    folder(table).join("latest_version_hint.json")
}

/// Removes Lance's note of the newest manifest. It spares remote stores a listing, is written anew in place by every commit, and on a local
/// disk is only one more file that a power cut can spoil.
pub(crate) fn forget_note(table: &Path) -> io::Result<()> {
    match fs_err::remove_file(note(table)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What must be set aside so that `version` is the newest: newer manifests, and Lance's note of the newest one when there are some.
pub(crate) fn newer_than(table: &Path, version: u64) -> io::Result<Vec<PathBuf>> {
    let mut newer: Vec<PathBuf> = list(table)?.into_iter().filter(|&(found, _)| found > version).map(|(_, path)| path).collect();
    if !newer.is_empty() && note(table).exists() {
        newer.push(note(table));
    }
    Ok(newer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_lance_writes_them() {
        assert_eq!(version_of("18446744073709551614.manifest"), Some(1));
        assert_eq!(version_of("18446744073709551605.manifest"), Some(10));
        assert_eq!(version_of("7.manifest"), Some(7));
        for other in ["d123.manifest", "latest_version_hint.json", "18446744073709551614.manifest-tmp", ".manifest"] {
            assert_eq!(version_of(other), None, "{other}");
        }
    }
}
