//! `pinakes search`

use std::sync::Arc;

use pinakes_api::{ApiError, Filters, Fusion, Hit, SearchMode, SearchRequest};
use pinakes_config::Config;
use pinakes_types::SourceId;

use crate::args::{self, FilterArgs, Global, Search};
use crate::{End, output, wiring};

/// Characters of a passage shown on a terminal.
const EXCERPT_CHARS: usize = 280;

pub(crate) async fn run(config: &Arc<Config>, global: &Global, search: Search) -> Result<End, ApiError> {
    let (searcher, scope) = wiring::searcher(config).await?;
    let request = SearchRequest {
        limit: search.limit.map_or(config.search.hits, |limit| limit as usize),
        mode: mode(search.mode),
        fusion: search.fusion.map(fusion),
        explain: search.explain,
        filters: filters(search.filters)?,
        ..SearchRequest::new(search.query)
    };
    let response = searcher.search(&scope, &request).await?;
    if global.json {
        output::json(&response);
    } else {
        response.hits.iter().for_each(show);
        if response.hits.is_empty() {
            output::line(&format!("Nothing found in {} documents.", response.documents_searched));
        } else if !global.quiet {
            output::line(&output::faint(&format!("{} ms, {} documents", response.took_ms, response.documents_searched)));
        }
    }
    Ok(if response.hits.is_empty() { End::Nothing } else { End::Done })
}

fn show(hit: &Hit) {
    let page = hit.page.map_or(String::new(), |page| format!(", page {page}"));
    output::line(&format!("{:>2}. {}  {}", hit.rank, output::bold(&hit.title), output::faint(&format!("{}{page}", hit.path))));
    if let Some(heading) = &hit.heading {
        output::line(&format!("    {heading}"));
    }
    output::line(&format!("    {}", output::excerpt(&hit.snippet, EXCERPT_CHARS)));
    if let Some(legs) = &hit.legs {
        let place = |rank: Option<usize>, score: Option<f32>| {
            rank.zip(score).map_or("–".to_owned(), |(rank, score)| format!("#{rank} ({score:.3})"))
        };
        let words = format!(
            "score {:.3}; words {}; meaning {}",
            hit.score,
            place(legs.lexical_rank, legs.lexical_score),
            place(legs.vector_rank, legs.vector_score)
        );
        output::line(&format!("    {}", output::faint(&words)));
    }
}

pub(crate) fn mode(mode: args::Mode) -> SearchMode {
    match mode {
        args::Mode::Hybrid => SearchMode::Hybrid,
        args::Mode::Lexical => SearchMode::Lexical,
        args::Mode::Vector => SearchMode::Vector,
    }
}

pub(crate) fn fusion(fusion: args::Fusion) -> Fusion {
    match fusion {
        args::Fusion::Convex => Fusion::Convex,
        args::Fusion::Rrf => Fusion::Rrf,
    }
}

pub(crate) fn filters(args: FilterArgs) -> Result<Filters, ApiError> {
    let kinds = args.kinds.iter().map(|name| {
        serde_json::from_value(serde_json::Value::String(name.clone())).map_err(|_| {
            ApiError::new(pinakes_api::Code::BadRequest, format!("{name} is no format; there are text, code, markdown, html, pdf, docx"))
        })
    });
    Ok(Filters {
        kinds: kinds.collect::<Result<_, _>>()?,
        languages: args.languages,
        sources: args.sources.into_iter().map(SourceId).collect(),
        path_prefix: args.path_prefix,
        collection: args.collection,
        ..Filters::default()
    })
}
