//! The main text: block by block in document order.

use pinakes_config::limits::ExtractLimits;
use pinakes_types::BlockKind;

use super::styles::{Styles, outline_level};
use super::xml::{Element, Item, Xml};
use crate::builder::{TextBuilder, collapse};
use crate::outcome::Rejection;

/// Elements whose content is not read: tracked deletions, the old place of what was moved, field codes, comments' anchors, and the
/// fallback of a drawing whose first form was read.
const LEFT_OUT: &[&str] = &[
    "del",
    "moveFrom",
    "instrText",
    "delText",
    "delInstrText",
    "Fallback",
    "rPrChange",
    "pPrChange",
    "sectPr",
    "tblPr",
    "trPr",
    "tblGrid",
];

/// A note that the text refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// `footnote` or `endnote`.
    pub(super) element: &'static str,
    pub(super) id: String,
}

/// Reads blocks into a builder.
pub(super) struct Body<'a> {
    styles: &'a Styles,
    out: &'a mut TextBuilder,
    /// Notes referred to, in order.
    pub(super) notes: Vec<Note>,
    /// Text of the first paragraph in the title style.
    pub(super) title: Option<String>,
}

/// A paragraph while it is read.
#[derive(Default)]
struct Paragraph {
    text: String,
    style: String,
    outline: Option<u8>,
    list: Option<bool>,
    /// Blocks of text boxes anchored in it, which follow it.
    boxes: Vec<(BlockKind, String)>,
}

impl<'a> Body<'a> {
    pub(super) fn new(styles: &'a Styles, out: &'a mut TextBuilder) -> Self {
        Self { styles, out, notes: Vec::new(), title: None }
    }

    /// Reads the main part.
    pub(super) fn read(&mut self, source: &str, limits: &ExtractLimits) -> Result<(), Rejection> {
        let mut blocks = Vec::new();
        let mut xml = Xml::new(source, limits);
        while let Some(item) = xml.next()? {
            if let Item::Open(element) = item {
                self.block(&mut xml, &element, &mut blocks)?;
            }
            self.write(&mut blocks);
        }
        Ok(())
    }

    /// Reads the notes that were referred to, each as one paragraph.
    pub(super) fn read_notes(&mut self, source: &str, wanted: &str, notes: &[Note], limits: &ExtractLimits) -> Result<(), Rejection> {
        let mut xml = Xml::new(source, limits);
        while let Some(item) = xml.next()? {
            let Item::Open(element) = item else { continue };
            if element.name == wanted {
                let referred = notes.iter().any(|note| note.element == wanted && Some(note.id.as_str()) == element.attribute("id"));
                let mut blocks = Vec::new();
                self.container(&mut xml, &mut blocks)?;
                let text: Vec<String> = blocks.into_iter().map(|(_, text)| text).filter(|_| referred).collect();
                self.out.push(BlockKind::Paragraph, &text.join(" "));
            }
        }
        Ok(())
    }

    fn write(&mut self, blocks: &mut Vec<(BlockKind, String)>) {
        for (kind, text) in blocks.drain(..) {
            self.out.push(kind, &text);
        }
    }

    /// One element among blocks: a paragraph, a table, or something that holds blocks. The top elements flush as they are read.
    fn block(&mut self, xml: &mut Xml<'_>, element: &Element, blocks: &mut Vec<(BlockKind, String)>) -> Result<(), Rejection> {
        match element.name.as_str() {
            "p" => self.paragraph(xml, blocks),
            "tbl" => self.table(xml, blocks),
            // Opened here and closed by the caller's loop, so that a long body is written as it is read.
            "document" | "body" => Ok(()),
            name if LEFT_OUT.contains(&name) => xml.skip(),
            _ => self.container(xml, blocks),
        }
    }

