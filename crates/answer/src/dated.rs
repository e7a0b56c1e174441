//! The date a document gives itself, in its title or where its first lines speak of when it holds. Written in ISO 8601 as exactly as it is
//! known (`2026`, `2026-03`, `2026-03-01`), so that dates compare as texts do.

use pinakes_types::StructuredText;

/// Characters of the opening that are looked at.
const OPENING_CHARS: usize = 800;

/// Words of a line that say the date in it is the document's own, in English, German, Spanish and French.
#[rustfmt::skip]
const SAYS_WHEN: &[&str] = &[
    "date", "dated", "effective", "valid", "version", "revision", "revised", "updated", "as of", "issued", "published", "last changed",
    "stand", "datum", "gültig", "fassung", "ausgabe", "geändert", "fecha", "vigente", "vigencia", "versión", "actualizado", "edición",
    "en vigueur", "valable", "mis à jour", "édition",
];

#[rustfmt::skip]
const MONTHS: [&[&str]; 12] = [
    &["jan", "januar", "january", "jänner", "enero", "janvier"], &["feb", "februar", "february", "febrero", "février"],
    &["mar", "march", "märz", "marzo", "mars"], &["apr", "april", "abril", "avril"], &["may", "mai", "mayo"],
    &["jun", "june", "juni", "junio", "juin"], &["jul", "july", "juli", "julio", "juillet"], &["aug", "august", "agosto", "août"],
    &["sep", "sept", "september", "septiembre", "septembre"], &["oct", "okt", "october", "oktober", "octubre", "octobre"],
    &["nov", "november", "noviembre", "novembre"], &["dec", "dez", "december", "dezember", "diciembre", "décembre"],
];

/// The date, where it is told.
pub(crate) fn date_of(text: &StructuredText) -> Option<String> {
    let opening: String = text.text.chars().take(OPENING_CHARS).collect();
    let telling = opening.lines().filter(|line| {
        let line = line.to_lowercase();
        SAYS_WHEN.iter().any(|word| holds_word(&line, word))
    });
    let in_title = date_in(&text.title);
    // A line knows the day where a title knows the year; another year in it is about something else.
    let in_line = telling.filter_map(date_in).find(|date| in_title.as_ref().is_none_or(|title| date.starts_with(title.as_str())));
    in_line.or(in_title)
}

fn holds_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// The first date in some words.
fn date_in(words: &str) -> Option<String> {
    let tokens: Vec<String> =
        words.split(|c: char| !c.is_alphanumeric()).filter(|token| !token.is_empty()).map(str::to_lowercase).collect();
    let month = |at: usize| {
        let token = tokens.get(at)?;
        let named = MONTHS.iter().position(|names| names.contains(&token.as_str()));
        named.map(|month| month as u32 + 1).or_else(|| number(token).filter(|month| (1..=12).contains(month) && token.len() <= 2))
    };
    let is_name = |at: usize| tokens.get(at).is_some_and(|token| token.chars().all(char::is_alphabetic));
    let day = |at: usize| {
        let digits = tokens.get(at)?.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        number(digits).filter(|day| (1..=31).contains(day) && digits.len() <= 2)
    };
    let at = tokens.iter().position(|token| year(token).is_some())?;
    let year = year(&tokens[at])?;
    let before = |places: usize| at.checked_sub(places);
    let exact = [
        // 2026-03-01
        month(at + 1).zip(day(at + 2)),
        // 1 March 2026, 01.03.2026
        before(1).and_then(month).zip(before(2).and_then(day)),
        // March 1, 2026
        before(2).filter(|at| is_name(*at)).and_then(month).zip(before(1).and_then(day)),
    ];
    if let Some((month, day)) = exact.into_iter().flatten().next() {
        return Some(format!("{year}-{month:02}-{day:02}"));
    }
    let named = before(1).filter(|at| is_name(*at)).and_then(month).or_else(|| month(at + 1).filter(|_| !is_name(at + 1)));
    Some(named.map_or_else(|| year.to_string(), |month| format!("{year}-{month:02}")))
}

fn number(digits: &str) -> Option<u32> {
    digits.parse().ok()
}

/// A year that a document of today may be of.
fn year(token: &str) -> Option<u32> {
    (token.len() == 4).then(|| number(token)).flatten().filter(|year| (1950..2100).contains(year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_the_ways_people_write_them() {
        for (words, expected) in [
            ("Travel policy 2026", Some("2026")),
            ("Valid from 2026-03-01", Some("2026-03-01")),
            ("Fassung vom 1. März 2026", Some("2026-03-01")),
            ("Stand: 01.03.2026", Some("2026-03-01")),
            ("Effective March 1st, 2026", Some("2026-03-01")),
            ("Updated in June 2025", Some("2025-06")),
            ("Gültig ab 2024-07", Some("2024-07")),
            ("ISO 27001", None),
            ("€1800 in 9999", None),
            ("", None),
        ] {
            assert_eq!(date_in(words).as_deref(), expected, "{words}");
        }
    }

    #[test]
    fn only_what_the_opening_says_of_the_document_itself() {
        let text = |title: &str, text: &str| StructuredText {
            kind: pinakes_types::DocumentKind::Text,
            title: title.into(),
            language: None,
            text: text.into(),
            blocks: vec![],
            markup: vec![],
            pages: vec![],
            warnings: vec![],
        };
        let date = |title, words| date_of(&text(title, words));
        assert_eq!(date("Travel", "Effective: 2026-01-01\nThe rules of 2024 are gone.").as_deref(), Some("2026-01-01"));
        assert_eq!(date("Travel", "In 2024 we moved to Leipzig."), None);
        assert_eq!(date("Travel 2026", "Valid from 15 January 2026.").as_deref(), Some("2026-01-15"));
        assert_eq!(date("Travel 2024", "Replaced by the version of 2026.").as_deref(), Some("2024"));
    }
}
