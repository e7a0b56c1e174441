//! Everything a change must pass, cheapest first. Nothing is printed after the test runner's own summary.

use std::path::PathBuf;

use crate::browser;
use crate::places::{binary, cargo_command, shown, target_dir};
use crate::setup;
use crate::steps::{self, Failure};

/// The embedder, and the small generator that has trained weights.
const MODELS: [&str; 2] = ["all-minilm-l6-v2", "smollm2-135m"];

/// The command line after `test`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    full: bool,
    /// Handed to the test runner.
    runner_arguments: Vec<String>,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--full" => options.full = true,
                "--" => {
                    options.runner_arguments = rest.cloned().collect();
                    break;
                }
                other => return Err(Failure::usage(format!("test knows no {other}"))),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    setup::run()?;
    steps::run(&mut cargo_command(&["fmt", "--all", "--check"]))?;
    steps::run(&mut cargo_command(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    check_dependencies()?;
    // Built exactly as it is run: another selection of packages would mean other features and most of the tree compiled twice.
    steps::run(cargo_command(runner()).args(["--workspace", "--locked", "--no-run"]))?;
    let models = fetch_models()?;
    browser::fetch();
    if std::env::var_os("PINAKES_SHARED").is_none() {
        steps::skipped("tests over the large corpora, as PINAKES_SHARED names no folder that holds them");
    }
    run_tests(options, models)
}

/// Licences, bans, sources and advisories, when `cargo deny` is there.
fn check_dependencies() -> Result<(), Failure> {
    if !steps::has_cargo_tool("deny") {
        steps::skipped("licences and advisories of dependencies, as cargo-deny is not installed (cargo install cargo-deny --locked)");
        return Ok(());
    }
    steps::run(&mut cargo_command(&["deny", "--locked", "check", "licenses", "bans", "sources"]))?;
    // The advisories are fetched from the network first; without it nothing can be said about them.
    if steps::exit_code(&mut cargo_command(&["deny", "fetch", "db"]))? != 0 {
        steps::skipped("advisories, as their database could not be fetched");
        return Ok(());
    }
    steps::run(&mut cargo_command(&["deny", "--locked", "check", "--disable-fetch", "advisories"]))
}

/// Fetches the models once into the target folder; the tests that need them find them there.
fn fetch_models() -> Result<Option<PathBuf>, Failure> {
    let home = target_dir()?.join("test-models");
    for model in MODELS {
        let mut pull = std::process::Command::new(binary("debug")?);
        pull.arg("--data-dir").arg(&home).args(["model", "pull", model]);
        if steps::exit_code(&mut pull)? != 0 {
            steps::skipped(&format!("tests with the real model {model}, as it could not be fetched into {}", shown(&home)));
        }
    }
    Ok(home.join("models").is_dir().then_some(home))
}

fn runner() -> &'static [&'static str] {
    if steps::has_cargo_tool("nextest") { &["nextest", "run"] } else { &["test"] }
}

fn run_tests(options: &Options, models: Option<PathBuf>) -> Result<(), Failure> {
    let mut command = cargo_command(runner());
    command.args(["--workspace", "--locked", "--no-fail-fast"]).args(&options.runner_arguments);
    if options.full {
        command.env("PINAKES_TEST", "full");
    }
    if let Some(models) = models {
        command.env("PINAKES_TEST_MODELS", models);
    }
    steps::run_last(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line() {
        let parse = |line: &str| Options::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(parse("").unwrap(), Options::default());
        let options = parse("--full -- -E test(x)").unwrap();
        assert!(options.full);
        assert_eq!(options.runner_arguments, ["-E", "test(x)"]);
        assert_eq!(parse("--fast").unwrap_err().exit_code, 64);
    }
}
