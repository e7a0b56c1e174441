//! `pinakes key …`

use std::sync::Arc;
use std::time::Duration;

use pinakes_access::{KeyRow, KeyScope};
use pinakes_api::ApiError;
use pinakes_config::Config;

use crate::args::Global;
use crate::args::people::{Key, Scope};
use crate::commands::user::OPERATOR;
use crate::{End, access, output, wiring};

const DAY: Duration = Duration::from_secs(86_400);

pub(crate) async fn run(config: &Arc<Config>, global: &Global, command: Key) -> Result<End, ApiError> {
    let store = wiring::store(config, false).await?;
    let accounts = access::accounts(config, &store.catalog)?;
    match command {
        Key::Create { owner, name, scopes, days } => {
            let scopes: Vec<KeyScope> = scopes.into_iter().map(scope).collect();
            let new = accounts.create_key(OPERATOR, &owner, &name, &scopes, days.map(|days| DAY * days)).await?;
            if global.json {
                let mut shown = described(&owner, &new.row);
                shown["key"] = new.key.into();
                output::json(&shown);
            } else {
                output::line(&new.key);
                if !global.quiet {
                    eprintln!(
                        "It is shown this once. Send it as `Authorization: Bearer …`; revoke it with `pinakes key revoke {}`.",
                        new.row.id
                    );
                }
            }
        }
        Key::List { owner } => {
            for (owner, row) in accounts.keys(owner.as_deref()).await? {
                show(global, &owner, &row);
            }
        }
        Key::Revoke { id } => {
            accounts.revoke_key(OPERATOR, &id, None).await?;
            if global.json {
                output::json(&serde_json::json!({ "revoked": true }));
            } else if !global.quiet {
                output::line("Revoked: its next request is refused.");
            }
        }
    }
    Ok(End::Done)
}

fn show(global: &Global, owner: &str, row: &KeyRow) {
    if global.json {
        output::json(&described(owner, row));
        return;
    }
    let state = if row.revoked_at.is_some() { "  (revoked)" } else { "" };
    output::line(&format!("{}  {owner}  {}  {}{state}", output::bold(&row.id), row.scopes, row.name));
}

fn described(owner: &str, row: &KeyRow) -> serde_json::Value {
    serde_json::json!({
        "id": row.id, "owner": owner, "name": row.name, "scopes": row.scopes.split(' ').collect::<Vec<_>>(),
        "created_at": row.created_at, "expires_at": row.expires_at, "used_at": row.used_at, "revoked_at": row.revoked_at,
    })
}

fn scope(scope: Scope) -> KeyScope {
    match scope {
        Scope::Read => KeyScope::Read,
        Scope::Write => KeyScope::Write,
        Scope::Admin => KeyScope::Admin,
        Scope::Metrics => KeyScope::Metrics,
    }
}
