//! Glyphs to lines: what stands on one baseline and close together, in the order the page draws it. Producers draw columns and cells
//! one after another, so drawing order keeps reading order where sorting by place would run columns together.

use unicode_normalization::UnicodeNormalization;

use super::columns;
use super::glyphs::PlacedGlyph;

/// A gap wider than this parts words, in ems. Printed spaces are 0.2 to 0.3, kerning is below 0.1.
const WORD_GAP: f64 = 0.15;
/// As [`WORD_GAP`], between two characters of a script written without spaces.
const WORD_GAP_IDEOGRAPHIC: f64 = 0.6;
/// A gap wider than this parts table cells, in ems.
const CELL_GAP: f64 = 1.5;
/// A wider gap ends a piece, in ems. The gutter between columns can be as narrow as one.
const PIECE_GAP: f64 = 0.8;
/// How many lines back a piece may find the line it belongs to.
const LOOK_BACK: usize = 40;

/// One line of text.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Its words; cells separated by ` | `.
    pub(super) text: String,
    pub(super) cells: usize,
    pub(super) x: f64,
    pub(super) end: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) degrees: i32,
    /// Whether nearly all of it is bold.
    pub(super) bold: bool,
}

/// The lines of one page.
pub(super) fn of(glyphs: Vec<PlacedGlyph>) -> Vec<Line> {
    rows(glyphs).map(Row::into_line).filter(|line| !line.text.is_empty()).collect()
}

/// The same before their glyphs are let go.
pub(super) fn rows(glyphs: Vec<PlacedGlyph>) -> impl Iterator<Item = Row> {
    let mut directions: Vec<(i32, Vec<PlacedGlyph>)> = Vec::new();
    for glyph in glyphs {
        match directions.iter_mut().find(|(degrees, _)| *degrees == glyph.degrees) {
            Some((_, group)) => group.push(glyph),
            None => directions.push((glyph.degrees, vec![glyph])),
        }
    }
    // The page's main direction first; margin notes and watermarks after it.
    directions.sort_by_key(|(_, group)| std::cmp::Reverse(group.len()));
    directions.into_iter().flat_map(|(_, group)| columns::parts(pieces(group))).flat_map(rows_of_part)
}

fn rows_of_part(pieces: Vec<Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for piece in pieces {
        let recent = rows.len().saturating_sub(LOOK_BACK);
        let last = rows.len().saturating_sub(1);
        let home = (recent..rows.len()).rev().find(|at| rows[*at].takes(&piece, *at == last));
        match home {
            Some(at) => rows[at].join(piece),
            None => rows.push(piece),
        }
    }
    rows
}

/// What stands in a line: a glyph's characters, or a space between two of them.
pub(super) struct Piece {
    pub(super) text: String,
    /// Place of the glyph in its row.
    pub(super) glyph: Option<usize>,
}

/// Glyphs on one baseline.
pub(super) struct Row {
    pub(super) glyphs: Vec<PlacedGlyph>,
    pub(super) x: f64,
    pub(super) end: f64,
    pub(super) y: f64,
    pub(super) size: f64,
}

impl Row {
    fn new(glyph: PlacedGlyph) -> Self {
        Self { x: glyph.x, end: glyph.end, y: glyph.y, size: glyph.size, glyphs: vec![glyph] }
    }

    fn add(&mut self, glyph: PlacedGlyph) {
        self.x = self.x.min(glyph.x);
        self.end = self.end.max(glyph.end);
        // A raised or smaller glyph (footnote mark, index) does not move the baseline.
        if glyph.size > self.size {
            (self.y, self.size) = (glyph.y, glyph.size);
        }
        self.glyphs.push(glyph);
    }

    fn join(&mut self, other: Self) {
        for glyph in other.glyphs {
            self.add(glyph);
        }
    }

    fn same_baseline(&self, y: f64, size: f64) -> bool {
        let (small, large) = if size < self.size { (size, self.size) } else { (self.size, size) };
        let tolerance = if small < large * 0.85 { 0.6 } else { 0.3 };
        (self.y - y).abs() < large * tolerance
    }

