//! One file a command: translate the arguments, call, print.

mod access;
mod ask;
mod audit;
mod bench;
mod bench_engine;
mod bench_load;
mod bench_reuse;
mod bot;
mod collection;
mod conversation;
mod doctor;
pub(crate) mod engine;
mod eval_answers;
mod eval_golden;
mod eval_retrieval;
mod index;
mod init;
mod key;
mod mcp;
mod model;
mod model_logits;
mod percentiles;
mod search;
mod serve;
mod status;
mod task;
pub(crate) mod user;

use std::process::ExitCode;

use clap::CommandFactory;
use pinakes_api::ApiError;
use pinakes_config::limits::ExtractLimits;

use crate::args::{Bench, Cli, Command, Eval};
use crate::{End, wiring};

/// Runs a command.
pub(crate) async fn run(cli: Cli) -> Result<End, ApiError> {
    let Cli { global, command } = cli;
    if let Command::Completions { shell } = command {
        clap_complete::generate(shell, &mut Cli::command(), "pinakes", &mut std::io::stdout());
        return Ok(End::Done);
    }
    let overrides = match &command {
        Command::Serve { address: Some(address) } => vec![("server.address".to_owned(), address.clone())],
        _ => vec![],
    };
    let config = wiring::config(&global, overrides)?;
    wiring::logging(&config, &global, matches!(command, Command::Serve { .. }));
    match command {
        Command::Init => init::run(&config, &global).await,
        Command::Index(command) => index::run(&config, &global, command).await,
        Command::Search(search) => search::run(&config, &global, search).await,
        Command::Ask(ask) => ask::run(&config, &global, ask).await,
        Command::Conversation(command) => conversation::run(&config, &global, command).await,
        Command::Collection(command) => collection::run(&config, &global, command).await,
        Command::Task(wanted) => task::run(&config, &global, wanted).await,
        Command::Serve { .. } => serve::run(&config).await,
        Command::Mcp => mcp::run(&config).await,
        Command::Bot(command) => bot::run(&config, &global, command).await,
        Command::User(command) => user::run(&config, &global, command).await,
        Command::Key(command) => key::run(&config, &global, command).await,
        Command::Access(command) => access::run(&config, &global, command).await,
        Command::Audit(command) => audit::run(&config, &global, command),
        Command::Model(command) => model::run(&config, &global, command).await,
        Command::Eval(Eval::Retrieval { beir, mode, fusion }) => eval_retrieval::run(&config, &global, &beir, mode, fusion).await,
        Command::Engine(command) => engine::run(&config, &global, command).await,
        Command::Eval(Eval::Answers(given)) => eval_answers::run(&config, &global, &given).await,
        Command::Eval(Eval::GoldenFromFeedback { out }) => eval_golden::run(&config, &global, &out).await,
        Command::Bench(Bench::Engine(wanted)) => bench_engine::run(&config, &global, wanted).await,
        Command::Bench(Bench::Reuse(wanted)) => bench_reuse::run(&config, &global, wanted).await,
        Command::Bench(Bench::Load(wanted)) => bench_load::run(&config, &global, wanted).await,
        Command::Bench(Bench::Index { folder }) => bench::index(&config, &global, &folder).await,
        Command::Bench(Bench::Search { queries, number, clients }) => {
            bench::search(&config, &global, queries.as_deref(), number, clients).await
        }
        Command::Doctor => doctor::run(&config, &global).await,
        Command::Completions { .. } | Command::ExtractWorker { .. } => unreachable!("handled before the configuration is read"),
    }
}

/// The child that reads documents, under its parent's limits. It sets its own resource limits before the first byte of a document is
/// read, and runs before any thread or large mapping of ours exists, as the limit on address space counts those too.
pub(crate) fn extract_worker(limits: Option<&str>) -> ExitCode {
    let limits = limits.map_or_else(|| Ok(ExtractLimits::default()), serde_json::from_str);
    let ended = limits.map_err(std::io::Error::from).and_then(|limits| pinakes_extract::run_worker(&limits));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("extract-worker: {error}");
            ExitCode::from(74)
        }
    }
}
