//! The enums of `pinakes-types` as OpenAPI sees them. `pinakes-types` knows no OpenAPI, so their names are mirrored here for the
//! document alone; a test holds the mirrors to the originals.
#![allow(dead_code, reason = "read by the schema macro, never built")]

use serde::Serialize;
use utoipa::ToSchema;

/// Format a document was read as.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DocumentKind {
    Text,
    Code,
    Markdown,
    Html,
    Pdf,
    Docx,
}

/// How reading a file ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileState {
    Indexed,
    Partial,
    Skipped,
    Failed,
}

/// Why a file is not simply indexed: a stable code, and words with the remedy.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// Stable, such as `password_protected`.
    code: String,
    /// What happened and what to do about it.
    message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_say_what_the_originals_say() {
        use pinakes_types::{DocumentKind as Kind, FileState as State};
        let kinds = [
            (DocumentKind::Text, Kind::Text),
            (DocumentKind::Code, Kind::Code),
            (DocumentKind::Markdown, Kind::Markdown),
            (DocumentKind::Html, Kind::Html),
            (DocumentKind::Pdf, Kind::Pdf),
            (DocumentKind::Docx, Kind::Docx),
        ];
        for (mirror, original) in kinds {
            assert_eq!(serde_json::to_value(mirror).unwrap(), serde_json::to_value(original).unwrap());
        }
        let states = [
            (FileState::Indexed, State::Indexed),
            (FileState::Partial, State::Partial),
            (FileState::Skipped, State::Skipped),
            (FileState::Failed, State::Failed),
        ];
        for (mirror, original) in states {
            assert_eq!(serde_json::to_value(mirror).unwrap(), serde_json::to_value(original).unwrap());
        }
        let mirror = serde_json::to_value(Reason { code: "c".into(), message: "m".into() }).unwrap();
        assert_eq!(mirror, serde_json::to_value(pinakes_types::Reason::new("c", "m")).unwrap());
    }
}
