//! The embedder: texts in, vectors out, on all cores.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::EmbedError;
use crate::encoder::{Model, Scratch};
use crate::linear::Precision;
use crate::settings::{self, Pooling, Settings};
use crate::simd::Geometry;
use crate::tokens::Tokens;
use crate::weights::Weights;

/// Tokens computed together on one core. More does not make the products faster (they are bound by arithmetic from about 100 rows on)
/// and lets activations fall out of the second-level cache.
const PACK_TOKENS: usize = 256;

/// What a vector was made by. Vectors of different fingerprints must not be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddingModel {
    /// The folder's name, for people; with the precision behind it where that is not 32-bit floats.
    pub name: String,
    /// BLAKE3 over weights, tokenizer, encoder shape, pooling, normalisation, length, prompts and precision. 64 hexadecimal digits.
    pub fingerprint: String,
    /// Floats in a vector.
    pub dimensions: usize,
    /// Tokens of one text that are read, special tokens included; the rest of a longer text is left out.
    pub tokens_max: usize,
}

/// A text-embedding model of the BERT family, ready to run on every core of the machine.
pub struct Embedder {
    about: EmbeddingModel,
    model: Model,
    tokens: Tokens,
    query_prompt: String,
    passage_prompt: String,
    geometry: Geometry,
    precision: Precision,
    /// Buffers not in use; never more than there were calls at once.
    idle: Mutex<Vec<Scratch>>,
}

impl Embedder {
    /// Loads a sentence-transformers folder: `config.json`, `tokenizer.json`, `model.safetensors`, and as present `modules.json`,
    /// `<pooling>/config.json`, `sentence_bert_config.json`, `config_sentence_transformers.json`.
    ///
    /// # Errors
    /// A file is missing, damaged or asks for something that is not computed here; the error names the file.
    pub fn load(folder: &Path) -> Result<Self, EmbedError> {
        let settings = Settings::read(folder)?;
        let tokenizer_json = settings::read_tokenizer(folder)?;
        let path = folder.join("tokenizer.json");
        let tokens = Tokens::new(&path, &tokenizer_json, settings.tokens_max, settings.encoder.vocab_size)?;
        let path = folder.join("model.safetensors");
        pinakes_models::safetensors::check(&path).map_err(|error| EmbedError::bad(&path, error.describe()))?;
        let bytes = fs_err::read(&path).map_err(|source| EmbedError::Read { path: path.clone(), source })?;
        let geometry = Geometry::detect();
        let weights = Weights::load(&path, &bytes, &settings.encoder, geometry)?;
        let about = EmbeddingModel {
            name: folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned(),
            fingerprint: fingerprint(&bytes, &tokenizer_json, &settings),
            dimensions: settings.encoder.hidden_size,
            tokens_max: settings.tokens_max,
        };
        let Settings { encoder, pooling, normalize, query_prompt, passage_prompt, .. } = settings;
        let model = Model { encoder, weights, pooling, normalize };
        Ok(Self { about, model, tokens, query_prompt, passage_prompt, geometry, precision: Precision::F32, idle: Mutex::default() })
    }

    /// Computes all its vectors in 8-bit integers. They belong in an index of their own, so the model is called otherwise.
    #[must_use]
    pub fn in_8_bits(mut self) -> Self {
        self.about.name.push_str("@int8");
        self.about.fingerprint = blake3::hash(format!("{} int8", self.about.fingerprint).as_bytes()).to_hex().to_string();
        self.precision = Precision::Int8;
        self
    }

    /// What the vectors are made by.
    #[must_use]
    pub fn model(&self) -> &EmbeddingModel {
        &self.about
    }