    /// Whether a piece belongs to this row: next to its glyphs or in a hole between them; the row drawn last takes what follows on its
    /// baseline at any distance (the next cell).
    fn takes(&self, piece: &Self, is_last: bool) -> bool {
        if !self.same_baseline(piece.y, piece.size) {
            return false;
        }
        let em = self.size.max(piece.size);
        let mut nearest = f64::MAX;
        for glyph in &self.glyphs {
            let gap = (piece.x - glyph.end).max(glyph.x - piece.end);
            if gap < -0.5 * em {
                return false;
            }
            nearest = nearest.min(gap);
        }
        nearest < PIECE_GAP * em || is_last
    }

    /// Cells from left to right; what stands in each, in the order it is read.
    pub(super) fn cells(&mut self) -> Vec<Vec<Piece>> {
        self.glyphs.sort_by(|a, b| (a.x + a.end).total_cmp(&(b.x + b.end)));
        let mut cells: Vec<Vec<Piece>> = vec![Vec::new()];
        let mut before: Option<&PlacedGlyph> = None;
        for (place, glyph) in self.glyphs.iter().enumerate() {
            let blank = glyph.text.trim().is_empty();
            if let Some(before) = before.filter(|_| !blank) {
                let gap = (glyph.x - before.end) / self.size;
                if gap > CELL_GAP {
                    cells.push(Vec::new());
                } else if gap > word_gap(before, glyph) {
                    push(&mut cells, " ".to_owned(), None);
                }
            }
            if blank {
                push(&mut cells, " ".to_owned(), None);
            } else {
                push(&mut cells, readable(&glyph.text), Some(place));
                before = Some(glyph);
            }
        }
        cells.into_iter().map(logical).collect()
    }

    fn into_line(mut self) -> Line {
        let text = |cell: Vec<Piece>| crate::builder::collapse(&cell.into_iter().map(|piece| piece.text).collect::<String>());
        let cells: Vec<String> = self.cells().into_iter().map(text).filter(|cell| !cell.is_empty()).collect();
        let Self { glyphs, x, end, y, size } = self;
        let degrees = glyphs.first().map_or(0, |glyph| glyph.degrees);
        let bold = glyphs.iter().filter(|glyph| glyph.bold).count() * 10 >= glyphs.len() * 9;
        Line { cells: cells.len(), text: cells.join(" | "), x, end, y, size, degrees, bold }
    }
}

fn push(cells: &mut [Vec<Piece>], text: String, glyph: Option<usize>) {
    if let Some(cell) = cells.last_mut() {
        cell.push(Piece { text, glyph });
    }
}

fn word_gap(before: &PlacedGlyph, after: &PlacedGlyph) -> f64 {
    let ideographic = |text: &str| {
        text.chars().next().is_some_and(|c| matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}'))
    };
    if ideographic(&before.text) && ideographic(&after.text) { WORD_GAP_IDEOGRAPHIC } else { WORD_GAP }
}

/// Glyphs that follow one another without a gap, in drawing order (leftwards too: right-to-left scripts are often drawn so).
fn pieces(glyphs: Vec<PlacedGlyph>) -> Vec<Row> {
    let mut pieces: Vec<Row> = Vec::new();
    for glyph in glyphs {
        let follows = pieces.last().is_some_and(|row| {
            let em = row.size.max(glyph.size);
            let rightwards = glyph.x - row.end;
            let leftwards = row.x - glyph.end;
            let near = |gap: f64| gap > -0.6 * em && gap < PIECE_GAP * em;
            row.same_baseline(glyph.y, glyph.size) && (near(rightwards) || near(leftwards))
        });
        match pieces.last_mut() {
            Some(row) if follows => row.add(glyph),
            // A blank that follows nothing parts nothing.
            _ if glyph.text.trim().is_empty() => {}
            _ => pieces.push(Row::new(glyph)),
        }
    }
    pieces
}

/// Ligatures and Arabic presentation forms as the letters they stand for.
fn readable(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            '\u{fb00}'..='\u{fb06}' | '\u{fb1d}'..='\u{fdfb}' | '\u{fe70}'..='\u{fefc}' => {
                c.nfkc().collect::<String>().chars().collect::<Vec<_>>()
            }
            c => vec![c],
        })
        .collect()
}

