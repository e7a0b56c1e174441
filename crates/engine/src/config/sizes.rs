//! Sizes from a file, each with the bound above which it is refused.

use crate::limits;

/// A size by our name, and the most it may be.
pub(super) fn bound(name: &str) -> usize {
    match name {
        "vocabulary" => limits::VOCABULARY_MAX,
        "hidden" | "intermediate" | "shared_intermediate" => limits::WIDTH_MAX,
        "layers" | "interval" | "nextn" => limits::LAYERS_MAX,
        "heads" | "kv_heads" | "key_heads" | "value_heads" => limits::HEADS_MAX,
        "head_dim" | "key_dim" | "value_dim" | "rope_dimensions" => limits::HEAD_DIM_MAX,
        "conv_width" => limits::CONV_WIDTH_MAX,
        "experts" | "experts_used" => limits::EXPERTS_MAX,
        _ => limits::CONTEXT_MAX,
    }
}

/// `value` as a size, when it lies in 1..=bound.
pub(super) fn size(name: &str, value: u64) -> Result<usize, String> {
    let most = bound(name);
    match usize::try_from(value) {
        Ok(size) if (1..=most).contains(&size) => Ok(size),
        _ => Err(format!("is {value}; 1 to {most} can be read")),
    }
}
