//! Where a quotation may begin and end: between words, and never so that a number or a word becomes another.

/// Whether two neighbouring characters belong together, given what stands on both sides of them: in "−3.5 %" only the gap before the
/// per cent sign may be cut.
pub(super) fn joined(before: Option<char>, left: char, right: char, after: Option<char>) -> bool {
    let word = |c: Option<char>| c.is_some_and(is_word);
    extends(right)
        || left == '\u{200D}'
        || (is_word(left) && is_word(right))
        || (is_word(left) && links(right) && word(after))
        || (word(before) && links(left) && is_word(right))
        || (leads_number(left) && right.is_numeric())
        || (left.is_numeric() && follows_number(right))
}

/// Letters and digits of scripts that put space between words.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_unspaced(c)
}

/// Scripts in which words follow each other without a space.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
        | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// What inside a word or number is part of it.
fn links(c: char) -> bool {
    matches!(c, '.' | ',' | ':' | '\'' | '’' | '-' | '‐' | '‑' | '–' | '_' | '/' | '@' | '&' | '·')
}

fn leads_number(c: char) -> bool {
    matches!(c, '-' | '−' | '–' | '+' | '±' | '<' | '>' | '≤' | '≥' | '~' | '≈' | '$' | '€' | '£' | '¥' | '#' | '№' | '.')
}

fn follows_number(c: char) -> bool {
    matches!(c, '%' | '‰' | '°' | '$' | '€' | '£' | '¥')
}

/// What is drawn onto the character before it.
fn extends(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05C7}' | '\u{0610}'..='\u{061A}'
        | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{06D6}'..='\u{06ED}' | '\u{0900}'..='\u{0903}' | '\u{093A}'..='\u{094F}'
        | '\u{0E31}' | '\u{0E33}'..='\u{0E3A}' | '\u{0E47}'..='\u{0E4E}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{200C}' | '\u{200D}' | '\u{20D0}'..='\u{20FF}' | '\u{3099}' | '\u{309A}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FE20}'..='\u{FE2F}' | '\u{1F3FB}'..='\u{1F3FF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with `|` wherever it may be cut.
    fn cut(text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let mut shown = String::new();
        for (at, &c) in chars.iter().enumerate() {
            if at > 0 && !joined(at.checked_sub(2).map(|at| chars[at]), chars[at - 1], c, chars.get(at + 1).copied()) {
                shown.push('|');
            }
            shown.push(c);
        }
        shown
    }

    #[test]
    fn words_and_numbers_stay_whole() {
        for (text, expected) in [
            ("at most 25.5 days", "at| |most| |25.5| |days"),
            ("don't, it’s 5%.", "don't|,| |it’s| |5%|."),
            ("−3 °C or $40", "−3| |°|C| |or| |$40"),
            ("休假25天", "休|假|25|天"),
            ("cafe\u{301} is", "cafe\u{301}| |is"),
            ("end. Next", "end|.| |Next"),
            ("a@b.de (x)", "a@b.de| |(|x|)"),
            ("👩\u{200D}🚀!", "👩\u{200D}🚀|!"),
        ] {
            assert_eq!(cut(text), expected);
        }
    }
}
