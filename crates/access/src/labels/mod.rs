//! What decides who may read a document: the first of these that says something.
//!
//! 1. what was said of it by hand, or with its upload (kept by the catalog);
//! 2. the nearest `.pinakes-access.toml` above it that speaks of it ([`sidecar`]);
//! 3. the last rule of the configuration that matches its path ([`rules`]);
//! 4. owner, group, mode and access control list of its file and of the folders above it, within the source ([`posix`]);
//! 5. the configured default.
//!
//! Whatever cannot be understood opens nothing: it gives no labels, so that nobody reads, and says so.

mod names;
mod posix;
mod rules;
mod sidecar;

use std::collections::BTreeSet;
use std::path::Path;

use pinakes_catalog::{Decided, SourceKind};
use pinakes_config::AccessConfig;
use pinakes_config::limits::access::{LABEL_CHARS_MAX, LABELS_MAX};
use pinakes_types::Label;

pub use rules::RuleError;
pub use sidecar::SIDECAR;

use names::SystemNames;
use rules::Rules;
use sidecar::Sidecars;

/// Word for nobody, where labels are written.
const NOBODY: &str = "nobody";

/// One label as it is written: `public`, `group:NAME`, `user:NAME`.
///
/// # Errors
/// What is wrong with it.
pub fn label(written: &str) -> Result<Label, String> {
    let written = written.trim();
    let plain = |name: &str| {
        !name.is_empty() && name.chars().count() <= LABEL_CHARS_MAX && !name.chars().any(|c| c.is_control() || matches!(c, ',' | '=' | '"'))
    };
    let named = written.split_once(':').filter(|(kind, name)| matches!(*kind, "group" | "user") && plain(name));
    match named {
        Some((kind, name)) => Ok(Label(format!("{kind}:{}", name.trim().to_ascii_lowercase()))),
        None if written == Label::PUBLIC => Ok(Label::public()),
        None => Err(format!("{written:?} is no label; write public, group:NAME or user:NAME")),
    }
}

/// Labels as they are written; `nobody` stands alone and means none.
///
/// # Errors
/// What is wrong with them.
pub fn label_set<'a>(written: impl IntoIterator<Item = &'a str>) -> Result<BTreeSet<Label>, String> {
    let words: Vec<&str> = written.into_iter().map(str::trim).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [] => return Err(format!("no label is named; write {NOBODY} if that is what is meant")),
        [NOBODY] => return Ok(BTreeSet::new()),
        words if words.contains(&NOBODY) => return Err(format!("{NOBODY} stands alone")),
        words if words.len() > LABELS_MAX => return Err(format!("at most {LABELS_MAX} labels can be named")),
        _ => {}
    }
    words.into_iter().map(label).collect()
}

/// Decides for the files of one source, during one look at it: what it has read of folders it remembers.
pub struct Deciding<'a> {
    config: &'a AccessConfig,
    rules: Rules,
    default: BTreeSet<Label>,
    names: SystemNames,
    sidecars: Sidecars,
    folders: posix::Folders,
}

impl<'a> Deciding<'a> {
    /// Reads the rules.
    ///
    /// # Errors
    /// [`RuleError`] names the rule or default that cannot be understood.
    pub fn new(config: &'a AccessConfig) -> Result<Self, RuleError> {
        let default = label_set(config.default.iter().map(String::as_str));
        let default = default.map_err(|problem| RuleError { rule: "access.default".to_owned(), problem })?;
        Ok(Self {
            rules: Rules::parse(&config.rules)?,
            default,
            names: SystemNames::default(),
            sidecars: Sidecars::default(),
            folders: posix::Folders::default(),
            config,
        })
    }

    /// Who may read the file at `path`, which is `relative` within a source that begins at `root`. Blocking: reads folders and files.
    pub fn decide(&mut self, kind: SourceKind, root: &Path, relative: &str, path: &Path) -> Decided {
        let in_place = kind != SourceKind::Uploads;
        if in_place && let Some(decided) = self.sidecars.decide(root, path) {
            return decided;
        }
        if let Some(decided) = self.rules.decide(relative, path) {
            return decided;
        }
        if in_place
            && self.config.posix
            && let Some(decided) = self.folders.decide(root, path, &mut self.names)
        {
            return decided;
        }
        Decided { labels: self.default.clone(), origin: "access.default".to_owned() }
    }
}

#[cfg(test)]
mod tests;
