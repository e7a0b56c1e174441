//! Files people hand in: stored durably under the data directory first, acknowledged then, read by a job after that.

use std::path::{Path, PathBuf};

use pinakes_catalog::{SourceKind, SourceRow};
use pinakes_types::{DocId, SourceId};

use crate::{IngestError, Store, UPLOADS};

/// An upload on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpload {
    /// The document it will become.
    pub doc: DocId,
    /// Its path in the source `uploads`.
    pub path: String,
    /// Size, bytes.
    pub bytes: u64,
}

/// Characters of an upload's file name that are kept.
const NAME_CHARS_MAX: usize = 120;

impl Store {
    /// Where an upload may be written while it arrives: same file system as its final place.
    ///
    /// # Errors
    /// Folders that cannot be made.
    pub fn upload_staging(&self) -> Result<PathBuf, IngestError> {
        let folder = self.data_dir().join("staging");
        fs_err::create_dir_all(&folder).map_err(|error| IngestError::cannot_write(&folder, error))?;
        Ok(folder)
    }

    /// Takes over a file that has arrived whole in the staging folder. On return it is on the disk for good, under a name made safe;
    /// a file of the same name by the same person is replaced, as its new version; what others handed in is neither replaced nor hinted
    /// at, as each person has a folder (`owner`; none for the operator). Blocking: two syncs of the disk.
    ///
    /// # Errors
    /// A full or unwritable disk.
    pub fn keep_upload(&self, staged: &Path, name: &str, owner: Option<&str>) -> Result<StoredUpload, IngestError> {
        let uploads = self.uploads_dir();
        let owner = owner.map(folder_of);
        let folder = owner.as_ref().map_or_else(|| uploads.clone(), |owner| uploads.join(owner));
        fs_err::create_dir_all(&folder).map_err(|error| IngestError::cannot_write(&folder, error))?;
        let name = safe_name(name);
        let place = folder.join(&name);
        let file = fs_err::File::open(staged).map_err(|error| IngestError::io(staged, error))?;
        file.sync_all().map_err(|error| IngestError::io(staged, error))?;
        let bytes = file.metadata().map_err(|error| IngestError::io(staged, error))?.len();
        fs_err::rename(staged, &place).map_err(|error| IngestError::io(&place, error))?;
        let opened = fs_err::File::open(&folder).and_then(|folder| folder.sync_all());
        opened.map_err(|error| IngestError::io(&folder, error))?;
        let path = owner.map_or_else(|| name.clone(), |owner| format!("{owner}/{name}"));
        Ok(StoredUpload { doc: DocId::derive(&SourceId(UPLOADS.into()), &path), path, bytes })
    }

    /// The document that an upload of this name will become.
    #[must_use]
    pub fn upload_id(name: &str, owner: Option<&str>) -> DocId {
        let path = owner.map_or_else(|| safe_name(name), |owner| format!("{}/{}", folder_of(owner), safe_name(name)));
        DocId::derive(&SourceId(UPLOADS.into()), &path)
    }

    /// The source of uploads, made when it is first needed.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn uploads_source(&self) -> Result<SourceRow, IngestError> {
        let folder = self.uploads_dir();
        fs_err::create_dir_all(&folder).map_err(|error| IngestError::cannot_write(&folder, error))?;
        let root = folder.to_string_lossy().into_owned();
        let source = SourceRow { id: SourceId(UPLOADS.into()), kind: SourceKind::Uploads, root, added_at: self.now() };
        self.catalog.add_source(&source).await?;
        Ok(source)
    }
}

/// A person's folder: their name as it is, as what tells `ada` from `ada.` must not be lost. One that could lead elsewhere, which nobody
/// has, is made safe.
fn folder_of(owner: &str) -> String {
    let plain = owner.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte));
    if plain && owner.starts_with(|c: char| c.is_ascii_alphanumeric()) { owner.to_owned() } else { safe_name(owner) }
}

/// The last part of a name without anything that means something to a file system: no separators, no leading dot, no control characters.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String =
        last.chars().map(|c| if c.is_control() || matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c }).collect();
    let clean = clean.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    let (stem, extension) = clean.rsplit_once('.').map_or((clean, ""), |(stem, extension)| (stem, extension));
    let extension: String = extension.chars().take(16).collect();
    let stem: String = stem.chars().take(NAME_CHARS_MAX).collect();
    match (stem.is_empty(), extension.is_empty()) {
        (true, _) => "unnamed".to_owned(),
        (false, true) => stem,
        (false, false) => format!("{stem}.{extension}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_could_lead_elsewhere() {
        for (given, safe) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x\\Übersicht 2026.docx", "Übersicht 2026.docx"),
            (".bashrc", "bashrc"),
            ("a\0b\n.md", "a_b_.md"),
            ("...", "unnamed"),
            ("", "unnamed"),
        ] {
            assert_eq!(safe_name(given), safe, "of {given:?}");
        }
        assert!(safe_name(&"x".repeat(500)).len() <= NAME_CHARS_MAX);
    }

    #[test]
    fn each_person_has_a_folder_of_their_own() {
        for (one, other) in [("ada", "ada."), ("a.schmidt-hoffmann-1", "a.schmidt-hoffmann-2")] {
            assert_ne!(Store::upload_id("a.md", Some(one)), Store::upload_id("a.md", Some(other)), "{one} and {other}");
        }
        assert_eq!(folder_of("ada.lovelace@example.com"), "ada.lovelace@example.com");
        for (odd, safe) in [("../../etc", "etc"), (".", "unnamed"), ("..", "unnamed"), ("", "unnamed"), ("slack:T1", "slack_T1")] {
            assert_eq!(folder_of(odd), safe, "{odd:?}");
        }
    }
}
