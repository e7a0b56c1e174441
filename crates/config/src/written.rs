//! The configuration as written: layers of `section.key = value`, laid over each other, each value with its origin.
//!
//! The compiled-in file is also the list of keys that exist: a key that does not stand there is an error in every other layer.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::collections;
use crate::error::ConfigError;
use crate::origin::Origin;

/// The compiled-in file.
pub const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// A value before it is read as what its key wants: every scalar is text, as in the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Raw {
    Scalar(String),
    List(Vec<String>),
}

impl Raw {
    /// As one text: lists separated by commas.
    pub(crate) fn as_text(&self) -> String {
        match self {
            Self::Scalar(text) => text.clone(),
            Self::List(items) => items.join(","),
        }
    }
}

/// All layers laid over each other.
#[derive(Clone)]
pub(crate) struct Written {
    values: BTreeMap<String, (Raw, Origin)>,
}

/// Tokens may stand among the values.
impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written").field("values", &self.values.len()).finish()
    }
}

impl Written {
    /// Nothing but the compiled-in file.
    pub(crate) fn defaults() -> Self {
        let entries = parse(DEFAULTS, |_| Origin::Default).expect("the compiled-in file is TOML: a test reads it");
        Self { values: entries.into_iter().map(|(key, raw, origin)| (key, (raw, origin))).collect() }
    }

    /// Lays a file over what is there.
    pub(crate) fn lay_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        for (key, raw, origin) in parse(text, |line| Origin::File { path: path.to_owned(), line })? {
            self.set(&key, raw, origin)?;
        }
        Ok(())
    }

    /// Lays one value over what is there.
    pub(crate) fn set(&mut self, key: &str, raw: Raw, origin: Origin) -> Result<(), ConfigError> {
        match self.values.get_mut(key) {
            Some(slot) => {
                *slot = (raw, origin);
                Ok(())
            }
            None if collections::is_key(key) => {
                self.values.insert(key.to_owned(), (raw, origin));
                Ok(())
            }
            None => Err(ConfigError::UnknownKey { key: key.to_owned(), origin, nearest: self.nearest(key) }),
        }
    }

    /// The value of a key that exists.
    pub(crate) fn get(&self, key: &str) -> &(Raw, Origin) {
        self.values.get(key).unwrap_or_else(|| panic!("`{key}` is read but does not stand in config/default.toml"))
    }

    /// The value of a key that may have none.
    pub(crate) fn get_if_any(&self, key: &str) -> Option<&(Raw, Origin)> {
        self.values.get(key)
    }

    /// All values by key, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Raw, &Origin)> {
        self.values.iter().map(|(key, (raw, origin))| (key.as_str(), raw, origin))
    }

    /// The valid key most like `key`, if one is like it at all: the right name in the wrong section counts as very like.
    fn nearest(&self, key: &str) -> Option<String> {
        let name_of = |key: &str| key.rsplit_once('.').map_or(key.to_owned(), |(_, name)| name.to_owned());
        let name = name_of(key);
        // What could be said of a collection of that name.
        let of_collection: Vec<String> = match key.split('.').collect::<Vec<_>>()[..] {
            [collections::SECTION, name, _] => {
                let fields = collections::FIELDS.iter().map(|field| format!("{}.{name}.{field}", collections::SECTION));
                fields.filter(|valid| collections::is_key(valid)).collect()
            }
            _ => vec![],
        };
        self.values
            .keys()
            .chain(&of_collection)
            .map(|valid| {
                let whole = strsim::normalized_damerau_levenshtein(key, valid);
                let names = strsim::normalized_damerau_levenshtein(&name, &name_of(valid));
                (whole.max(names * 0.95), whole, valid)
            })
            .filter(|(likeness, ..)| *likeness >= 0.6)
            .max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)))
            .map(|(_, _, valid)| valid.clone())
    }
}

/// Every `section.key` of a TOML text with its value and origin.
fn parse(text: &str, origin_of_line: impl Fn(usize) -> Origin) -> Result<Vec<(String, Raw, Origin)>, ConfigError> {
    let line_of = |byte: usize| 1 + text.as_bytes()[..byte.min(text.len())].iter().filter(|&&b| b == b'\n').count();
    let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        origin: origin_of_line(error.span().map_or(1, |span| line_of(span.start))),
        message: error.message().to_owned(),
    })?;
    let mut entries = Vec::new();
    flatten("", table.get_ref(), &|byte| origin_of_line(line_of(byte)), &mut entries)?;
    Ok(entries)
}

fn flatten(
    prefix: &str,
    table: &DeTable<'_>,
    origin_at: &impl Fn(usize) -> Origin,
    entries: &mut Vec<(String, Raw, Origin)>,
) -> Result<(), ConfigError> {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
        let origin = origin_at(name.span().start);
        match value.get_ref() {
            DeValue::Table(inner) => flatten(&key, inner, origin_at, entries)?,
            other => {
                let raw = raw_of(other).ok_or_else(|| ConfigError::Invalid {
                    key: key.clone(),
                    origin: origin.clone(),
                    value: other.type_str().to_owned(),
                    expected: "a text, a number, true or false, or a list of those".into(),
                })?;
                entries.push((key, raw, origin));
            }
        }
    }
    Ok(())
}

fn raw_of(value: &DeValue<'_>) -> Option<Raw> {
    match value {
        DeValue::Array(items) => items.iter().map(|item| scalar(item.get_ref())).collect::<Option<_>>().map(Raw::List),
        other => scalar(other).map(Raw::Scalar),
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}
