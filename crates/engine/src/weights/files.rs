//! Tensors of checked files, mapped: each is packed straight from the page cache and its pages let go, so that a model is never in
//! memory twice.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use pinakes_kernels::{Format, MappedFile, Matrix, Pool, dequantise, quantise};
use pinakes_models::gguf::{Gguf, Kind};
use pinakes_models::safetensors::Folder;

use super::mix::Quantization;
use super::names::{Change, Naming, Spelling};
use super::source::Source;
use crate::LoadError;

/// Values that are brought to fewer bits at a time; keeps the f32 copy small.
const SLAB_VALUES: usize = 1 << 18;

/// A tensor that lies in a mapped file.
struct Entry {
    file: usize,
    /// Bytes in the file.
    range: Range<usize>,
    /// As the file spells it.
    kind: String,
    /// Outermost first.
    shape: Vec<usize>,
}

/// The tensors of a model's files.
pub(crate) struct FileSource<'a> {
    pool: &'a Pool,
    files: Vec<(PathBuf, MappedFile)>,
    entries: BTreeMap<String, Entry>,
    asked: BTreeSet<String>,
    naming: Naming,
    quantize: Option<Quantization>,
    layers: usize,
    tied: bool,
}

impl<'a> FileSource<'a> {
    /// Of the checked GGUF file at `path`, whose trunk has `layers` blocks.
    pub(crate) fn gguf(pool: &'a Pool, path: &Path, file: &Gguf, layers: usize) -> Result<Self, LoadError> {
        let entry = |tensor: &pinakes_models::gguf::Tensor| {
            let kind = Kind::of(tensor.kind).map_or_else(|| tensor.kind.to_string(), |kind| kind.name.to_owned());
            let shape = tensor.dimensions.iter().rev().map(|size| *size as usize).collect();
            (tensor.name.clone(), Entry { file: 0, range: range(file.data_start, tensor.start, tensor.end), kind, shape })
        };
        let entries = file.tensors.iter().map(entry).collect();
        Self::new(pool, vec![path.into()], entries, Naming::Gguf { layers }, layers)
    }

    /// Of the checked folder at `path`.
    pub(crate) fn hugging_face(pool: &'a Pool, path: &Path, folder: &Folder, layers: usize) -> Result<Self, LoadError> {
        let mut entries = BTreeMap::new();
        for (file, shard) in folder.shards.iter().enumerate() {
            for tensor in &shard.header.tensors {
                let shape = tensor.shape.iter().map(|size| *size as usize).collect();
                let range = range(shard.header.data_start, tensor.start, tensor.end);
                entries.insert(tensor.name.clone(), Entry { file, range, kind: tensor.dtype.clone(), shape });
            }
        }
        if let Some(name) = entries.keys().find(|name| name.starts_with("language_model.model.") || name.starts_with("vision_tower.")) {
            return Err(LoadError::tensor(path, name, "is named as MLX exports name it; take the original weights or a GGUF file"));
        }
        let anchor = "embed_tokens.weight";
        let prefix = entries.keys().filter(|name| !name.starts_with("mtp.")).find_map(|name| name.strip_suffix(anchor));
        let prefix = prefix.ok_or_else(|| LoadError::tensor(path, format!("model.{anchor}"), "is missing"))?.to_owned();
        let paths = folder.shards.iter().map(|shard| shard.path.clone()).collect();
        Self::new(pool, paths, entries, Naming::HuggingFace { prefix }, layers)
    }

