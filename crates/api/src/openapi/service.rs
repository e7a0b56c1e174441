//! Descriptions of the routes for running the server. The functions are never called; the macro reads what stands on them.
#![allow(dead_code, reason = "read by the macro, never called")]

use crate::{AuditList, AuditQuery, IndexStatus, Live, Ready};

/// What the store holds.
#[utoipa::path(get, path = "/api/v1/status", tag = "service", responses((status = 200, body = IndexStatus)))]
pub(super) fn status() {}

/// The latest records of the audit log, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "service", params(AuditQuery), responses((status = 200, body = AuditList)))]
pub(super) fn audit() {}

/// Whether the process answers.
#[utoipa::path(get, path = "/health/live", tag = "service", responses((status = 200, body = Live)))]
pub(super) fn live() {}

/// Whether requests can be served.
#[utoipa::path(get, path = "/health/ready", tag = "service", responses(
    (status = 200, body = Ready),
    (status = 503, body = Ready, description = "Not yet, or no longer"),
))]
pub(super) fn ready() {}

/// Counters and times in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "service", responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) fn metrics() {}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "service", responses((status = 200, body = Object, content_type = "application/json")))]
pub(super) fn openapi() {}
