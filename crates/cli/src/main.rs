//! The binary: reads the command line, wires the crates together, prints. It knows how nothing works.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]

mod access;
mod args;
mod bot;
mod commands;
mod generator;
mod outgoing;
mod output;
mod progress;
mod system;
mod task_args;
mod wiring;

use std::process::ExitCode;

use clap::Parser;
use pinakes_api::ApiError;

use crate::args::{Cli, Command};

/// How a command ended when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As asked.
    Done,
    /// It ran, and there was no result.
    Nothing,
}

/// Exit code of wrong usage (sysexits.h), where clap would say 2.
const USAGE: u8 = 64;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    if let Command::ExtractWorker { limits } = &cli.command {
        return commands::extract_worker(limits.as_deref());
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return fail(&ApiError::new(pinakes_api::Code::IoFailed, format!("no threads can be started: {error}")), cli.global.json);
        }
    };
    pinakes_ingest::arm_failpoints();
    let json = cli.global.json;
    match runtime.block_on(commands::run(cli)) {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Nothing) => ExitCode::from(1),
        Err(error) => fail(&error, json),
    }
}

/// Errors go to standard error in words; with `--json` also to standard output as an object, so that a program needs to read one stream.
fn fail(error: &ApiError, json: bool) -> ExitCode {
    if json {
        output::json(&serde_json::json!({ "error": { "code": error.code, "detail": error.detail } }));
    }
    eprintln!("pinakes: {}", error.detail);
    // The operator may know what the network may not.
    let mut cause = error.source.as_deref().map(|source| source as &dyn std::error::Error);
    while let Some(source) = cause {
        let words = source.to_string();
        if !error.detail.contains(&words) {
            eprintln!("  because: {words}");
        }
        cause = source.source();
    }
    ExitCode::from(error.code.exit_code())
}
