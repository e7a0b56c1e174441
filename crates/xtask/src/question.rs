//! What to ask a folder nobody has said anything about: the title of its first document, which that document at least is about.

use std::fs;
use std::path::{Path, PathBuf};

use crate::steps::Failure;

const DEPTH_MAX: usize = 16;
/// Bytes of a document that are searched for its title.
const HEAD_BYTES: usize = 64 << 10;
const TITLE_CHARS_MAX: usize = 200;

/// The title of the first document, in order of path, of a folder; of a file, its own.
pub(crate) fn title_of_first_document(folder: &Path) -> Result<String, Failure> {
    let first = first_document(folder, DEPTH_MAX).ok_or_else(|| Failure::new(format!("{} holds no documents", folder.display())))?;
    let bytes = fs::read(&first).map_err(Failure::at(&first))?;
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD_BYTES)]).into_owned();
    let stem = first.file_stem().unwrap_or_default().to_string_lossy().replace(['-', '_'], " ");
    let title = heading(&head).or_else(|| html_title(&head)).unwrap_or(stem);
    Ok(title.chars().take(TITLE_CHARS_MAX).collect())
}

fn first_document(path: &Path, depth: usize) -> Option<PathBuf> {
    if path.is_file() {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        return ["md", "markdown", "txt", "html", "htm", "pdf", "docx"].contains(&extension.as_str()).then(|| path.to_owned());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.retain(|entry| !entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")));
    // Files before folders, so that what lies on top is asked about.
    entries.sort_by_key(|entry| (entry.is_dir(), entry.clone()));
    entries.iter().find_map(|entry| first_document(entry, depth.checked_sub(1)?))
}

fn heading(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("# "))?;
    Some(line.trim_start_matches('#').trim().to_owned()).filter(|title| !title.is_empty())
}

fn html_title(text: &str) -> Option<String> {
    let start = text.find("<title>")? + "<title>".len();
    let length = text[start..].find("</title>")?;
    Some(text[start..start + length].trim().to_owned()).filter(|title| !title.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        assert_eq!(heading("---\nx: y\n---\n# Travel *policy*\n").as_deref(), Some("Travel *policy*"));
        assert_eq!(heading("## second level only"), None);
        assert_eq!(html_title("<html><title> Rooms </title>").as_deref(), Some("Rooms"));
        assert_eq!(html_title("<title>open"), None);
    }

    #[test]
    fn the_first_document_lies_on_top() {
        let root = crate::places::root().join("crates/xtask");
        assert_eq!(first_document(&root, DEPTH_MAX), None);
        let docs = crate::places::root();
        assert_eq!(first_document(&docs, 0), None, "the walk ends at its depth");
        assert!(first_document(&docs, DEPTH_MAX).unwrap().ends_with("ARCHITECTURE.md"));
    }
}
