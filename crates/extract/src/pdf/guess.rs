//! Characters of fonts that do not say which characters their shapes stand for. Their codes are kept while lines are put together; if a
//! usual numbering makes them read like a language, that is taken and said so, else they are shown as �.

use super::lines::Line;

/// Unknown characters travel as this private-use plane plus their code.
const PLANE: u32 = 0xf_0000;
const CODES: u32 = 0xfffe;

/// The stand-in for an unknown character.
pub(super) fn stand_in(code: u32) -> char {
    char::from_u32(PLANE + code.min(CODES - 1)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Whether a character is such a stand-in, or known to be unknown.
pub(super) fn is_unknown(c: char) -> bool {
    c == char::REPLACEMENT_CHARACTER || code_of(c).is_some()
}

fn code_of(c: char) -> Option<u32> {
    u32::from(c).checked_sub(PLANE).filter(|code| *code < CODES)
}

/// Replaces all stand-ins. True when they were guessed, false when they became �.
pub(super) fn resolve(pages: &mut [Vec<Line>]) -> bool {
    // Codes that are ASCII themselves, and glyph numbers of TrueType fonts in their usual order (space is 3, A is 36).
    const SHIFTS: [u32; 2] = [0, 29];
    let codes: Vec<u32> = pages.iter().flatten().flat_map(|line| line.text.chars().filter_map(code_of)).take(20_000).collect();
    let shift = SHIFTS.into_iter().find(|shift| reads_like_language(codes.iter().map(|code| shifted(*code, *shift))));
    for line in pages.iter_mut().flatten() {
        if line.text.chars().any(|c| code_of(c).is_some()) {
            line.text = line
                .text
                .chars()
                .map(|c| code_of(c).map_or(c, |code| shift.map_or(char::REPLACEMENT_CHARACTER, |shift| shifted(code, shift))))
                .collect();
        }
    }
    shift.is_some()
}

fn shifted(code: u32, shift: u32) -> char {
    char::from_u32(code + shift).filter(|c| (' '..='~').contains(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Nearly all printable, mostly letters, a usual share of vowels, and a usual most frequent letter.
fn reads_like_language(text: impl Iterator<Item = char>) -> bool {
    const LETTERS_MIN: usize = 20;
    let (mut all, mut lost, mut counts) = (0usize, 0usize, [0usize; 26]);
    for c in text {
        all += 1;
        lost += usize::from(c == char::REPLACEMENT_CHARACTER);
        if c.is_ascii_alphabetic() {
            counts[usize::from(c.to_ascii_lowercase() as u8 - b'a')] += 1;
        }
    }
    let letters: usize = counts.iter().sum();
    let count = |letter: u8| counts[usize::from(letter - b'a')];
    let vowels: usize = b"aeiou".iter().map(|vowel| count(*vowel)).sum();
    let most = counts.iter().copied().max().unwrap_or(0);
    let share = vowels as f64 / letters.max(1) as f64;
    letters >= LETTERS_MIN
        && lost * 20 < all
        && letters * 10 > all * 6
        && (0.25..0.6).contains(&share)
        && (count(b'e') * 5 > most * 4 || count(b'a') == most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(codes: impl Iterator<Item = u32>) -> (bool, String) {
        let text = codes.map(stand_in).collect();
        let mut pages = vec![vec![Line { text, cells: 1, x: 0.0, end: 0.0, y: 0.0, size: 10.0, degrees: 0, bold: false }]];
        (resolve(&mut pages), pages[0][0].text.clone())
    }

    #[test]
    fn usual_numberings_are_recognised_and_others_not_made_up() {
        let words = "The leave request needs the approval of the head of department.";
        assert_eq!(resolved(words.bytes().map(u32::from)), (true, words.to_owned()));
        assert_eq!(resolved(words.bytes().map(|byte| u32::from(byte) - 29)), (true, words.to_owned()));
        let (guessed, text) = resolved(words.bytes().map(|byte| u32::from(byte.wrapping_mul(7))));
        assert!(!guessed && text.chars().all(is_unknown));
    }
}
