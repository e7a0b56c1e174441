//! Lines to headings, paragraphs, list items and tables, so that sentences read on over line ends.

use std::collections::BTreeMap;

use pinakes_types::BlockKind;

use super::lines::Line;
use crate::builder::TextBuilder;

/// A line this many times the body's size is a heading.
const HEADING_RATIO: f64 = 1.15;
/// Longer text is no heading, in characters.
const HEADING_CHARS_MAX: usize = 200;
/// A step to the next line up to this many times the usual one stays in the paragraph.
const STEP_RATIO: f64 = 1.25;
const BULLETS: &[char] = &['•', '◦', '▪', '‣', '●', '○', '■', '□', '–', '-', '*', '·', '➢', '✓'];

/// A bold line longer than this is emphasis, in characters.
const BOLD_CHARS_MAX: usize = 120;

/// How the document sets its text.
pub(super) struct Style {
    /// The size most characters are set in.
    body_size: f64,
    /// Sizes of headings in half points, largest first: a heading's level is its place here.
    heading_sizes: Vec<i64>,
    /// Whether bold is rare enough to mean something.
    bold_is_rare: bool,
}

impl Style {
    /// Measures all pages.
    pub(super) fn of(pages: &[Vec<Line>]) -> Self {
        const LEVELS_MAX: usize = 4;
        let mut chars: BTreeMap<i64, usize> = BTreeMap::new();
        let (mut bold, mut all) = (0, 0);
        for line in pages.iter().flatten() {
            *chars.entry(half_points(line.size)).or_default() += line.text.len();
            all += line.text.len();
            bold += if line.bold { line.text.len() } else { 0 };
        }
        let body_size = chars.into_iter().max_by_key(|(_, chars)| *chars).map_or(10.0, |(half, _)| half as f64 / 2.0);
        let mut style = Self { body_size, heading_sizes: Vec::new(), bold_is_rare: bold * 3 < all };
        let mut sizes: Vec<i64> = pages.iter().flatten().filter(|line| style.is_large(line)).map(|line| half_points(line.size)).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        // Sizes within a point of each other are one level.
        sizes.dedup_by(|smaller, larger| *larger - *smaller <= 2);
        sizes.truncate(LEVELS_MAX);
        style.heading_sizes = sizes;
        style
    }

    fn is_large(&self, line: &Line) -> bool {
        line.size > self.body_size * HEADING_RATIO && line.text.len() <= HEADING_CHARS_MAX && has_words(&line.text)
    }

    fn is_bold_heading(&self, line: &Line) -> bool {
        let shaped = line.text.chars().count() <= BOLD_CHARS_MAX
            && !line.text.ends_with(['.', ':', ',', ';'])
            && !line.text.starts_with(char::is_lowercase);
        self.bold_is_rare && line.bold && line.cells == 1 && shaped && line.size > self.body_size * 0.9 && has_words(&line.text)
    }

    fn kind_of(&self, line: &Line) -> BlockKind {
        let level = |place: usize| BlockKind::Heading(u8::try_from(place + 1).unwrap_or(6).min(6));
        match () {
            () if self.is_large(line) => {
                let place = self.heading_sizes.iter().position(|size| half_points(line.size) + 2 >= *size);
                level(place.unwrap_or(self.heading_sizes.len()))
            }
            () if self.is_bold_heading(line) => level(self.heading_sizes.len()),
            () if starts_item(&line.text) => BlockKind::ListItem,
            () => BlockKind::Paragraph,
        }
    }
}

fn half_points(size: f64) -> i64 {
    (size * 2.0).round() as i64
}

fn has_words(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() > 1
}

