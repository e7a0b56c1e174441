//! Reads values as what their keys want, and says of a wrong one what would be right.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use crate::error::ConfigError;
use crate::units::{format_bytes, format_duration, parse_bytes, parse_duration};
use crate::written::{Raw, Written};

/// Reads typed values out of the layers.
pub(crate) struct Reader<'a> {
    written: &'a Written,
    #[cfg(test)]
    pub(crate) read: std::cell::RefCell<BTreeSet<String>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(written: &'a Written) -> Self {
        Self {
            written,
            #[cfg(test)]
            read: std::cell::RefCell::default(),
        }
    }

    fn raw(&self, key: &str) -> &'a Raw {
        #[cfg(test)]
        self.read.borrow_mut().insert(key.to_owned());
        &self.written.get(key).0
    }

    /// The error for `key`'s value.
    pub(crate) fn invalid(&self, key: &str, expected: impl Into<String>) -> ConfigError {
        let (raw, origin) = self.written.get(key);
        ConfigError::Invalid { key: key.to_owned(), origin: origin.clone(), value: raw.as_text(), expected: expected.into() }
    }

    /// Any text.
    pub(crate) fn text(&self, key: &str) -> String {
        self.raw(key).as_text().trim().to_owned()
    }

    /// A text that says something.
    pub(crate) fn text_not_empty(&self, key: &str) -> Result<String, ConfigError> {
        let text = self.text(key);
        if text.is_empty() { Err(self.invalid(key, "not empty")) } else { Ok(text) }
    }

    /// A list; one text is split at commas, as in the environment.
    pub(crate) fn list(&self, key: &str) -> Vec<String> {
        items(self.raw(key))
    }

    /// Names below a section whose keys are the operator's own, ascending.
    pub(crate) fn names_in(&self, section: &str) -> Vec<String> {
        let below = self.written.iter().filter_map(|(key, ..)| key.strip_prefix(section)?.strip_prefix('.')?.split_once('.'));
        let names: BTreeSet<String> = below.map(|(name, _)| name.to_owned()).collect();
        names.into_iter().collect()
    }

    /// A key that is written below a name of such a section.
    pub(crate) fn first_key_in(&self, section: &str, name: &str) -> String {
        let prefix = format!("{section}.{name}.");
        self.written.iter().map(|(key, ..)| key).find(|key| key.starts_with(&prefix)).unwrap_or(&prefix).to_owned()
    }

    fn raw_if_any(&self, key: &str) -> Option<&'a Raw> {
        #[cfg(test)]
        self.read.borrow_mut().insert(key.to_owned());
        self.written.get_if_any(key).map(|(raw, _)| raw)
    }

    /// Any text, where one is written.
    pub(crate) fn text_if_any(&self, key: &str) -> Option<String> {
        self.raw_if_any(key).map(|raw| raw.as_text().trim().to_owned())
    }

    /// A list; empty where none is written.
    pub(crate) fn list_if_any(&self, key: &str) -> Vec<String> {
        self.raw_if_any(key).map_or_else(Vec::new, items)
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, key: &str) -> Result<bool, ConfigError> {
        match self.text(key).as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.invalid(key, "true or false")),
        }
    }

    /// A number within a range. Underscores between digits are fine.
    pub(crate) fn number<T: FromStr + PartialOrd + Display>(&self, key: &str, range: RangeInclusive<T>) -> Result<T, ConfigError> {
        let number = self.text(key).replace('_', "").parse().ok();
        self.in_range(key, number, range, "a number", |number| number.to_string())
    }

    /// A number of threads or processes, where 0 means one per processor, `most` at most.
    pub(crate) fn threads(&self, key: &str, most: usize) -> Result<usize, ConfigError> {
        let number = self.number(key, 0..=1_024)?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(if number == 0 { processors.min(most) } else { number })
    }

    /// A size in bytes within a range.
    pub(crate) fn bytes(&self, key: &str, range: RangeInclusive<u64>) -> Result<u64, ConfigError> {
        self.in_range(key, parse_bytes(&self.text(key)), range, "a size", |bytes| format_bytes(*bytes))
    }

    /// A time within a range.
    pub(crate) fn time(&self, key: &str, range: RangeInclusive<Duration>) -> Result<Duration, ConfigError> {
        self.in_range(key, parse_duration(&self.text(key)), range, "a time", |time| format_duration(*time))
    }

    /// A time within a range, in whole seconds: what the kernel counts some limits in.
    pub(crate) fn seconds(&self, key: &str, range: RangeInclusive<Duration>) -> Result<u64, ConfigError> {
        let time = self.time(key, range)?;
        if time.subsec_nanos() == 0 { Ok(time.as_secs()) } else { Err(self.invalid(key, "a time in whole seconds")) }
    }

    /// A time, where "0 s" means never.
    pub(crate) fn interval(&self, key: &str, range: RangeInclusive<Duration>) -> Result<Option<Duration>, ConfigError> {
        match parse_duration(&self.text(key)) {
            Some(Duration::ZERO) => Ok(None),
            _ => self.time(key, range).map(Some),
        }
    }

    /// One of a few names.
    pub(crate) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let text = self.text(key);
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
            self.invalid(key, names.join(" or "))
        })
    }

    /// An address of the web, `https` or `http`, without the slash at its end.
    pub(crate) fn url(&self, key: &str) -> Result<String, ConfigError> {
        let text = self.text(key);
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        match host {
            Some(host) if !host.is_empty() && !host.contains(char::is_whitespace) => Ok(text.trim_end_matches('/').to_owned()),
            _ => Err(self.invalid(key, "an address that starts with https:// or http://")),
        }
    }

    fn in_range<T: PartialOrd>(
        &self,
        key: &str,
        value: Option<T>,
        range: RangeInclusive<T>,
        what: &str,
        show: impl Fn(&T) -> String,
    ) -> Result<T, ConfigError> {
        match value {
            Some(value) if range.contains(&value) => Ok(value),
            _ => Err(self.invalid(key, format!("{what} from {} to {}", show(range.start()), show(range.end())))),
        }
    }
}

fn items(raw: &Raw) -> Vec<String> {
    match raw {
        Raw::List(items) => items.clone(),
        Raw::Scalar(text) => text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect(),
    }
}
