//! Which files make a model, asked for one after the other from wherever they come.

use std::path::Path;

use crate::ModelError;
use crate::safetensors::{INDEX, WEIGHTS, shards_named};

/// A file that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileSpec<'a> {
    /// Path in the source, with `/`.
    pub(crate) path: &'a str,
    /// Path in the model's folder, with `/`.
    pub(crate) stored: &'a str,
    /// Whether a model without it is no model.
    pub(crate) required: bool,
}

impl<'a> FileSpec<'a> {
    pub(crate) const fn new(path: &'a str, required: bool) -> Self {
        Self { path, stored: path, required }
    }
}

/// What is taken of a folder beside its weights. Anything else it holds (licence cards, other formats of the weights) is left there.
pub(crate) const SIDE_FILES: [FileSpec<'static>; 11] = [
    FileSpec::new("config.json", true),
    FileSpec::new("tokenizer.json", true),
    FileSpec::new("tokenizer_config.json", false),
    FileSpec::new("special_tokens_map.json", false),
    FileSpec::new("generation_config.json", false),
    FileSpec::new("chat_template.jinja", false),
    FileSpec::new("preprocessor_config.json", false),
    FileSpec::new("modules.json", false),
    FileSpec::new("sentence_bert_config.json", false),
    FileSpec::new("config_sentence_transformers.json", false),
    FileSpec::new("1_Pooling/config.json", false),
];

/// What is asked for as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Side files and safetensors.
    Folder,
    /// One file, which holds its vocabulary and template too.
    Gguf {
        /// In the source.
        path: String,
        /// In the model's folder.
        stored: String,
    },
}

/// A place that files are taken from.
pub(crate) trait Origin {
    /// Puts a file into `target`; whether there was one. That a required one is missing is an error.
    async fn take(&mut self, file: FileSpec<'_>, target: &Path) -> Result<bool, ModelError>;
}

/// Takes all files of a model. The small ones come first: they tell whether the source is any good.
pub(crate) async fn gather(origin: &mut impl Origin, contents: &Contents, target: &Path) -> Result<(), ModelError> {
    if let Contents::Gguf { path, stored } = contents {
        origin.take(FileSpec { path, stored, required: true }, target).await?;
        return Ok(());
    }
    for file in SIDE_FILES {
        origin.take(file, target).await?;
    }
    if !origin.take(FileSpec::new(INDEX, false), target).await? {
        origin.take(FileSpec::new(WEIGHTS, true), target).await?;
        return Ok(());
    }
    for shard in shards_named(&target.join(INDEX)).map_err(ModelError::safetensors)? {
        origin.take(FileSpec::new(&shard, true), target).await?;
    }
    Ok(())
}
