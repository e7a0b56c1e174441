//! Chores of the repository, called as `cargo xtask NAME`. Built on the standard library and one crate, so that it is there in
//! seconds, before anything heavy is compiled.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]

mod browser;
mod places;
mod question;
mod quickstart;
mod server;
mod setup;
mod steps;
mod test;

use std::process::ExitCode;

use steps::Failure;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  setup                  put the tools the build needs into .tools
  quickstart [FOLDER]    build, index FOLDER (default: data/sample), answer one question, leave the server running;
                         the last line printed is its address
      --data-dir DIR     where the store is kept (default: data/store)
      --question TEXT    what is asked (default: one the sample answers, or the title of FOLDER's first document)
      --foreground       keep the server in this terminal; Ctrl-C stops it
  test                   format, lints, licences, then all tests; the last thing printed is the runner's summary
      --full             the slow tests too
      -- ARGUMENTS       handed to the test runner
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                eprintln!("xtask: {failure}");
            }
            ExitCode::from(failure.exit_code)
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), Failure> {
    let Some((command, rest)) = arguments.split_first() else { return Err(Failure::usage(USAGE)) };
    match command.as_str() {
        "setup" if rest.is_empty() => setup::run(),
        "quickstart" => quickstart::run(&quickstart::Options::parse(rest)?),
        "test" => test::run(&test::Options::parse(rest)?),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(Failure::usage(USAGE)),
    }
}
