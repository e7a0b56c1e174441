//! Steps: each is announced, runs one program, and a failure says which.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::Command;

/// Why the chore ended early, and the exit code to end with.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    pub(crate) exit_code: u8,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code: 1 }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code: 64 }
    }

    /// Whether everything was said already.
    pub(crate) fn is_silent(&self) -> bool {
        self.message.is_empty()
    }

    /// An I/O error and the path it happened at.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self { message: format!("{}: {error}", path.display()), exit_code: 74 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Says what comes next. On stderr: what a chore prints on stdout is for scripts.
pub(crate) fn announce(what: &str) {
    eprintln!("\n==> {what}");
}

/// Says that something was left out, so that nobody takes it for done.
pub(crate) fn skipped(what: &str) {
    eprintln!("\n==> SKIPPED: {what}");
}

/// Runs a program to its end; anything but success is a failure that carries its exit code.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    match exit_code(command)? {
        0 => Ok(()),
        code => Err(Failure { message: format!("{} ended with exit code {code}", shown(command)), exit_code: code }),
    }
}

/// As [`run`], for a program that has the last word: its failure adds nothing to what it said itself.
pub(crate) fn run_last(command: &mut Command) -> Result<(), Failure> {
    match exit_code(command)? {
        0 => Ok(()),
        code => Err(Failure { message: String::new(), exit_code: code }),
    }
}

/// Runs a program to its end and gives its exit code; 1 when a signal ended it.
pub(crate) fn exit_code(command: &mut Command) -> Result<u8, Failure> {
    announce(&shown(command));
    let status = command.status().map_err(|error| Failure::new(format!("cannot run {}: {error}", shown(command))))?;
    Ok(status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1)))
}

/// Whether `cargo NAME` is installed.
pub(crate) fn has_cargo_tool(name: &str) -> bool {
    let output = Command::new(crate::places::cargo()).args([name, "--version"]).output();
    output.is_ok_and(|output| output.status.success())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    let quoted = |text: String| if text.is_empty() || text.contains(' ') { format!("{text:?}") } else { text };
    let arguments = command.get_args().map(|argument| quoted(argument.to_string_lossy().into_owned()));
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}
