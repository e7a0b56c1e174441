//! The header of a GGUF file, byte after byte, with the remaining bytes known at each step.

use std::io::Read;

use super::metadata::{Array, Metadata, Value};
use super::{Fault, Kind};
use crate::limits;

/// The header as it stands; the tensors are not yet checked against the data.
pub(super) struct RawHeader {
    pub(super) metadata: Metadata,
    /// In the order in which they are described.
    pub(super) tensors: Vec<RawTensor>,
    /// Length of all this, in bytes from the start of the file.
    pub(super) bytes: u64,
}

/// One tensor's description.
pub(super) struct RawTensor {
    pub(super) name: String,
    pub(super) kind: u32,
    pub(super) dimensions: Vec<u64>,
    pub(super) start: u64,
}

/// Fewest bytes of one metadata pair: key length, one letter, type, one byte.
const PAIR_BYTES_MIN: u64 = 14;
/// Fewest bytes of one tensor's description: name length, one letter, rank, one dimension, type, offset.
const TENSOR_BYTES_MIN: u64 = 33;

/// Reads the header of a file of `file_bytes` bytes.
pub(super) fn header(source: impl Read, file_bytes: u64) -> Result<RawHeader, Fault> {
    let mut reader = Reader { source, position: 0, end: file_bytes.min(limits::GGUF_HEADER_BYTES_MAX), file_bytes };
    let plain = |problem: String| (None, problem);
    version(&mut reader).map_err(plain)?;
    let tensors = reader.u64("the number of tensors").map_err(plain)?;
    let pairs = reader.u64("the number of metadata pairs").map_err(plain)?;
    let tensors = reader.count(tensors, TENSOR_BYTES_MIN, limits::TENSORS_MAX, "tensors").map_err(plain)?;
    let pairs = reader.count(pairs, PAIR_BYTES_MIN, limits::GGUF_PAIRS_MAX, "metadata pairs").map_err(plain)?;
    let mut metadata = Metadata::default();
    for number in 0..pairs {
        let key =
            reader.text("a metadata key", limits::GGUF_KEY_BYTES_MAX).map_err(|problem| (None, format!("pair {number}: {problem}")))?;
        let value = reader.value().map_err(|problem| (None, format!("{key}: {problem}")))?;
        if metadata.insert(key.clone(), value) {
            return Err((None, format!("{key} stands twice")));
        }
    }
    let mut described = Vec::with_capacity(tensors);
    for number in 0..tensors {
        let name =
            reader.text("a tensor's name", limits::GGUF_NAME_BYTES_MAX).map_err(|problem| (None, format!("tensor {number}: {problem}")))?;
        let tensor = reader.tensor(&name).map_err(|problem| (Some(name.clone()), problem))?;
        described.push(RawTensor { name, ..tensor });
    }
    Ok(RawHeader { metadata, tensors: described, bytes: reader.position })
}

/// Checks magic and version.
fn version(reader: &mut Reader<impl Read>) -> Result<(), String> {
    if reader.bytes::<4>("the magic")? != *b"GGUF" {
        return Err("does not begin with GGUF".into());
    }
    match reader.u32("the version")? {
        2 | 3 => Ok(()),
        // The version is small: its upper half is only filled when the bytes stand the other way round.
        swapped if swapped & 0xFFFF == 0 && swapped != 0 => Err("is big-endian; only little-endian GGUF files are read".into()),
        other => Err(format!("is GGUF version {other}; versions 2 and 3 are read")),
    }
}

struct Reader<R> {
    source: R,
    position: u64,
    /// Nothing is read from here on.
    end: u64,
    file_bytes: u64,
}

impl<R: Read> Reader<R> {
    fn remaining(&self) -> u64 {
        self.end - self.position
    }

    /// Takes note of `bytes` more, when they are there.
    fn claim(&mut self, bytes: u64, what: &str) -> Result<(), String> {
        if bytes > self.remaining() {
            return Err(match self.end < self.file_bytes {
                true => format!("the header is longer than {} bytes, at {what}", self.end),
                false => format!("the file ends after {} bytes, within {what}", self.file_bytes),
            });
        }
        self.position += bytes;
        Ok(())
    }

