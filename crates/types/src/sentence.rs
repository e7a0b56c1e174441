//! Where sentences end, in the languages and layouts that company documents come in. Used to split passages that are too long and to
//! cut answers; a wrong split only makes a quotation shorter or longer, never wrong.

use std::ops::Range;

/// Byte ranges of the sentences of a text, in order, without the white space around them. Blank lines, list bullets, table rows and
/// headings end a sentence whatever its punctuation; a single line break inside a paragraph does not.
#[must_use]
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let end = at + char.len_utf8();
        let ends = match char {
            '\n' => line_break_ends(&text[start..at], &text[end..]),
            '。' | '！' | '？' => true,
            '.' | '!' | '?' | '…' | '؟' | '۔' => {
                // Closing quotation marks and brackets belong to the sentence.
                let mut after = end;
                while let Some(&(_, closing)) = chars.peek().filter(|(_, c)| is_closing(*c)) {
                    after += closing.len_utf8();
                    chars.next();
                }
                let ends = stop_ends(char, &text[start..at], &text[after..]);
                if ends {
                    push(&mut found, text, start..after);
                    start = after;
                }
                continue;
            }
            _ => false,
        };
        if ends {
            push(&mut found, text, start..end);
            start = end;
        }
    }
    push(&mut found, text, start..text.len());
    found
}

fn push(found: &mut Vec<Range<usize>>, text: &str, range: Range<usize>) {
    let slice = &text[range.clone()];
    let trimmed = slice.trim();
    if !trimmed.is_empty() {
        let start = range.start + (slice.len() - slice.trim_start().len());
        found.push(start..start + trimmed.len());
    }
}

fn is_closing(char: char) -> bool {
    matches!(char, '"' | '\'' | '”' | '’' | '“' | '»' | '«' | ')' | ']' | '」' | '』' | '*' | '_')
}

/// Whether a line break ends what was begun: before a blank line, a bullet, a table row or a heading, or after a table row or heading.
fn line_break_ends(line: &str, rest: &str) -> bool {
    let next = rest.trim_start_matches([' ', '\t']);
    let this = line.rsplit('\n').next().unwrap_or(line).trim_start();
    next.starts_with(['\n', '\r', '#', '|', '>', '<']) || this.starts_with(['#', '|']) || this.contains(" | ") || starts_with_bullet(next)
}

fn starts_with_bullet(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = rest.len() < line.len() && rest.len() + 3 >= line.len();
    if numbered {
        rest.starts_with(". ") || rest.starts_with(") ")
    } else {
        ["- ", "* ", "+ ", "• ", "– ", "◦ "].iter().any(|b| line.starts_with(b))
    }
}

/// Whether a full stop (or its like) after `before` ends the sentence, judged by what comes next.
fn stop_ends(stop: char, before: &str, after: &str) -> bool {
    let Some(next) = after.chars().next() else { return true };
    if !next.is_whitespace() {
        return false;
    }
    let following = after.trim_start().trim_start_matches(['"', '\'', '“', '„', '«', '»', '(', '[', '*', '_']).chars().next();
    if following.is_some_and(char::is_lowercase) {
        return false;
    }
    stop != '.' || !is_abbreviation(before, following)
}

/// Words that a full stop follows without ending the sentence, in English, German, Spanish and French.
const ABBREVIATIONS: &[&str] = &[
    "abb", "abs", "approx", "art", "av", "bspw", "bzw", "ca", "cf", "co", "corp", "dept", "dr", "dra", "e.g", "eg", "etc", "evtl", "fig",
    "ggf", "gem", "hr", "i.e", "ie", "inc", "inkl", "jr", "lt", "ltd", "max", "min", "mio", "mr", "mrs", "ms", "nr", "no", "núm", "p",
    "pp", "prof", "s", "sr", "sra", "st", "str", "tel", "u.a", "u.s", "usw", "vgl", "vol", "vs", "z.b", "zzgl",
];

fn is_abbreviation(before: &str, following: Option<char>) -> bool {
    let word_start = before.rfind(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '"')).map_or(0, |at| at + 1);
    // `rfind` gives the first byte of the separator; a separator of several bytes leaves a rest to skip.
    let word = before.get(word_start..).unwrap_or_default();
    let single_capital = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    // "am 3. März": an ordinal before a word; "in 2024. The" is a year and ends.
    let ordinal =
        !word.is_empty() && word.len() <= 2 && word.chars().all(|c| c.is_ascii_digit()) && following.is_some_and(char::is_alphabetic);
    // "No." and "etc." do end a sentence often enough when a capital follows, but a wrong join costs less than a wrong cut.
    single_capital || ordinal || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "of {text:?}");
    }

    #[test]
    fn plain_prose() {
        check("One. Two! Three? Four", &["One.", "Two!", "Three?", "Four"]);
        check("He said \"stop.\" Then he left.", &["He said \"stop.\"", "Then he left."]);
        check("Version 2.5 is out. It costs 3.50 EUR.", &["Version 2.5 is out.", "It costs 3.50 EUR."]);
        check("wrapped\nlines stay. Together", &["wrapped\nlines stay.", "Together"]);
        check("", &[]);
        check(" \n \n", &[]);
    }

    #[test]
    fn abbreviations_and_ordinals_do_not_end() {
        check("Dr. Weber approves, e.g. Travel. Done.", &["Dr. Weber approves, e.g. Travel.", "Done."]);
        check("Das gilt z. B. Montags. Am 3. März endet es.", &["Das gilt z. B. Montags.", "Am 3. März endet es."]);
        check("It began in 2024. The rest followed.", &["It began in 2024.", "The rest followed."]);
    }

    #[test]
    fn layout_ends_sentences() {
        check("Title\n\nBody text", &["Title", "Body text"]);
        check("Needs:\n- a pen\n- paper", &["Needs:", "- a pen", "- paper"]);
        check("1. first\n2. second", &["1. first", "2. second"]);
        check("| a | b |\n| 1 | 2 |", &["| a | b |", "| 1 | 2 |"]);
        check("Grade | Days\nJunior | 25", &["Grade | Days", "Junior | 25"]);
    }

    #[test]
    fn other_scripts() {
        check("今天开会。明天放假！", &["今天开会。", "明天放假！"]);
        check("هل وصل؟ نعم وصل.", &["هل وصل؟", "نعم وصل."]);
        check("¿Dónde está? Aquí.", &["¿Dónde está?", "Aquí."]);
    }

    #[test]
    fn ranges_are_in_order_and_cover_all_words() {
        let text = "a.b. C d… \u{a0}E\u{2009}f. „Gut.“ Ja (x. Y). 1) z\n\n\n* q. \u{feff}";
        let mut at = 0;
        for range in sentences(text) {
            assert!(text[at..range.start].chars().all(char::is_whitespace), "{:?} lost", &text[at..range.start]);
            at = range.end;
        }
    }
}
