//! A small pull reader over `quick-xml`: local names, a bound on nesting, and no entities but the five of XML and character references,
//! so that entity bombs stay inert.

use pinakes_config::limits::ExtractLimits;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::outcome::Rejection;
use crate::reasons;

/// An element that was opened.
#[derive(Debug)]
pub(super) struct Element {
    /// Name without its namespace prefix.
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// An attribute by its local name.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `w:val` of a switch such as `<w:vanish/>`: on unless it says otherwise.
    pub(super) fn is_on(&self) -> bool {
        !matches!(self.attribute("val"), Some("0" | "false" | "off" | "none"))
    }
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Item {
    Open(Element),
    /// The element opened last is closed. Every [`Item::Open`] has one.
    Close,
    Text(String),
}

/// The reader.
pub(super) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    depth: usize,
    depth_max: usize,
    /// An empty element's close that is still to be told.
    pending_close: bool,
}

impl<'a> Xml<'a> {
    pub(super) fn new(source: &'a str, limits: &ExtractLimits) -> Self {
        let mut reader = Reader::from_str(source);
        reader.config_mut().check_end_names = false;
        Self { reader, depth: 0, depth_max: limits.nesting_depth_max, pending_close: false }
    }

    /// The next item, `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Item>, Rejection> {
        if std::mem::take(&mut self.pending_close) {
            self.depth -= 1;
            return Ok(Some(Item::Close));
        }
        loop {
            let event = self.reader.read_event().map_err(|error| reasons::damaged(format!("its XML breaks off ({error})")))?;
            return Ok(Some(match event {
                Event::Start(start) => self.open(&start)?,
                Event::Empty(start) => {
                    self.pending_close = true;
                    self.open(&start)?
                }
                Event::End(_) if self.depth == 0 => return Err(reasons::damaged("its XML closes more than it opens")),
                Event::End(_) => {
                    self.depth -= 1;
                    Item::Close
                }
                Event::Text(text) => Item::Text(text.xml10_content().into_owned()),
                Event::CData(data) => Item::Text(data.xml10_content().into_owned()),
                Event::GeneralRef(reference) => Item::Text(resolve(&reference, reference.resolve_char_ref().ok().flatten())),
                Event::Eof => return Ok(None),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
            }));
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<Item, Rejection> {
        self.depth += 1;
        if self.depth > self.depth_max {
            return Err(reasons::nested_too_deep(self.depth_max));
        }
        let attributes = start
            .attributes()
            .with_checks(false)
            .filter_map(Result::ok)
            .map(|attribute| {
                let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap_or(attribute.value.clone());
                (attribute.key.local_name().as_ref().to_owned(), value.into_owned())
            })
            .collect();
        Ok(Item::Open(Element { name: start.local_name().as_ref().to_owned(), attributes }))
    }

    /// Skips the rest of the element opened last.
    pub(super) fn skip(&mut self) -> Result<(), Rejection> {
        let mut open = 1;
        while open > 0 {
            match self.next()? {
                Some(Item::Open(_)) => open += 1,
                Some(Item::Close) => open -= 1,
                Some(Item::Text(_)) => {}
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// All text up to the end of the element opened last.
    pub(super) fn text_until_end(&mut self) -> Result<String, Rejection> {
        let (mut open, mut text) = (1, String::new());
        while open > 0 {
            match self.next()? {
                Some(Item::Open(_)) => open += 1,
                Some(Item::Close) => open -= 1,
                Some(Item::Text(words)) => text.push_str(&words),
                None => break,
            }
        }
        Ok(text)
    }
}

fn resolve(name: &str, character: Option<char>) -> String {
    match (name, character) {
        (_, Some(c)) => c.to_string(),
        ("lt", _) => "<".into(),
        ("gt", _) => ">".into(),
        ("amp", _) => "&".into(),
        ("quot", _) => "\"".into(),
        ("apos", _) => "'".into(),
        (other, _) => format!("&{other};"),
    }
}
