//! Lance renames on local disks without fsync, so after a power cut its newest files may be empty. After every Lance commit this sweep
//! makes durable whatever appeared or changed under the table since the last one: files first, then the folders that name them.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// What was already made durable.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    swept: HashMap<PathBuf, State>,
}

type State = (u64, Option<SystemTime>);

/// What a sweep found.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    /// Every file, and whether it was new or changed.
    pub files: Vec<(PathBuf, bool)>,
}

impl Sweep {
    /// Makes everything new under `root` durable, `root`'s own entry included. Blocks.
    pub(crate) fn run(&mut self, root: &Path) -> io::Result<Swept> {
        let mut seen = HashMap::with_capacity(self.swept.len());
        let mut folders = Vec::new();
        let mut swept = Swept::default();
        let mut pending = vec![root.to_owned()];
        while let Some(folder) = pending.pop() {
            let mut changed = false;
            let mut entries = 0;
            for entry in fs_err::read_dir(&folder)? {
                let entry = entry?;
                entries += 1;
                // A file Lance removed in the meantime needs no fsync.
                let Some(metadata) = gone_is_none(entry.metadata())? else { continue };
                if metadata.is_dir() {
                    pending.push(entry.path());
                    continue;
                }
                let (path, state) = (entry.path(), (metadata.len(), metadata.modified().ok()));
                let new = self.swept.get(&path) != Some(&state);
                if new {
                    let Some(file) = gone_is_none(fs_err::File::open(&path))? else { continue };
                    file.sync_all()?;
                    changed = true;
                }
                swept.files.push((path.clone(), new));
                seen.insert(path, state);
            }
            // A folder counts as changed also when its list of names did.
            let state = (entries, fs_err::metadata(&folder)?.modified().ok());
            if changed || self.swept.get(&folder) != Some(&state) {
                folders.push(folder.clone());
            }
            seen.insert(folder, state);
        }
        if !folders.is_empty() {
            folders.extend(root.parent().map(Path::to_owned));
        }
        for folder in &folders {
            sync_folder(folder)?;
        }
        self.swept = seen;
        Ok(swept)
    }
}

/// Makes a folder's list of names durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    fs_err::File::open(folder)?.sync_all()
}

fn gone_is_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_or_changed_is_swept() {
        let root = tempfile::tempdir().unwrap();
        let table = root.path().join("t.lance");
        fs_err::create_dir_all(table.join("data/deep")).unwrap();
        fs_err::write(table.join("data/deep/a"), "1").unwrap();
        fs_err::write(table.join("b"), "1").unwrap();
        let mut sweep = Sweep::default();
        let new = |sweep: &mut Sweep| sweep.run(&table).unwrap().files.iter().filter(|(_, new)| *new).count();
        assert_eq!(new(&mut sweep), 2);
        assert_eq!(new(&mut sweep), 0);
        fs_err::write(table.join("b"), "12").unwrap();
        fs_err::write(table.join("data/c"), "").unwrap();
        assert_eq!(new(&mut sweep), 2);
        fs_err::remove_file(table.join("b")).unwrap();
        assert_eq!(new(&mut sweep), 0);
        assert!(!sweep.swept.contains_key(&table.join("b")));
        assert!(sweep.run(&root.path().join("missing")).is_err());
    }
}
