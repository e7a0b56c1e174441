//! What `pinakes doctor` found, each finding with its remedy.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Works, but should be looked at.
    Warn,
    /// Does not work.
    Fail,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckResult {
    /// Stable name, such as `catalog_opens`.
    pub name: String,
    /// How it went.
    pub verdict: Verdict,
    /// What was found.
    pub message: String,
    /// What to do about it; absent when all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl CheckResult {
    /// All is well.
    #[must_use]
    pub fn ok(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: Verdict::Ok, message: message.into(), remedy: None }
    }

    /// Works, but should be looked at.
    #[must_use]
    pub fn warn(name: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: Verdict::Warn, message: message.into(), remedy: Some(remedy.into()) }
    }

    /// Does not work.
    #[must_use]
    pub fn fail(name: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: Verdict::Fail, message: message.into(), remedy: Some(remedy.into()) }
    }
}

/// All checks and the worst of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoctorReport {
    /// The worst verdict.
    pub verdict: Verdict,
    /// In the order they ran.
    pub checks: Vec<CheckResult>,
}

impl DoctorReport {
    /// A report of these checks.
    #[must_use]
    pub fn of(checks: Vec<CheckResult>) -> Self {
        Self { verdict: checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Ok), checks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_check_decides() {
        let ok = CheckResult::ok("a", "fine");
        let warn = CheckResult::warn("b", "old", "renew it");
        let fail = CheckResult::fail("c", "gone", "fetch it");
        assert_eq!(DoctorReport::of(vec![]).verdict, Verdict::Ok);
        assert_eq!(DoctorReport::of(vec![warn.clone(), ok.clone()]).verdict, Verdict::Warn);
        assert_eq!(DoctorReport::of(vec![fail, warn, ok]).verdict, Verdict::Fail);
    }
}
