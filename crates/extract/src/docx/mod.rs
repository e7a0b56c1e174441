//! Word `.docx`: headings by style or outline level, paragraphs, lists, tables, footnotes and text boxes in reading order. Tracked
//! deletions, comments, page headers and footers are left out.

mod body;
mod package;
mod styles;
mod xml;

use pinakes_config::limits::ExtractLimits;
use pinakes_types::{BlockKind, DocumentKind, StructuredText};

use crate::builder::{TextBuilder, collapse};
use crate::kind::{self, Reader};
use crate::outcome::Rejection;
use crate::{parse, reasons};
use package::Package;
use xml::Xml;

/// Reads a zip container that should be a Word document.
pub(crate) fn extract(name: &str, bytes: &[u8], limits: &ExtractLimits) -> Result<StructuredText, Rejection> {
    let mut package = Package::open(bytes, limits)?;
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default();
    match kind::of_zip(package.names(), &extension) {
        Reader::Kind(DocumentKind::Docx) => {}
        Reader::Unsupported(words) => return Err(reasons::unsupported_kind(words)),
        _ => return Err(reasons::unsupported_kind("a ZIP archive")),
    }
    let main = package.main_part()?;
    let folder = main.rsplit_once('/').map(|(folder, _)| folder.to_owned()).unwrap_or_default();
    let document = package.part(&main)?.ok_or_else(|| reasons::damaged(format!("its main part {main} is missing")))?;
    let styles = match package.part(&format!("{folder}/styles.xml"))? {
        Some(source) => styles::Styles::read(&source, limits)?,
        None => styles::Styles::default(),
    };
    let mut builder = TextBuilder::new(limits);
    let mut body = body::Body::new(&styles, &mut builder);
    body.read(&document, limits)?;
    let notes = std::mem::take(&mut body.notes);
    for (part, element) in [("footnotes", "footnote"), ("endnotes", "endnote")] {
        if notes.iter().any(|note| note.element == element)
            && let Some(source) = package.part(&format!("{folder}/{part}.xml"))?
        {
            body.read_notes(&source, element, &notes, limits)?;
        }
    }
    let title = core_title(&mut package, limits)?.or_else(|| body.title.take()).or_else(|| builder.first_heading()).unwrap_or_default();
    let (text, blocks, cut) = builder.finish();
    Ok(StructuredText { title, text, blocks, warnings: cut.into_iter().collect(), ..parse::document(DocumentKind::Docx) })
}

/// `dc:title` of the document's properties.
fn core_title(package: &mut Package<'_>, limits: &ExtractLimits) -> Result<Option<String>, Rejection> {
    let Some(source) = package.part("docProps/core.xml")? else { return Ok(None) };
    let mut xml = Xml::new(&source, limits);
    while let Some(event) = xml.next()? {
        if let xml::Item::Open(element) = event
            && element.name == "title"
        {
            let title = collapse(&xml.text_until_end()?);
            return Ok((!title.is_empty()).then_some(title));
        }
    }
    Ok(None)
}

/// Heading level as a block kind.
fn heading(level: u8) -> BlockKind {
    BlockKind::Heading(level.clamp(1, 6))
}

#[cfg(test)]
mod tests;
