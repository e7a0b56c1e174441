//! Text → words, the same way for documents and for questions. Works for any language without being told which one: letters and digits
//! make words, and scripts written without spaces are cut into overlapping pairs of characters (bigrams), which needs no dictionary.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Bytes a word may have; the rest of a longer one (base64, hashes) is cut off.
const WORD_BYTES_MAX: usize = 120;

/// One word, lower-cased and in Unicode's compatibility form (NFKC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// Place in the text, counted in words; characters of scripts without spaces count as words.
    pub position: usize,
    /// The letters, diacritics still on them.
    pub text: String,
    /// Whether it is a piece of a script written without spaces: such pieces are neither stemmed nor dropped for being common.
    pub piece: bool,
}

/// What the words are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be indexed: pairs *and* single characters of scripts without spaces, so that a question of one character finds something.
    Document,
    /// To be looked up: pairs, and single characters only where they stand alone.
    Question,
}

/// Cuts a text into words.
pub(crate) fn words(text: &str, purpose: Purpose) -> Vec<Word> {
    let characters: Vec<char> = text.nfkc().flat_map(char::to_lowercase).filter(|&c| !is_invisible(c)).collect();
    let mut words = Vec::with_capacity(characters.len() / 6 + 1);
    let (mut at, mut position) = (0, 0);
    while at < characters.len() {
        let start = at;
        if is_unspaced(characters[at]) {
            at += characters[at..].iter().take_while(|&&c| is_unspaced(c) || is_combining_mark(c)).count();
            position += cut_pieces(&characters[start..at], position, purpose, &mut words);
        } else if characters[at].is_alphanumeric() {
            at = end_of_word(&characters, at);
            let text = clip(&characters[start..at]);
            if !is_contraction_tail(&characters, start, &text) {
                words.push(Word { position, text, piece: false });
            }
            position += 1;
        } else {
            at += 1;
        }
    }
    words
}

/// Where the word that begins at `start` ends. Digits are joined across `.` and `,` (`3.14`, `1,000`, `v1.2`), and one or two letters
/// with the signs of `c++`, `c#`, `f#`.
fn end_of_word(characters: &[char], start: usize) -> usize {
    let mut at = start;
    let is_word = |c: char| (c.is_alphanumeric() || is_combining_mark(c)) && !is_unspaced(c);
    while at < characters.len() {
        let joins_digits = || {
            matches!(characters[at], '.' | ',')
                && at > start
                && characters[at - 1].is_ascii_digit()
                && characters.get(at + 1).is_some_and(char::is_ascii_digit)
        };
        if !is_word(characters[at]) && !joins_digits() {
            break;
        }
        at += 1;
    }
    let short = at - start <= 2 && characters[start].is_ascii_alphabetic();
    match characters[at..] {
        ['+', '+', ..] if short => at + 2,
        ['#', ..] if short => at + 1,
        _ => at,
    }
}

/// The `s` of `company's` and the `t` of `don't` say nothing; they keep their place and are not words.
fn is_contraction_tail(characters: &[char], start: usize, text: &str) -> bool {
    start >= 2
        && matches!(characters[start - 1], '\'' | '’')
        && characters[start - 2].is_alphabetic()
        && matches!(text, "s" | "t" | "ll" | "re" | "ve" | "d" | "m")
}

/// Pieces of a run of characters without spaces; returns how many places the run takes.
fn cut_pieces(run: &[char], position: usize, purpose: Purpose, words: &mut Vec<Word>) -> usize {
    let mut piece =
        |at: usize, characters: &[char]| words.push(Word { position: position + at, text: characters.iter().collect(), piece: true });
    for at in 0..run.len() {
        if purpose == Purpose::Document || run.len() == 1 {
            piece(at, &run[at..=at]);
        }
        if at + 1 < run.len() {
            piece(at, &run[at..at + 2]);
        }
    }
    run.len()
}

fn clip(characters: &[char]) -> String {
    let mut text = String::with_capacity(characters.len());
    for &c in characters {
        if text.len() + c.len_utf8() > WORD_BYTES_MAX {
            break;
        }
        text.push(c);
    }
    text
}

/// Soft hyphens, joiners, the Arabic tatweel: they change how a word looks, not what it is.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{640}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Scripts written without spaces between words: Han, kana, Hangul (spaced, but with particles attached), Thai, Lao, Burmese, Khmer.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{3130}'..='\u{318f}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Takes off what writers leave out or vary: accents, Arabic and Hebrew vowel points, ligatures. `Straße` and `strasse`, `Zürich` and
/// `zurich` become the same word. Vowel signs of Indic scripts stay: there they are letters.
pub(crate) fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let bare = word.nfd().filter(|&c| !is_accent(c));
    let mut folded = String::with_capacity(word.len());
    for c in bare.nfc() {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            'ى' => folded.push('ي'),
            'ة' => folded.push('ه'),
            other => folded.push(other),
        }
    }
    folded
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, purpose: Purpose) -> Vec<String> {
        words(text, purpose).into_iter().map(|word| format!("{}:{}", word.position, word.text)).collect()
    }

    #[test]
    fn letters_and_digits_make_words() {
        let cases = [
            ("The company's plan, v1.2!", "0:the 1:company 3:plan 4:v1.2"),
            ("don’t pay 1,000.50 € on 3. May", "0:don 2:pay 3:1,000.50 4:on 5:3 6:may"),
            ("foo_bar.txt C++ and C#, x#y", "0:foo 1:bar 2:txt 3:c++ 4:and 5:c# 6:x# 7:y"),
            ("co\u{ad}operate ﬁle Ⅷ l'avion", "0:cooperate 1:file 2:viii 3:l 4:avion"),
            ("", ""),
            ("—…!?\0", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(cut(text, Purpose::Document).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_pairs() {
        assert_eq!(cut("年假5天", Purpose::Document), ["0:年", "0:年假", "1:假", "2:5", "3:天"]);
        assert_eq!(cut("年假政策", Purpose::Question), ["0:年假", "1:假政", "2:政策"]);
        assert_eq!(cut("猫", Purpose::Question), ["0:猫"]);
        assert_eq!(cut("ＡＢＣ株式", Purpose::Question), ["0:abc", "1:株式"]);
    }

    #[test]
    fn folding_takes_off_accents_and_points_but_no_indic_vowels() {
        for (word, expected) in [
            ("straße", "strasse"),
            ("zürich", "zurich"),
            ("más", "mas"),
            ("مُحَمَّد", "محمد"),
            ("أحمد", "احمد"),
            ("हिन्दी", "हिन्दी"),
            ("が", "が"),
        ] {
            assert_eq!(fold(word), expected);
        }
    }

    #[test]
    fn long_words_are_cut_and_nothing_panics() {
        assert_eq!(words(&"x".repeat(5000), Purpose::Document)[0].text.len(), WORD_BYTES_MAX);
        for text in ["\u{301}\u{301}", "a\u{301}'s", "'s", "1.", ".1", "1.2.", "#", "c+", "가나다", "ก็"] {
            words(text, Purpose::Document);
        }
    }
}
