//! PDF: glyphs with their places from `hayro-interpret` (no unsafe code, measured against pdf-extract and pdf_oxide), put
//! together to lines and paragraphs here. Pages are exact; running headers the file marks as such are left out. One page at a time can be
//! seen as well: as an image, and where given words stand on it.

mod blocks;
mod columns;
mod draw;
mod glyphs;
mod guess;
mod letters;
mod lines;
mod page;
mod paint;
mod title;

pub use letters::Sought;
pub(crate) use page::{Measured, boxes, image};

use hayro_interpret::hayro_syntax::page::Page as PdfPage;
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro_interpret::kurbo::Rect;
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, TransformExt, interpret_page};
use pinakes_config::limits::ExtractLimits;
use pinakes_types::{CharSpan, DocumentKind, Page, StructuredText};

use crate::builder::TextBuilder;
use crate::outcome::Rejection;
use crate::{parse, reasons};
use glyphs::{Collector, PageGlyphs};

/// Reads a PDF.
pub(crate) fn extract(bytes: &[u8], limits: &ExtractLimits) -> Result<StructuredText, Rejection> {
    let pdf = open(bytes)?;
    let mut notes = Notes::default();
    let mut pages = read_pages(&pdf, limits, &mut notes);
    notes.guessed = notes.unknown > 0 && guess::resolve(&mut pages);
    let style = blocks::Style::of(&pages);
    let mut builder = TextBuilder::new(limits);
    let mut map = Vec::with_capacity(pages.len());
    for (number, lines) in (1u32..).zip(&pages) {
        let before = builder.len_chars();
        blocks::write(lines, &style, &mut builder);
        // A page starts at its first character, not at the empty line before it.
        let end = builder.len_chars();
        let start = if before > 0 && end > before { before + 2 } else { before };
        map.push(Page { number, span: CharSpan::new(start, end) });
    }
    if builder.len_chars() == 0 {
        return Err(if notes.glyphs > 0 { reasons::no_unicode() } else { reasons::no_text_layer(pdf.pages().len()) });
    }
    if notes.unknown * 2 > notes.glyphs && !notes.guessed {
        return Err(reasons::no_unicode());
    }
    let title = title::of(pdf.metadata()).or_else(|| builder.first_heading()).unwrap_or_default();
    let (text, blocks, cut) = builder.finish();
    let warnings = notes.warnings(limits).into_iter().chain(cut).collect();
    Ok(StructuredText { title, text, blocks, pages: map, warnings, ..parse::document(DocumentKind::Pdf) })
}

fn open(bytes: &[u8]) -> Result<Pdf, Rejection> {
    Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => reasons::password_protected(),
        LoadPdfError::Decryption(_) => reasons::unsupported_encryption(),
        LoadPdfError::Invalid => reasons::damaged("its page tree cannot be found"),
    })
}

/// What went wrong on the way, page by page.
#[derive(Default)]
struct Notes {
    glyphs: usize,
    unknown: usize,
    guessed: bool,
    scanned: Vec<usize>,
    crowded: Vec<usize>,
    pages_left: usize,
}

impl Notes {
    fn add(&mut self, page: usize, glyphs: &PageGlyphs) {
        self.glyphs += glyphs.shown;
        self.unknown += glyphs.unknown;
        if glyphs.shown == 0 && glyphs.images > 0 {
            self.scanned.push(page);
        }
        if glyphs.over_limit {
            self.crowded.push(page);
        }
    }

    fn warnings(&self, limits: &ExtractLimits) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.scanned.is_empty() {
            let pages = list(&self.scanned);
            warnings.push(format!(
                "Page(s) {pages} hold pictures without text. Run the file through OCR (such as ocrmypdf) to make them searchable."
            ));
        }
        if self.guessed {
            warnings.push(format!("{} of {} characters have no known meaning in their fonts and were guessed.", self.unknown, self.glyphs));
        } else if self.unknown * 50 > self.glyphs {
            warnings
                .push(format!("{} of {} characters have no known meaning in their fonts and are shown as �.", self.unknown, self.glyphs));
        }
        if !self.crowded.is_empty() {
            warnings.push(format!(
                "Page(s) {} hold more than {} characters; the rest of them was not read.",
                list(&self.crowded),
                limits.page_glyphs_max
            ));
        }
        if self.pages_left > 0 {
            warnings.push(format!(
                "The last {} page(s) were not read: the limit is {} (extract.pages_max).",
                self.pages_left, limits.pages_max
            ));
        }
        warnings
    }
}

/// The first few page numbers.
fn list(pages: &[usize]) -> String {
    const SHOWN: usize = 20;
    let shown: Vec<String> = pages.iter().take(SHOWN).map(usize::to_string).collect();
    if pages.len() > SHOWN { format!("{} and {} more", shown.join(", "), pages.len() - SHOWN) } else { shown.join(", ") }
}

/// The glyphs of a page.
fn collect<'pdf>(page: &'pdf PdfPage<'pdf>, cache: &InterpreterCache<'pdf>, limits: &ExtractLimits) -> PageGlyphs {
    let (width, height) = page.render_dimensions();
    let area = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let transform = page.initial_transform(true).to_kurbo();
    let mut context = Context::new(transform, area, cache, page.xref(), InterpreterSettings::default());
    let mut collector = Collector::new(limits.page_glyphs_max);
    interpret_page(page, &mut context, &mut collector);
    collector.finish()
}

fn read_pages(pdf: &Pdf, limits: &ExtractLimits, notes: &mut Notes) -> Vec<Vec<lines::Line>> {
    let cache = InterpreterCache::new();
    let mut pages = Vec::new();
    let mut chars = 0;
    notes.pages_left = pdf.pages().len().saturating_sub(limits.pages_max);
    for (number, page) in (1..).zip(pdf.pages().iter()).take(limits.pages_max) {
        let glyphs = collect(page, &cache, limits);
        notes.add(number, &glyphs);
        let lines = lines::of(glyphs.glyphs);
        chars += lines.iter().map(|line| line.text.len()).sum::<usize>();
        pages.push(lines);
        if chars > limits.text_chars_max.saturating_mul(4) {
            break;
        }
    }
    pages
}
