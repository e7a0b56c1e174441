//! What lies in a source: every file with its size and time, and every place that could not be looked at.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use ignore::overrides::{Override, OverrideBuilder};
use ignore::{DirEntry, WalkBuilder};
use pinakes_config::IngestConfig;
use pinakes_config::limits::IngestLimits;
use pinakes_types::{FileState, Reason};

/// A file to be read, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its path in the source, `/` between parts.
    pub(crate) relative: String,
    /// Size, bytes.
    pub(crate) bytes: u64,
    /// The file's time, nanoseconds since 1970.
    pub(crate) modified_ns: i64,
    /// Set where it is clear without reading that it will not be read.
    pub(crate) refused: Option<(FileState, Reason)>,
}

/// What a walk brought.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// In order of path.
    pub(crate) files: Vec<Found>,
    /// Folders that could not be looked into, relative: what is known below them is kept.
    pub(crate) unseen: Vec<String>,
}

impl Walk {
    /// Whether a known file may still be there although the walk did not see it.
    pub(crate) fn may_hide(&self, relative: &str) -> bool {
        self.unseen
            .iter()
            .any(|folder| folder.is_empty() || relative.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/')))
    }
}

/// Walks a source. Blocking.
pub(crate) fn walk(root: &Path, settings: &IngestConfig, limits: &IngestLimits) -> Result<Walk, std::io::Error> {
    // A root that is gone must not look like a root that is empty.
    let metadata = fs_err::metadata(root)?;
    let mut walk = Walk::default();
    if metadata.is_file() {
        let name = root.file_name().map_or_else(String::new, |name| relative_name(Path::new(name)));
        walk.files.push(found(root, name, &metadata));
        return Ok(walk);
    }
    fs_err::read_dir(root)?;
    let inside = root.canonicalize()?;
    let entries = WalkBuilder::new(root)
        .standard_filters(false)
        .hidden(!settings.hidden)
        .git_ignore(settings.ignore_files)
        .ignore(settings.ignore_files)
        .require_git(false)
        .follow_links(settings.follow_links)
        .max_depth(Some(limits.directory_depth_max))
        .overrides(patterns(root, settings)?)
        .sort_by_file_path(Ord::cmp)
        .build();
    for entry in entries {
        match entry {
            Ok(entry) => walk.files.extend(look_at(root, &inside, &entry, limits)),
            Err(error) => note_error(root, &error, &mut walk),
        }
        if walk.files.len() >= limits.source_files_max {
            walk.unseen.push(String::new());
            tracing::warn!(root = %root.display(), limit = limits.source_files_max, "the source has more files than the limit; the rest is not read");
            break;
        }
    }
    Ok(walk)
}

/// Include and exclude lists as overrides, in which `!` means the opposite of what it means in `.gitignore`.
fn patterns(root: &Path, settings: &IngestConfig) -> Result<Override, std::io::Error> {
    let mut builder = OverrideBuilder::new(root);
    for pattern in &settings.include {
        builder.add(pattern).map_err(std::io::Error::other)?;
    }
    for pattern in &settings.exclude {
        builder.add(&format!("!{pattern}")).map_err(std::io::Error::other)?;
    }
    builder.build().map_err(std::io::Error::other)
}

fn look_at(root: &Path, inside: &Path, entry: &DirEntry, limits: &IngestLimits) -> Option<Found> {
    let path = entry.path();
    if path == root {
        return None;
    }
    // It speaks of documents and is none.
    if entry.file_name() == pinakes_access::SIDECAR {
        return None;
    }
    let relative = relative_name(path.strip_prefix(root).unwrap_or(path));
    let refuse = |code: &str, message: &str| {
        let reason = Reason::new(code, message);
        Some(Found {
            path: path.to_owned(),
            relative: relative.clone(),
            bytes: 0,
            modified_ns: 0,
            refused: Some((FileState::Skipped, reason)),
        })
    };
    let kind = entry.file_type()?;
    if kind.is_symlink() {
        return refuse("link_not_followed", "a link; set ingest.follow_links = true to read what it points to");
    }
    if kind.is_dir() {
        return None;
    }
    if entry.path_is_symlink() && !path.canonicalize().is_ok_and(|target| target.starts_with(inside)) {
        return refuse("link_leads_out", "a link that leads out of its source; add its target as a source of its own");
    }
    if relative.len() > limits.path_bytes_max {
        return refuse("path_too_long", "the path is too long; shorten it");
    }
    match entry.metadata() {
        Ok(metadata) if metadata.is_file() => Some(found(path, relative, &metadata)),
        Ok(_) => refuse("not_a_file", "a pipe, socket or device, not a file"),
        Err(error) => {
            let reason = Reason::new("unreadable", format!("its size and time cannot be read: {error}"));
            Some(Found { path: path.to_owned(), relative, bytes: 0, modified_ns: 0, refused: Some((FileState::Failed, reason)) })
        }
    }
}

fn note_error(root: &Path, error: &ignore::Error, walk: &mut Walk) {
    let path = error_path(error).unwrap_or(root);
    let relative = relative_name(path.strip_prefix(root).unwrap_or(path));
    let looping = matches!(without_place(error), ignore::Error::Loop { .. });
    let reason = if looping {
        Reason::new("link_loop", "a link to a folder that contains it; remove the link")
    } else {
        walk.unseen.push(relative.clone());
        Reason::new("unreadable", format!("it cannot be looked into ({error}); grant the right to read it"))
    };
    let state = if looping { FileState::Skipped } else { FileState::Failed };
    if !relative.is_empty() {
        walk.files.push(Found { path: path.to_owned(), relative, bytes: 0, modified_ns: 0, refused: Some((state, reason)) });
    }
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

fn without_place(error: &ignore::Error) -> &ignore::Error {
    match error {
        ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            without_place(err)
        }
        other => other,
    }
}

fn found(path: &Path, relative: String, metadata: &Metadata) -> Found {
    Found { path: path.to_owned(), relative, bytes: metadata.len(), modified_ns: modified_ns(metadata), refused: None }
}

/// Time of last change in nanoseconds since 1970; 0 where the file system has none.
pub(crate) fn modified_ns(metadata: &Metadata) -> i64 {
    let Ok(modified) = metadata.modified() else { return 0 };
    match modified.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
    }
}

