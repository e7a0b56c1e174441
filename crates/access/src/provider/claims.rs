//! What a provider says of somebody, as far as we take it over.

use openidconnect::core::CoreGenderClaim;
use openidconnect::{AdditionalClaims, IdTokenClaims, UserInfoClaims};
use pinakes_api::{ApiError, Code};
use pinakes_config::ProviderConfig;
use pinakes_config::limits::access::GROUPS_MAX;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::names::{group_name, person_name};

/// Claims that OpenID Connect itself does not name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct More {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for More {}

/// What it said of somebody, in its token or when asked; each `None` where it said nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    name: Option<String>,
    display: Option<String>,
    groups: Option<Vec<String>>,
}

impl Said {
    /// Whether it is to be asked for more.
    pub(crate) fn lacks_something(&self) -> bool {
        self.name.is_none() || self.groups.is_none()
    }

    /// What was said first, and for the rest what was said then.
    pub(crate) fn or(self, then: Self) -> Self {
        Self { name: self.name.or(then.name), display: self.display.or(then.display), groups: self.groups.or(then.groups) }
    }

    /// Somebody with a name that can be one.
    pub(crate) fn of(self, subject: &str, config: &ProviderConfig) -> Result<Known, ApiError> {
        let written = self.name.ok_or_else(|| {
            let words = format!("The sign-in provider does not say who you are: its answer has no {}.", config.name_claim);
            ApiError::new(Code::NotAllowed, words)
        })?;
        Ok(Known {
            subject: subject.to_owned(),
            name: person_name(&written).map_err(|error| ApiError::new(Code::NotAllowed, error.detail))?,
            display: self.display.unwrap_or_default().chars().filter(|c| !c.is_control()).take(100).collect(),
            groups: self.groups,
        })
    }
}

/// Somebody, as their provider knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// What the provider calls them, for ever.
    pub(crate) subject: String,
    /// What they are to sign in as here.
    pub(crate) name: String,
    pub(crate) display: String,
    /// `None`: it said nothing of groups.
    pub(crate) groups: Option<Vec<String>>,
}

/// The claims of a token and of an answer about somebody have the same methods and no common type.
macro_rules! said {
    ($claims:expr, $config:expr) => {{
        let (claims, config) = ($claims, $config);
        let more = &claims.additional_claims().all;
        let name = match config.name_claim.as_str() {
            "sub" => Some(claims.subject().as_str().to_owned()),
            "preferred_username" => claims.preferred_username().map(|name| name.as_str().to_owned()),
            // An address that somebody only claims to have is nobody's name.
            "email" => claims.email().filter(|_| claims.email_verified() != Some(false)).map(|email| email.as_str().to_owned()),
            other => text(more, other),
        };
        let display = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
        Said { name, display, groups: groups(more, config) }
    }};
}

/// From the signed token.
pub(crate) fn of_token(claims: &IdTokenClaims<More, CoreGenderClaim>, config: &ProviderConfig) -> Said {
    said!(claims, config)
}

/// From what it says when it is asked about somebody.
pub(crate) fn of_user_info(claims: &UserInfoClaims<More, CoreGenderClaim>, config: &ProviderConfig) -> Said {
    said!(claims, config)
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    claims.get(name)?.as_str().map(str::to_owned)
}

/// Groups whose names can be ours; the rest is left out, as no document can name them.
fn groups(claims: &Map<String, Value>, config: &ProviderConfig) -> Option<Vec<String>> {
    let named: Vec<&str> = match claims.get(&config.groups_claim)? {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one],
        _ => return None,
    };
    let mut groups: Vec<String> = named.into_iter().filter_map(|name| group_name(name).ok()).take(GROUPS_MAX).collect();
    groups.sort();
    groups.dedup();
    Some(groups)
}
