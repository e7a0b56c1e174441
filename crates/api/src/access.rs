//! Signing in, people, keys, and who may read what.

use pinakes_types::{DocId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody may do besides reading what their labels allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RoleName {
    /// Ask, search and read.
    Reader,
    /// Upload and delete, too.
    Editor,
    /// Administer, too; reads no more than labels allow.
    Admin,
}

/// Who the server takes the caller for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionInfo {
    /// Whether people sign in here at all; otherwise whoever reaches the server is its operator.
    pub accounts: bool,
    /// Who this is; absent for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Myself>,
    /// To be sent as `X-Pinakes-Token` with whatever does more than read, where a cookie says who it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cross_site_token: Option<String>,
    /// Whether one can sign in through a provider, at `/sign-in/provider`.
    pub provider: bool,
}

/// Oneself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Myself {
    /// Name one signs in with.
    pub name: String,
    /// What one is called.
    pub display: String,
    /// What one may do.
    pub role: RoleName,
    /// Groups one belongs to.
    pub groups: Vec<String>,
}

/// Name and password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// Name.
    pub name: String,
    /// Password.
    pub password: String,
}

/// Uses a link that works once.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UseLinkRequest {
    /// What stands after `#` in it.
    pub secret: String,
    /// Name to sign in with; only the first administrator chooses one.
    #[serde(default)]
    pub name: String,
    /// Password to sign in with from now on.
    pub password: String,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonInfo {
    /// Name they sign in with; the NAME of the label `user:NAME`.
    pub name: String,
    /// What they are called.
    pub display: String,
    /// What they may do.
    pub role: RoleName,
    /// Whether they may come in.
    pub active: bool,
    /// Groups they belong to; each the NAME of a label `group:NAME`.
    pub groups: Vec<String>,
    /// Whether they have a password.
    pub has_password: bool,
    /// Provider they sign in through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Until when no password is tried, after too many wrong ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub locked_until: Option<Timestamp>,
    /// When they were added.
    #[schema(value_type = i64)]
    pub created_at: Timestamp,
}

/// People in order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonList {
    /// Some of them.
    pub people: Vec<PersonInfo>,
    /// `after` of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_after: Option<String>,
}

/// Which people to list.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PersonListQuery {
    /// Names after this one.
    pub after: Option<String>,
}

/// Somebody to be added.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPersonRequest {
    /// Name to sign in with.
    pub name: String,
    /// What they are called; their name, when absent.
    #[serde(default)]
    pub display: String,
    /// What they may do; to read, when absent.
    #[serde(default = "reader")]
    pub role: RoleName,
    /// Groups they belong to.
    #[serde(default)]
    pub groups: Vec<String>,
}

fn reader() -> RoleName {
    RoleName::Reader
}

/// What to change about somebody; what is absent stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonChange {
    /// What they may do.
    pub role: Option<RoleName>,
    /// Whether they may come in.
    pub active: Option<bool>,
    /// Groups to join.
    #[serde(default)]
    pub join: Vec<String>,
    /// Groups to leave.
    #[serde(default)]
    pub leave: Vec<String>,
}

/// A link that works once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PasswordLink {
    /// Opened by whoever is to choose a password; good for a day.
    pub url: String,
}

/// What a key may be used for, within what its owner may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyScopeName {
    /// Ask, search and read.
    Read,
    /// Upload and delete.
    Write,
    /// Administer.
    Admin,
    /// Read counters.
    Metrics,
}

/// An API key, without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyInfo {
    /// The part of it by which it is known; stands in the audit log.
    pub id: String,
    /// Whom it acts as.
    pub owner: String,
    /// What it is for.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<KeyScopeName>,
    /// When it was made.
    #[schema(value_type = i64)]
    pub created_at: Timestamp,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to within a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub used_at: Option<Timestamp>,
    /// When it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub revoked_at: Option<Timestamp>,
}

/// One's keys, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyList {
    /// All of them.
    pub keys: Vec<KeyInfo>,
}

/// A key to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKeyRequest {
    /// What it is for.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<KeyScopeName>,
    /// Days until it ends; absent: it lasts until it is taken back.
    pub days: Option<u32>,
}

/// A key that was made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewKeyResponse {
    /// The key, for `Authorization: Bearer`. It is shown this once.
    pub key: String,
    /// What is kept of it.
    pub info: KeyInfo,
}

/// That something was ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ended {
    /// Always.
    pub ended: bool,
}

/// Who may read a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentAccess {
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// Labels, any one of which suffices; none: nobody.
    pub labels: Vec<String>,
    /// What decided so; for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// Says by hand who may read a document.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetAccessRequest {
    /// `public`, `group:NAME`, `user:NAME`; an empty list: nobody.
    pub labels: Vec<String>,
}

/// Why somebody may read a document, or may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessExplained {
    /// The person.
    pub person: String,
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// Whether they may.
    pub allowed: bool,
    /// Whether they may come in at all.
    pub active: bool,
    /// Labels they hold.
    pub holds: Vec<String>,
    /// Labels the document has; any one suffices.
    pub needs: Vec<String>,
    /// Labels they hold of those.
    pub by: Vec<String>,
    /// What decided on the document's labels.
    pub origin: String,
}
