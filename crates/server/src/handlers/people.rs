//! People, for administrators.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use pinakes_access::{NewPerson, Person};
use pinakes_api::{ApiError, NewPersonRequest, PasswordLink, PersonChange, PersonInfo, PersonList, PersonListQuery};

use crate::body;
use crate::failure::Failure;
use crate::handlers::search::query;
use crate::handlers::session::{accounts, role, role_name};
use crate::identity::Who;
use crate::state::State;
use crate::work::Work;

/// People in a page of the list.
const LISTED_MAX: u32 = 200;

pub(crate) async fn list(state: Data<State>, request: HttpRequest) -> Result<Json<PersonList>, Failure> {
    let after = query::<PersonListQuery>(&request)?.after.unwrap_or_default();
    let accounts = accounts(&state)?.clone();
    let people = Work::spawn(&state.runtime, async move { accounts.people(&after, LISTED_MAX).await }).await?;
    let next_after = people.last().filter(|_| people.len() == LISTED_MAX as usize).map(|last| last.name.clone());
    Ok(Json(PersonList { people: people.into_iter().map(info).collect(), next_after }))
}

pub(crate) async fn one(state: Data<State>, name: Path<String>) -> Result<Json<PersonInfo>, Failure> {
    let accounts = accounts(&state)?.clone();
    Ok(Json(info(Work::spawn(&state.runtime, async move { accounts.person(&name).await }).await?)))
}

pub(crate) async fn add(state: Data<State>, who: Who, request: HttpRequest, payload: Payload) -> Result<Json<PersonInfo>, Failure> {
    let wanted: NewPersonRequest = body::json(&request, payload, &state.limits).await?;
    let accounts = accounts(&state)?.clone();
    let new = NewPerson { name: wanted.name, display: wanted.display, role: role(wanted.role), password: None, groups: wanted.groups };
    let added = state.runtime.spawn(async move { accounts.add_person(&who.0.principal.subject, new).await });
    Ok(Json(info(added.await.map_err(ApiError::internal)??)))
}

pub(crate) async fn change(
    state: Data<State>,
    who: Who,
    name: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<PersonInfo>, Failure> {
    let wanted: PersonChange = body::json(&request, payload, &state.limits).await?;
    let accounts = accounts(&state)?.clone();
    // Not cancelled when the client goes: half of it would be done.
    let changed = state.runtime.spawn(async move {
        let by = &who.0.principal.subject;
        for (groups, member) in [(&wanted.join, true), (&wanted.leave, false)] {
            for group in groups {
                accounts.set_group(by, &name, group, member).await?;
            }
        }
        match (wanted.role, wanted.active) {
            (None, None) => accounts.person(&name).await,
            (new_role, active) => accounts.change_person(by, &name, new_role.map(role), active).await,
        }
    });
    Ok(Json(info(changed.await.map_err(ApiError::internal)??)))
}

pub(crate) async fn link(state: Data<State>, who: Who, name: Path<String>, request: HttpRequest) -> Result<Json<PasswordLink>, Failure> {
    let accounts = accounts(&state)?.clone();
    let secret = Work::spawn(&state.runtime, async move { accounts.password_link(&who.0.principal.subject, &name).await }).await?;
    Ok(Json(PasswordLink { url: format!("{}/sign-in#link={secret}", body::own_address(state.public_url.as_deref(), &request)) }))
}

fn info(person: Person) -> PersonInfo {
    PersonInfo {
        name: person.name,
        display: person.display,
        role: role_name(person.role),
        active: person.active,
        groups: person.groups,
        has_password: person.has_password,
        provider: person.provider,
        locked_until: person.locked_until,
        created_at: person.created_at,
    }
}
