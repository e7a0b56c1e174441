//! The model store: one folder per model under `<data dir>/models`, each with its manifest.
//!
//! An installed model is complete: it is put together beside its place, checked, made durable, and renamed into place. Pulling is for
//! the command line; a process that serves only opens.

use std::path::{Path, PathBuf};

use crate::digest::digest;
use crate::manifest::{FileRecord, Manifest};
use crate::validate::check_weights;
use crate::wanted::{Wanted, is_plain};
use crate::weights::is_weights;
use crate::{ModelError, Progress, PullRequest, Summary, Weights, install};

/// Where installed models live.
#[derive(Debug, Clone)]
pub struct ModelStore {
    root: PathBuf,
}

/// A model that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledModel {
    /// The name it is stored under.
    pub name: String,
    /// Its files.
    pub folder: PathBuf,
    /// What was installed.
    pub manifest: Manifest,
}

impl InstalledModel {
    /// What an engine or embedder opens: the folder, or the GGUF file in it.
    ///
    /// # Errors
    /// The folder cannot be read or holds no weights.
    pub fn weights(&self) -> Result<Weights, ModelError> {
        Weights::locate(&self.folder)
    }

    /// What the headers of its files say.
    ///
    /// # Errors
    /// A file is missing or damaged.
    pub fn summary(&self) -> Result<Summary, ModelError> {
        Summary::of(&self.folder)
    }
}

/// What a check of an installed model found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The model.
    pub name: String,
    /// Files read in full and found as recorded.
    pub files_sound: usize,
    /// One line per fault, each naming its file; empty means sound.
    pub faults: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

impl ModelStore {
    /// The store in this folder, which need not exist yet.
    #[must_use]
    pub fn open(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The installed models, by name. Folders without a manifest are not models.
    ///
    /// # Errors
    /// The folder or a manifest cannot be read.
    pub fn list(&self) -> Result<Vec<InstalledModel>, ModelError> {
        let entries = match fs_err::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ModelError::read(&self.root)(error)),
        };
        let mut models = Vec::new();
        for entry in entries {
            let name = entry.map_err(ModelError::read(&self.root))?.file_name().to_string_lossy().into_owned();
            if is_plain(&name) {
                models.extend(self.find(&name)?);
            }
        }
        models.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(models)
    }

    /// The installed model of that name or alias.
    ///
    /// # Errors
    /// It is not installed, or its manifest cannot be read.
    pub fn get(&self, name: &str) -> Result<InstalledModel, ModelError> {
        let wanted = Wanted::resolve(name).ok_or_else(|| ModelError::BadName { name: name.into() })?;
        self.find(&wanted.name)?.ok_or(ModelError::NotInstalled { name: wanted.name })
    }

    fn find(&self, name: &str) -> Result<Option<InstalledModel>, ModelError> {
        let folder = self.root.join(name);
        let manifest = Manifest::read(&folder)?;
        Ok(manifest.map(|manifest| InstalledModel { name: name.into(), folder, manifest }))
    }

    /// Reads every file of a model again and compares it with the manifest.
    ///
    /// # Errors
    /// It is not installed. What is wrong with a model that is, stands in the report.
    pub fn verify(&self, name: &str) -> Result<Report, ModelError> {
        let model = self.get(name)?;
        let mut report = Report { name: model.name, files_sound: 0, faults: Vec::new() };
        for record in &model.manifest.files {
            match fault_of(&model.folder, record) {
                None => report.files_sound += 1,
                Some(fault) => report.faults.push(format!("{}: {fault}", record.path)),
            }
        }
        let published = Wanted::resolve(&report.name).and_then(|wanted| wanted.known).map_or(&[][..], |known| known.sha256);
        for (path, expected) in published {
            if !model.manifest.files.iter().any(|record| record.path == *path && record.sha256 == *expected) {
                report.faults.push(format!("{path}: is not the published file (SHA-256 {expected})"));
            }
        }
        Ok(report)
    }

    /// Fetches, checks and installs a model. One that is installed and sound is left as it is.
    ///
    /// # Errors
    /// See [`ModelError`]; nothing is installed then, and what was there stays.
    pub async fn pull(&self, request: &PullRequest, progress: &dyn Progress) -> Result<InstalledModel, ModelError> {
        let wanted = Wanted::of(request)?;
        let lock = install::lock(&self.root)?;
        if let Some(model) = self.find(&wanted.name).unwrap_or(None) {
            if !wanted.may_be(&model.manifest) {
                return Err(ModelError::NameTaken { name: model.name, from: model.manifest.source });
            }
            progress.note(&format!("{} is installed; checking its files", model.name));
            let report = self.verify(&model.name)?;
            if report.is_sound() {
                return Ok(model);
            }
            progress.note(&format!("fetching it again: {}", report.faults.join("; ")));
        }
        let source = install::stage_and_publish(&self.root, &wanted, request, progress).await;
        drop(lock);
        source?;
        self.get(&wanted.name)
    }
}

fn fault_of(folder: &Path, record: &FileRecord) -> Option<String> {
    // A manifest is ours, but a damaged one must not send us elsewhere.
    let inside = Path::new(&record.path).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if !inside {
        return Some("is not a path in the model's folder".into());
    }
    let path = folder.join(&record.path);
    match digest(&path) {
        Err(error) => Some(error.to_string()),
        Ok((bytes, _)) if bytes != record.bytes => Some(format!("has {bytes} bytes, not {}", record.bytes)),
        Ok((_, sha256)) if sha256 != record.sha256 => Some(format!("has SHA-256 {sha256}, not {}", record.sha256)),
        Ok(_) if is_weights(&record.path) => check_weights(&path).err().map(|error| error.to_string()),
        Ok(_) => None,
    }
}
