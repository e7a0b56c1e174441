//! Lays the layers over each other and resolves them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::access::{self, AccessConfig};
use crate::bot::{BotConfig, bot};
use crate::collections::{CollectionConfig, collections};
use crate::conversations::{ConversationsConfig, conversations};
use crate::error::ConfigError;
use crate::origin::Origin;
use crate::read::Reader;
use crate::remote::{RemoteConfig, remote};
use crate::resolved::{
    self, AnswerConfig, ChunkConfig, EmbedConfig, ExtractConfig, GeneratorConfig, IndexConfig, IngestConfig, LogConfig, ModelsConfig,
    SearchConfig, ServerConfig, StoreConfig,
};
use crate::written::{Raw, Written};

/// Bytes a configuration file may have.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Variables that begin like settings and are none: they belong to tests.
const NOT_SETTINGS: [&str; 3] = ["PINAKES_SHARED", "PINAKES_TEST", "PINAKES_TEST_MODELS"];
/// Short names of settings.
const SHORT_NAMES: [(&str, &str); 2] = [("PINAKES_DATA_DIR", "store.data_dir"), ("PINAKES_LOG", "log.level")];

/// What the configuration is made from, besides what is compiled in.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// `--config`: this file, which must exist, instead of the data directory's `config.toml`, which need not.
    pub file: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// Other flags as (`section.key`, value).
    pub overrides: Vec<(String, String)>,
    /// The environment: [`crate::process_environment`], or what a test wants it to be.
    pub environment: Vec<(OsString, OsString)>,
}

/// The resolved configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where everything is kept.
    pub store: StoreConfig,
    /// What is read of a source.
    pub ingest: IngestConfig,
    /// What a document may cost.
    pub extract: ExtractConfig,
    /// How documents are cut.
    pub chunk: ChunkConfig,
    /// How chunks become vectors.
    pub embed: EmbedConfig,
    /// How and when the indexes are written.
    pub index: IndexConfig,
    /// How hits are found.
    pub search: SearchConfig,
    /// When a question is answered and with how much.
    pub answer: AnswerConfig,
    /// Which language model writes answers, and what it may take.
    pub generator: GeneratorConfig,
    /// A language model on another server; `None`: no text leaves the process.
    pub remote: Option<RemoteConfig>,
    /// Who is let in and may read what.
    pub access: AccessConfig,
    /// Parts of the documents with names of their own, by name.
    pub collections: Vec<CollectionConfig>,
    /// What is kept of questions and answers, and for how long.
    pub conversations: ConversationsConfig,
    /// Where and under which limits is served.
    pub server: ServerConfig,
    /// A chat platform to answer on; `None`: none.
    pub bot: Option<BotConfig>,
    /// Where models come from.
    pub models: ModelsConfig,
    /// What is logged.
    pub log: LogConfig,
    written: Written,
}

/// One value as written, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// `section.key`.
    pub key: String,
    /// As written; lists separated by commas.
    pub value: String,
    /// Where.
    pub origin: Origin,
}

impl Config {
    /// Reads the file, if any, and resolves all layers.
    ///
    /// # Errors
    /// [`ConfigError`], the first found; nothing else has happened by then.
    pub fn load(options: LoadOptions) -> Result<Self, ConfigError> {
        let mut written = Written::defaults();
        let upper = upper_layers(&options, &written)?;
        let named = upper.iter().rev().find(|(key, ..)| key == "store.data_dir").map(|(_, raw, _)| PathBuf::from(raw.as_text()));
        match &options.file {
            Some(path) => {
                written.lay_file(path, &read_file(path)?)?;
                root_data_dir(&mut written, path)?;
            }
            None => {
                let data_dir = named.filter(|dir| !dir.as_os_str().is_empty()).map_or_else(platform_data_dir, Ok)?;
                lay_own_file(&mut written, &data_dir.join("config.toml"))?;
            }
        }
        for (key, raw, origin) in upper {
            written.set(&key, raw, origin)?;
        }
        Self::resolve(written)
    }

    /// What is compiled in, and nothing else; for tests, which put their own folder into `store.data_dir`: the one it names
    /// here does not exist, so that no test writes to anybody's store.
    ///
    /// # Panics
    /// Never: a test of this crate resolves the compiled-in file.
    #[must_use]
    pub fn defaults() -> Self {
        let mut written = Written::defaults();
        let dir = Raw::Scalar("/nonexistent".into());
        written.set("store.data_dir", dir, Origin::Flag("store.data_dir".into())).expect("the key stands in the compiled-in file");
        Self::resolve(written).expect("the compiled-in file is valid: a test resolves it")
    }