    /// Reads all blocks up to the end of the element opened last.
    fn container(&mut self, xml: &mut Xml<'_>, blocks: &mut Vec<(BlockKind, String)>) -> Result<(), Rejection> {
        loop {
            match xml.next()? {
                Some(Item::Open(element)) => self.block(xml, &element, blocks)?,
                Some(Item::Text(_)) => {}
                Some(Item::Close) | None => return Ok(()),
            }
        }
    }

    fn paragraph(&mut self, xml: &mut Xml<'_>, blocks: &mut Vec<(BlockKind, String)>) -> Result<(), Rejection> {
        let mut paragraph = Paragraph::default();
        self.inline(xml, &mut paragraph)?;
        let kind = self.kind_of(&paragraph);
        let text = paragraph
            .text
            .lines()
            .map(|line| if kind == BlockKind::Code { line.to_owned() } else { collapse(line) })
            .collect::<Vec<_>>()
            .join("\n");
        if self.styles.is_title(&paragraph.style) && self.title.is_none() && !text.trim().is_empty() {
            self.title = Some(collapse(&text));
        }
        match blocks.last_mut() {
            // Code is one paragraph a line.
            Some((BlockKind::Code, code)) if kind == BlockKind::Code => {
                code.push('\n');
                code.push_str(&text);
            }
            _ if text.trim().is_empty() => {}
            _ => blocks.push((kind, text)),
        }
        blocks.append(&mut paragraph.boxes);
        Ok(())
    }

    fn kind_of(&self, paragraph: &Paragraph) -> BlockKind {
        let level = paragraph.outline.or_else(|| self.styles.heading(&paragraph.style)).filter(|level| *level > 0);
        match level {
            Some(level) => super::heading(level),
            None if self.styles.is_title(&paragraph.style) => super::heading(1),
            None if paragraph.list.unwrap_or_else(|| self.styles.is_list(&paragraph.style)) => BlockKind::ListItem,
            None if self.styles.is_code(&paragraph.style) => BlockKind::Code,
            None => BlockKind::Paragraph,
        }
    }

    /// Reads runs and what wraps them up to the end of the element opened last.
    fn inline(&mut self, xml: &mut Xml<'_>, paragraph: &mut Paragraph) -> Result<(), Rejection> {
        loop {
            let element = match xml.next()? {
                Some(Item::Open(element)) => element,
                Some(Item::Text(_)) => continue,
                Some(Item::Close) | None => return Ok(()),
            };
            match element.name.as_str() {
                "t" => paragraph.text.push_str(&xml.text_until_end()?),
                "pPr" => self.properties(xml, paragraph)?,
                "r" => self.run(xml, paragraph)?,
                "txbxContent" => {
                    let mut boxes = Vec::new();
                    self.container(xml, &mut boxes)?;
                    paragraph.boxes.append(&mut boxes);
                }
                name if LEFT_OUT.contains(&name) => xml.skip()?,
                _ => {
                    self.mark(&element, paragraph);
                    self.inline(xml, paragraph)?;
                }
            }
        }
    }

    /// A run, unless it is hidden.
    fn run(&mut self, xml: &mut Xml<'_>, paragraph: &mut Paragraph) -> Result<(), Rejection> {
        let before = paragraph.text.len();
        let mut hidden = false;
        loop {
            let element = match xml.next()? {
                Some(Item::Open(element)) => element,
                Some(Item::Text(_)) => continue,
                Some(Item::Close) | None => break,
            };
            match element.name.as_str() {
                "t" => paragraph.text.push_str(&xml.text_until_end()?),
                "rPr" => hidden |= self.is_hidden(xml)?,
                name if LEFT_OUT.contains(&name) => xml.skip()?,
                _ => {
                    self.mark(&element, paragraph);
                    self.inline(xml, paragraph)?;
                }
            }
        }
        if hidden {
            paragraph.text.truncate(before);
        }
        Ok(())
    }

