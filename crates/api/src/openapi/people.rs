//! Descriptions of the routes for signing in, people, keys and rights. The functions are never called; the macro reads what stands on them.
#![allow(dead_code, reason = "read by the macro, never called")]

use crate::{
    AccessExplained, DocumentAccess, Ended, KeyList, NewKeyRequest, NewKeyResponse, NewPersonRequest, PasswordLink, PersonChange,
    PersonInfo, PersonList, PersonListQuery, Problem, SessionInfo, SetAccessRequest, SignInRequest, UseLinkRequest,
};

/// Who the server takes the caller for.
#[utoipa::path(get, path = "/api/v1/session", tag = "people", responses((status = 200, body = SessionInfo)))]
pub(super) fn session() {}

/// Signs in with name and password; the answer sets a cookie.
#[utoipa::path(post, path = "/api/v1/session", tag = "people", request_body = SignInRequest, responses(
    (status = 200, body = SessionInfo),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "The name or the password is wrong"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Too many passwords are being tried"),
))]
pub(super) fn sign_in() {}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "people", responses((status = 200, body = Ended)))]
pub(super) fn sign_out() {}

/// Chooses a password by a link that works once, and signs in.
#[utoipa::path(post, path = "/api/v1/session/link", tag = "people", request_body = UseLinkRequest, responses(
    (status = 200, body = SessionInfo),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "The name or the password will not do"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "The link does not work, or no longer"),
))]
pub(super) fn use_link() {}

/// One's own keys.
#[utoipa::path(get, path = "/api/v1/keys", tag = "people", responses((status = 200, body = KeyList)))]
pub(super) fn keys() {}

/// Makes a key that acts as oneself. The key is shown this once.
#[utoipa::path(post, path = "/api/v1/keys", tag = "people", request_body = NewKeyRequest, responses((status = 200, body = NewKeyResponse)))]
pub(super) fn new_key() {}

/// Takes a key back.
#[utoipa::path(delete, path = "/api/v1/keys/{id}", tag = "people", params(("id" = String, Path, description = "The key's id")), responses(
    (status = 200, body = Ended),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such key of one's own"),
))]
pub(super) fn revoke_key() {}

/// Lists people.
#[utoipa::path(get, path = "/api/v1/people", tag = "people", params(PersonListQuery), responses((status = 200, body = PersonList)))]
pub(super) fn people() {}

/// Adds somebody, who chooses a password by a link or signs in through a provider.
#[utoipa::path(post, path = "/api/v1/people", tag = "people", request_body = NewPersonRequest, responses(
    (status = 200, body = PersonInfo),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "The name is none, or taken"),
))]
pub(super) fn add_person() {}

/// Somebody.
#[utoipa::path(get, path = "/api/v1/people/{name}", tag = "people", params(("name" = String, Path, description = "Their name")), responses(
    (status = 200, body = PersonInfo),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "Nobody is called so"),
))]
pub(super) fn person() {}

/// Changes what somebody may do, whether they may come in, and their groups; in force for their next request.
#[utoipa::path(post, path = "/api/v1/people/{name}", tag = "people", params(("name" = String, Path, description = "Their name")),
    request_body = PersonChange, responses(
    (status = 200, body = PersonInfo),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "Nobody is called so"),
))]
pub(super) fn change_person() {}

/// Makes a link by which somebody chooses a password.
#[utoipa::path(post, path = "/api/v1/people/{name}/link", tag = "people", params(("name" = String, Path, description = "Their name")), responses(
    (status = 200, body = PasswordLink),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "Nobody is called so"),
))]
pub(super) fn password_link() {}

/// Somebody's keys.
#[utoipa::path(get, path = "/api/v1/people/{name}/keys", tag = "people", params(("name" = String, Path, description = "Their name")), responses(
    (status = 200, body = KeyList),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "Nobody is called so"),
))]
pub(super) fn their_keys() {}

/// Takes somebody's key back.
#[utoipa::path(delete, path = "/api/v1/people/{name}/keys/{id}", tag = "people",
    params(("name" = String, Path, description = "Their name"), ("id" = String, Path, description = "The key's id")), responses(
    (status = 200, body = Ended),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "Nobody is called so, or has no such key"),
))]
pub(super) fn revoke_their_key() {}

/// Who may read a document.
#[utoipa::path(get, path = "/api/v1/documents/{id}/access", tag = "people", params(("id" = String, Path, description = "The document")), responses(
    (status = 200, body = DocumentAccess),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such document, or not for the asker"),
))]
pub(super) fn document_access() {}

/// Says by hand who may read a document, above whatever rules say; in force for the next request.
#[utoipa::path(post, path = "/api/v1/documents/{id}/access", tag = "people", params(("id" = String, Path, description = "The document")),
    request_body = SetAccessRequest, responses(
    (status = 200, body = DocumentAccess),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such document"),
))]
pub(super) fn set_access() {}

/// Leaves it to the rules again.
#[utoipa::path(delete, path = "/api/v1/documents/{id}/access", tag = "people", params(("id" = String, Path, description = "The document")), responses(
    (status = 200, body = DocumentAccess),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such document"),
))]
pub(super) fn unset_access() {}

/// Why somebody may read a document, or may not.
#[utoipa::path(get, path = "/api/v1/documents/{id}/access/{name}", tag = "people",
    params(("id" = String, Path, description = "The document"), ("name" = String, Path, description = "The person")), responses(
    (status = 200, body = AccessExplained),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such document or person"),
))]
pub(super) fn explain_access() {}
