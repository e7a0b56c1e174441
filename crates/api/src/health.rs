//! Whether the process lives and whether it can serve.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The process answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Live {
    /// Always `ok`.
    pub status: String,
}

/// One thing that serving needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadyCheck {
    /// Such as `catalog`.
    pub name: String,
    /// Whether it is there.
    pub ok: bool,
}

/// Whether requests can be served; HTTP 503 when not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ready {
    /// Every check is ok.
    pub ready: bool,
    /// What was looked at.
    pub checks: Vec<ReadyCheck>,
}

impl Ready {
    /// Ready when every check is.
    #[must_use]
    pub fn of(checks: Vec<ReadyCheck>) -> Self {
        Self { ready: checks.iter().all(|check| check.ok), checks }
    }
}
