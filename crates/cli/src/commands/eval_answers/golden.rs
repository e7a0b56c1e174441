//! Golden questions as files hold them: one JSON object a line; `data/golden/README.md` describes the fields.

use std::path::{Path, PathBuf};

use pinakes_api::{ApiError, Code};
use pinakes_types::CharSpan;
use serde::Deserialize;

/// A question and what is known of its answer.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Golden {
    pub(super) id: String,
    pub(super) question: String,
    pub(super) answerable: bool,
    #[serde(default)]
    pub(super) answers: Vec<String>,
    #[serde(default)]
    pub(super) evidence: Vec<Evidence>,
}

/// Words of a document that carry the answer.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Evidence {
    /// Within its source.
    pub(super) path: String,
    pub(super) quote: String,
    /// Where the quote stands in the document's text, where the set says so.
    #[serde(default)]
    pub(super) span: Option<CharSpan>,
}

/// All questions of some files, in their order.
///
/// # Errors
/// A file that cannot be read; the line that is no question.
pub(super) fn read(files: &[PathBuf]) -> Result<Vec<Golden>, ApiError> {
    let mut questions = Vec::new();
    for file in files {
        let text = fs_err::read_to_string(file).map_err(|error| ApiError::new(Code::IoFailed, error.to_string()))?;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            questions.push(serde_json::from_str(line).map_err(|error| unreadable(file, number + 1, &error))?);
        }
    }
    if questions.is_empty() {
        return Err(ApiError::new(Code::DocumentUnreadable, "There is no question in the golden files."));
    }
    Ok(questions)
}

fn unreadable(file: &Path, line: usize, error: &serde_json::Error) -> ApiError {
    ApiError::new(Code::DocumentUnreadable, format!("{}:{line}: {error}", file.display()))
}
