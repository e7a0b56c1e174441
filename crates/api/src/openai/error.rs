//! Errors in OpenAI's shape: what every answer below `/v1/` is that is none.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Problem;

/// An error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenAiError {
    /// What went wrong.
    pub error: OpenAiErrorBody,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenAiErrorBody {
    /// What happened and what to do about it.
    pub message: String,
    /// `invalid_request_error`, `rate_limit_error`, `permission_error` or `server_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Always null: the message names the field.
    pub param: Option<String>,
    /// Our own code, such as `model_not_found`.
    pub code: String,
}

impl From<&Problem> for OpenAiError {
    fn from(problem: &Problem) -> Self {
        let kind = match problem.status {
            401 | 403 => "permission_error",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        };
        let error = OpenAiErrorBody { message: problem.detail.clone(), kind: kind.into(), param: None, code: problem.code.as_str().into() };
        Self { error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApiError, Code};

    #[test]
    fn kinds_follow_statuses() {
        for (code, kind) in [
            (Code::ModelNotFound, "invalid_request_error"),
            (Code::Busy, "rate_limit_error"),
            (Code::CrossSite, "permission_error"),
            (Code::Internal, "server_error"),
        ] {
            let error = OpenAiError::from(&Problem::new(&ApiError::new(code, "words"), "r")).error;
            assert_eq!((error.kind.as_str(), error.code.as_str(), error.message.as_str()), (kind, code.as_str(), "words"));
        }
    }
}
