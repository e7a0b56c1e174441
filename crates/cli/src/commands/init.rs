//! `pinakes init`: an empty store, or the word that there is one.

use std::sync::Arc;

use pinakes_api::ApiError;
use pinakes_catalog::Catalog;
use pinakes_config::Config;

use crate::args::Global;
use crate::{End, output, wiring};

pub(crate) async fn run(config: &Arc<Config>, global: &Global) -> Result<End, ApiError> {
    let existed = Catalog::exists_in(&config.store.data_dir);
    let store = wiring::store(config, true).await?;
    let folder = store.data_dir().display().to_string();
    if global.json {
        output::json(&serde_json::json!({ "data_dir": folder, "created": !existed }));
    } else if !global.quiet {
        output::line(&if existed {
            format!("There is a store in {folder} already; it stays as it is.")
        } else {
            format!("Made an empty store in {folder}.")
        });
        if wiring::models(config).get(&config.embed.model).is_err() {
            output::line(&format!("Next: pinakes model pull {}", config.embed.model));
        } else if !existed {
            output::line("Next: pinakes index add FOLDER");
        }
    }
    Ok(End::Done)
}
