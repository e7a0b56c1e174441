//! How a tensor that we know by its GGUF name is spelled, shaped and changed in a file.

/// What is done to a tensor's numbers before they take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// A gain stored less one.
    PlusOne,
    /// A decay stored as the logarithm of its negative.
    NegativeExponential,
}

/// A tensor in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spelling {
    /// Its name there.
    pub(super) name: String,
    /// Its shape there, outermost first.
    pub(super) shape: Vec<usize>,
    /// What is to be done to it.
    pub(super) change: Change,
    /// Rows of each expert that come before the wanted ones, where two tensors are stored as one.
    pub(super) skip_rows: usize,
}

/// Which file format's names are spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Naming {
    /// Our own.
    Gguf {
        /// Blocks of the trunk; those behind are for speculation.
        layers: usize,
    },
    /// Hugging Face's, with what stands before `layers.`, such as `model.language_model.`
    HuggingFace {
        /// That prefix.
        prefix: String,
    },
}

impl Naming {
    /// The spelling of the tensor we call `ours` and want in `shape`.
    pub(super) fn spell(&self, ours: &str, shape: &[usize]) -> Spelling {
        match self {
            Self::Gguf { .. } => Spelling { name: ours.into(), shape: shape.to_vec(), change: Change::None, skip_rows: 0 },
            Self::HuggingFace { prefix } => super::hugging_face::spell(prefix, ours, shape),
        }
    }

    /// Whether a tensor that nothing asked for is one we know and leave: the vision tower, the head for speculation, a copy of the
    /// embedding.
    pub(super) fn leaves(&self, name: &str) -> bool {
        match self {
            Self::Gguf { layers } => {
                let block = name.strip_prefix("blk.").and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
                ["v.", "mm.", "mtp."].iter().any(|prefix| name.starts_with(prefix)) || block.is_some_and(|block| block >= *layers)
            }
            Self::HuggingFace { .. } => {
                let known = ["model.visual.", "visual.", "mtp.", "model.mtp."];
                known.iter().any(|prefix| name.starts_with(prefix)) || name == "lm_head.weight" || name.ends_with("rotary_emb.inv_freq")
            }
        }
    }
}
