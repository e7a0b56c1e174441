//! Paragraph styles: which are headings, which are lists. Built-in style names are English in every language of Word; ids are not.

use std::collections::HashMap;

use pinakes_config::limits::ExtractLimits;

use super::xml::{Item, Xml};
use crate::outcome::Rejection;

/// What a paragraph style says about structure.
#[derive(Debug, Clone, Default)]
pub(super) struct Style {
    name: String,
    based_on: Option<String>,
    /// Heading level from 1, where the style sets one; 0 is body text.
    outline: Option<u8>,
    list: Option<bool>,
}

/// All paragraph styles by id.
#[derive(Debug, Default)]
pub(super) struct Styles(HashMap<String, Style>);

/// Longest chain of styles followed.
const CHAIN_MAX: usize = 16;

impl Styles {
    pub(super) fn read(source: &str, limits: &ExtractLimits) -> Result<Self, Rejection> {
        let mut xml = Xml::new(source, limits);
        let mut styles = HashMap::new();
        while let Some(item) = xml.next()? {
            if let Item::Open(element) = item
                && element.name == "style"
            {
                let id = element.attribute("styleId").unwrap_or_default().to_owned();
                styles.insert(id, Self::style(&mut xml)?);
            }
        }
        Ok(Self(styles))
    }

    fn style(xml: &mut Xml<'_>) -> Result<Style, Rejection> {
        let mut style = Style::default();
        let mut open = 1;
        while open > 0 {
            match xml.next()? {
                Some(Item::Open(element)) => {
                    open += 1;
                    let value = element.attribute("val");
                    match element.name.as_str() {
                        "name" => style.name = value.unwrap_or_default().to_lowercase(),
                        "basedOn" => style.based_on = value.map(str::to_owned),
                        "outlineLvl" => style.outline = outline_level(value),
                        "numId" => style.list = Some(value != Some("0")),
                        _ => {}
                    }
                }
                Some(Item::Close) => open -= 1,
                Some(Item::Text(_)) => {}
                None => break,
            }
        }
        Ok(style)
    }

    fn chain<'a>(&'a self, id: &'a str) -> impl Iterator<Item = (&'a str, &'a Style)> {
        let mut next = self.0.get(id).map(|style| (id, style));
        std::iter::from_fn(move || {
            let current = next?;
            next = current.1.based_on.as_deref().and_then(|id| Some((id, self.0.get(id)?)));
            Some(current)
        })
        .take(CHAIN_MAX)
    }

    /// Heading level of a style, from 1.
    pub(super) fn heading(&self, id: &str) -> Option<u8> {
        if self.0.is_empty() {
            return named_level(&id.to_lowercase());
        }
        self.chain(id).find_map(|(_, style)| named_level(&style.name).or(style.outline)).filter(|level| *level > 0)
    }

    /// Whether it is the style of a document's title.
    pub(super) fn is_title(&self, id: &str) -> bool {
        self.chain(id).any(|(_, style)| style.name == "title") || (self.0.is_empty() && id.eq_ignore_ascii_case("title"))
    }

    /// Whether paragraphs of the style are list items.
    pub(super) fn is_list(&self, id: &str) -> bool {
        self.chain(id)
            .find_map(|(_, style)| {
                style.list.or_else(|| (style.name.starts_with("list ") && style.name != "list paragraph").then_some(true))
            })
            .unwrap_or(false)
    }

    /// Whether paragraphs of the style are code.
    pub(super) fn is_code(&self, id: &str) -> bool {
        self.chain(id).any(|(_, style)| {
            matches!(style.name.as_str(), "html preformatted" | "code" | "source code" | "macro text" | "preformatted text")
        })
    }
}

/// `w:outlineLvl` counts from 0; 9 is body text.
pub(super) fn outline_level(value: Option<&str>) -> Option<u8> {
    let level: u8 = value?.parse().ok()?;
    Some(if level >= 9 { 0 } else { level + 1 })
}

/// `heading 2`, and what other programs and languages call it.
fn named_level(name: &str) -> Option<u8> {
    const WORDS: &[&str] =
        &["heading", "überschrift", "titre", "título", "titolo", "kop", "rubrik", "overskrift", "nagłówek", "заголовок", "nadpis"];
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    let level: u8 = digits.parse().ok().filter(|level| (1..=9).contains(level))?;
    let word = name[..name.len() - digits.len()].trim();
    WORDS.contains(&word).then_some(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_found_by_name_outline_and_inheritance() {
        let source = r#"<w:styles>
            <w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
            <w:style w:styleId="Own"><w:name w:val="Own"/><w:basedOn w:val="berschrift1"/></w:style>
            <w:style w:styleId="Lvl"><w:name w:val="Lvl"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
            <w:style w:styleId="Body"><w:name w:val="Body"/><w:basedOn w:val="Own"/><w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>
            <w:style w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>
        </w:styles>"#;
        let styles = Styles::read(source, &ExtractLimits::default()).unwrap();
        let levels = ["berschrift1", "Own", "Lvl", "Body", "Loop", "missing"].map(|id| styles.heading(id));
        assert_eq!(levels, [Some(1), Some(1), Some(3), None, None, None]);
        assert_eq!(named_level("überschrift 2"), Some(2));
        assert_eq!(named_level("table 2"), None);
    }
}
