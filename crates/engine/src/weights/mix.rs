//! Which matrix gets how many bits.

use pinakes_kernels::Format;

/// What to bring floating-point weights to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantization {
    /// 16 bits, unchanged.
    Bf16,
    /// 8.5 bits throughout.
    Q8_0,
    /// llama.cpp's Q4_K_M: 4.5 bits, and 6.6 where it matters most.
    Q4KM,
}

impl Quantization {
    /// The one that a command line calls `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "bf16" => Some(Self::Bf16),
            "q8_0" => Some(Self::Q8_0),
            "q4_k" | "q4_k_m" => Some(Self::Q4KM),
            _ => None,
        }
    }

    /// The format of the matrix `name` (GGUF's name) with rows of `columns`, in a model of `layers` blocks. `None`: it stays as it is,
    /// because it is small and decides much (routers, gates), or its rows are no whole blocks.
    pub(super) fn format(self, name: &str, columns: usize, layers: usize, tied: bool) -> Option<Format> {
        if name.contains("ffn_gate_inp") {
            return None;
        }
        let wanted = match self {
            Self::Bf16 => Format::BF16,
            Self::Q8_0 => Format::Q8_0,
            Self::Q4KM if six_bits(name, layers, tied) => Format::Q6_K,
            Self::Q4KM => Format::Q4_K,
        };
        [wanted, Format::Q8_0].into_iter().find(|format| columns.is_multiple_of(format.block_elements()))
    }
}

/// llama.cpp's rule: the output, and the values and down projections of the first and last eighth and of every third block between.
fn six_bits(name: &str, layers: usize, tied: bool) -> bool {
    let Some((block, name)) = name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) else {
        return name == "output.weight" || (tied && name == "token_embd.weight");
    };
    let block: usize = block.parse().unwrap_or(0);
    let favoured = block < layers / 8 || block >= 7 * layers / 8 || (block - layers / 8) % 3 == 2;
    favoured && ["attn_v.", "attn_qkv.", "ffn_down"].iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_is_the_one_llama_cpp_makes_of_a_small_model() {
        let format = |name| Quantization::Q4KM.format(name, 256, 4, false);
        for name in ["output.weight", "blk.2.attn_qkv.weight", "blk.2.ffn_down.weight", "blk.3.attn_v.weight", "blk.3.ffn_down.weight"] {
            assert_eq!(format(name), Some(Format::Q6_K), "{name}");
        }
        for name in ["token_embd.weight", "blk.0.attn_qkv.weight", "blk.1.ffn_down.weight", "blk.2.ffn_up.weight", "blk.3.attn_k.weight"] {
            assert_eq!(format(name), Some(Format::Q4_K), "{name}");
        }
        assert_eq!(format("blk.0.ffn_gate_inp.weight"), None);
        assert_eq!(Quantization::Q4KM.format("blk.0.ffn_up.weight", 96, 4, false), Some(Format::Q8_0));
        assert_eq!(Quantization::Q4KM.format("blk.0.ffn_up.weight", 100, 4, false), None);
    }
}