/// Appends the blocks of one page.
pub(super) fn write(lines: &[Line], style: &Style, out: &mut TextBuilder) {
    let step = usual_step(lines);
    let mut open: Option<Open<'_>> = None;
    let mut at = 0;
    while at < lines.len() {
        let rows = lines[at..].iter().take_while(|line| line.cells > 1 && !has_leaders(&line.text)).count();
        if rows > 1 {
            flush(open.take(), out);
            let table: Vec<&str> = lines[at..at + rows].iter().map(|line| line.text.as_str()).collect();
            out.push(BlockKind::Table, &table.join("\n"));
            at += rows;
            continue;
        }
        let line = &lines[at];
        let mut kind = style.kind_of(line);
        // A bold line in the middle of a sentence is emphasis.
        if !style.is_large(line)
            && open.as_ref().is_some_and(|block| !block.has_ended() && block.continues(line, BlockKind::Paragraph, step))
            && kind != BlockKind::ListItem
        {
            kind = BlockKind::Paragraph;
        }
        match &mut open {
            Some(block) if block.continues(line, kind, step) => block.add(line),
            _ => flush(open.replace(Open::new(line, kind)), out),
        }
        at += 1;
    }
    flush(open, out);
}

/// A row of dots, as between a contents entry and its page number.
fn has_leaders(text: &str) -> bool {
    text.contains(". . . .") || text.contains(".....")
}

