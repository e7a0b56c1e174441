//! A safetensors file checked before any library maps or copies it.
//!
//! Format: 8 bytes little-endian header length, the header (JSON), the data. Each tensor's range must lie in the data and hold exactly
//! its shape; the ranges must cover the data once, without holes or overlaps (the format's own rule, which keeps a file from carrying
//! anything hidden). Source: <https://github.com/huggingface/safetensors#format>.

mod shards;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use thiserror::Error;

use crate::limits;

pub use shards::{Folder, INDEX, Shard, WEIGHTS, open_folder, shards_named};

/// Why a file is refused.
#[derive(Debug, Error)]
#[error("{}: {}", path.display(), self.describe())]
pub struct BadSafetensors {
    /// The file.
    pub path: PathBuf,
    /// The tensor at fault, if one is.
    pub tensor: Option<String>,
    /// What is wrong.
    pub problem: String,
}

impl BadSafetensors {
    /// Tensor and problem, without the file.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.tensor {
            Some(name) => format!("tensor {name:?} {}", self.problem),
            None => self.problem.clone(),
        }
    }
}

/// A sound file's table of contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// In the order of their data.
    pub tensors: Vec<Tensor>,
    /// Where the data starts, in bytes from the start of the file.
    pub data_start: u64,
}

/// One tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// As the format spells it, such as `F32`.
    pub dtype: String,
    /// Outermost dimension first.
    pub shape: Vec<u64>,
    /// First byte, counted from the start of the data.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

/// Checks the file at `path`.
///
/// # Errors
/// It cannot be read, or breaks a rule above or a limit in [`crate::limits`].
pub fn check(path: &Path) -> Result<Header, BadSafetensors> {
    let bad = |problem: String| BadSafetensors { path: path.into(), tensor: None, problem };
    let mut file = fs_err::File::open(path).map_err(|error| bad(error.to_string()))?;
    let file_bytes = file.metadata().map_err(|error| bad(error.to_string()))?.len();
    let mut prefix = [0; 8];
    file.read_exact(&mut prefix).map_err(|_| bad(format!("is {file_bytes} bytes long, too short for a header")))?;
    let header_bytes = header_length(prefix, file_bytes).map_err(bad)?;
    let mut header = vec![0; header_bytes];
    file.read_exact(&mut header).map_err(|error| bad(error.to_string()))?;
    parse(&header, file_bytes).map_err(|(tensor, problem)| BadSafetensors { path: path.into(), tensor, problem })
}

/// The header's length, when the file can hold it.
fn header_length(prefix: [u8; 8], file_bytes: u64) -> Result<usize, String> {
    let length = u64::from_le_bytes(prefix);
    if length > limits::SAFETENSORS_HEADER_BYTES_MAX {
        return Err(format!("claims a header of {length} bytes; at most {} are read", limits::SAFETENSORS_HEADER_BYTES_MAX));
    }
    if length > file_bytes.saturating_sub(8) {
        return Err(format!("claims a header of {length} bytes in a file of {file_bytes}"));
    }
    Ok(usize::try_from(length).expect("bounded far below any address space"))
}

/// Tensor at fault and what is wrong.
type Fault = (Option<String>, String);

/// Checks a header that belongs to a file of `file_bytes` bytes.
fn parse(header: &[u8], file_bytes: u64) -> Result<Header, Fault> {
    let raw: RawHeader = serde_json::from_slice(header).map_err(|error| (None, format!("header: {error}")))?;
    let data_start = 8 + header.len() as u64;
    let data_bytes = file_bytes.saturating_sub(data_start);
    let mut tensors = Vec::with_capacity(raw.tensors.len());
    for (name, raw) in raw.tensors {
        check_tensor(&raw, data_bytes).map_err(|problem| (Some(name.clone()), problem))?;
        let (start, end) = raw.data_offsets;
        tensors.push(Tensor { name, dtype: raw.dtype, shape: raw.shape, start, end });
    }
    // Empty tensors share an offset with their neighbour; by end they come first.
    tensors.sort_by_key(|tensor| (tensor.start, tensor.end));
    let mut covered = 0;
    for tensor in &tensors {
        if tensor.start != covered {
            let what = if tensor.start < covered { "overlaps the one before it" } else { "leaves a hole before it" };
            return Err((Some(tensor.name.clone()), format!("{what}: it starts at {}, not {covered}", tensor.start)));
        }
        covered = tensor.end;
    }
    if covered != data_bytes {
        return Err((None, format!("has {data_bytes} bytes of data where its tensors take {covered}")));
    }
    Ok(Header { tensors, data_start })
}

fn check_tensor(raw: &RawTensor, data_bytes: u64) -> Result<(), String> {
    let bits = bits_of(&raw.dtype).ok_or_else(|| format!("has the unknown type {:?}", raw.dtype))?;
    if raw.shape.len() > limits::TENSOR_RANK_MAX {
        return Err(format!("has {} dimensions; at most {} are read", raw.shape.len(), limits::TENSOR_RANK_MAX));
    }
    let (start, end) = raw.data_offsets;
    if start > end || end > data_bytes {
        return Err(format!("claims bytes {start} to {end} of {data_bytes}"));
    }
    let expected = raw.shape.iter().try_fold(bits, |product, size| product.checked_mul(*size)).ok_or("has a shape beyond counting")?;
    if !expected.is_multiple_of(8) || expected / 8 != end - start {
        return Err(format!("has shape {:?} of {} in {} bytes", raw.shape, raw.dtype, end - start));
    }
    Ok(())
}

/// Bits of one element.
fn bits_of(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F64" | "I64" | "U64" | "C64" => 64,
        "F32" | "I32" | "U32" => 32,
        "F16" | "BF16" | "I16" | "U16" => 16,
        "BOOL" | "U8" | "I8" | "F8_E4M3" | "F8_E5M2" | "F8_E8M0" => 8,
        "F6_E2M3" | "F6_E3M2" => 6,
        "F4" => 4,
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTensor {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// The header as it stands. Read straight into these types: nothing nested deeper is ever built, and a name given twice is seen.
struct RawHeader {
    tensors: Vec<(String, RawTensor)>,
}

impl<'de> Deserialize<'de> for RawHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = RawHeader;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawHeader, A::Error> {
                let (mut tensors, mut seen) = (Vec::new(), BTreeSet::new());
                while let Some(name) = map.next_key::<String>()? {
                    if !seen.insert(name.clone()) {
                        return Err(A::Error::custom(format!("{name:?} stands twice")));
                    }
                    if seen.len() > limits::TENSORS_MAX {
                        return Err(A::Error::custom(format!("more than {} tensors", limits::TENSORS_MAX)));
                    }
                    if name == "__metadata__" {
                        map.next_value::<BTreeMap<String, String>>()?;
                    } else {
                        let tensor =
                            map.next_value::<RawTensor>().map_err(|error| A::Error::custom(format!("tensor {name:?}: {error}")))?;
                        tensors.push((name, tensor));
                    }
                }
                Ok(RawHeader { tensors })
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests;