    fn new(
        pool: &'a Pool,
        paths: Vec<PathBuf>,
        entries: BTreeMap<String, Entry>,
        naming: Naming,
        layers: usize,
    ) -> Result<Self, LoadError> {
        let open = |path: PathBuf| match MappedFile::open(&path) {
            Ok(file) => Ok((path, file)),
            Err(error) => Err(LoadError::unreadable(&path, error)),
        };
        let files = paths.into_iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { pool, files, entries, asked: BTreeSet::new(), naming, quantize: None, layers, tied: false })
    }

    /// Brings what is stored in floating point to `quantization`.
    pub(crate) fn quantized(mut self, quantization: Option<Quantization>, tied: bool) -> Self {
        self.quantize = quantization.filter(|quantization| *quantization != Quantization::Bf16);
        self.tied = tied;
        self
    }

    /// The tensor, its bytes and its format, when it is as it must be.
    fn take(&mut self, spelling: &Spelling) -> Result<(&Entry, Format), LoadError> {
        let Spelling { name, shape, .. } = spelling;
        let Some(entry) = self.entries.get(name) else {
            return Err(LoadError::tensor(&self.files[0].0, name, "is missing"));
        };
        let bad = |problem: String| Err(LoadError::tensor(&self.files[entry.file].0, name, problem));
        let Some(format) = format_named(&entry.kind) else {
            return bad(format!("is stored as {}, which this engine does not compute with; take another quantisation", entry.kind));
        };
        // A matrix of one row may be stored as a vector.
        let flat = shape.len() == 2 && shape[0] == 1 && entry.shape[..] == shape[1..];
        if entry.shape != *shape && !flat {
            let mlx = shape.len() == 3 && shape[1] == 1 && entry.shape == [shape[0], shape[2], 1];
            let hint = if mlx { ", as MLX exports have it; take the original weights" } else { "" };
            return bad(format!("has shape {:?} where {shape:?} is needed{hint}", entry.shape));
        }
        let elements = shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
        if elements.and_then(|elements| format.bytes_of(elements)) != Some(entry.range.len()) {
            return bad(format!("has {} bytes, which {shape:?} of {} do not fill", entry.range.len(), entry.kind));
        }
        self.asked.insert(name.clone());
        Ok((entry, format))
    }

    /// A matrix out of `bytes`, in fewer bits when that was asked for.
    fn pack(&self, ours: &str, rows: usize, columns: usize, format: Format, bytes: &[u8]) -> Result<Matrix, String> {
        let floats = matches!(format, Format::F32 | Format::F16 | Format::BF16);
        let wanted = self.quantize.filter(|_| floats).and_then(|to| to.format(ours, columns, self.layers, self.tied));
        let Some(wanted) = wanted else {
            return Matrix::pack(self.pool, format, rows, columns, bytes).map_err(|error| format!("cannot be packed: {error}"));
        };
        let (from, to) = (format.bytes_of(columns), wanted.bytes_of(columns));
        let (Some(from), Some(to)) = (from, to) else { return Err(format!("has rows of {columns}, no whole blocks")) };
        let mut fewer = vec![0; rows * to];
        let slab = (SLAB_VALUES / columns).max(1);
        self.pool.pieces(&mut fewer, slab * to, &|index, out| {
            let count = out.len() / to;
            let mut values = vec![0.0; count * columns];
            dequantise(format, &bytes[index * slab * from..][..count * from], &mut values);
            quantise(wanted, &values, out);
        });
        Matrix::pack(self.pool, wanted, rows, columns, &fewer).map_err(|error| format!("cannot be packed: {error}"))
    }

    /// `experts` matrices of `rows`, of which `skip` and what else the tensor holds stand between.
    fn slices(&mut self, ours: &str, spelling: &Spelling, rows: usize, columns: usize) -> Result<Vec<Matrix>, LoadError> {
        let (experts, stride) = match spelling.shape[..] {
            [experts, stride, _] => (experts, stride),
            _ => (1, rows),
        };
        let (entry, format) = self.take(spelling)?;
        let (file, range) = (entry.file, entry.range.clone());
        let (path, map) = &self.files[file];
        let bad = |problem: String| LoadError::tensor(path, &spelling.name, problem);
        let row = format.bytes_of(columns).ok_or_else(|| bad(format!("has rows of {columns}, no whole blocks")))?;
        let bytes = &map.bytes()[range.clone()];
        let expert = |index: usize| {
            let part = &bytes[(index * stride + spelling.skip_rows) * row..][..rows * row];
            self.pack(ours, rows, columns, format, part).map_err(bad)
        };
        let matrices = (0..experts).map(expert).collect::<Result<Vec<_>, _>>()?;
        map.forget(range);
        Ok(matrices)
    }
}

impl Source for FileSource<'_> {
    fn has(&self, name: &str) -> bool {
        self.entries.contains_key(&self.naming.spell(name, &[]).name)
    }

    fn vector(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let spelling = self.naming.spell(name, shape);
        let (entry, format) = self.take(&spelling)?;
        let (file, range) = (entry.file, entry.range.clone());
        let (path, map) = &self.files[file];
        let mut values = vec![0.0; shape.iter().product()];
        dequantise(format, &map.bytes()[range], &mut values);
        match spelling.change {
            Change::None => {}
            Change::PlusOne => values.iter_mut().for_each(|x| *x += 1.0),
            Change::NegativeExponential => values.iter_mut().for_each(|x| *x = -x.exp()),
        }
        if values.iter().all(|x| x.is_finite()) {
            Ok(values)
        } else {
            Err(LoadError::tensor(path, &spelling.name, "holds values that are not finite"))
        }
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix, LoadError> {
        let spelling = self.naming.spell(name, &[rows, columns]);
        let mut one = self.slices(name, &spelling, rows, columns)?;
        Ok(one.pop().expect("one matrix was asked for"))
    }

    fn experts(&mut self, name: &str, experts: usize, rows: usize, columns: usize) -> Result<Vec<Matrix>, LoadError> {
        let mut spelling = self.naming.spell(name, &[experts, rows, columns]);
        // Newer converters store gate and up as one tensor, gate first, as Hugging Face does.
        let fused = name.replace("ffn_gate_exps", "ffn_gate_up_exps").replace("ffn_up_exps", "ffn_gate_up_exps");
        if !self.entries.contains_key(&spelling.name) && self.entries.contains_key(&fused) {
            let skip_rows = if name.contains("ffn_up_exps") { rows } else { 0 };
            spelling = Spelling { name: fused, shape: vec![experts, 2 * rows, columns], skip_rows, ..spelling };
        }
        self.slices(name, &spelling, rows, columns)
    }

    fn finish(&mut self) -> Result<(), LoadError> {
        let surplus = |(name, _): &(&String, &Entry)| !self.asked.contains(*name) && !self.naming.leaves(name);
        match self.entries.iter().find(surplus) {
            None => Ok(()),
            Some((name, entry)) => {
                let problem = "is not part of the model that the configuration describes";
                Err(LoadError::tensor(&self.files[entry.file].0, name, problem))
            }
        }
    }
}

/// Where in the file; headers are checked, so nothing here overflows or lies outside.
fn range(data_start: u64, start: u64, end: u64) -> Range<usize> {
    (data_start + start) as usize..(data_start + end) as usize
}

/// The formats that we compute with, as either file format spells them.
fn format_named(kind: &str) -> Option<Format> {
    use Format::{BF16, F16, F32, Q2_K, Q3_K, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0};
    [F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K].into_iter().find(|format| format.name() == kind)
}
