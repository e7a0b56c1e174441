//! Numbers as they are compared: `1,000`, `1.000` and `1 000` are one number, and so are `5` and `five`.

/// The numbers of a text in one form, in order. Words for one are left out: they mostly are articles.
pub(crate) fn numbers(text: &str) -> Vec<String> {
    let mut numbers = Vec::new();
    let mut chars = text.char_indices().peekable();
    let mut in_word = false;
    while let Some((start, c)) = chars.next() {
        if !c.is_ascii_digit() {
            in_word = c.is_alphabetic();
            continue;
        }
        let mut end = start + 1;
        while let Some(&(at, next)) = chars.peek() {
            let joins =
                next.is_ascii_digit() || (is_separator(next) && text[at + next.len_utf8()..].starts_with(|c: char| c.is_ascii_digit()));
            if !joins {
                break;
            }
            end = at + next.len_utf8();
            chars.next();
        }
        // `B2` and `VF-210` are names; their digits are compared as parts of words.
        if !in_word {
            numbers.push(one_form(&text[start..end]));
        }
    }
    numbers
        .extend(text.split(|c: char| !c.is_alphabetic()).filter_map(|word| spelled(&word.to_lowercase())).map(|number| number.to_string()));
    numbers
}

fn is_separator(c: char) -> bool {
    matches!(c, '.' | ',' | '\'' | '’' | '\u{a0}' | '\u{202f}')
}

/// Without separators of thousands, and without decimals that say nothing.
fn one_form(digits: &str) -> String {
    let groups: Vec<&str> = digits.split(is_separator).collect();
    let (last, others) = groups.split_last().expect("a split gives one part at least");
    let alike = || digits.chars().filter(|c| is_separator(*c)).collect::<std::collections::HashSet<_>>().len() == 1;
    // 1.000 and 1.000.000, but 3.50 and 1,000.50. More than two groups that are no thousands are a date or a version.
    let thousands = !others.is_empty() && others[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3) && alike();
    if others.is_empty() || thousands {
        return without_zeros(&groups.concat());
    }
    let of_thousands = others.len() == 1 || others[1..].iter().all(|group| group.len() == 3);
    if !of_thousands {
        return groups.join(".");
    }
    let decimals = last.trim_end_matches('0');
    let whole = without_zeros(&others.concat());
    if decimals.is_empty() { whole } else { format!("{whole}.{decimals}") }
}

fn without_zeros(digits: &str) -> String {
    let bare = digits.trim_start_matches('0');
    if bare.is_empty() { "0".to_owned() } else { bare.to_owned() }
}

/// The number a word spells, in English, German, Spanish or French.
fn spelled(word: &str) -> Option<u32> {
    const WORDS: &[(u32, &[&str])] = &[
        (2, &["two", "zwei", "dos", "deux"]),
        (3, &["three", "drei", "tres", "trois"]),
        (4, &["four", "vier", "cuatro", "quatre"]),
        (5, &["five", "fünf", "cinco", "cinq"]),
        (6, &["six", "sechs", "seis"]),
        (7, &["seven", "sieben", "siete", "sept"]),
        (8, &["eight", "acht", "ocho", "huit"]),
        (9, &["nine", "neun", "nueve", "neuf"]),
        (10, &["ten", "zehn", "diez", "dix"]),
        (11, &["eleven", "elf", "once", "onze"]),
        (12, &["twelve", "zwölf", "doce", "douze"]),
        (14, &["fourteen", "vierzehn", "catorce", "quatorze"]),
        (15, &["fifteen", "fünfzehn", "quince", "quinze"]),
        (20, &["twenty", "zwanzig", "veinte", "vingt"]),
        (24, &["vierundzwanzig", "veinticuatro"]),
        (30, &["thirty", "dreißig", "treinta", "trente"]),
        (40, &["forty", "vierzig", "cuarenta", "quarante"]),
        (50, &["fifty", "fünfzig", "cincuenta", "cinquante"]),
        (60, &["sixty", "sechzig", "sesenta", "soixante"]),
        (90, &["ninety", "neunzig", "noventa"]),
        (100, &["hundred", "hundert", "cien", "cent"]),
        (1_000, &["thousand", "tausend", "mil", "mille"]),
    ];
    // "once" is eleven in Spanish and no number in English, where it is common.
    WORDS.iter().find(|(_, words)| words.contains(&word) && word != "once").map(|(number, _)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_however_it_is_written() {
        for (text, expected) in [
            ("€1,350 a year", &["1350"][..]),
            ("1.350 € im Jahr", &["1350"]),
            ("1’350.00 CHF", &["1350"]),
            ("3.50 EUR or 3,5 EUR", &["3.5", "3.5"]),
            ("on 2026-03-01 at 09:30", &["2026", "3", "1", "9", "30"]),
            ("version 2.14.7", &["2.14.7"]),
            ("twelve months, fünf Tage", &["12", "5"]),
            ("grade B2, VF210", &[]),
            ("1,000,000 and 1.000.000", &["1000000", "1000000"]),
            ("a 0.5 l bottle", &["0.5"]),
            ("", &[]),
        ] {
            assert_eq!(numbers(text), expected, "{text}");
        }
    }
}
