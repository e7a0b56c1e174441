//! The latest of the audit log, for looking at. Whether the log is as it was written says `pinakes audit verify`.

use std::collections::BTreeMap;

use pinakes_types::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Records wanted, 1 to 200, 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditRecord {
    /// Its number in the log.
    pub seq: u64,
    /// When.
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// Who.
    pub subject: String,
    /// What, such as `sign_in`, `answer`, `administration`.
    pub event: String,
    /// What else is noted of it, by the event's own names.
    #[schema(value_type = Object)]
    pub details: BTreeMap<String, serde_json::Value>,
}

/// The latest records, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditList {
    /// Whether a log is kept.
    pub kept: bool,
    /// The records.
    pub records: Vec<AuditRecord>,
}
