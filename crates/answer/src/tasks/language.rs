//! Languages as a prompt names them.

/// ISO 639-1 codes with the names that models know best.
const NAMES: [(&str, &str); 24] = [
    ("ar", "Arabic"),
    ("cs", "Czech"),
    ("da", "Danish"),
    ("de", "German"),
    ("el", "Greek"),
    ("en", "English"),
    ("es", "Spanish"),
    ("fi", "Finnish"),
    ("fr", "French"),
    ("he", "Hebrew"),
    ("hi", "Hindi"),
    ("hu", "Hungarian"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("nl", "Dutch"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("ru", "Russian"),
    ("sv", "Swedish"),
    ("th", "Thai"),
    ("tr", "Turkish"),
    ("uk", "Ukrainian"),
    ("zh", "Chinese"),
];

/// A language's name, for its code or its name; what is not known stands for itself.
pub(super) fn name(language: &str) -> &str {
    let language = language.trim();
    let known = NAMES.iter().find(|(code, name)| language.eq_ignore_ascii_case(code) || language.eq_ignore_ascii_case(name));
    known.map_or(language, |(_, name)| name)
}

/// The code of a language that is known.
pub(super) fn code(language: &str) -> Option<&'static str> {
    NAMES.iter().find(|(code, _)| same(code, language)).map(|(code, _)| *code)
}

/// Whether two ways to name a language mean the same one.
pub(super) fn same(a: &str, b: &str) -> bool {
    name(a).eq_ignore_ascii_case(name(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_the_same() {
        assert!(same("de", "german") && same(" EN", "English") && !same("de", "en"));
        assert_eq!(name("Volapük"), "Volapük");
    }
}
