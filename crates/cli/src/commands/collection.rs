//! `pinakes collection`: parts of the documents that can be asked alone.

use std::sync::Arc;

use pinakes_api::ApiError;
use pinakes_config::Config;

use crate::args::Global;
use crate::args::collection::CollectionCommand;
use crate::{End, output, wiring};

pub(crate) async fn run(config: &Arc<Config>, global: &Global, CollectionCommand::List: CollectionCommand) -> Result<End, ApiError> {
    let (searcher, scope) = wiring::searcher(config).await?;
    let list = searcher.collections(&scope).await?;
    if global.json {
        output::json(&list);
        return Ok(End::Done);
    }
    for one in &list.collections {
        let model = one.model.as_ref().map_or_else(String::new, |model| format!(", answered by {model}"));
        output::line(&format!(
            "{}  {}  {}",
            output::bold(&one.name),
            one.title,
            output::faint(&format!("{} documents{model}", one.documents))
        ));
    }
    if list.collections.is_empty() && !global.quiet {
        output::line("There is no collection with documents; `[collections.NAME]` in the configuration makes one.");
    }
    Ok(End::Done)
}
