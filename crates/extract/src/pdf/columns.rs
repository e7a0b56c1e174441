//! Columns that a producer draws row by row, left and right in turn. They are found by their gutter, a strip that many lines leave free
//! and few cross, with full lines on both sides (the cells of a table are not full), and read one after the other.

use super::lines::Row;

/// Lines that must leave the gutter free.
const LINES_MIN: usize = 6;
/// Narrowest gutter, in ems.
const GUTTER_MIN: f64 = 0.8;
/// Narrowest column, in ems.
const COLUMN_MIN: f64 = 10.0;
/// Share of its column that the usual line fills.
const FILL_MIN: f64 = 0.7;
/// Columns are split in halves this often.
const SPLITS_MAX: usize = 2;

/// Where a piece stands to the gutter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Across,
}

/// Parts that no line reaches beyond, in reading order.
pub(super) fn parts(pieces: Vec<Row>) -> Vec<Vec<Row>> {
    split(pieces, 0)
}

fn split(pieces: Vec<Row>, splits: usize) -> Vec<Vec<Row>> {
    let Some(gutter) = gutter(&pieces).filter(|_| splits < SPLITS_MAX) else { return vec![pieces] };
    let side = |piece: &Row| match () {
        () if piece.end <= gutter => Side::Left,
        () if piece.x >= gutter => Side::Right,
        () => Side::Across,
    };
    let across: Vec<f64> = pieces.iter().filter(|piece| side(piece) == Side::Across).map(|piece| piece.y).collect();
    // What stands across (a title, a wide table) parts the page into bands; in each the left column comes first.
    let mut keyed: Vec<((usize, usize), Row)> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let above = across.iter().filter(|y| **y < piece.y - 0.3 * piece.size).count();
        let key = match side(&piece) {
            Side::Left => (above * 2, 0),
            Side::Right => (above * 2, 1),
            Side::Across => (above * 2 + 1, 0),
        };
        keyed.push((key, piece));
    }
    keyed.sort_by_key(|(key, _)| *key);
    let mut parts: Vec<((usize, usize), Vec<Row>)> = Vec::new();
    for (key, piece) in keyed {
        match parts.last_mut() {
            Some((last, part)) if *last == key => part.push(piece),
            _ => parts.push((key, vec![piece])),
        }
    }
    parts.into_iter().flat_map(|(_, part)| split(part, splits + 1)).collect()
}

/// The middle of the gutter, if the pieces stand in columns that are drawn row by row.
fn gutter(pieces: &[Row]) -> Option<f64> {
    let lines = by_baseline(pieces);
    let mut gaps: Vec<(f64, f64)> = Vec::new();
    for line in &lines {
        for pair in line.windows(2) {
            if pair[1].x - pair[0].end > GUTTER_MIN * pair[0].size {
                gaps.push((pair[0].end, pair[1].x));
            }
        }
    }
    if gaps.len() < LINES_MIN {
        return None;
    }
    // The place most gaps share is the start of one of them.
    let open_at = |x: f64| gaps.iter().filter(|(start, end)| *start <= x && x < *end).count();
    let (from, free) = gaps.iter().map(|(start, _)| (*start, open_at(*start))).max_by_key(|(_, free)| *free)?;
    let until = gaps.iter().filter(|(start, end)| *start <= from && from < *end).map(|(_, end)| *end).fold(f64::MAX, f64::min);
    let middle = f64::midpoint(from, until);
    let crossing = lines.iter().filter(|line| line.iter().any(|piece| piece.x < middle && middle < piece.end)).count();
    let usable = free >= LINES_MIN && crossing * 3 <= free && free * 4 >= lines.len() && is_interleaved(pieces, middle);
    (usable && is_full(&lines, middle)).then_some(middle)
}

/// Whether both sides hold lines as full as prose is.
fn is_full(lines: &[Vec<&Row>], middle: f64) -> bool {
    let full = |on_side: fn(&Row, f64) -> bool| {
        let mut spans: Vec<(f64, f64, f64)> = Vec::new();
        for line in lines {
            let side: Vec<&&Row> = line.iter().filter(|piece| on_side(piece, middle)).collect();
            if let (Some(first), Some(last)) = (side.first(), side.last()) {
                spans.push((first.x, last.end, first.size));
            }
        }
        let left = spans.iter().map(|span| span.0).fold(f64::MAX, f64::min);
        let right = spans.iter().map(|span| span.1).fold(f64::MIN, f64::max);
        let mut widths: Vec<f64> = spans.iter().map(|span| span.1 - span.0).collect();
        widths.sort_by(f64::total_cmp);
        let size = spans.first().map_or(10.0, |span| span.2);
        let usual = widths.get(widths.len() / 2).copied().unwrap_or(0.0);
        right - left > COLUMN_MIN * size && usual > FILL_MIN * (right - left)
    };
    full(|piece, middle| piece.end <= middle) && full(|piece, middle| piece.x >= middle)
}

/// Whether drawing goes to and fro between the sides. Columns drawn one after another are in reading order already.
fn is_interleaved(pieces: &[Row], middle: f64) -> bool {
    let sides: Vec<bool> = pieces.iter().filter(|piece| piece.end <= middle || piece.x >= middle).map(|piece| piece.x >= middle).collect();
    let turns = sides.windows(2).filter(|pair| pair[0] != pair[1]).count();
    turns >= LINES_MIN
}

/// Pieces by line, from left to right.
fn by_baseline(pieces: &[Row]) -> Vec<Vec<&Row>> {
    let mut sorted: Vec<&Row> = pieces.iter().collect();
    sorted.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut lines: Vec<Vec<&Row>> = Vec::new();
    for piece in sorted {
        match lines.last_mut() {
            Some(line) if line.last().is_some_and(|last| piece.y - last.y < 0.3 * last.size) => line.push(piece),
            _ => lines.push(vec![piece]),
        }
    }
    for line in &mut lines {
        line.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    lines
}
