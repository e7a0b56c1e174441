//! Tokenizer and template of a model, wherever its files keep them.

use std::path::{Path, PathBuf};

use pinakes_models::gguf::{self, BadGguf};

use crate::{Chat, Template, TemplateError, Tokenizer, TokenizerError};

/// Why a model's text side cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The model's file is damaged.
    #[error(transparent)]
    Gguf(#[from] BadGguf),
    /// The tokenizer is absent, damaged, or of another model.
    #[error("{}: {problem}", path.display())]
    Tokenizer {
        /// The model.
        path: PathBuf,
        /// What is wrong.
        problem: TokenizerError,
    },
    /// The template is damaged.
    #[error("{}: {problem}", path.display())]
    Template {
        /// The model.
        path: PathBuf,
        /// What is wrong.
        problem: TemplateError,
    },
    /// There is no template, and the vocabulary is of no family with a built-in one.
    #[error("{}: no chat template; put the checkpoint's chat_template.jinja beside it", .0.display())]
    NoTemplate(PathBuf),
}

impl Chat {
    /// Sets up the text side of a model: a Hugging Face folder or a GGUF file. A `tokenizer.json` or `chat_template.jinja` beside a GGUF file
    /// goes before what the file carries itself; where no template is found, Qwen3.5's or ChatML's is taken if the vocabulary has its
    /// control tokens.
    ///
    /// # Errors
    /// What is needed is absent, damaged, or contradicts the model; the path is named.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let of_tokenizer = |problem| OpenError::Tokenizer { path: path.to_owned(), problem };
        let of_template = |problem| OpenError::Template { path: path.to_owned(), problem };
        let (tokenizer, template) = if path.is_dir() {
            let tokenizer = Tokenizer::from_file(&path.join("tokenizer.json")).map_err(of_tokenizer)?;
            (tokenizer, Template::from_folder(path).map_err(of_template)?)
        } else {
            let metadata = gguf::check(path)?.metadata;
            let tokenizer = match path.with_file_name("tokenizer.json") {
                beside if beside.is_file() => Tokenizer::from_file(&beside).and_then(|tokenizer| {
                    tokenizer.check_against(metadata.strings("tokenizer.ggml.tokens").unwrap_or_default())?;
                    Ok(tokenizer)
                }),
                _ => Tokenizer::from_gguf(&metadata),
            };
            let beside = path.parent().map_or(Ok(None), Template::from_folder).map_err(of_template)?;
            let template = beside.map_or_else(|| Template::from_gguf(&metadata), |template| Ok(Some(template)));
            (tokenizer.map_err(of_tokenizer)?, template.map_err(of_template)?)
        };
        let has = |control: &str| tokenizer.control(control).is_some();
        let template = match template {
            Some(template) => template,
            None if has("<|im_start|>") && has("<think>") => Template::qwen35(),
            None if has("<|im_start|>") => Template::chatml(),
            None => return Err(OpenError::NoTemplate(path.to_owned())),
        };
        Ok(Self::new(tokenizer, template))
    }
}

#[cfg(test)]
mod tests;