/// A path as text, `/` between parts. Bytes that are not UTF-8 are written `%XX`, so that two names never become one.
pub(crate) fn relative_name(path: &Path) -> String {
    let parts = path.components().map(|part| {
        part.as_os_str().as_encoded_bytes().utf8_chunks().fold(String::new(), |mut name, chunk| {
            name.push_str(chunk.valid());
            for byte in chunk.invalid() {
                name.push_str(&format!("%{byte:02X}"));
            }
            name
        })
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;

    fn settings() -> IngestConfig {
        pinakes_config::Config::defaults().ingest
    }

    fn names(root: &Path, settings: &IngestConfig) -> Vec<(String, Option<String>)> {
        let walk = walk(root, settings, &IngestLimits::default()).expect("the folder is there");
        walk.files.into_iter().map(|file| (file.relative, file.refused.map(|(_, reason)| reason.code))).collect()
    }

    #[test]
    fn everything_is_listed_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs_err::create_dir_all(root.join("b/.git")).unwrap();
        for name in ["z.txt", "b/a.md", "b/.git/config", ".hidden", "~$open.docx"] {
            fs_err::write(root.join(name), "x").unwrap();
        }
        fs_err::write(root.join(std::ffi::OsStr::from_bytes(b"caf\xe9.txt")), "x").unwrap();
        symlink(root.join("b"), root.join("b/loop")).unwrap();
        let expected = [("b/a.md", None), ("b/loop", Some("link_not_followed")), ("caf%E9.txt", None), ("z.txt", None)];
        let expected: Vec<_> = expected.map(|(name, code)| (name.to_owned(), code.map(str::to_owned))).into();
        assert_eq!(names(root, &settings()), expected);
    }

    #[test]
    fn followed_links_neither_loop_nor_lead_out() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("source");
        fs_err::create_dir_all(root.join("a")).unwrap();
        fs_err::write(root.join("a/in.txt"), "x").unwrap();
        fs_err::write(folder.path().join("out.txt"), "x").unwrap();
        symlink(&root, root.join("a/loop")).unwrap();
        symlink(folder.path().join("out.txt"), root.join("out.txt")).unwrap();
        let followed = IngestConfig { follow_links: true, ..settings() };
        let found = names(&root, &followed);
        assert!(found.contains(&("a/in.txt".into(), None)), "{found:?}");
        assert!(found.contains(&("a/loop".into(), Some("link_loop".into()))), "{found:?}");
        assert!(found.contains(&("out.txt".into(), Some("link_leads_out".into()))), "{found:?}");
    }

    #[test]
    fn a_root_that_is_gone_is_an_error_and_not_an_empty_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert!(walk(&folder.path().join("gone"), &settings(), &IngestLimits::default()).is_err());
    }

    #[test]
    fn what_lies_below_an_unseen_folder_is_kept() {
        let walk = Walk { files: vec![], unseen: vec!["secret".into()] };
        assert!(walk.may_hide("secret/a.txt") && !walk.may_hide("secrets/a.txt") && !walk.may_hide("a.txt"));
    }
}
