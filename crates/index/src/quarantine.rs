//! Setting aside what was never published. Nothing here is opened or trusted, and nothing is deleted at once: what is set aside can
//! still be looked at, until newer arrivals push it out.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::sweep::sync_folder;

/// Arrivals kept; the oldest go first.
const KEPT_MAX: usize = 8;

/// Moves files or folders into a new numbered folder under `<root>/quarantine`; returns where they are now.
pub(crate) fn set_aside(root: &Path, what: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    if what.is_empty() {
        return Ok(Vec::new());
    }
    let home = root.join("quarantine");
    fs_err::create_dir_all(&home)?;
    let arrivals = arrivals(&home)?;
    let number = arrivals.last().map_or(1, |&(last, _)| last + 1);
    let folder = home.join(format!("{number:06}"));
    fs_err::create_dir(&folder)?;
    let mut moved = Vec::with_capacity(what.len());
    for path in what {
        let name = path.file_name().ok_or_else(|| io::Error::other(format!("{} has no name", path.display())))?;
        fs_err::rename(path, folder.join(name))?;
        if let Some(parent) = path.parent() {
            sync_folder(parent)?;
        }
        moved.push(folder.join(name));
    }
    sync_folder(&folder)?;
    sync_folder(&home)?;
    let surplus = (arrivals.len() + 1).saturating_sub(KEPT_MAX);
    for (_, old) in &arrivals[..surplus.min(arrivals.len())] {
        fs_err::remove_dir_all(old)?;
    }
    Ok(moved)
}

/// Numbered folders, oldest first.
fn arrivals(home: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut arrivals = Vec::new();
    for entry in fs_err::read_dir(home)? {
        let path = entry?.path();
        if let Some(number) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok()) {
            arrivals.push((number, path));
        }
    }
    arrivals.sort_unstable();
    Ok(arrivals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_aside_is_moved_and_the_oldest_goes() {
        let root = tempfile::tempdir().unwrap();
        for round in 0..12 {
            let file = root.path().join("x");
            fs_err::write(&file, round.to_string()).unwrap();
            let moved = set_aside(root.path(), std::slice::from_ref(&file)).unwrap();
            assert!(!file.exists());
            assert_eq!(fs_err::read_to_string(&moved[0]).unwrap(), round.to_string());
        }
        assert_eq!(arrivals(&root.path().join("quarantine")).unwrap().len(), KEPT_MAX);
        assert!(set_aside(root.path(), &[]).unwrap().is_empty());
    }
}
