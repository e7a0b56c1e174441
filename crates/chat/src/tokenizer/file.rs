//! The vocabulary in a Hugging Face `tokenizer.json`, with what only `tokenizer_config.json` beside it knows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokenizers::{NormalizerWrapper, PreTokenizerWrapper};

use super::controls::Control;
use super::vocabulary::Vocabulary;
use crate::{TokenizerError, limits};

/// The parts of `tokenizer.json` that matter here.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<Added>,
    normalizer: Option<NormalizerWrapper>,
    pre_tokenizer: Option<PreTokenizerWrapper>,
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    vocab: HashMap<String, u32>,
    merges: Vec<Merge>,
    #[serde(default)]
    ignore_merges: bool,
    #[serde(default)]
    byte_fallback: bool,
}

/// Older files write a merge as one text with a space, newer ones as a pair.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Pair(String, String),
    Text(String),
}

#[derive(Deserialize, Clone)]
struct Added {
    #[serde(default)]
    id: u32,
    content: String,
    #[serde(default)]
    special: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    single_word: bool,
}

/// The parts of `tokenizer_config.json` that matter here.
#[derive(Deserialize, Default)]
struct Config {
    #[serde(default)]
    added_tokens_decoder: BTreeMap<String, Added>,
    #[serde(default)]
    add_bos_token: bool,
    bos_token: Option<Named>,
    eos_token: Option<Named>,
    pad_token: Option<Named>,
}

/// A token named in the configuration: its text, or a record with it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    Text(String),
    Record { content: String },
}

/// Reads `tokenizer.json` at `path` and, where it stands beside it, `tokenizer_config.json`.
pub(super) fn read(path: &Path) -> Result<Vocabulary, TokenizerError> {
    let file: File = parse(path)?;
    let beside = path.with_file_name("tokenizer_config.json");
    let config = if beside.is_file() { parse(&beside)? } else { Config::default() };
    vocabulary(file, config).map_err(|reason| TokenizerError::BadFile { file: path.to_owned(), reason })
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, TokenizerError> {
    let bad = |reason: String| TokenizerError::BadFile { file: path.to_owned(), reason };
    let size = fs_err::metadata(path)?.len();
    if size > limits::FILE_BYTES_MAX {
        return Err(bad(format!("{size} bytes, over the limit of {}", limits::FILE_BYTES_MAX)));
    }
    serde_json::from_slice(&fs_err::read(path)?).map_err(|error| bad(error.to_string()))
}

fn vocabulary(file: File, config: Config) -> Result<Vocabulary, String> {
    if file.model.kind.as_deref().is_some_and(|kind| kind != "BPE") || file.model.byte_fallback {
        return Err("only byte-level BPE tokenizers are supported".to_owned());
    }
    let controls = controls(&file, &config)?;
    let pre_tokenizer = file.pre_tokenizer.ok_or("no pre_tokenizer; only byte-level BPE is supported")?;
    let reserved: HashSet<&str> = controls.iter().map(|control| control.content.as_str()).collect();
    let reserved_ids: HashSet<u32> = controls.iter().map(|control| control.id).collect();
    let is_text = |content: &str, id: u32| !reserved.contains(content) && !reserved_ids.contains(&id);
    let tokens: Vec<(String, u32)> = file.model.vocab.into_iter().filter(|(content, id)| is_text(content, *id)).collect();
    let named = |name: Option<Named>| {
        let (Named::Text(content) | Named::Record { content }) = name?;
        controls.iter().find(|control| control.content == content).map(|control| control.id)
    };
    let (bos, eos, pad) = (named(config.bos_token), named(config.eos_token), named(config.pad_token));
    let merges = file.model.merges.into_iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    // A merge that would spell a control token must not be able to.
    let merges = merges.into_iter().filter(|(left, right)| !reserved.contains(format!("{left}{right}").as_str())).collect();
    Ok(Vocabulary {
        tokens,
        merges,
        normalizer: file.normalizer,
        pre_tokenizer,
        ignore_merges: file.model.ignore_merges,
        bos,
        eos,
        pad,
        add_bos: config.add_bos_token,
        controls,
    })
}

/// Every added token is a control token, those that are not called special (`<think>`, `<tool_call>`) too.
fn controls(file: &File, config: &Config) -> Result<Vec<Control>, String> {
    let mut added: BTreeMap<u32, Added> = BTreeMap::new();
    for (id, token) in &config.added_tokens_decoder {
        let id = id.parse().map_err(|_| format!("tokenizer_config.json: `{id}` is no token id"))?;
        added.insert(id, token.clone());
    }
    for token in &file.added_tokens {
        if added.insert(token.id, token.clone()).is_some_and(|other| other.content != token.content) {
            return Err(format!("tokenizer_config.json has another token {} than `{}`", token.id, token.content));
        }
    }
    if file.model.vocab.len() + added.len() > limits::VOCABULARY_TOKENS_MAX
        || file.model.vocab.values().chain(added.keys()).any(|&id| id as usize >= limits::VOCABULARY_TOKENS_MAX)
    {
        return Err(format!("more than {} tokens", limits::VOCABULARY_TOKENS_MAX));
    }
    let control = |(id, token): (u32, Added)| {
        if token.lstrip || token.rstrip || token.single_word {
            return Err(format!("added token `{}` takes the spaces around it with it, which is not supported", token.content));
        }
        Ok(Control { id, content: token.content, hidden: token.special })
    };
    added.into_iter().map(control).collect()
}

fn pair(merge: Merge) -> Result<(String, String), String> {
    match merge {
        Merge::Pair(left, right) => Ok((left, right)),
        Merge::Text(text) => match text.split_once(' ') {
            Some((left, right)) => Ok((left.to_owned(), right.to_owned())),
            None => Err(format!("merge `{text}` is not two tokens")),
        },
    }
}
