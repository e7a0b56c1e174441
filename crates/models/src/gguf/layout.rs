//! Where the tensors of a GGUF file lie: aligned, in the file, one after the other.

use std::collections::BTreeSet;

use super::read::RawTensor;
use super::{Fault, Kind, Metadata, Tensor};
use crate::limits;

/// What the data and each tensor in it are aligned to where the file does not say.
const ALIGNMENT_DEFAULT: u64 = 32;

/// The file's alignment in bytes: a power of two from 8 on. (Zero makes careless readers divide by it.)
pub(super) fn alignment(metadata: &Metadata) -> Result<u64, String> {
    let alignment = metadata.find::<u64>("general.alignment").map_err(|error| error.to_string())?.unwrap_or(ALIGNMENT_DEFAULT);
    if !alignment.is_power_of_two() || !(8..=limits::GGUF_ALIGNMENT_MAX).contains(&alignment) {
        return Err(format!("general.alignment is {alignment}, where a power of two from 8 to {} is needed", limits::GGUF_ALIGNMENT_MAX));
    }
    Ok(alignment)
}

/// Checks every tensor against `data_bytes` of data; returns them in the order of their data.
pub(super) fn check(raw: Vec<RawTensor>, alignment: u64, data_bytes: u64) -> Result<Vec<Tensor>, Fault> {
    let mut names = BTreeSet::new();
    for tensor in &raw {
        if !names.insert(tensor.name.as_str()) {
            return Err((Some(tensor.name.clone()), "stands twice".into()));
        }
    }
    let mut tensors = Vec::with_capacity(raw.len());
    for tensor in raw {
        let end = end_of(&tensor, alignment, data_bytes).map_err(|problem| (Some(tensor.name.clone()), problem))?;
        let RawTensor { name, kind, dimensions, start } = tensor;
        tensors.push(Tensor { name, kind, dimensions, start, end });
    }
    tensors.sort_by_key(|tensor| tensor.start);
    let mut expected = 0;
    let mut covered = 0;
    for tensor in &tensors {
        if tensor.start != expected {
            let what = if tensor.start < expected { "overlaps the one before it" } else { "leaves a hole before it" };
            return Err((Some(tensor.name.clone()), format!("{what}: it starts at {}, not {expected}", tensor.start)));
        }
        covered = tensor.end;
        expected = covered.next_multiple_of(alignment);
    }
    // Writers differ in whether they pad after the last one.
    if data_bytes - covered >= alignment {
        return Err((None, format!("has {data_bytes} bytes of data where its tensors take {covered}")));
    }
    Ok(tensors)
}

/// One past a tensor's last byte.
fn end_of(tensor: &RawTensor, alignment: u64, data_bytes: u64) -> Result<u64, String> {
    let kind = Kind::of(tensor.kind).ok_or_else(|| format!("has the unknown type number {}", tensor.kind))?;
    let bytes = kind.bytes_of(&tensor.dimensions)?;
    if !tensor.start.is_multiple_of(alignment) {
        return Err(format!("starts at {}, which is no multiple of {alignment}", tensor.start));
    }
    let end = tensor.start.checked_add(bytes).filter(|end| *end <= data_bytes);
    end.ok_or_else(|| format!("claims {bytes} bytes from {} on, where the file has {data_bytes} bytes of data", tensor.start))
}
