//! Where things lie.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::Failure;

/// The cargo that runs us.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.ancestors().nth(2).expect("this crate lies two folders below the root").to_owned()
}

/// A cargo command that runs in the root.
pub(crate) fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo());
    command.args(arguments).current_dir(root());
    // Cargo tells the program it runs, us, which package it is, and sets PROTOC from its own configuration. Handed on as if a person had
    // set them, these would make the build scripts that watch them (ring's, Lance's) run again, and all that comes after them, each time
    // somebody calls cargo by hand in between.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    if std::env::var_os("PROTOC").is_some_and(|protoc| Path::new(&protoc) == root().join(".tools/bin/protoc")) {
        command.env_remove("PROTOC");
    }
    command
}

/// Where cargo builds, whatever the environment and its configuration files say.
pub(crate) fn target_dir() -> Result<PathBuf, Failure> {
    let output = cargo_command(&["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .map_err(|error| Failure::new(format!("cannot run cargo metadata: {error}")))?;
    let json = String::from_utf8_lossy(&output.stdout);
    text_after(&json, "\"target_directory\":\"").map(PathBuf::from).ok_or_else(|| Failure::new("cargo metadata names no target directory"))
}

/// The built binary.
pub(crate) fn binary(profile_dir: &str) -> Result<PathBuf, Failure> {
    Ok(target_dir()?.join(profile_dir).join(format!("pinakes{}", std::env::consts::EXE_SUFFIX)))
}

/// A path as it is shown: short when it lies inside the root.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The JSON text that follows `start`, unescaped as far as paths need it.
fn text_after(json: &str, start: &str) -> Option<String> {
    let rest = &json[json.find(start)? + start.len()..];
    let mut text = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => text.push(characters.next()?),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_unescaped_up_to_its_closing_quote() {
        assert_eq!(text_after(r#"{"a":"x","b":"C:\\t \"q\"","c":1}"#, "\"b\":\"").as_deref(), Some(r#"C:\t "q""#));
        assert_eq!(text_after("{}", "\"b\":\""), None);
    }

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("Cargo.lock").is_file());
    }
}
