//! Collects a page's glyphs: their characters, and where on the page they stand.

use std::collections::HashSet;

use super::guess;
use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::object::{Dict, Name, String as PdfString};
use hayro_interpret::kurbo::{Affine, BezPath, Point};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask};

/// Units of one em in a glyph's own space.
const EM: f64 = 1000.0;

/// One glyph in page space: points of 1/72 inch, y growing downwards, turned so that its line runs to the right.
#[derive(Debug, Clone)]
pub(super) struct PlacedGlyph {
    /// What it stands for; a stand-in (see `guess`) when the font does not say.
    pub(super) text: String,
    /// Left end on the baseline.
    pub(super) x: f64,
    /// Right end on the baseline.
    pub(super) end: f64,
    /// Baseline.
    pub(super) y: f64,
    /// Height of an em.
    pub(super) size: f64,
    /// Direction of the line in whole degrees; 0 is upright.
    pub(super) degrees: i32,
    pub(super) bold: bool,
}

/// All glyphs of a page in the order they are drawn.
#[derive(Debug, Default)]
pub(super) struct PageGlyphs {
    pub(super) glyphs: Vec<PlacedGlyph>,
    /// Glyphs that show something.
    pub(super) shown: usize,
    /// Of these, those whose character is not known.
    pub(super) unknown: usize,
    pub(super) images: usize,
    pub(super) over_limit: bool,
}

/// One marked-content sequence that is open.
struct Marked {
    /// Running header, footer or page number.
    pagination: bool,
    /// What the sequence says in place of its glyphs; taken by the first of them.
    actual_text: Option<Option<String>>,
}

/// The device that interprets nothing but text.
pub(super) struct Collector {
    page: PageGlyphs,
    marked: Vec<Marked>,
    /// Characters with their places and sizes, as bold is often the same text drawn twice.
    seen: HashSet<(char, i64, i64, i64)>,
    glyphs_max: usize,
}

impl Collector {
    pub(super) fn new(glyphs_max: usize) -> Self {
        Self { page: PageGlyphs::default(), marked: Vec::new(), seen: HashSet::new(), glyphs_max }
    }

    pub(super) fn finish(self) -> PageGlyphs {
        self.page
    }

    fn add(&mut self, glyph: &Glyph<'_>, transform: Affine, bold: bool) {
        if self.page.glyphs.len() >= self.glyphs_max {
            self.page.over_limit = true;
            return;
        }
        let Some(text) = self.text_of(glyph) else { return };
        let advance = match glyph {
            Glyph::Outline(outline) => outline.advance_width(),
            Glyph::Type3(type3) => type3.advance_width(),
        };
        let Some(mut placed) = place(text, f64::from(advance.unwrap_or(500.0)), transform) else { return };
        placed.bold = bold;
        let first = placed.text.chars().next().unwrap_or(' ');
        let cell = |length: f64| (length / placed.size * 8.0).round() as i64;
        let key = (first, cell(placed.x), cell(placed.y), (placed.size * 8.0).round() as i64);
        if !first.is_whitespace() {
            if !self.seen.insert(key) {
                return;
            }
            self.page.shown += 1;
            self.page.unknown += usize::from(guess::is_unknown(first));
        }
        self.page.glyphs.push(placed);
    }

    /// The glyph's characters, or `None` when another glyph already said them.
    fn text_of(&mut self, glyph: &Glyph<'_>) -> Option<String> {
        if let Some(actual) = self.marked.iter_mut().rev().find_map(|marked| marked.actual_text.as_mut()) {
            return actual.take();
        }
        Some(match glyph.as_unicode() {
            Some(BfString::Char(c)) => clean(c).to_string(),
            Some(BfString::String(text)) => text.chars().map(clean).collect(),
            None => guess::stand_in(glyph.char_code()).to_string(),
        })
    }
}

/// Private-use and control characters say nothing to a reader.
fn clean(c: char) -> char {
    match c {
        // Word's bullets, from the Symbol and Wingdings fonts.
        '\u{f0b7}' | '\u{f06c}' => '•',
        '\u{f0a7}' => '▪',
        '\u{f0d8}' => '➢',
        '\u{f0fc}' => '✓',
        '\u{f02d}' => '-',
        '\u{e000}'..='\u{f8ff}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() || c == '\u{a0}' => ' ',
        c => c,
    }
}

fn is_bold(glyph: &Glyph<'_>) -> bool {
    const SEMI_BOLD: u32 = 600;
    let Glyph::Outline(outline) = glyph else { return false };
    let named = |name: &str| ["Bold", "bold", "Black", "Heavy"].iter().any(|word| name.contains(word));
    outline
        .font_data()
        .is_some_and(|font| font.weight.is_some_and(|weight| weight >= SEMI_BOLD) || font.postscript_name.as_deref().is_some_and(named))
}

fn place(text: String, advance: f64, transform: Affine) -> Option<PlacedGlyph> {
    let origin = transform * Point::ZERO;
    let right = transform * Point::new(EM, 0.0) - origin;
    let up = transform * Point::new(0.0, EM) - origin;
    let end = transform * Point::new(advance, 0.0);
    let size = up.hypot();
    let finite = [origin.x, origin.y, end.x, end.y, size].iter().all(|value| value.is_finite() && value.abs() < 1e7);
    if !finite || size < 0.01 {
        return None;
    }
    let degrees = right.y.atan2(right.x).to_degrees().round();
    let turn = Affine::rotate(-degrees.to_radians());
    let (start, stop) = (turn * origin, turn * end);
    Some(PlacedGlyph { text, x: start.x.min(stop.x), end: start.x.max(stop.x), y: start.y, size, degrees: degrees as i32, bold: false })
}

impl<'a> Device<'a> for Collector {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        if self.marked.iter().any(|marked| marked.pagination) {
            return;
        }
        // A run is of one font.
        let bold = run.glyphs().first().is_some_and(|glyph| is_bold(glyph));
        for glyph in run.glyphs() {
            self.add(glyph, props.transform * glyph.transform(), bold);
        }
    }

    fn begin_marked_content(&mut self, tag: &[u8], properties: Option<&Dict<'_>>) {
        let pagination = tag == b"Artifact"
            && properties.and_then(|dict| dict.get::<Name<'_>>(b"Type")).is_some_and(|kind| kind.as_str() == "Pagination");
        let actual_text =
            properties.and_then(|dict| dict.get::<PdfString<'_>>(b"ActualText")).map(|text| Some(super::title::decode(text.as_bytes())));
        self.marked.push(Marked { pagination, actual_text });
    }

    fn end_marked_content(&mut self) {
        self.marked.pop();
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.page.images += 1;
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
