//! What a GGUF file says of itself: keys and values, and ways to ask for one that name the key when it is not as needed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Deref;

use thiserror::Error;

/// One value. The file's twelve number types are three here, none of which loses anything: a reader asks for a number of a size that
/// it can use, and writers differ in which one they take (`head_count` is found as u32, i32 and u64).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// u8, u16, u32 or u64.
    Unsigned(u64),
    /// i8, i16, i32 or i64.
    Signed(i64),
    /// f32 (exactly) or f64.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A string.
    Text(String),
    /// A list.
    Array(Array),
}

/// A list of values of one type.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "as those of Value")]
pub enum Array {
    Unsigned(Vec<u64>),
    Signed(Vec<i64>),
    Floats(Vec<f64>),
    Bools(Vec<bool>),
    Texts(Vec<String>),
    Arrays(Vec<Array>),
}

impl Array {
    /// How many values it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Unsigned(items) => items.len(),
            Self::Signed(items) => items.len(),
            Self::Floats(items) => items.len(),
            Self::Bools(items) => items.len(),
            Self::Texts(items) => items.len(),
            Self::Arrays(items) => items.len(),
        }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A key is not there, or not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs, reason = "each field is named for what it holds and shown in the message")]
pub enum BadMetadata {
    #[error("the metadata lacks {key}")]
    Missing { key: String },
    #[error("the metadata key {key} is not {wanted}")]
    Unfit { key: String, wanted: &'static str },
    #[error("the metadata key {key} has {found} values, not {expected}")]
    Length { key: String, found: usize, expected: usize },
}

/// All keys and values. It reads as the map that it is; the methods are for values of a certain type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata(BTreeMap<String, Value>);

impl Deref for Metadata {
    type Target = BTreeMap<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl FromIterator<(String, Value)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Metadata {
    /// Adds a pair; whether the key was there already (then it keeps its value).
    pub(super) fn insert(&mut self, key: String, value: Value) -> bool {
        match self.0.entry(key) {
            Entry::Occupied(_) => true,
            Entry::Vacant(place) => {
                place.insert(value);
                false
            }
        }
    }

    /// The value of a key that may be absent.
    ///
    /// # Errors
    /// It is there and does not fit `T`.
    pub fn find<'a, T: FromValue<'a>>(&'a self, key: &str) -> Result<Option<T>, BadMetadata> {
        let unfit = || BadMetadata::Unfit { key: key.into(), wanted: T::WANTED };
        self.0.get(key).map(|value| T::from_value(value).ok_or_else(unfit)).transpose()
    }

    /// The value of a key that must be there, such as `need::<&[String]>("tokenizer.ggml.tokens")`.
    ///
    /// # Errors
    /// It is not there, or does not fit `T`.
    pub fn need<'a, T: FromValue<'a>>(&'a self, key: &str) -> Result<T, BadMetadata> {
        self.find(key)?.ok_or_else(|| BadMetadata::Missing { key: key.into() })
    }

    /// A number that must be there.
    ///
    /// # Errors
    /// As [`Self::need`].
    pub fn u32(&self, key: &str) -> Result<u32, BadMetadata> {
        self.need(key)
    }

    /// A number that must be there.
    ///
    /// # Errors
    /// As [`Self::need`].
    pub fn f32(&self, key: &str) -> Result<f32, BadMetadata> {
        self.need(key)
    }

    /// A string that must be there.
    ///
    /// # Errors
    /// As [`Self::need`].
    pub fn str(&self, key: &str) -> Result<&str, BadMetadata> {
        self.need(key)
    }

    /// Strings that must be there.
    ///
    /// # Errors
    /// As [`Self::need`].
    pub fn strings(&self, key: &str) -> Result<&[String], BadMetadata> {
        self.need(key)
    }

    /// A number for each layer: given once for all of them, or as an array with one for each (Ollama's `head_count_kv`).
    ///
    /// # Errors
    /// As [`Self::need`], or the array has another length.
    pub fn per_layer(&self, key: &str, layers: usize) -> Result<Vec<u32>, BadMetadata> {
        if let Ok(Some(all)) = self.find::<u32>(key) {
            return Ok(vec![all; layers]);
        }
        let each: Vec<u32> = self.need(key)?;
        if each.len() != layers {
            return Err(BadMetadata::Length { key: key.into(), found: each.len(), expected: layers });
        }
        Ok(each)
    }
}

/// A type that a value can be read as, when it fits.
pub trait FromValue<'a>: Sized {
    /// What is needed, in words.
    const WANTED: &'static str;
    /// `None` when the value is of another type or beyond this one's range.
    fn from_value(value: &'a Value) -> Option<Self>;
}

macro_rules! whole_numbers {
    ($($number:ty),*) => {$(
        impl FromValue<'_> for $number {
            const WANTED: &'static str = concat!("a whole number that fits ", stringify!($number));
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Unsigned(number) => Self::try_from(*number).ok(),
                    Value::Signed(number) => Self::try_from(*number).ok(),
                    _ => None,
                }
            }
        }

        impl FromValue<'_> for Vec<$number> {
            const WANTED: &'static str = concat!("an array of whole numbers that fit ", stringify!($number));
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Array(Array::Unsigned(items)) => items.iter().map(|item| <$number>::try_from(*item).ok()).collect(),
                    Value::Array(Array::Signed(items)) => items.iter().map(|item| <$number>::try_from(*item).ok()).collect(),
                    _ => None,
                }
            }
        }
    )*};
}

whole_numbers!(u32, i32, u64, usize);

impl FromValue<'_> for f64 {
    const WANTED: &'static str = "a number";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }
}

impl FromValue<'_> for f32 {
    const WANTED: &'static str = "a number";
    #[allow(clippy::cast_possible_truncation, reason = "what was an f32 in the file is exactly one; an f64 is rounded")]
    fn from_value(value: &Value) -> Option<Self> {
        f64::from_value(value).map(|number| number as Self)
    }
}

impl FromValue<'_> for Vec<f32> {
    const WANTED: &'static str = "an array of numbers";
    #[allow(clippy::cast_possible_truncation, reason = "as for one f32")]
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Array(Array::Floats(items)) => Some(items.iter().map(|item| *item as f32).collect()),
            _ => None,
        }
    }
}

impl FromValue<'_> for bool {
    const WANTED: &'static str = "a truth value";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for &'a [bool] {
    const WANTED: &'static str = "an array of truth values";
    fn from_value(value: &'a Value) -> Option<Self> {
        match value {
            Value::Array(Array::Bools(items)) => Some(items),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for &'a str {
    const WANTED: &'static str = "a string";
    fn from_value(value: &'a Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for &'a [String] {
    const WANTED: &'static str = "an array of strings";
    fn from_value(value: &'a Value) -> Option<Self> {
        match value {
            Value::Array(Array::Texts(items)) => Some(items),
            _ => None,
        }
    }
}
