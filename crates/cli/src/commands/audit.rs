//! `pinakes audit …`

use pinakes_access::AuditError;
use pinakes_api::{ApiError, Code};
use pinakes_config::Config;

use crate::args::Global;
use crate::args::people::Audit;
use crate::{End, access, output};

pub(crate) fn run(config: &Config, global: &Global, Audit::Verify: Audit) -> Result<End, ApiError> {
    let folder = access::audit_folder(config);
    if !folder.is_dir() {
        return Err(ApiError::new(Code::NotFound, format!("there is no audit log in {} yet", folder.display())));
    }
    let verified = pinakes_access::verify(&folder).map_err(|error| {
        let code = match error {
            AuditError::Io { .. } => Code::IoFailed,
            AuditError::Changed { .. } => Code::AuditChanged,
        };
        ApiError::new(code, format!("the audit log is not as it was written: {error}"))
    })?;
    if global.json {
        output::json(
            &serde_json::json!({ "whole": true, "records": verified.records, "first": verified.first, "last_hash": verified.last_hash }),
        );
    } else {
        output::line(&format!(
            "{} records, from number {} on, are as they were written. Last hash: {}",
            verified.records, verified.first, verified.last_hash
        ));
    }
    Ok(End::Done)
}
