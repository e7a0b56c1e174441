//! Whether a document says of itself that it no longer holds. Such a document is still found, but does not answer while another does.

use pinakes_types::StructuredText;

/// Where documents say so: in their title or first lines.
const OPENING_CHARS: usize = 500;

/// Phrases by which documents are declared out of force, in English, German, Spanish and French.
const PHRASES: &[&str] = &[
    "superseded",
    "replaced by",
    "no longer valid",
    "no longer in force",
    "obsolete",
    "deprecated",
    "withdrawn",
    "outdated",
    "ersetzt durch",
    "abgelöst durch",
    "nicht mehr gültig",
    "außer kraft",
    "ungültig",
    "veraltet",
    "überholt",
    "sustituido por",
    "derogad",
    "obsoleto",
    "remplacé par",
    "abrogé",
    "obsolète",
];

/// Whether title or first lines declare the document out of force.
pub(crate) fn is_superseded(text: &StructuredText) -> bool {
    let opening: String = text.text.chars().take(OPENING_CHARS).collect();
    let opening = format!("{} {opening}", text.title).to_lowercase();
    PHRASES.iter().any(|phrase| opening.contains(phrase))
}

#[cfg(test)]
mod tests {
    use pinakes_types::DocumentKind;

    use super::*;

    fn text(title: &str, text: &str) -> StructuredText {
        StructuredText {
            kind: DocumentKind::Text,
            title: title.into(),
            language: None,
            text: text.into(),
            blocks: vec![],
            markup: vec![],
            pages: vec![],
            warnings: vec![],
        }
    }

    #[test]
    fn only_the_opening_counts() {
        assert!(is_superseded(&text("Travel policy 2024 (SUPERSEDED)", "Trains first.")));
        assert!(is_superseded(&text("Reiserichtlinie", "Diese Richtlinie wurde ersetzt durch die Fassung 2026.")));
        let later = format!("{} The old policy is obsolete.", "This policy applies from today. ".repeat(30));
        assert!(!is_superseded(&text("Travel policy 2026", &later)));
    }
}
