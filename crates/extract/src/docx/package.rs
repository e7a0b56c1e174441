//! The zip container of a Word document, opened under limits: no part is expanded further than its bounds, and only the parts asked for.

use std::io::{Cursor, Read};

use pinakes_config::limits::ExtractLimits;
use zip::ZipArchive;
use zip::result::ZipError;

use super::xml::{Item, Xml};
use crate::outcome::Rejection;
use crate::reasons;

/// Below this size no ratio is suspicious.
const RATIO_FROM_BYTES: u64 = 1 << 20;

/// An open container.
pub(super) struct Package<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    limits: &'a ExtractLimits,
    /// Bytes expanded so far, all parts together.
    expanded: u64,
}

impl<'a> Package<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &'a ExtractLimits) -> Result<Self, Rejection> {
        let zip = ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| reasons::damaged(format!("its zip container cannot be opened ({error})")))?;
        if zip.len() > limits.zip_entries_max {
            return Err(reasons::expands_too_far(&format!("list of {} entries", zip.len())));
        }
        Ok(Self { zip, limits, expanded: 0 })
    }

    /// Names of all entries.
    pub(super) fn names(&self) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
        self.zip.file_names().filter_map(Result::ok)
    }

    /// Where the main text stands, as the container's relations say.
    pub(super) fn main_part(&mut self) -> Result<String, Rejection> {
        if let Some(source) = self.part("_rels/.rels")? {
            let mut xml = Xml::new(&source, self.limits);
            while let Some(item) = xml.next()? {
                if let Item::Open(element) = item
                    && element.attribute("Type").is_some_and(|kind| kind.ends_with("/officeDocument"))
                    && let Some(target) = element.attribute("Target")
                {
                    return Ok(target.trim_start_matches('/').to_owned());
                }
            }
        }
        Ok("word/document.xml".to_owned())
    }

    /// One part as text, `None` when there is none of that name.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<String>, Rejection> {
        let limits = self.limits;
        let left = limits.zip_part_bytes_max.saturating_mul(2).saturating_sub(self.expanded).min(limits.zip_part_bytes_max);
        let mut file = match self.zip.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword) => {
                return Err(reasons::password_protected());
            }
            Err(error) => return Err(reasons::damaged(format!("its part {name} cannot be read ({error})"))),
        };
        let allowed = file.compressed_size().saturating_mul(limits.zip_expansion_ratio_max).max(RATIO_FROM_BYTES).min(left);
        if file.size() > allowed {
            return Err(reasons::expands_too_far(name));
        }
        // The stored size may lie, so reading stops at the bound as well.
        let mut bytes = Vec::new();
        file.by_ref()
            .take(allowed + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| reasons::damaged(format!("its part {name} cannot be read ({error})")))?;
        if bytes.len() as u64 > allowed {
            return Err(reasons::expands_too_far(name));
        }
        self.expanded += bytes.len() as u64;
        let (text, _, _) = encoding_rs::UTF_8.decode(&bytes);
        Ok(Some(text.into_owned()))
    }
}
