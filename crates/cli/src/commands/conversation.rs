//! `pinakes conversation`: what was asked and answered on this machine, as its owner browses it.

use std::path::PathBuf;
use std::sync::Arc;

use pinakes_answer::Searcher;
use pinakes_api::{ApiError, Code, ConversationQuery, ConversationTurn, ExportFormat};
use pinakes_config::Config;
use pinakes_types::Scope;

use super::ask;
use crate::args::{ConversationCommand, Export, Global};
use crate::{End, output, wiring};

pub(crate) async fn run(config: &Arc<Config>, global: &Global, command: ConversationCommand) -> Result<End, ApiError> {
    let (searcher, scope) = wiring::searcher(config).await?;
    match command {
        ConversationCommand::List { limit } => list(&searcher, &scope, global, limit).await,
        ConversationCommand::Show { id } => show(&searcher, &scope, global, &id).await,
        ConversationCommand::Rename { id, title } => {
            let renamed = searcher.rename_conversation(&scope, &id, &title).await?;
            tell(global, &renamed, &format!("{id} is called {:?} now.", renamed.title));
            Ok(End::Done)
        }
        ConversationCommand::Delete { id } => {
            let deleted = searcher.delete_conversation(&scope, &id).await?;
            tell(global, &deleted, &format!("{id} is deleted."));
            Ok(End::Done)
        }
        ConversationCommand::Export { id, format, out } => export(&searcher, &scope, global, &id, format, out).await,
    }
}

async fn list(searcher: &Searcher, scope: &Scope, global: &Global, limit: usize) -> Result<End, ApiError> {
    let list = searcher.conversations(scope, &ConversationQuery { limit: Some(limit), cursor: None }).await?;
    if global.json {
        output::json(&list);
        return Ok(End::Done);
    }
    for one in &list.conversations {
        output::line(&format!("{}  {}  {}", one.conversation_id, output::bold(&one.title), output::faint(&turns(one.turns))));
    }
    if list.conversations.is_empty() && !global.quiet {
        output::line("No conversation is kept; `pinakes ask --save QUESTION` begins one.");
    }
    if list.next_cursor.is_some() && !global.quiet {
        output::line(&output::faint("There are more; -n shows more of them."));
    }
    Ok(End::Done)
}

async fn show(searcher: &Searcher, scope: &Scope, global: &Global, id: &str) -> Result<End, ApiError> {
    let conversation = searcher.conversation(scope, id, &ConversationQuery::default()).await?;
    if global.json {
        output::json(&conversation);
        return Ok(End::Done);
    }
    output::line(&output::bold(&conversation.title));
    if conversation.next_cursor.is_some() {
        output::line(&output::faint("(earlier turns are left out; `pinakes conversation export` writes all of them)"));
    }
    conversation.turns.iter().for_each(show_turn);
    Ok(End::Done)
}

fn show_turn(turn: &ConversationTurn) {
    output::line(&format!("\n{} {}", output::faint(&format!("{}.", turn.turn)), output::bold(&turn.question)));
    ask::show(&turn.response, true);
}

async fn export(
    searcher: &Searcher,
    scope: &Scope,
    global: &Global,
    id: &str,
    format: Export,
    out: Option<PathBuf>,
) -> Result<End, ApiError> {
    let format = match format {
        Export::Json => ExportFormat::Json,
        Export::Markdown => ExportFormat::Markdown,
    };
    let text = searcher.export_conversation(scope, id, format).await?;
    let Some(path) = out else {
        output::line(text.trim_end());
        return Ok(End::Done);
    };
    fs_err::write(&path, text.as_bytes()).map_err(|error| ApiError::new(Code::CannotWrite, error.to_string()))?;
    tell(global, &serde_json::json!({ "path": path, "bytes": text.len() }), &format!("{} bytes in {}", text.len(), path.display()));
    Ok(End::Done)
}

fn tell(global: &Global, value: &impl serde::Serialize, words: &str) {
    if global.json {
        output::json(value);
    } else if !global.quiet {
        output::line(words);
    }
}

fn turns(number: u64) -> String {
    if number == 1 { "1 question".to_owned() } else { format!("{number} questions") }
}
