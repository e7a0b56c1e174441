//! The house stays as ARCHITECTURE.md draws it. What is held here is read out of that file, so the two cannot disagree.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "all of this is a test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Lines a Rust file may have; past that it is two ideas.
const LINES_MAX: usize = 600;
/// Packages that stand beside the house: nothing may depend on them.
const OUTSIDE: [&str; 2] = ["xtask", "tests"];
/// Top-level names that tools demand and ARCHITECTURE.md need not explain.
const DEMANDED: [&str; 2] = ["Cargo.lock", ".gitignore"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lies two folders below the root").to_owned()
}

fn architecture() -> String {
    fs_err::read_to_string(root().join("ARCHITECTURE.md")).unwrap()
}

/// Crates from top to bottom, out of the table.
fn order_in(architecture: &str) -> Vec<String> {
    let cells = architecture.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    cells.map(|(name, _)| name.to_owned()).collect()
}

/// (package, packages of ours it is built with), names without the prefix.
fn arrows() -> Vec<(String, Vec<String>)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let short = |name: &Value| name.as_str().unwrap().strip_prefix("pinakes-").map(str::to_owned);
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            (short(&package["name"]).unwrap(), dependencies.filter_map(|dependency| short(&dependency["name"])).collect())
        })
        .collect()
}

/// Files git keeps; `None`, loudly, where the sources came without git.
fn committed_files() -> Option<Vec<String>> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    match output {
        Ok(output) if output.status.success() => {
            Some(String::from_utf8_lossy(&output.stdout).split_terminator('\0').map(str::to_owned).collect())
        }
        _ => {
            eprintln!("SKIPPED: not a git checkout, so what is committed is not known");
            None
        }
    }
}

/// What points up, or out of the list.
fn wrong_arrows(order: &[String], arrows: &[(String, Vec<String>)]) -> Vec<String> {
    let place = |name: &str| order.iter().position(|layer| layer == name);
    let mut wrong = Vec::new();
    for (package, dependencies) in arrows {
        let outside = OUTSIDE.contains(&package.as_str());
        if place(package).is_none() && !outside {
            wrong.push(format!("{package} is no room of ARCHITECTURE.md"));
        }
        for dependency in dependencies {
            let down = match (place(package), place(dependency)) {
                (Some(from), Some(to)) => from < to,
                (None, Some(_)) => outside,
                _ => false,
            };
            if !down {
                wrong.push(format!("{package} -> {dependency}"));
            }
        }
    }
    wrong
}

#[test]
fn arrows_point_down_only() {
    let order = order_in(&architecture());
    assert!(order.len() > 10 && order.first().unwrap() == "cli" && order.last().unwrap() == "types", "{order:?}");
    assert_eq!(wrong_arrows(&order, &arrows()), Vec::<String>::new());
}

#[test]
fn an_arrow_up_or_to_the_side_is_found() {
    let order = ["cli", "index", "types"].map(str::to_owned);
    let arrow = |from: &str, to: &str| vec![(from.to_owned(), vec![to.to_owned()])];
    assert!(wrong_arrows(&order, &arrow("cli", "types")).is_empty());
    assert!(wrong_arrows(&order, &arrow("tests", "cli")).is_empty());
    assert_eq!(wrong_arrows(&order, &arrow("types", "index")), ["types -> index"]);
    assert_eq!(wrong_arrows(&order, &arrow("cli", "xtask")), ["cli -> xtask"]);
    assert_eq!(wrong_arrows(&order, &arrow("attic", "types")), ["attic is no room of ARCHITECTURE.md", "attic -> types"]);
}

/// `forbid` cannot be lifted further down, so it suffices that every manifest takes the workspace's lints.
#[test]
fn only_kernels_may_hold_unsafe_code() {
    let manifest = fs_err::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("\nunsafe_code = \"forbid\"\n"));
    let members = fs_err::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path()).chain([root().join("tests")]);
    for member in members.filter(|path| path.join("Cargo.toml").is_file() && !path.ends_with("kernels")) {
        let manifest = fs_err::read_to_string(member.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true\n"), "{} does not take the workspace's lints", member.display());
    }
}

#[test]
fn the_top_level_holds_only_its_rooms() {
    let Some(files) = committed_files() else { return };
    let architecture = architecture();
    let (_, list) = architecture.split_once("\nTop level: ").expect("ARCHITECTURE.md lists the top level");
    let (list, _) = list.split_once("). ").expect("the list ends with a bracket");
    let named = list.split('`').skip(1).step_by(2).flat_map(str::split_whitespace).map(|name| name.trim_end_matches('/'));
    let allowed: BTreeSet<&str> = named.chain(DEMANDED).collect();
    let found: BTreeSet<&str> = files.iter().filter_map(|file| file.split('/').next()).collect();
    let more: Vec<_> = found.difference(&allowed).collect();
    assert!(more.is_empty(), "not in ARCHITECTURE.md's list of the top level: {more:?}");
}

/// The place this was written at, its neighbours and the writer's home say nothing to anybody else.
#[test]
fn no_committed_file_names_this_machine() {
    let Some(files) = committed_files() else { return };
    let places = places_of_this_machine();
    for file in files {
        let Ok(bytes) = fs_err::read(root().join(&file)) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        for place in &places {
            assert!(!text.contains(place.as_str()), "{file} names {place}");
        }
    }
}

fn places_of_this_machine() -> Vec<String> {
    let root = root();
    let parent = root.parent().unwrap();
    // Every machine has these, so a path below them names none.
    let common = [std::env::temp_dir(), "/usr".into(), "/etc".into(), "/var".into()];
    let neighbours = match fs_err::read_dir(parent) {
        Ok(entries) if !common.iter().any(|folder| parent.starts_with(folder)) => entries.map(|entry| entry.unwrap().path()).collect(),
        _ => Vec::new(),
    };
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let places = neighbours.into_iter().chain([root]).chain(home).filter(|path| path.components().count() > 2);
    places.map(|path| path.to_string_lossy().into_owned()).collect()
}

#[test]
fn no_file_holds_two_ideas() {
    let Some(files) = committed_files() else { return };
    for file in files.iter().filter(|file| file.ends_with(".rs")) {
        let Ok(text) = fs_err::read_to_string(root().join(file)) else { continue };
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{file} has {lines} lines; past {LINES_MAX} it is two ideas");
    }
}
