//! From a fresh checkout to an answered question: build, fetch the embedding model, index a folder, ask, serve.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::places::{binary, cargo_command, root, shown};
use crate::steps::{self, Failure};
use crate::{question, server, setup};

/// What the sample is asked; its answer stands in one sentence of one of its documents.
const SAMPLE_QUESTION: &str = "How many unused days of leave may be carried over into the next year?";
const MODEL: &str = "all-minilm-l6-v2";
/// Exit code of `pinakes ask` when the documents hold no answer.
const NO_ANSWER: u8 = 1;

/// The command line after `quickstart`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    folder: Option<PathBuf>,
    data_dir: Option<PathBuf>,
    question: Option<String>,
    foreground: bool,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| Failure::usage(format!("{argument} needs a value")));
            match argument.as_str() {
                "--data-dir" => options.data_dir = Some(value()?.into()),
                "--question" => options.question = Some(value()?.clone()),
                "--foreground" => options.foreground = true,
                flag if flag.starts_with('-') => return Err(Failure::usage(format!("quickstart knows no {flag}"))),
                folder if options.folder.is_none() => options.folder = Some(folder.into()),
                more => return Err(Failure::usage(format!("quickstart takes one folder, not also {more}"))),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let folder = options.folder.clone().unwrap_or_else(|| root().join("data/sample"));
    let folder = folder.canonicalize().map_err(Failure::at(&folder))?;
    let data_dir = options.data_dir.clone().unwrap_or_else(|| root().join("data/store"));
    std::fs::create_dir_all(&data_dir).map_err(Failure::at(&data_dir))?;
    let data_dir = data_dir.canonicalize().map_err(Failure::at(&data_dir))?;
    let (question, must_answer) = question_for(options, &folder)?;

    setup::run()?;
    steps::run(&mut cargo_command(&["build", "--release", "--package", "pinakes-cli"]))?;
    let program = binary("release")?;
    server::stop_earlier(&data_dir)?;

    steps::run(pinakes(&program, &data_dir).args(["model", "pull", MODEL]))?;
    steps::run(pinakes(&program, &data_dir).arg("init"))?;
    steps::run(pinakes(&program, &data_dir).args(["index", "add"]).arg(&folder))?;
    match steps::exit_code(pinakes(&program, &data_dir).args(["ask", &question]))? {
        0 => {}
        NO_ANSWER if !must_answer => eprintln!("The documents hold no answer to that; ask another with --question."),
        code => return Err(Failure::new(format!("the question was not answered (exit code {code})"))),
    }
    if options.foreground {
        return steps::run(pinakes(&program, &data_dir).args(["serve", "--address", &server::free_address()]));
    }
    steps::announce("pinakes serve, in the background");
    let running = server::start(pinakes(&program, &data_dir), &data_dir)?;
    println!("Its log is {}; stop it with: kill {}", shown(&running.log), running.pid);
    println!("{}", running.url);
    Ok(())
}

/// The question, and whether no answer is a failure.
fn question_for(options: &Options, folder: &Path) -> Result<(String, bool), Failure> {
    match (&options.question, &options.folder) {
        (Some(question), _) => Ok((question.clone(), false)),
        (None, None) => Ok((SAMPLE_QUESTION.to_owned(), true)),
        (None, Some(_)) => Ok((question::title_of_first_document(folder)?, false)),
    }
}

fn pinakes(program: &Path, data_dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("--data-dir").arg(data_dir);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&arguments).map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_command_line() {
        assert_eq!(parse(""), Ok(Options::default()));
        let options = parse("docs --question why --data-dir d --foreground").unwrap();
        assert_eq!((options.folder, options.data_dir), (Some("docs".into()), Some("d".into())));
        assert_eq!((options.question.as_deref(), options.foreground), (Some("why"), true));
        assert!(parse("a b").unwrap_err().contains("not also b"));
        assert!(parse("--quiet").unwrap_err().contains("--quiet"));
        assert!(parse("--question").unwrap_err().contains("needs a value"));
    }
}