/// Dots of a contents line as one ellipsis.
fn without_leaders(text: &str) -> String {
    if !has_leaders(text) {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut dots = String::new();
    for c in text.chars().chain(['\0']) {
        if c == '.' || (c == ' ' && !dots.is_empty()) {
            dots.push(c);
            continue;
        }
        if dots.matches('.').count() > 3 {
            out.truncate(out.trim_end().len());
            out.push_str(" … ");
        } else {
            out.push_str(&dots);
        }
        dots.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

fn flush(block: Option<Open<'_>>, out: &mut TextBuilder) {
    if let Some(block) = block {
        let too_long = block.text.len() > HEADING_CHARS_MAX * 2;
        let kind = if matches!(block.kind, BlockKind::Heading(_)) && too_long { BlockKind::Paragraph } else { block.kind };
        out.push(kind, &block.text);
    }
}

/// `• x`, `- x`, `1. x`, `2) x`.
fn starts_item(text: &str) -> bool {
    let Some((mark, rest)) = text.split_once(' ') else { return false };
    let number = mark.trim_end_matches(['.', ')']);
    let numbered = number.len() < mark.len() && number.len() <= 2 && number.chars().all(|c| c.is_ascii_digit()) && !number.is_empty();
    !rest.is_empty() && (numbered || mark.chars().all(|c| BULLETS.contains(&c)))
}

/// The usual distance of baselines within a paragraph, in ems: of all distances the one a third of the way up, as those between
/// paragraphs are larger.
fn usual_step(lines: &[Line]) -> f64 {
    let mut steps: Vec<f64> = lines
        .windows(2)
        .filter(|pair| (pair[1].size - pair[0].size).abs() < 0.12 * pair[0].size)
        .map(|pair| (pair[1].y - pair[0].y) / pair[0].size.max(pair[1].size))
        .filter(|step| (0.7..2.6).contains(step))
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 3).copied().unwrap_or(1.2)
}

/// A block that may take further lines.
struct Open<'line> {
    kind: BlockKind,
    text: String,
    last: &'line Line,
    left: f64,
    right: f64,
}

impl<'line> Open<'line> {
    fn new(line: &'line Line, kind: BlockKind) -> Self {
        Self { kind, text: without_leaders(&line.text.replace(" | ", " ")), last: line, left: line.x, right: line.end }
    }

    /// Whether its last sentence is complete.
    fn has_ended(&self) -> bool {
        self.text.ends_with(['.', '!', '?', ':', '。', '؟', '۔'])
    }

    fn continues(&self, line: &Line, kind: BlockKind, usual_step: f64) -> bool {
        let same_heading = matches!(kind, BlockKind::Heading(_)) == matches!(self.kind, BlockKind::Heading(_));
        let same_size = (line.size - self.last.size).abs() < 0.12 * line.size.max(self.last.size);
        if kind == BlockKind::ListItem || !same_heading || !same_size || line.degrees != self.last.degrees || has_leaders(&line.text) {
            return false;
        }
        let ended = self.has_ended();
        let step = (line.y - self.last.y) / line.size;
        if !(0.0..=4.0).contains(&step) {
            // The next column: a sentence that has not ended goes on there.
            return !ended && !matches!(kind, BlockKind::Heading(_)) && line.text.starts_with(char::is_lowercase);
        }
        let beside = line.x < self.last.end && self.last.x < line.end;
        let indented = ended && line.x > self.left + 0.8 * line.size && self.last.x < self.left + 0.4 * line.size;
        let cut_short = ended && self.last.end < self.right - 0.25 * (self.right - self.left);
        step <= usual_step * STEP_RATIO && beside && !indented && !cut_short
    }

    fn add(&mut self, line: &'line Line) {
        let next = line.text.replace(" | ", " ");
        let word = |c: Option<char>| c.is_some_and(char::is_lowercase);
        let hyphenated =
            self.text.ends_with(['-', '\u{ad}', '\u{2010}']) && word(self.text.chars().rev().nth(1)) && word(next.chars().next());
        if hyphenated {
            self.text.pop();
        } else {
            self.text.push(' ');
        }
        self.text.push_str(&next);
        self.last = line;
        self.left = self.left.min(line.x);
        self.right = self.right.max(line.end);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use pinakes_config::limits::ExtractLimits;

    use super::*;

    /// `(text, x, y, size)`; half an em a character.
    fn check(page: &[(&str, f64, f64, f64)], expected: Expect) {
        let line = |&(text, x, y, size): &(&str, f64, f64, f64)| {
            let end = x + text.chars().count() as f64 * size / 2.0;
            Line { text: text.to_owned(), cells: text.split(" | ").count(), x, end, y, size, degrees: 0, bold: text.starts_with('!') }
        };
        let pages = vec![page.iter().map(line).collect::<Vec<_>>()];
        let mut builder = TextBuilder::new(&ExtractLimits::default());
        write(&pages[0], &Style::of(&pages), &mut builder);
        let (text, blocks, _) = builder.finish();
        let cut = |span: pinakes_types::CharSpan| text.chars().skip(span.start).take(span.len()).collect::<String>();
        expected.assert_eq(&blocks.iter().map(|block| format!("{:?}: {:?}\n", block.kind, cut(block.span))).collect::<String>());
    }

    #[test]
    fn sentences_read_on_over_line_and_column_ends() {
        check(
            &[
                ("Big title", 0.0, 0.0, 20.0),
                ("A paragraph whose infor-", 0.0, 40.0, 10.0),
                ("mation is hyphenated.", 0.0, 52.0, 10.0),
                ("Another one that goes on in", 0.0, 76.0, 10.0),
                ("the next column.", 300.0, 40.0, 10.0),
            ],
            expect![[r#"
                Heading(1): "Big title"
                Paragraph: "A paragraph whose information is hyphenated."
                Paragraph: "Another one that goes on in the next column."
            "#]],
        );
    }

    #[test]
    fn lists_and_tables_are_told_apart() {
        check(
            &[
                ("• first item that is", 0.0, 0.0, 10.0),
                ("two lines long", 10.0, 12.0, 10.0),
                ("• second", 0.0, 24.0, 10.0),
                ("Contents . . . . . . 4", 0.0, 36.0, 10.0),
                ("Name | Days", 0.0, 48.0, 10.0),
                ("Ada | 30", 0.0, 60.0, 10.0),
            ],
            expect![[r#"
                ListItem: "• first item that is two lines long"
                ListItem: "• second"
                Paragraph: "Contents … 4"
                Table: "Name | Days\nAda | 30"
            "#]],
        );
    }

    #[test]
    fn bold_lines_are_headings_unless_they_are_emphasis() {
        check(
            &[
                ("!Bold heading", 0.0, 0.0, 10.0),
                ("A sentence that goes on and on and on and is", 0.0, 12.0, 10.0),
                ("!Quite important", 0.0, 24.0, 10.0),
                ("to whoever reads it.", 0.0, 36.0, 10.0),
            ],
            expect![[r#"
                Heading(1): "!Bold heading"
                Paragraph: "A sentence that goes on and on and on and is !Quite important to whoever reads it."
            "#]],
        );
    }
}
