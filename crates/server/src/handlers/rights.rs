//! Who may read a document, and why.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use pinakes_access::{Decided, Power, label_set};
use pinakes_api::{AccessExplained, ApiError, Code, DocumentAccess, SetAccessRequest};
use pinakes_types::{DocId, Label};

use crate::body;
use crate::failure::Failure;
use crate::handlers::documents::doc_id;
use crate::handlers::session::accounts;
use crate::identity::{Asker, Who};
use crate::state::State;
use crate::work::Work;

/// Whoever may read a document may know who else may; why that is so is for administrators.
pub(crate) async fn show(state: Data<State>, asker: Asker, who: Who, id: Path<String>) -> Result<Json<DocumentAccess>, Failure> {
    let id = doc_id(&id)?;
    let accounts = accounts(&state)?.clone();
    if !who.0.may(Power::Administer) {
        state.read(state.library().document(asker.0, id.clone())).await?;
    }
    let doc = id.clone();
    let rights = Work::spawn(&state.runtime, async move { accounts.rights_of(&doc).await }).await?;
    let mut shown = access(id, rights);
    shown.origin = shown.origin.filter(|_| who.0.may(Power::Administer));
    Ok(Json(shown))
}

pub(crate) async fn set(
    state: Data<State>,
    who: Who,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<DocumentAccess>, Failure> {
    let id = doc_id(&id)?;
    let wanted: SetAccessRequest = body::json(&request, payload, &state.limits).await?;
    let labels = match wanted.labels.as_slice() {
        [] => Ok(std::collections::BTreeSet::new()),
        labels => label_set(labels.iter().map(String::as_str)),
    };
    let labels = labels.map_err(|problem| Failure::new(Code::BadRequest, problem))?;
    change(&state, who, id, Some(labels)).await
}

pub(crate) async fn unset(state: Data<State>, who: Who, id: Path<String>) -> Result<Json<DocumentAccess>, Failure> {
    let id = doc_id(&id)?;
    change(&state, who, id, None).await
}

pub(crate) async fn explain(state: Data<State>, path: Path<(String, String)>) -> Result<Json<AccessExplained>, Failure> {
    let (id, person) = path.into_inner();
    let id = doc_id(&id)?;
    let accounts = accounts(&state)?.clone();
    let doc = id.clone();
    let explained = Work::spawn(&state.runtime, async move { accounts.explain(&person, &doc).await }).await?;
    Ok(Json(AccessExplained {
        person: explained.person,
        doc_id: id,
        allowed: explained.allowed,
        active: explained.active,
        holds: words(explained.holds),
        needs: words(explained.needs),
        by: words(explained.by),
        origin: explained.origin,
    }))
}

async fn change(
    state: &Data<State>,
    who: Who,
    id: DocId,
    labels: Option<std::collections::BTreeSet<Label>>,
) -> Result<Json<DocumentAccess>, Failure> {
    let accounts = accounts(state)?.clone();
    let (library, doc) = (state.library(), id.clone());
    // Not cancelled when the client goes: what was asked for is done.
    let changed = state.runtime.spawn(async move {
        let rules = match labels {
            Some(_) => Decided { labels: std::collections::BTreeSet::new(), origin: String::new() },
            None => library.rules_for(doc.clone()).await?,
        };
        accounts.set_rights(&who.0.principal.subject, &doc, labels, &rules).await
    });
    Ok(Json(access(id, changed.await.map_err(ApiError::internal)??)))
}

fn access(doc_id: DocId, rights: Decided) -> DocumentAccess {
    DocumentAccess { doc_id, labels: words(rights.labels), origin: Some(rights.origin) }
}

fn words(labels: impl IntoIterator<Item = Label>) -> Vec<String> {
    labels.into_iter().map(|label| label.0).collect()
}
