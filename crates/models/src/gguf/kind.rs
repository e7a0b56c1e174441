//! The types a tensor of a GGUF file may have: their names, and how many bytes a block of so many elements takes.
//!
//! Source: `ggml.h` and `ggml-common.h` of ggml (the numbers are part of the file format and never given anew).

/// One type of ggml's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// As ggml spells it, in capitals: `Q4_K`.
    pub name: &'static str,
    /// Elements of one block; neighbours along the innermost dimension.
    pub block_elements: u64,
    /// Bytes of one block.
    pub block_bytes: u64,
}

impl Kind {
    /// The type of that number; `None` where ggml gave it to none, or took it back.
    #[must_use]
    pub fn of(number: u32) -> Option<Self> {
        let (name, block_elements, block_bytes) = match number {
            0 => ("F32", 1, 4),
            1 => ("F16", 1, 2),
            2 => ("Q4_0", 32, 18),
            3 => ("Q4_1", 32, 20),
            6 => ("Q5_0", 32, 22),
            7 => ("Q5_1", 32, 24),
            8 => ("Q8_0", 32, 34),
            9 => ("Q8_1", 32, 36),
            10 => ("Q2_K", 256, 84),
            11 => ("Q3_K", 256, 110),
            12 => ("Q4_K", 256, 144),
            13 => ("Q5_K", 256, 176),
            14 => ("Q6_K", 256, 210),
            15 => ("Q8_K", 256, 292),
            16 => ("IQ2_XXS", 256, 66),
            17 => ("IQ2_XS", 256, 74),
            18 => ("IQ3_XXS", 256, 98),
            19 => ("IQ1_S", 256, 50),
            20 => ("IQ4_NL", 32, 18),
            21 => ("IQ3_S", 256, 110),
            22 => ("IQ2_S", 256, 82),
            23 => ("IQ4_XS", 256, 136),
            24 => ("I8", 1, 1),
            25 => ("I16", 1, 2),
            26 => ("I32", 1, 4),
            27 => ("I64", 1, 8),
            28 => ("F64", 1, 8),
            29 => ("IQ1_M", 256, 56),
            30 => ("BF16", 1, 2),
            34 => ("TQ1_0", 256, 54),
            35 => ("TQ2_0", 256, 66),
            39 => ("MXFP4", 32, 17),
            _ => return None,
        };
        Some(Self { name, block_elements, block_bytes })
    }

    /// Bytes of a tensor with these dimensions, innermost first; what is wrong with them, if something is.
    pub(super) fn bytes_of(self, dimensions: &[u64]) -> Result<u64, String> {
        let row = *dimensions.first().ok_or("has no dimensions")?;
        if dimensions.contains(&0) {
            return Err(format!("has an empty dimension: {dimensions:?}"));
        }
        if !row.is_multiple_of(self.block_elements) {
            return Err(format!("has rows of {row} elements, no whole blocks of {} as {} has", self.block_elements, self.name));
        }
        let elements = dimensions.iter().try_fold(1_u64, |product, size| product.checked_mul(*size));
        // Computed from elements and not from blocks, so that a count beyond 2^64 elements is refused whatever the type.
        let bytes = elements.and_then(|elements| (elements / self.block_elements).checked_mul(self.block_bytes));
        bytes.ok_or_else(|| format!("has dimensions beyond counting: {dimensions:?}"))
    }
}
