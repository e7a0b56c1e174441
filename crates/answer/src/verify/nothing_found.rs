//! Whether a model says that its sources do not hold the answer.

/// Phrases by which models say so, lower case: English, German, Spanish, French, Chinese, Arabic.
#[rustfmt::skip]
const PHRASES: &[&str] = &[
    "sources do not", "sources don't", "source does not", "not mentioned in the source", "no information about", "no information on",
    "not in the sources", "not contain information", "not provide information", "cannot be answered from", "not specified in the source",
    "quellen enthalten keine", "quellen sagen nichts", "quellen nennen nicht", "quellen geben keine", "geht aus den quellen nicht",
    "fuentes no", "fuente no", "no se menciona en", "les sources ne", "la source ne", "来源没有", "资料中没有", "未提及", "لا تذكر المصادر",
];

/// Whether a sentence says that the sources are silent.
pub(crate) fn says_nothing_found(words: &str) -> bool {
    let words = words.to_lowercase().replace('’', "'");
    PHRASES.iter().any(|phrase| words.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::says_nothing_found;

    #[test]
    fn models_say_it_in_many_ways() {
        for words in [
            "The sources do not say.",
            "The sources don’t mention a gym.",
            "Die Quellen enthalten keine Angaben.",
            "Les sources ne le disent pas.",
        ] {
            assert!(says_nothing_found(words), "{words}");
        }
        assert!(!says_nothing_found("Contractors do not get a badge."));
    }
}