    /// One vector per passage, in order. Blocks, on every core of rayon's pool.
    ///
    /// A passage's vector is the same whatever else is in the call.
    ///
    /// # Errors
    /// The tokenizer refused a text, or a vector came out not finite.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.embed_in(self.precision, texts)
    }

    /// The same in another precision, for vectors that are compared and let go: those of one precision only belong in an index.
    ///
    /// # Errors
    /// As [`Embedder::embed`].
    pub fn embed_in(&self, precision: Precision, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let ids: Vec<Vec<u32>> = texts.par_iter().map(|text| self.ids(&self.passage_prompt, text)).collect::<Result<_, _>>()?;
        let packs: Vec<Vec<Vec<f32>>> = packs(&ids).into_par_iter().map(|pack| self.run(&pack, precision)).collect::<Result<_, _>>()?;
        Ok(packs.into_iter().flatten().collect())
    }

    /// The vector of a question, computed on the calling thread: nothing waits behind a batch.
    ///
    /// # Errors
    /// As [`Embedder::embed`].
    pub fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let ids = self.ids(&self.query_prompt, text)?;
        Ok(self.run(&[&ids], self.precision)?.pop().expect("one sequence gives one vector"))
    }

    /// Tokens in a text, without special tokens and uncut. Should the tokenizer refuse the text, its characters are counted, which
    /// is at least as many.
    #[must_use]
    pub fn count_tokens(&self, text: &str) -> usize {
        self.tokens.count(text).unwrap_or_else(|_| text.chars().count())
    }

    /// Where each token of a text ends, in bytes, ascending, without special tokens and uncut; for a chunker that must cut a paragraph
    /// too long. Should the tokenizer refuse the text, every character counts as a token.
    #[must_use]
    pub fn token_ends(&self, text: &str) -> Vec<usize> {
        self.tokens.ends(text).unwrap_or_else(|_| text.char_indices().map(|(start, c)| start + c.len_utf8()).collect())
    }

    /// sentence-transformers strips texts before it tokenises them; so do we.
    fn ids(&self, prompt: &str, text: &str) -> Result<Vec<u32>, EmbedError> {
        if prompt.is_empty() { self.tokens.ids(text.trim()) } else { self.tokens.ids(format!("{prompt}{text}").trim()) }
    }

    fn run(&self, sequences: &[&[u32]], precision: Precision) -> Result<Vec<Vec<f32>>, EmbedError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let mut scratch = taken.unwrap_or_else(|| Scratch::new(self.geometry));
        let vectors = self.model.vectors(sequences, precision, &mut scratch);
        idle().push(scratch);
        if vectors.iter().flatten().all(|x| x.is_finite()) {
            Ok(vectors)
        } else {
            Err(EmbedError::NotFinite { model: self.about.name.clone() })
        }
    }
}

/// Neighbours put together up to [`PACK_TOKENS`]; a longer text is a pack of its own.
fn packs(ids: &[Vec<u32>]) -> Vec<Vec<&[u32]>> {
    let mut packs: Vec<Vec<&[u32]>> = Vec::new();
    let mut tokens = 0;
    for sequence in ids {
        match packs.last_mut() {
            Some(pack) if tokens + sequence.len() <= PACK_TOKENS => {
                tokens += sequence.len();
                pack.push(sequence);
            }
            _ => {
                tokens = sequence.len();
                packs.push(vec![sequence]);
            }
        }
    }
    packs
}

fn fingerprint(weights: &[u8], tokenizer: &[u8], settings: &Settings) -> String {
    let mut hasher = blake3::Hasher::new();
    let pooling: &[u8] = match settings.pooling {
        Pooling::Mean => b"mean",
        Pooling::Cls => b"cls",
    };
    let encoder = &settings.encoder;
    let shape = format!(
        "{} {} {} {} {} {}",
        encoder.model_type,
        encoder.num_attention_heads,
        encoder.num_hidden_layers,
        encoder.layer_norm_eps,
        settings.normalize,
        settings.tokens_max,
    );
    let parts = [weights, tokenizer, pooling, shape.as_bytes(), settings.query_prompt.as_bytes(), settings.passage_prompt.as_bytes()];
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_keep_order_and_the_bound() {
        let ids: Vec<Vec<u32>> = [100, 100, 100, 300, 2, 2].iter().map(|&n| vec![0; n]).collect();
        let lengths: Vec<Vec<usize>> = packs(&ids).iter().map(|pack| pack.iter().map(|s| s.len()).collect()).collect();
        assert_eq!(lengths, [vec![100, 100], vec![100], vec![300], vec![2, 2]]);
        assert!(packs(&[]).is_empty());
    }
}
