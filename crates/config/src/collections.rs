//! `[collections.NAME]`: parts of the documents with a name, a title, and what answers from them are made with. Their names are the
//! operator's own, so these are the only keys that do not stand in `config/default.toml`.

use crate::error::ConfigError;
use crate::limits::collections::{COLLECTIONS_MAX, INSTRUCTIONS_CHARS_MAX, PATTERNS_MAX, TITLE_CHARS_MAX};
use crate::read::Reader;

/// What stands before a collection's name in a key.
pub(crate) const SECTION: &str = "collections";
/// What can be said of a collection.
pub(crate) const FIELDS: [&str; 6] = ["title", "sources", "include", "readers", "model", "instructions"];
/// Words that mean something else where collections are named.
const RESERVED: [&str; 2] = ["all", "extractive"];
/// Bytes of a name.
const NAME_BYTES_MAX: usize = 64;

/// A part of the documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CollectionConfig {
    /// By what requests name it.
    pub name: String,
    /// What people see; the name where nothing is written.
    pub title: String,
    /// Names of sources; all where none is written.
    pub sources: Vec<String>,
    /// Patterns of paths within a source, as in .gitignore; every path where none is written.
    pub include: Vec<String>,
    /// Labels any one of which lets somebody use it; everybody where none is written.
    pub readers: Vec<String>,
    /// The language model that writes its answers, by name; those that are asked anyway when `None`.
    pub model: Option<String>,
    /// What the model is told about these documents, in the company's own words.
    pub instructions: Option<String>,
}

/// Whether a key is one of a collection.
pub(crate) fn is_key(key: &str) -> bool {
    let parts: Vec<&str> = key.split('.').collect();
    matches!(parts[..], [SECTION, name, field] if is_name(name) && FIELDS.contains(&field))
}

fn is_name(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte));
    plain && (1..=NAME_BYTES_MAX).contains(&name.len()) && !RESERVED.contains(&name)
}

pub(crate) fn collections(read: &Reader<'_>) -> Result<Vec<CollectionConfig>, ConfigError> {
    let collections: Vec<CollectionConfig> =
        read.names_in(SECTION).into_iter().map(|name| collection(read, name)).collect::<Result<_, _>>()?;
    match collections.get(COLLECTIONS_MAX) {
        None => Ok(collections),
        Some(beyond) => {
            let key = read.first_key_in(SECTION, &beyond.name);
            Err(read.invalid(&key, format!("one of at most {COLLECTIONS_MAX} collections")))
        }
    }
}

fn collection(read: &Reader<'_>, name: String) -> Result<CollectionConfig, ConfigError> {
    let key = |field: &str| format!("{SECTION}.{name}.{field}");
    let text = |field: &str| read.text_if_any(&key(field)).filter(|text| !text.is_empty());
    let list = |field: &str| {
        let items = read.list_if_any(&key(field));
        if items.len() > PATTERNS_MAX { Err(read.invalid(&key(field), format!("at most {PATTERNS_MAX} of them"))) } else { Ok(items) }
    };
    let collection = CollectionConfig {
        title: text("title").unwrap_or_else(|| name.clone()),
        sources: list("sources")?,
        include: list("include")?,
        readers: list("readers")?,
        model: text("model"),
        instructions: text("instructions"),
        name: name.clone(),
    };
    if collection.title.chars().count() > TITLE_CHARS_MAX || collection.title.chars().any(char::is_control) {
        return Err(read.invalid(&key("title"), format!("one line of at most {TITLE_CHARS_MAX} characters")));
    }
    if collection.instructions.as_ref().is_some_and(|words| words.chars().count() > INSTRUCTIONS_CHARS_MAX) {
        return Err(read.invalid(&key("instructions"), format!("a text of at most {INSTRUCTIONS_CHARS_MAX} characters")));
    }
    if collection.sources.is_empty() && collection.include.is_empty() {
        let written = read.first_key_in(SECTION, &name);
        return Err(read.invalid(&written, "joined by `sources` or `include`: which documents the collection is made of"));
    }
    Ok(collection)
}

#[cfg(test)]
mod tests {
    use crate::{Config, LoadOptions};

    use super::*;

    fn load(text: &str) -> Result<Vec<CollectionConfig>, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        fs_err::write(&file, format!("{text}\n[store]\ndata_dir = \"x\"\n")).unwrap();
        let options = LoadOptions { file: Some(file), ..LoadOptions::default() };
        Config::load(options).map(|config| config.collections).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_is_read_and_what_is_not_has_a_meaning() {
        let collections = load(
            "[collections.hr]\ntitle = \"People\"\ninclude = [\"hr/**\", \"*.policy.md\"]\nreaders = [\"group:hr\"]\nmodel = \"extractive\"\n\
             instructions = \"Name the paragraph.\"\n[collections.a-1]\nsources = [\"files\"]\n",
        )
        .unwrap();
        assert_eq!(collections.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a-1", "hr"]);
        assert_eq!((collections[0].title.as_str(), &collections[0].readers), ("a-1", &vec![]));
        assert_eq!((collections[1].title.as_str(), collections[1].model.as_deref()), ("People", Some("extractive")));
        assert_eq!(collections[1].include, ["hr/**", "*.policy.md"]);
        assert_eq!(load(""), Ok(vec![]));
    }

    #[test]
    fn a_collection_can_be_written_in_the_environment() {
        let environment = [("PINAKES_COLLECTIONS__HR__INCLUDE", "hr/**,x/"), ("PINAKES_STORE__DATA_DIR", "/nonexistent")];
        let environment = environment.map(|(name, value)| (name.into(), value.into())).into();
        let config = Config::load(LoadOptions { environment, ..LoadOptions::default() }).unwrap();
        assert_eq!(config.collections[0].include, ["hr/**", "x/"]);
    }

    #[test]
    fn each_wrong_one_is_told_what_would_be_right() {
        let many: String = (0..=COLLECTIONS_MAX).map(|number| format!("[collections.c{number:04}]\ninclude = [\"a/\"]\n")).collect();
        let long = format!("[collections.hr]\ninclude = [\"a/\"]\ninstructions = \"{}\"", "x".repeat(INSTRUCTIONS_CHARS_MAX + 1));
        let patterns = format!("[collections.hr]\ninclude = [{}]", "\"a/\",".repeat(PATTERNS_MAX + 1));
        for (text, words) in [
            ("[collections.hr]\ntitle = \"x\"", "which documents the collection is made of"),
            ("[collections.hr]\nincludes = [\"a\"]", "collections.hr.include"),
            ("[collections.HR]\ninclude = [\"a\"]", "collections.HR.include"),
            ("[collections.all]\ninclude = [\"a\"]", "collections.all.include"),
            ("[collections.\"a.b\"]\ninclude = [\"a\"]", "collections.a.b.include"),
            ("[collections.hr.more]\ninclude = [\"a\"]", "collections.hr.more.include"),
            ("[collections]\ninclude = [\"a\"]", "collections.include"),
            ("[collections.hr]\ninclude = [\"a\"]\ntitle = \"a\\nb\"", "one line"),
            (long.as_str(), "at most"),
            (patterns.as_str(), "at most"),
            (many.as_str(), "at most"),
        ] {
            let error = load(text).unwrap_err();
            assert!(error.contains(words), "{text:.60}: {error}");
        }
    }
}
