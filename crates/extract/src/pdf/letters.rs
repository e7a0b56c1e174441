//! Where on a page given words stand. The stored text of a page differs from what its glyphs say in spaces, hyphens and leaders only,
//! so letters and digits alone are counted and compared: the same number on both sides means the same places.

use std::ops::Range;

use pinakes_types::CharSpan;
use serde::{Deserialize, Serialize};

use super::glyphs::PlacedGlyph;
use super::lines;

/// How many letters of what is sought are looked for; what is longer is shown at its beginning.
const LETTERS_MAX: usize = 20_000;
/// Letters that must agree, in tenths, where both sides have the same number: of fonts that do not say what their shapes stand for, some
/// letters were guessed from the whole document.
const AGREE_TENTHS: usize = 7;
/// A letter's box reaches this far above and below its baseline, in ems.
const ASCENT: f64 = 0.82;
const DESCENT: f64 = 0.24;

/// Words to be found on a page, as their letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sought {
    /// The letters.
    letters: String,
    /// Letters on the page before them, in its stored text.
    before: usize,
    /// Letters on the page.
    all: usize,
}

impl Sought {
    /// The characters `part` of a page's stored text.
    #[must_use]
    pub fn new(page: &str, part: CharSpan) -> Self {
        let (mut sought, mut before, mut all) = (String::new(), 0, 0);
        for (at, c) in page.chars().enumerate().filter(|(_, c)| c.is_alphanumeric()) {
            all += 1;
            if at < part.start {
                before += 1;
            } else if at < part.end && all - before <= LETTERS_MAX {
                sought.push(c);
            }
        }
        Self { letters: sought, before, all }
    }
}

/// One letter or digit of a page.
pub(super) struct Letter {
    c: char,
    /// The line it stands in.
    line: usize,
    x: f64,
    end: f64,
    y: f64,
    size: f64,
    degrees: i32,
}

/// The letters of a page in the order its stored text has them.
pub(super) fn of(glyphs: Vec<PlacedGlyph>) -> Vec<Letter> {
    let mut letters = Vec::new();
    for (line, mut row) in lines::rows(glyphs).enumerate() {
        for piece in row.cells().into_iter().flatten() {
            let Some(glyph) = piece.glyph.map(|place| &row.glyphs[place]) else { continue };
            // A ligature's letters share its width.
            let step = (glyph.end - glyph.x) / piece.text.chars().count().max(1) as f64;
            for (at, c) in piece.text.chars().enumerate().filter(|(_, c)| c.is_alphanumeric()) {
                let x = glyph.x + at as f64 * step;
                letters.push(Letter { c, line, x, end: x + step, y: glyph.y, size: glyph.size, degrees: glyph.degrees });
            }
        }
    }
    letters
}

/// Which of a page's letters are those sought; `None` where they cannot be found.
pub(super) fn find(letters: &[Letter], sought: &Sought) -> Option<Range<usize>> {
    let wanted = sought.letters.chars().count();
    if wanted == 0 {
        return None;
    }
    if letters.len() == sought.all {
        let place = sought.before..(sought.before + wanted).min(letters.len());
        let agreeing = letters[place.clone()].iter().zip(sought.letters.chars()).filter(|(letter, c)| letter.c == *c).count();
        if agreeing * 10 >= wanted * AGREE_TENTHS {
            return Some(place);
        }
    }
    nearest(letters, sought, wanted)
}

/// The place where the letters sought stand that is nearest to where they are expected.
fn nearest(letters: &[Letter], sought: &Sought, wanted: usize) -> Option<Range<usize>> {
    let text: String = letters.iter().map(|letter| letter.c).collect();
    let expected = sought.before as f64 / sought.all.max(1) as f64 * letters.len() as f64;
    let (mut bytes, mut count) = (0, 0);
    let starts = text.match_indices(&sought.letters).map(|(byte, _)| {
        count += text[bytes..byte].chars().count();
        bytes = byte;
        count
    });
    let start = starts.min_by(|a, b| (*a as f64 - expected).abs().total_cmp(&(*b as f64 - expected).abs()))?;
    Some(start..start + wanted)
}

/// Boxes around letters, one for each line: left, top, right, bottom in points from the page's upper left.
pub(super) fn boxes(letters: &[Letter]) -> Vec<[f64; 4]> {
    letters.chunk_by(|a, b| a.line == b.line).map(around).collect()
}

fn around(line: &[Letter]) -> [f64; 4] {
    let least = |value: fn(&Letter) -> f64| line.iter().map(value).fold(f64::INFINITY, f64::min);
    let most = |value: fn(&Letter) -> f64| line.iter().map(value).fold(f64::NEG_INFINITY, f64::max);
    let (left, right) = (least(|letter| letter.x), most(|letter| letter.end));
    let (top, bottom) = (least(|letter| letter.y - ASCENT * letter.size), most(|letter| letter.y + DESCENT * letter.size));
    // Back from the line's own direction to the page's.
    let (sine, cosine) = f64::from(line.first().map_or(0, |letter| letter.degrees)).to_radians().sin_cos();
    let corners = [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| (x * cosine - y * sine, x * sine + y * cosine));
    corners.into_iter().fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |[left, top, right, bottom], (x, y)| {
        [left.min(x), top.min(y), right.max(x), bottom.max(y)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::lines::tests::draw;

    fn found(page: &str, words: &str, glyphs: Vec<PlacedGlyph>) -> Option<Vec<[f64; 4]>> {
        let start = page.find(words).map(|byte| page[..byte].chars().count()).unwrap();
        let letters = of(glyphs);
        let place = find(&letters, &Sought::new(page, CharSpan::new(start, start + words.chars().count())))?;
        Some(boxes(&letters[place]).into_iter().map(|edges| edges.map(f64::round)).collect())
    }

    #[test]
    fn words_are_found_over_line_ends_and_hyphens() {
        let glyphs = [draw("The_infor-", 0.0, 10.0), draw("mation_is_here.", 0.0, 22.0)].concat();
        let boxes = found("The information is here.", "information is", glyphs);
        assert_eq!(boxes, Some(vec![[20.0, 2.0, 45.0, 12.0], [0.0, 14.0, 45.0, 24.0]]));
    }

    #[test]
    fn the_second_of_two_equal_words_is_the_one_meant() {
        let page = "A pump and a pump.";
        let glyphs = draw("A_pump_and_a_pump.", 0.0, 10.0);
        let letters = of(glyphs);
        let second = find(&letters, &Sought::new(page, CharSpan::new(13, 17))).unwrap();
        assert_eq!(boxes(&letters[second])[0][0].round(), 65.0);
    }

    #[test]
    fn where_the_text_was_cut_the_nearest_place_is_taken_and_what_is_not_there_is_not_found() {
        assert_eq!(found("pump", "pump", draw("A_pump_more", 0.0, 10.0)), Some(vec![[10.0, 2.0, 30.0, 12.0]]));
        assert_eq!(found("crane", "crane", draw("A_pump_more", 0.0, 10.0)), None);
        assert_eq!(found("a - b", "-", draw("a_-_b", 0.0, 10.0)), None);
    }

    #[test]
    fn a_line_that_runs_upwards_has_an_upright_box() {
        // As `glyphs::place` turns it: what runs upwards at x = 100 lies on the baseline y = 100.
        let upwards = draw("word", -50.0, 100.0).into_iter().map(|glyph| PlacedGlyph { degrees: -90, ..glyph }).collect();
        assert_eq!(found("word", "word", upwards), Some(vec![[92.0, 30.0, 102.0, 50.0]]));
    }
}
