//! Bounds on what a model source may hand us.

use std::time::Duration;

/// Header of a safetensors file. The largest published checkpoints have 5 MB.
pub const SAFETENSORS_HEADER_BYTES_MAX: u64 = 32 << 20;
/// Tensors in one file.
pub const TENSORS_MAX: usize = 1 << 18;
/// Dimensions of one tensor.
pub const TENSOR_RANK_MAX: usize = 8;
/// Weights of an embedding model.
pub const WEIGHTS_BYTES_MAX: u64 = 8 << 30;
/// Any other file of a model: configuration, vocabulary, tokenizer.
pub const SIDE_FILE_BYTES_MAX: u64 = 64 << 20;
/// A manifest, which we wrote ourselves.
pub const MANIFEST_BYTES_MAX: u64 = 1 << 20;
/// A connection to the hub that takes longer is given up; behind a closed firewall this is what a user waits.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Silence on an open connection after which it is given up.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a download that broke off is taken up again within one pull.
pub const RESUMES_MAX: u32 = 5;
/// What the pip client may take for a wheel of 84 MB.
pub const PIP_TIMEOUT: Duration = Duration::from_secs(1800);