    fn bytes<const N: usize>(&mut self, what: &str) -> Result<[u8; N], String> {
        self.claim(N as u64, what)?;
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes).map_err(|error| format!("{what}: {error}"))?;
        Ok(bytes)
    }

    fn u32(&mut self, what: &str) -> Result<u32, String> {
        self.bytes(what).map(u32::from_le_bytes)
    }

    fn u64(&mut self, what: &str) -> Result<u64, String> {
        self.bytes(what).map(u64::from_le_bytes)
    }

    /// A claimed count, when so many things of `bytes_min` each can stand in what remains.
    fn count(&self, claimed: u64, bytes_min: u64, limit: usize, what: &str) -> Result<usize, String> {
        match usize::try_from(claimed) {
            Ok(count) if count <= limit && claimed.checked_mul(bytes_min).is_some_and(|bytes| bytes <= self.remaining()) => Ok(count),
            Ok(count) if count <= limit => Err(format!("claims {claimed} {what} with {} bytes of header left", self.remaining())),
            _ => Err(format!("claims {claimed} {what}; at most {limit} are read")),
        }
    }

    /// A length and so many bytes of UTF-8.
    fn text(&mut self, what: &str, bytes_max: u64) -> Result<String, String> {
        let length = self.u64(what)?;
        if length > bytes_max {
            return Err(format!("{what} claims {length} bytes; at most {bytes_max} are read"));
        }
        self.claim(length, what)?;
        let mut bytes = vec![0; usize::try_from(length).expect("bounded by a limit far below any address space")];
        self.source.read_exact(&mut bytes).map_err(|error| format!("{what}: {error}"))?;
        String::from_utf8(bytes).map_err(|_| format!("{what} is not UTF-8"))
    }

    fn bool(&mut self) -> Result<bool, String> {
        match self.bytes::<1>("a truth value")? {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(format!("{other} is no truth value")),
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        let what = "a metadata value";
        Ok(match self.u32("a value's type")? {
            0 => Value::Unsigned(u8::from_le_bytes(self.bytes(what)?).into()),
            1 => Value::Signed(i8::from_le_bytes(self.bytes(what)?).into()),
            2 => Value::Unsigned(u16::from_le_bytes(self.bytes(what)?).into()),
            3 => Value::Signed(i16::from_le_bytes(self.bytes(what)?).into()),
            4 => Value::Unsigned(self.u32(what)?.into()),
            5 => Value::Signed(i32::from_le_bytes(self.bytes(what)?).into()),
            6 => Value::Float(f32::from_le_bytes(self.bytes(what)?).into()),
            7 => Value::Bool(self.bool()?),
            8 => Value::Text(self.text(what, limits::GGUF_TEXT_BYTES_MAX)?),
            9 => Value::Array(self.array(0)?),
            10 => Value::Unsigned(self.u64(what)?),
            11 => Value::Signed(i64::from_le_bytes(self.bytes(what)?)),
            12 => Value::Float(f64::from_le_bytes(self.bytes(what)?)),
            other => return Err(format!("has the unknown value type {other}")),
        })
    }

    fn array(&mut self, depth: usize) -> Result<Array, String> {
        let what = "an array";
        let (kind, claimed) = (self.u32(what)?, self.u64(what)?);
        let bytes_min = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            8 | 10..=12 => 8,
            9 => 12,
            other => return Err(format!("has the unknown element type {other}")),
        };
        let count = self.count(claimed, bytes_min, limits::GGUF_ARRAY_ITEMS_MAX, "array items")?;
        Ok(match kind {
            0 => Array::Unsigned(self.items(count, |r| Ok(u8::from_le_bytes(r.bytes(what)?).into()))?),
            1 => Array::Signed(self.items(count, |r| Ok(i8::from_le_bytes(r.bytes(what)?).into()))?),
            2 => Array::Unsigned(self.items(count, |r| Ok(u16::from_le_bytes(r.bytes(what)?).into()))?),
            3 => Array::Signed(self.items(count, |r| Ok(i16::from_le_bytes(r.bytes(what)?).into()))?),
            4 => Array::Unsigned(self.items(count, |r| Ok(r.u32(what)?.into()))?),
            5 => Array::Signed(self.items(count, |r| Ok(i32::from_le_bytes(r.bytes(what)?).into()))?),
            6 => Array::Floats(self.items(count, |r| Ok(f32::from_le_bytes(r.bytes(what)?).into()))?),
            7 => Array::Bools(self.items(count, Self::bool)?),
            8 => Array::Texts(self.items(count, |r| r.text(what, limits::GGUF_TEXT_BYTES_MAX))?),
            10 => Array::Unsigned(self.items(count, |r| r.u64(what))?),
            11 => Array::Signed(self.items(count, |r| Ok(i64::from_le_bytes(r.bytes(what)?)))?),
            12 => Array::Floats(self.items(count, |r| Ok(f64::from_le_bytes(r.bytes(what)?)))?),
            _ if depth + 1 < limits::GGUF_ARRAY_DEPTH_MAX => Array::Arrays(self.items(count, |r| r.array(depth + 1))?),
            _ => return Err(format!("is nested deeper than {} arrays", limits::GGUF_ARRAY_DEPTH_MAX)),
        })
    }

    fn items<T>(&mut self, count: usize, mut item: impl FnMut(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// A tensor's description after its name.
    fn tensor(&mut self, name: &str) -> Result<RawTensor, String> {
        let what = "its description";
        let rank = self.u32(what)?;
        if rank as usize > limits::GGUF_RANK_MAX {
            return Err(format!("has {rank} dimensions; at most {} are read", limits::GGUF_RANK_MAX));
        }
        let dimensions = self.items(rank as usize, |r| r.u64(what))?;
        let (kind, start) = (self.u32(what)?, self.u64(what)?);
        if Kind::of(kind).is_none() {
            return Err(format!("has the unknown type number {kind}"));
        }
        Ok(RawTensor { name: name.to_owned(), kind, dimensions, start })
    }
}
