//! Puts the protobuf compiler where `.cargo/config.toml` expects it, so that a plain `cargo build` works afterwards: Lance generates
//! code with it, and asking people to install it would be one step more.

use std::fs;
use std::path::Path;

use crate::places::root;
use crate::steps::Failure;

/// Copies protoc and its include files into `.tools`. What is there and the same is left alone; a file is replaced whole.
pub(crate) fn run() -> Result<(), Failure> {
    let missing = |error: protoc_bin_vendored::Error| Failure::new(format!("{error}; install protoc and name it in PROTOC"));
    let protoc = protoc_bin_vendored::protoc_bin_path().map_err(missing)?;
    let include = protoc_bin_vendored::include_path().map_err(missing)?;
    let tools = root().join(".tools");
    let name = format!("protoc{}", std::env::consts::EXE_SUFFIX);
    copy_file(&protoc, &tools.join("bin").join(name))?;
    copy_tree(&include, &tools.join("include"))
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(from).map_err(Failure::at(from))? {
        let entry = entry.map_err(Failure::at(from))?;
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(Failure::at(from))?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            copy_file(&entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Copies through a temporary name, so that a build running meanwhile sees the old file or the new one.
fn copy_file(from: &Path, to: &Path) -> Result<(), Failure> {
    let length = |path: &Path| fs::metadata(path).map(|data| data.len());
    let wanted = length(from).map_err(Failure::at(from))?;
    if length(to).is_ok_and(|there| there == wanted) && fs::read(from).ok() == fs::read(to).ok() {
        return Ok(());
    }
    let folder = to.parent().expect("a file inside .tools has a folder");
    fs::create_dir_all(folder).map_err(Failure::at(folder))?;
    let temporary = to.with_extension(format!("{}.tmp", std::process::id()));
    fs::copy(from, &temporary).map_err(Failure::at(&temporary))?;
    make_executable(&temporary)?;
    fs::rename(&temporary, to).map_err(Failure::at(to))
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(Failure::at(path))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<(), Failure> {
    Ok(())
}
