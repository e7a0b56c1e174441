//! An encoder's weights as the forward pass reads them: matrices packed, query, key and value as one, token type and position summed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};

use crate::EmbedError;
use crate::linear::Linear;
use crate::settings::Encoder;
use crate::simd::Geometry;

/// Scale and shift after normalisation, `hidden` floats each.
pub(crate) struct Norm {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// One block of the encoder.
pub(crate) struct Layer {
    /// hidden → 3·hidden: queries (already divided by √head size), keys, values.
    pub(crate) query_key_value: Linear,
    /// hidden → hidden.
    pub(crate) attention_output: Linear,
    pub(crate) attention_norm: Norm,
    /// hidden → intermediate.
    pub(crate) intermediate: Linear,
    /// intermediate → hidden.
    pub(crate) output: Linear,
    pub(crate) output_norm: Norm,
}

/// The whole encoder.
pub(crate) struct Weights {
    /// `[vocabulary, hidden]`.
    pub(crate) words: Vec<f32>,
    /// `[positions, hidden]`, from the first token's position on, with the embedding of token type 0 added.
    pub(crate) positions: Vec<f32>,
    pub(crate) embedding_norm: Norm,
    pub(crate) layers: Vec<Layer>,
}

impl Weights {
    /// From the bytes of `model.safetensors`; `path` is for errors.
    pub(crate) fn load(path: &Path, bytes: &[u8], encoder: &Encoder, geometry: Geometry) -> Result<Self, EmbedError> {
        let tensors =
            candle_core::safetensors::load_buffer(bytes, &Device::Cpu).map_err(|error| EmbedError::bad(path, error.to_string()))?;
        let source = Source::new(path, tensors, geometry);
        let (hidden, layers) = (encoder.hidden_size, encoder.num_hidden_layers);
        let types = source.table("embeddings.token_type_embeddings.weight", hidden)?;
        let mut positions = source.matrix("embeddings.position_embeddings.weight", encoder.max_position_embeddings, hidden)?;
        positions.drain(..encoder.first_position() * hidden);
        for position in positions.chunks_exact_mut(hidden) {
            position.iter_mut().zip(&types).for_each(|(sum, kind)| *sum += kind);
        }
        Ok(Self {
            words: source.matrix("embeddings.word_embeddings.weight", encoder.vocab_size, hidden)?,
            positions,
            embedding_norm: source.norm("embeddings.LayerNorm", hidden)?,
            layers: (0..layers).map(|number| source.layer(number, encoder)).collect::<Result<_, _>>()?,
        })
    }
}

/// The tensors of a file, by the encoder's own names.
struct Source {
    path: PathBuf,
    tensors: HashMap<String, Tensor>,
    /// What stands before the names, such as `bert.`, in checkpoints that were saved with a head.
    prefix: String,
    geometry: Geometry,
}

impl Source {
    fn new(path: &Path, tensors: HashMap<String, Tensor>, geometry: Geometry) -> Self {
        let anchor = "embeddings.word_embeddings.weight";
        let prefix = tensors.keys().find_map(|name| name.strip_suffix(anchor)).unwrap_or_default().to_owned();
        Self { path: path.into(), tensors, prefix, geometry }
    }

    fn tensor(&self, name: &str) -> Result<&Tensor, EmbedError> {
        // Checkpoints of before 2020 call a norm's weight gamma and its bias beta.
        let old = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        let find = |name: &str| self.tensors.get(&format!("{}{name}", self.prefix));
        find(name).or_else(|| find(&old)).ok_or_else(|| EmbedError::bad(&self.path, format!("has no tensor {}{name}", self.prefix)))
    }

    fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EmbedError> {
        let tensor = self.tensor(name)?;
        if tensor.dims() != shape {
            let problem = format!("tensor {name} has shape {:?} where config.json asks for {shape:?}", tensor.dims());
            return Err(EmbedError::bad(&self.path, problem));
        }
        let floats = tensor.to_dtype(DType::F32).and_then(|tensor| tensor.flatten_all()?.to_vec1());
        let floats: Vec<f32> = floats.map_err(|error| EmbedError::bad(&self.path, format!("tensor {name}: {error}")))?;
        if floats.iter().all(|x| x.is_finite()) {
            Ok(floats)
        } else {
            Err(EmbedError::bad(&self.path, format!("tensor {name} holds values that are not finite")))
        }
    }

    fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Vec<f32>, EmbedError> {
        self.floats(name, &[rows, columns])
    }

    /// A table of any height (at least one row).
    fn table(&self, name: &str, columns: usize) -> Result<Vec<f32>, EmbedError> {
        let rows = self.tensor(name)?.dims().first().copied().unwrap_or(0).max(1);
        self.matrix(name, rows, columns)
    }

    fn norm(&self, name: &str, size: usize) -> Result<Norm, EmbedError> {
        Ok(Norm { weight: self.floats(&format!("{name}.weight"), &[size])?, bias: self.floats(&format!("{name}.bias"), &[size])? })
    }

    /// Weight `[out, in]` and bias `[out]`.
    fn affine(&self, name: &str, inputs: usize, outputs: usize) -> Result<(Vec<f32>, Vec<f32>), EmbedError> {
        Ok((self.matrix(&format!("{name}.weight"), outputs, inputs)?, self.floats(&format!("{name}.bias"), &[outputs])?))
    }

    fn linear(&self, name: &str, inputs: usize, outputs: usize) -> Result<Linear, EmbedError> {
        let (weight, bias) = self.affine(name, inputs, outputs)?;
        Ok(Linear::new(self.geometry, &weight, &bias, inputs))
    }

    fn query_key_value(&self, prefix: &str, encoder: &Encoder) -> Result<Linear, EmbedError> {
        let hidden = encoder.hidden_size;
        let (mut weight, mut bias) = self.affine(&format!("{prefix}.query"), hidden, hidden)?;
        let scale = (encoder.head_size() as f32).sqrt().recip();
        weight.iter_mut().chain(&mut bias).for_each(|x| *x *= scale);
        for part in ["key", "value"] {
            let (more_weight, more_bias) = self.affine(&format!("{prefix}.{part}"), hidden, hidden)?;
            weight.extend(more_weight);
            bias.extend(more_bias);
        }
        Ok(Linear::new(self.geometry, &weight, &bias, hidden))
    }

    fn layer(&self, number: usize, encoder: &Encoder) -> Result<Layer, EmbedError> {
        let (hidden, intermediate) = (encoder.hidden_size, encoder.intermediate_size);
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        Ok(Layer {
            query_key_value: self.query_key_value(&name("attention.self"), encoder)?,
            attention_output: self.linear(&name("attention.output.dense"), hidden, hidden)?,
            attention_norm: self.norm(&name("attention.output.LayerNorm"), hidden)?,
            intermediate: self.linear(&name("intermediate.dense"), hidden, intermediate)?,
            output: self.linear(&name("output.dense"), intermediate, hidden)?,
            output_norm: self.norm(&name("output.LayerNorm"), hidden)?,
        })
    }
}
