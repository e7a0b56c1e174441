//! `pinakes ask`

use std::sync::Arc;

use pinakes_api::{ApiError, AskRequest, AskResponse};
use pinakes_config::Config;

use crate::args::{Ask, Global};
use crate::{End, generator, output, wiring};

pub(crate) async fn run(config: &Arc<Config>, global: &Global, ask: Ask) -> Result<End, ApiError> {
    let (searcher, scope) = wiring::searcher(config).await?;
    let generator = if ask.extractive { None } else { generator::open(config).await? };
    let searcher = searcher.with_generator(generator);
    let request = AskRequest { filters: super::search::filters(ask.filters)?, ..AskRequest::new(ask.question) };
    let response = searcher.ask(&scope, &request, None).await?;
    if global.json {
        output::json(&response);
    } else {
        show(&response, global.quiet);
    }
    Ok(if response.refused { End::Nothing } else { End::Done })
}

fn show(response: &AskResponse, quiet: bool) {
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
    if !quiet {
        let kind =
            if response.extractive && !response.refused { "Sentences of the documents themselves (no language model); " } else { "" };
        let words = format!("\n{kind}searched {} documents in {} ms.", response.searched.documents, response.timings.total_ms);
        output::line(&output::faint(&words));
    }
}