    fn is_hidden(&mut self, xml: &mut Xml<'_>) -> Result<bool, Rejection> {
        let mut hidden = false;
        loop {
            match xml.next()? {
                Some(Item::Open(element)) => {
                    hidden |= element.name == "vanish" && element.is_on();
                    xml.skip()?;
                }
                Some(Item::Text(_)) => {}
                Some(Item::Close) | None => return Ok(hidden),
            }
        }
    }

    /// Elements that stand for a character or refer to a note.
    fn mark(&mut self, element: &Element, paragraph: &mut Paragraph) {
        match element.name.as_str() {
            "tab" | "ptab" => paragraph.text.push('\t'),
            "br" | "cr" => paragraph.text.push('\n'),
            "noBreakHyphen" => paragraph.text.push('\u{2011}'),
            "footnoteReference" | "endnoteReference" => {
                let kind = if element.name.starts_with("foot") { "footnote" } else { "endnote" };
                self.notes.extend(element.attribute("id").map(|id| Note { element: kind, id: id.to_owned() }));
            }
            "sym" => {
                let code = element.attribute("char").and_then(|code| u32::from_str_radix(code, 16).ok());
                let shown = code.and_then(char::from_u32).filter(|c| !matches!(c, '\u{e000}'..='\u{f8ff}'));
                paragraph.text.extend(shown);
            }
            _ => {}
        }
    }

    fn properties(&mut self, xml: &mut Xml<'_>, paragraph: &mut Paragraph) -> Result<(), Rejection> {
        let mut open = 1;
        while open > 0 {
            match xml.next()? {
                Some(Item::Open(element)) if LEFT_OUT.contains(&element.name.as_str()) => xml.skip()?,
                Some(Item::Open(element)) => {
                    open += 1;
                    match element.name.as_str() {
                        "pStyle" => paragraph.style = element.attribute("val").unwrap_or_default().to_owned(),
                        "outlineLvl" => paragraph.outline = outline_level(element.attribute("val")),
                        "numId" => paragraph.list = Some(element.attribute("val") != Some("0")),
                        _ => {}
                    }
                }
                Some(Item::Close) => open -= 1,
                Some(Item::Text(_)) => {}
                None => break,
            }
        }
        Ok(())
    }

    fn table(&mut self, xml: &mut Xml<'_>, blocks: &mut Vec<(BlockKind, String)>) -> Result<(), Rejection> {
        let mut rows = Vec::new();
        self.rows(xml, &mut rows)?;
        blocks.push((BlockKind::Table, rows.join("\n")));
        Ok(())
    }

    /// Rows up to the end of the element opened last, through what may wrap them.
    fn rows(&mut self, xml: &mut Xml<'_>, rows: &mut Vec<String>) -> Result<(), Rejection> {
        loop {
            match xml.next()? {
                Some(Item::Open(element)) => match element.name.as_str() {
                    "tr" => {
                        let mut cells = Vec::new();
                        self.cells(xml, &mut cells)?;
                        if cells.iter().any(|cell| !cell.is_empty()) {
                            rows.push(cells.join(" | "));
                        }
                    }
                    name if LEFT_OUT.contains(&name) => xml.skip()?,
                    _ => self.rows(xml, rows)?,
                },
                Some(Item::Text(_)) => {}
                Some(Item::Close) | None => return Ok(()),
            }
        }
    }

    fn cells(&mut self, xml: &mut Xml<'_>, cells: &mut Vec<String>) -> Result<(), Rejection> {
        loop {
            match xml.next()? {
                Some(Item::Open(element)) => match element.name.as_str() {
                    "tc" => {
                        let mut blocks = Vec::new();
                        self.container(xml, &mut blocks)?;
                        let text: Vec<String> = blocks.into_iter().map(|(_, text)| collapse(&text)).collect();
                        cells.push(text.join(" ").trim().to_owned());
                    }
                    name if LEFT_OUT.contains(&name) => xml.skip()?,
                    _ => self.cells(xml, cells)?,
                },
                Some(Item::Text(_)) => {}
                Some(Item::Close) | None => return Ok(()),
            }
        }
    }
}
