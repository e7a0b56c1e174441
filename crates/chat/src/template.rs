//! A checkpoint's chat template: the Jinja program that lays a conversation out as the model saw conversations in training.
//!
//! Templates come with model files and are run under limits: of size, of steps, of depth. They see the conversation, the names of three
//! tokens and nothing else: no file, no clock, no other template.

pub(crate) mod guard;
mod python;

use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, Value};
use pinakes_models::gguf::Metadata;
use serde::Serialize;

use crate::{Date, Json, TemplateError, limits};

/// For Qwen3.5 checkpoints that come without their own. The sizes' own templates differ only in whether they think unless told, and here
/// they are always told.
const QWEN35: &str = include_str!("template/qwen35.jinja");
/// ChatML: for other checkpoints with `<|im_start|>` that come without a template.
const CHATML: &str = include_str!("template/chatml.jinja");
/// Name of the one template in its environment; without a suffix, so that nothing is escaped as HTML.
const NAME: &str = "chat";

/// A compiled chat template.
#[derive(Debug)]
pub struct Template {
    environment: Environment<'static>,
    source: String,
}

/// One turn as templates know it.
#[derive(Debug, Serialize)]
pub(crate) struct TurnView {
    pub(crate) role: &'static str,
    pub(crate) content: String,
    /// Said for every turn of the model, so that no template goes looking for it in the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tool_calls: Vec<CallView>,
}

/// A call as templates know it.
#[derive(Debug, Serialize)]
pub(crate) struct CallView {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) function: FunctionView,
}

/// What was called.
#[derive(Debug, Serialize)]
pub(crate) struct FunctionView {
    pub(crate) name: String,
    pub(crate) arguments: Json,
}

/// All that a template sees.
#[derive(Debug, Serialize)]
pub(crate) struct View<'a> {
    pub(crate) messages: Vec<TurnView>,
    pub(crate) tools: Option<Vec<Json>>,
    /// Left out only to see what the template does then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enable_thinking: Option<bool>,
    pub(crate) add_generation_prompt: bool,
    pub(crate) bos_token: &'a str,
    pub(crate) eos_token: &'a str,
    pub(crate) pad_token: &'a str,
    #[serde(rename = "pinakes_today")]
    pub(crate) today: Option<(i32, u8, u8)>,
}

impl<'a> View<'a> {
    pub(crate) fn new(named: [(&'static str, &'a str); 3], thinking: bool, today: Option<Date>) -> Self {
        let [(_, bos_token), (_, eos_token), (_, pad_token)] = named;
        Self {
            messages: Vec::new(),
            tools: None,
            enable_thinking: Some(thinking),
            add_generation_prompt: true,
            bos_token,
            eos_token,
            pad_token,
            today: today.map(|date| (date.year, date.month, date.day)),
        }
    }
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// Too large, or not Jinja as far as it is supported; the line is named.
    pub fn from_source(source: &str) -> Result<Self, TemplateError> {
        let limit = limits::TEMPLATE_BYTES_MAX;
        if source.len() > limit {
            return Err(TemplateError::TooLarge { what: "bytes of the chat template", size: source.len(), limit });
        }
        let mut environment = Environment::new();
        // As Hugging Face compiles them; templates are written for it.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the usual delimiters");
        environment.set_syntax(syntax);
        environment.set_fuel(Some(limits::TEMPLATE_FUEL_MAX));
        environment.set_recursion_limit(limits::TEMPLATE_DEPTH_MAX);
        python::install(&mut environment);
        environment.add_template_owned(NAME, source.to_owned()).map_err(|error| fault(&error))?;
        Ok(Self { environment, source: source.to_owned() })
    }

    /// The template of a Hugging Face folder: `chat_template.jinja`, else the one in `tokenizer_config.json`; `None` if it has neither.
    ///
    /// # Errors
    /// A file that cannot be read, or as [`Template::from_source`].
    pub fn from_folder(folder: &Path) -> Result<Option<Self>, TemplateError> {
        let own = folder.join("chat_template.jinja");
        if own.is_file() {
            return Self::from_source(&read(&own, limits::TEMPLATE_BYTES_MAX as u64)?).map(Some);
        }
        let config = folder.join("tokenizer_config.json");
        if !config.is_file() {
            return Ok(None);
        }
        let config: Config = serde_json::from_str(&read(&config, limits::FILE_BYTES_MAX)?)
            .map_err(|error| TemplateError::Bad(format!("{}: {error}", config.display())))?;
        let source = match config.chat_template {
            None => return Ok(None),
            Some(Sources::One(source)) => source,
            Some(Sources::Several(sources)) => match sources.into_iter().find(|source| source.name == "default") {
                Some(default) => default.template,
                None => return Ok(None),
            },
        };
        Self::from_source(&source).map(Some)
    }

    /// The template that a GGUF file carries, if it does.
    ///
    /// # Errors
    /// As [`Template::from_source`].
    pub fn from_gguf(metadata: &Metadata) -> Result<Option<Self>, TemplateError> {
        let source: Option<&str> = metadata.find("tokenizer.chat_template").map_err(|error| TemplateError::Bad(error.to_string()))?;
        source.map(Self::from_source).transpose()
    }

    /// Qwen3.5's layout, for checkpoints of that family without a template.
    pub fn qwen35() -> Self {
        Self::from_source(QWEN35).expect("a test compiles it")
    }

    /// ChatML, for checkpoints with `<|im_start|>` and no template.
    pub fn chatml() -> Self {
        Self::from_source(CHATML).expect("a test compiles it")
    }

    /// The program itself; part of what decides whether a cached prefix fits.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Lays out what a template sees.
    pub(crate) fn render(&self, view: &View<'_>) -> Result<String, TemplateError> {
        let template = self.environment.get_template(NAME).map_err(|error| fault(&error))?;
        let rendered = template.render(Value::from(Serde(view))).map_err(|error| fault(&error))?;
        let limit = limits::CONVERSATION_BYTES_MAX * 2;
        if rendered.len() > limit {
            return Err(TemplateError::TooLarge { what: "bytes of the rendered conversation", size: rendered.len(), limit });
        }
        Ok(rendered)
    }
}

/// What `tokenizer_config.json` says of templates.
#[derive(serde::Deserialize)]
struct Config {
    chat_template: Option<Sources>,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Sources {
    One(String),
    Several(Vec<Source>),
}

#[derive(serde::Deserialize)]
struct Source {
    name: String,
    template: String,
}

fn read(path: &Path, limit: u64) -> Result<String, TemplateError> {
    let size = fs_err::metadata(path)?.len();
    if size > limit {
        return Err(TemplateError::TooLarge { what: "bytes of the template's file", size: size as usize, limit: limit as usize });
    }
    Ok(fs_err::read_to_string(path)?)
}

/// What went wrong: the template's refusal, a date not given, or a fault with its line.
fn fault(error: &minijinja::Error) -> TemplateError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(python::Raised(message)) = current.downcast_ref() {
            return TemplateError::Refused(message.clone());
        }
        if current.is::<python::NoDate>() {
            return TemplateError::NoDate;
        }
        cause = current.source();
    }
    match error.kind() {
        ErrorKind::OutOfFuel => TemplateError::Bad(format!("gave up after {} steps", limits::TEMPLATE_FUEL_MAX)),
        _ => TemplateError::Bad(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