/// Turns what stands from left to right into the order it is read in: right-to-left runs are reversed, numbers and Latin words in them not.
fn logical(glyphs: Vec<Piece>) -> Vec<Piece> {
    let count = |wanted: Direction| glyphs.iter().filter(|glyph| direction(&glyph.text) == wanted).count();
    let (right_to_left, left_to_right) = (count(Direction::RightToLeft), count(Direction::LeftToRight));
    if right_to_left == 0 {
        return glyphs;
    }
    let (mut glyphs, other) = if right_to_left >= left_to_right {
        (glyphs.into_iter().rev().collect::<Vec<_>>(), [Direction::LeftToRight, Direction::Number])
    } else {
        (glyphs, [Direction::RightToLeft, Direction::RightToLeft])
    };
    let mut at = 0;
    while at < glyphs.len() {
        if !other.contains(&direction(&glyphs[at].text)) {
            at += 1;
            continue;
        }
        let stop =
            (at..glyphs.len()).find(|i| !other.contains(&direction(&glyphs[*i].text)) && direction(&glyphs[*i].text) != Direction::Neutral);
        let last = (at..stop.unwrap_or(glyphs.len())).rev().find(|i| other.contains(&direction(&glyphs[*i].text))).unwrap_or(at);
        glyphs[at..=last].reverse();
        at = last + 1;
    }
    glyphs
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    LeftToRight,
    RightToLeft,
    Number,
    Neutral,
}

fn direction(glyph: &str) -> Direction {
    match glyph.chars().next() {
        Some('\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}') => Direction::RightToLeft,
        Some(c) if c.is_numeric() => Direction::Number,
        Some(c) if c.is_alphabetic() => Direction::LeftToRight,
        _ => Direction::Neutral,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Ten-point text from `x` on, half an em a character.
    pub(in crate::pdf) fn draw(text: &str, x: f64, y: f64) -> Vec<PlacedGlyph> {
        let place = |(at, c): (usize, char)| {
            let x = x + at as f64 * 5.0;
            PlacedGlyph { text: c.to_string(), x, end: x + 5.0, y, size: 10.0, degrees: 0, bold: false }
        };
        text.chars().enumerate().filter(|(_, c)| *c != '_').map(place).collect()
    }

    fn texts(pieces: &[Vec<PlacedGlyph>]) -> Vec<String> {
        of(pieces.concat()).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn gaps_part_words_and_cells() {
        assert_eq!(texts(&[draw("ab_cd", 0.0, 0.0), draw("x", 60.0, 0.0), draw("next", 0.0, 12.0)]), ["ab cd | x", "next"]);
    }

    #[test]
    fn columns_drawn_one_after_another_stay_apart() {
        let page = [draw("left1", 0.0, 0.0), draw("left2", 0.0, 12.0), draw("right1", 100.0, 0.0), draw("right2", 100.0, 12.0)];
        assert_eq!(texts(&page), ["left1", "left2", "right1", "right2"]);
    }

    #[test]
    fn columns_drawn_row_by_row_are_read_one_after_the_other() {
        let line = |name: &str, line: usize, x: f64| draw(&format!("{name}{line}_{}", "x".repeat(30)), x, line as f64 * 12.0);
        let mut page = vec![draw(&"Title".repeat(10), 0.0, -20.0)];
        page.extend((0..8).flat_map(|n| [line("left", n, 0.0), line("right", n, 210.0)]));
        let lines = texts(&page);
        let first: Vec<&str> = lines.iter().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(first[1..10], ["left0", "left1", "left2", "left3", "left4", "left5", "left6", "left7", "right0"]);
    }

    #[test]
    fn a_table_is_not_taken_for_columns() {
        let row = |n: usize| [draw("item", 0.0, n as f64 * 12.0), draw("some longer words here in it", 150.0, n as f64 * 12.0)];
        let page: Vec<_> = (0..8).flat_map(row).collect();
        assert_eq!(texts(&page)[0], "item | some longer words here in it");
    }

    #[test]
    fn a_word_drawn_later_finds_its_line() {
        assert_eq!(texts(&[draw("a_____b", 0.0, 0.0), draw("two", 0.0, 12.0), draw("bold", 7.5, 0.0)])[0], "a bold b");
    }

    #[test]
    fn right_to_left_reads_in_logical_order() {
        assert_eq!(texts(&[draw("םולש 123 ירע", 0.0, 0.0)]), ["ערי 123 שלום"]);
        assert_eq!(texts(&[draw("see םולש_bc now", 0.0, 0.0)]), ["see שלום bc now"]);
    }

    #[test]
    fn ligatures_are_letters() {
        assert_eq!(texts(&[draw("o\u{fb03}ce", 0.0, 0.0)]), ["office"]);
    }
}
