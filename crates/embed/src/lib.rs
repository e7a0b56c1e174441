//! Text to vectors, with the encoders of the BERT family that sentence-transformers made common: all-MiniLM-L6-v2, BGE, E5, GTE,
//! their multilingual kin on XLM-RoBERTa.
//!
//! Promised: the vectors are sentence-transformers' to 1e-4, whatever is embedded together and on whatever processor; a folder that is
//! damaged or of another kind is refused with the file named. Nothing here knows storage or the network.

mod embedder;
mod encoder;
mod error;
mod linear;
mod settings;
mod simd;
mod tokens;
mod weights;

pub use embedder::{Embedder, EmbeddingModel};
pub use error::EmbedError;
pub use linear::Precision;
