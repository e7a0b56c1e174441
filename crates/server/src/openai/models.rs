//! `GET /v1/models`, and what a name stands for.

use actix_web::web::{Data, Json, Path};
use pinakes_api::openai::{ModelCard, ModelCardList};
use pinakes_api::{AskResponse, Code, Filters, Models};
use pinakes_types::{Scope, SourceId};

use crate::failure::Failure;
use crate::identity::Asker;
use crate::state::State;

/// The documents.
const DOCUMENTS: &str = "pinakes";

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// Answers from the documents.
    Documents {
        /// Without a language model, whatever is configured.
        extractive: bool,
        /// Of one collection, or one source, only.
        filters: Filters,
    },
    /// A language model by itself.
    Plain,
    /// The embedding model.
    Embedding,
}

pub(crate) async fn list(state: Data<State>, asker: Asker) -> Result<Json<ModelCardList>, Failure> {
    let models = known(&state, asker.0).await?;
    Ok(Json(ModelCardList { object: "list".into(), data: names(&models).into_iter().map(|name| card(&state, name)).collect() }))
}

pub(crate) async fn one(state: Data<State>, asker: Asker, name: Path<String>) -> Result<Json<ModelCard>, Failure> {
    named(&name, &known(&state, asker.0).await?)?;
    Ok(Json(card(&state, name.into_inner())))
}

/// What there is for somebody.
pub(super) async fn known(state: &State, scope: Scope) -> Result<Models, Failure> {
    state.read(state.library().models(scope)).await
}

/// What a name stands for.
pub(super) fn named(name: &str, models: &Models) -> Result<Named, Failure> {
    let documents = |extractive, filters| Ok(Named::Documents { extractive, filters });
    match name.strip_prefix(DOCUMENTS).map(|rest| rest.strip_prefix('/')) {
        Some(None) if name == DOCUMENTS => return documents(false, Filters::default()),
        Some(Some(AskResponse::EXTRACTIVE)) => return documents(true, Filters::default()),
        Some(Some(name)) if models.collections.iter().any(|known| known == name) => {
            return documents(false, Filters { collection: Some(name.to_owned()), ..Filters::default() });
        }
        // A collection of the same name comes first.
        Some(Some(name)) if models.sources.iter().any(|known| known == name) => {
            return documents(false, Filters { sources: vec![SourceId(name.to_owned())], ..Filters::default() });
        }
        _ => {}
    }
    if models.generators.iter().any(|known| known == name) {
        return Ok(Named::Plain);
    }
    if models.embedding.as_deref() == Some(name) {
        return Ok(Named::Embedding);
    }
    Err(Failure::new(Code::ModelNotFound, "There is no model of that name here; `/v1/models` lists what there is."))
}

fn names(models: &Models) -> Vec<String> {
    let sources = models.sources.iter().filter(|name| !models.collections.contains(name));
    let below = models.collections.iter().chain(sources).map(String::as_str).filter(|name| *name != AskResponse::EXTRACTIVE);
    let documents = [AskResponse::EXTRACTIVE].into_iter().chain(below).map(|name| format!("{DOCUMENTS}/{name}"));
    [DOCUMENTS.to_owned()].into_iter().chain(documents).chain(models.generators.clone()).chain(models.embedding.clone()).collect()
}

fn card(state: &State, id: String) -> ModelCard {
    ModelCard { id, object: "model".into(), created: state.started.0 / 1_000, owned_by: DOCUMENTS.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> Models {
        Models {
            generators: vec!["qwen".into()],
            embedding: Some("minilm".into()),
            collections: vec!["hr".into(), "both".into()],
            sources: vec!["both".into(), "handbook".into(), "extractive".into()],
        }
    }

    #[test]
    fn every_listed_name_stands_for_something() {
        let listed = names(&models());
        assert_eq!(listed, ["pinakes", "pinakes/extractive", "pinakes/hr", "pinakes/both", "pinakes/handbook", "qwen", "minilm"]);
        assert!(listed.iter().all(|name| named(name, &models()).is_ok()));
    }

    #[test]
    fn names_stand_for_documents_models_or_nothing() {
        let documents = |extractive, source: Option<&str>| {
            let sources = source.map(|id| SourceId(id.into())).into_iter().collect();
            Named::Documents { extractive, filters: Filters { sources, ..Filters::default() } }
        };
        let of =
            |name: &str| Named::Documents { extractive: false, filters: Filters { collection: Some(name.into()), ..Filters::default() } };
        for (name, expected) in [
            ("pinakes", Some(documents(false, None))),
            ("pinakes/extractive", Some(documents(true, None))),
            ("pinakes/handbook", Some(documents(false, Some("handbook")))),
            ("pinakes/hr", Some(of("hr"))),
            ("pinakes/both", Some(of("both"))),
            ("qwen", Some(Named::Plain)),
            ("minilm", Some(Named::Embedding)),
            ("pinakes/", None),
            ("pinakes/secret", None),
            ("pinakesx", None),
            ("", None),
            ("gpt-4o", None),
        ] {
            assert_eq!(named(name, &models()).ok(), expected, "{name}");
        }
    }
}
