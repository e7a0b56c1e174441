//! `pinakes ask`

use std::sync::Arc;

use pinakes_answer::Searcher;
use pinakes_api::{ApiError, AskRequest, AskResponse, ConversationQuery};
use pinakes_config::Config;
use pinakes_types::Scope;

use crate::args::{Ask, Global};
use crate::{End, generator, output, wiring};

pub(crate) async fn run(config: &Arc<Config>, global: &Global, ask: Ask) -> Result<End, ApiError> {
    let (searcher, scope) = wiring::searcher(config).await?;
    let searcher = if ask.extractive { searcher } else { searcher.with_generators(generator::open(config).await?) };
    let conversation_id = match ask.conversation {
        None if ask.go_on => newest(&searcher, &scope).await?,
        named => named,
    };
    let request = AskRequest {
        filters: super::search::filters(ask.filters)?,
        save: ask.save || ask.go_on,
        conversation_id,
        ..AskRequest::new(ask.question)
    };
    let response = searcher.ask(&scope, &request, None).await?;
    if global.json {
        output::json(&response);
    } else {
        show(&response, global.quiet);
        if let (Some(id), false) = (&response.conversation_id, global.quiet) {
            output::line(&output::faint(&format!("Kept in conversation {id}.")));
        }
    }
    Ok(if response.refused { End::Nothing } else { End::Done })
}

/// The conversation last used, if there is one.
async fn newest(searcher: &Searcher, scope: &Scope) -> Result<Option<String>, ApiError> {
    let list = searcher.conversations(scope, &ConversationQuery { limit: Some(1), cursor: None }).await?;
    Ok(list.conversations.into_iter().next().map(|one| one.conversation_id))
}

/// Prints an answer for people.
pub(crate) fn show(response: &AskResponse, quiet: bool) {
    output::line(&response.answer);
    for citation in &response.citations {
        let page = citation.page.map_or(String::new(), |page| format!(", page {page}"));
        output::line(&format!(
            "\n[{}] {}  {}",
            citation.marker,
            output::bold(&citation.title),
            output::faint(&format!("{}{page}", citation.path))
        ));
        output::line(&format!("    “{}”", citation.quote.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    if !response.nearest.is_empty() {
        output::line("\nNearest passages:");
        for hit in &response.nearest {
            output::line(&format!("  {}  {}", output::bold(&hit.title), output::faint(&hit.path)));
            output::line(&format!("    {}", output::excerpt(&hit.snippet, 200)));
        }
    }
    for note in &response.notes {
        output::line(&output::faint(&format!("\n{note}")));
    }
    if !quiet {
        for query in &response.queries {
            output::line(&output::faint(&format!("\nSearched for: {query}")));
        }
        let kind =
            if response.extractive && !response.refused { "Sentences of the documents themselves (no language model); " } else { "" };
        let words = format!("\n{kind}searched {} documents in {} ms.", response.searched.documents, response.timings.total_ms);
        output::line(&output::faint(&words));
    }
}