    /// Every setting with its value as written and where it was written, by key.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        self.written
            .iter()
            .map(|(key, raw, origin)| Setting { key: key.to_owned(), value: shown(key, raw), origin: origin.clone() })
            .collect()
    }

    fn resolve(written: Written) -> Result<Self, ConfigError> {
        let read = Reader::new(&written);
        let data_dir = read.text("store.data_dir");
        let config = Self {
            store: StoreConfig { data_dir: if data_dir.is_empty() { platform_data_dir()? } else { data_dir.into() } },
            ingest: resolved::ingest(&read)?,
            extract: resolved::extract(&read)?,
            chunk: resolved::chunk(&read)?,
            embed: resolved::embed(&read)?,
            index: resolved::index(&read)?,
            search: resolved::search(&read)?,
            answer: resolved::answer(&read)?,
            generator: resolved::generator(&read)?,
            remote: remote(&read)?,
            access: access::access(&read)?,
            collections: collections(&read)?,
            conversations: conversations(&read)?,
            server: resolved::server(&read)?,
            bot: bot(&read)?,
            models: resolved::models(&read)?,
            log: resolved::log(&read)?,
            written: written.clone(),
        };
        #[cfg(test)]
        for (key, ..) in written.iter() {
            assert!(read.read.borrow().contains(key), "`{key}` stands in config/default.toml but is never read");
        }
        Ok(config)
    }
}

/// The environment of this process, as far as it is ours.
#[must_use]
pub fn process_environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PINAKES_")).collect()
}

/// Environment and flags, in the order in which they are laid.
fn upper_layers(options: &LoadOptions, known: &Written) -> Result<Vec<(String, Raw, Origin)>, ConfigError> {
    let mut layers = Vec::new();
    let mut environment: Vec<(String, String)> = Vec::new();
    for (name, value) in &options.environment {
        let Some(name) = name.to_str().filter(|name| name.starts_with("PINAKES_") && !NOT_SETTINGS.contains(name)) else { continue };
        environment.push((name.to_owned(), value.to_string_lossy().into_owned()));
    }
    environment.sort();
    // Short names first, so that the long one, which names its section, wins where both are set.
    environment.sort_by_key(|(name, _)| name.contains("__"));
    for (name, value) in environment {
        let key = key_of_variable(&name);
        layers.push((key, Raw::Scalar(value), Origin::Environment(name)));
    }
    if let Some(dir) = &options.data_dir {
        let raw = Raw::Scalar(dir.to_string_lossy().into_owned());
        layers.push(("store.data_dir".into(), raw, Origin::Flag("store.data_dir".into())));
    }
    for (key, value) in &options.overrides {
        layers.push((key.clone(), Raw::Scalar(value.clone()), Origin::Flag(key.clone())));
    }
    // Unknown keys are found before any file is looked for.
    let mut scratch = known.clone();
    for (key, raw, origin) in &layers {
        scratch.set(key, raw.clone(), origin.clone())?;
    }
    Ok(layers)
}

/// A value as others may see it: of a secret only whether there is one.
fn shown(key: &str, raw: &Raw) -> String {
    let is_secret = key.ends_with("token") || key.ends_with("secret");
    let text = raw.as_text();
    if is_secret && !text.is_empty() { "…".to_owned() } else { text }
}

/// `PINAKES_SERVER__ADDRESS` is `server.address`.
fn key_of_variable(name: &str) -> String {
    if let Some((_, key)) = SHORT_NAMES.iter().find(|(short, _)| *short == name) {
        return (*key).to_owned();
    }
    name.trim_start_matches("PINAKES_").to_ascii_lowercase().replace("__", ".")
}

/// A relative data directory in a file counts from that file.
fn root_data_dir(written: &mut Written, file: &Path) -> Result<(), ConfigError> {
    let (raw, origin) = written.get("store.data_dir").clone();
    let dir = raw.as_text();
    if !matches!(origin, Origin::File { .. }) || dir.is_empty() {
        return Ok(());
    }
    let rooted = file.parent().unwrap_or(Path::new("")).join(dir);
    written.set("store.data_dir", Raw::Scalar(rooted.to_string_lossy().into_owned()), origin)
}

/// The data directory's own file, which cannot move the data directory.
fn lay_own_file(written: &mut Written, path: &Path) -> Result<(), ConfigError> {
    if !path.try_exists().map_err(|source| ConfigError::Read { path: path.to_owned(), source })? {
        return Ok(());
    }
    written.lay_file(path, &read_file(path)?)?;
    let (raw, origin) = written.get("store.data_dir");
    if matches!(origin, Origin::File { .. }) {
        return Err(ConfigError::Invalid {
            key: "store.data_dir".into(),
            origin: origin.clone(),
            value: raw.as_text(),
            expected: "left out of the data directory's own file: it is found by the data directory".into(),
        });
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<String, ConfigError> {
    let read = || {
        if fs_err::metadata(path)?.len() > FILE_BYTES_MAX {
            return Err(std::io::Error::other("larger than 1 MiB, so hardly a configuration"));
        }
        fs_err::read_to_string(path)
    };
    read().map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}

fn platform_data_dir() -> Result<PathBuf, ConfigError> {
    etcetera::choose_base_strategy().map(|base| base.data_dir().join("pinakes")).map_err(|_| ConfigError::NoDataDir)
}
