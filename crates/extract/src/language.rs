//! The language of prose, where detection is confident.

use whatlang::detect;

/// Prose shorter than this says too little, in characters.
const CHARS_MIN: usize = 60;
/// More than this says nothing new, in characters.
const CHARS_MAX: usize = 4_000;

/// ISO 639-1 code of the prose's language.
pub(crate) fn of(prose: &str) -> Option<String> {
    let sample: String = prose.chars().take(CHARS_MAX).collect();
    if sample.chars().filter(|c| c.is_alphabetic()).count() < CHARS_MIN {
        return None;
    }
    let info = detect(&sample)?;
    info.is_reliable().then(|| two_letters(info.lang().code())).flatten().map(str::to_owned)
}

/// ISO 639-3 to ISO 639-1, for the languages `whatlang` knows.
#[rustfmt::skip]
const CODES: [(&str, &str); 70] = [
    ("heb", "he"), ("yid", "yi"), ("pol", "pl"), ("amh", "am"), ("jav", "jv"), ("kor", "ko"), ("nob", "nb"),
    ("dan", "da"), ("swe", "sv"), ("fin", "fi"), ("tur", "tr"), ("nld", "nl"), ("hun", "hu"), ("ces", "cs"),
    ("ell", "el"), ("bul", "bg"), ("bel", "be"), ("mar", "mr"), ("kan", "kn"), ("ron", "ro"), ("slv", "sl"),
    ("hrv", "hr"), ("srp", "sr"), ("mkd", "mk"), ("lit", "lt"), ("lav", "lv"), ("est", "et"), ("tam", "ta"),
    ("vie", "vi"), ("urd", "ur"), ("tha", "th"), ("guj", "gu"), ("uzb", "uz"), ("pan", "pa"), ("aze", "az"),
    ("ind", "id"), ("tel", "te"), ("pes", "fa"), ("mal", "ml"), ("ori", "or"), ("mya", "my"), ("nep", "ne"),
    ("sin", "si"), ("khm", "km"), ("tuk", "tk"), ("aka", "ak"), ("zul", "zu"), ("sna", "sn"), ("afr", "af"),
    ("lat", "la"), ("slk", "sk"), ("cat", "ca"), ("tgl", "tl"), ("hye", "hy"), ("cym", "cy"), ("epo", "eo"),
    ("eng", "en"), ("rus", "ru"), ("cmn", "zh"), ("spa", "es"), ("por", "pt"), ("ita", "it"), ("ben", "bn"),
    ("fra", "fr"), ("deu", "de"), ("ukr", "uk"), ("kat", "ka"), ("ara", "ar"), ("hin", "hi"), ("jpn", "ja"),
];

fn two_letters(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(three, _)| *three == code).map(|(_, two)| *two)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_the_detector_knows_has_a_code() {
        for lang in whatlang::Lang::all() {
            assert!(two_letters(lang.code()).is_some(), "{}", lang.code());
        }
    }

    #[test]
    fn prose_is_told_apart_and_scraps_are_not_guessed() {
        let german = "Der Urlaub muss spätestens zwei Wochen vor dem ersten Tag beantragt werden, damit die Vertretung geregelt \
                      werden kann. Wer krank ist, meldet sich am ersten Tag vor Beginn der Arbeit und legt ab dem dritten Tag eine Bescheinigung vor.";
        let english = "Holiday has to be requested at least two weeks before the first day, so that somebody can stand in for \
                       you. Whoever is ill says so on the first day before work begins, and hands in a certificate from the third day on.";
        assert_eq!(of(german).as_deref(), Some("de"));
        assert_eq!(of(english).as_deref(), Some("en"));
        assert_eq!(of("Invoice 4711"), None);
    }
}
