//! Checksums of the legs' files: Lance keeps none, tantivy's leave out a few bytes. Taken when a file is made durable, compared on request,
//! so that a flipped or cut byte is found before an answer is wrong.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::sweep::{Swept, sync_folder};

/// Checksums by path below a folder. In the file each line is `{hash}  {path}`; the first is the hash of the lines after it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    files: BTreeMap<String, String>,
}

impl Sums {
    /// Where a leg keeps them.
    pub(crate) fn file(leg: &Path) -> PathBuf {
        leg.join("checksums")
    }

    /// Reads them; `None` when the file is missing or itself damaged.
    pub(crate) fn read(leg: &Path) -> io::Result<Option<Self>> {
        let content = match fs_err::read(Self::file(leg)) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(String::from_utf8(content).ok().and_then(|content| Self::parse(&content)))
    }

    fn parse(content: &str) -> Option<Self> {
        let (hash, lines) = content.split_once('\n')?;
        if blake3::hash(lines.as_bytes()).to_hex().as_str() != hash {
            return None;
        }
        let pair = |line: &str| line.split_once("  ").map(|(hash, path)| (path.to_owned(), hash.to_owned()));
        lines.lines().map(pair).collect::<Option<_>>().map(|files| Self { files })
    }

    /// Takes the sums of files below `folder` that are new, drops those of files that are gone, and makes the result durable.
    pub(crate) fn update(&mut self, leg: &Path, folder: &Path, swept: &Swept) -> io::Result<()> {
        let mut files = BTreeMap::new();
        let mut changed = false;
        for (path, new) in &swept.files {
            let name = name(folder, path);
            let known = self.files.get(&name).filter(|_| !new || is_immutable(path));
            if let Some(hash) = known {
                files.insert(name, hash.clone());
                continue;
            }
            match hash_of(path) {
                Ok(hash) => files.insert(name, hash),
                // Joined with others in the meantime.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            changed = true;
        }
        if changed || files.len() != self.files.len() {
            self.files = files;
            self.write(leg)?;
        }
        Ok(())
    }

    fn write(&self, leg: &Path) -> io::Result<()> {
        let lines: String = self.files.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect();
        let target = Self::file(leg);
        let next = target.with_extension("next");
        let mut file = fs_err::File::create(&next)?;
        file.write_all(format!("{}\n{lines}", blake3::hash(lines.as_bytes()).to_hex()).as_bytes())?;
        file.sync_all()?;
        fs_err::rename(&next, &target)?;
        sync_folder(leg)
    }

    /// Files that are not as they were made durable. Files without a sum came after the last commit and are passed over, files that are
    /// gone are for the library to miss.
    pub(crate) fn damaged(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut damaged = Vec::new();
        for (name, hash) in &self.files {
            let path = folder.join(name);
            if path.exists() && hash_of(&path)? != *hash {
                damaged.push(path);
            }
        }
        Ok(damaged)
    }
}

/// Both libraries name data by random numbers and never write the same name twice. A manifest's name can come again, after the one that had it
/// was set aside.
fn is_immutable(path: &Path) -> bool {
    path.extension().is_none_or(|extension| extension != "manifest")
}

fn name(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned()
}

fn hash_of(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut fs_err::File::open(path)?, &mut hasher)?;
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::Sweep;

    #[test]
    fn any_changed_byte_is_found_also_in_the_sums_themselves() {
        let leg = tempfile::tempdir().unwrap();
        let table = leg.path().join("t.lance");
        fs_err::create_dir_all(table.join("data")).unwrap();
        fs_err::write(table.join("data/a.lance"), "content").unwrap();
        fs_err::write(table.join("1.manifest"), "one").unwrap();
        let (mut sums, mut sweep) = (Sums::default(), Sweep::default());
        sums.update(leg.path(), &table, &sweep.run(&table).unwrap()).unwrap();
        assert_eq!(Sums::read(leg.path()).unwrap().unwrap(), sums);
        assert!(sums.damaged(&table).unwrap().is_empty());

        // A manifest that comes again under its name is summed again, by a new process too.
        fs_err::write(table.join("1.manifest"), "two").unwrap();
        let mut sums = Sums::read(leg.path()).unwrap().unwrap();
        sums.update(leg.path(), &table, &Sweep::default().run(&table).unwrap()).unwrap();
        assert!(sums.damaged(&table).unwrap().is_empty());

        fs_err::write(table.join("data/a.lance"), "cOntent").unwrap();
        assert_eq!(sums.damaged(&table).unwrap(), [table.join("data/a.lance")]);
        let mut content = fs_err::read(Sums::file(leg.path())).unwrap();
        for at in 0..content.len() {
            content[at] ^= 4;
            fs_err::write(Sums::file(leg.path()), &content).unwrap();
            assert_eq!(Sums::read(leg.path()).unwrap(), None, "byte {at}");
            content[at] ^= 4;
        }
    }
}
