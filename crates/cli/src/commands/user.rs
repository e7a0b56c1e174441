//! `pinakes user …`

use std::io::Read;
use std::sync::Arc;

use pinakes_access::{Accounts, NewPerson, Person, Role};
use pinakes_api::{ApiError, Code};
use pinakes_config::Config;

use crate::args::Global;
use crate::args::people::{self, GroupChange, User};
use crate::{End, access, output, wiring};

/// Who administers from the command line.
pub(crate) const OPERATOR: &str = "operator";
/// People listed at a time.
const PAGE: u32 = 500;
/// Bytes of standard input that are read for a password.
const PASSWORD_BYTES_MAX: u64 = 4_096;

pub(crate) async fn run(config: &Arc<Config>, global: &Global, command: User) -> Result<End, ApiError> {
    let store = wiring::store(config, true).await?;
    let accounts = access::accounts(config, &store.catalog)?;
    match command {
        User::Add { name, display, role: wanted, groups, password_stdin } => {
            let password = if password_stdin { Some(password()?) } else { None };
            let invited = password.is_none();
            let person = accounts.add_person(OPERATOR, NewPerson { name, display, role: role(wanted), password, groups }).await?;
            let link = if invited { Some(link(config, &accounts, &person.name).await?) } else { None };
            show(global, &person, link);
        }
        User::List => list(global, &accounts).await?,
        User::Disable { name } => show(global, &accounts.change_person(OPERATOR, &name, None, Some(false)).await?, None),
        User::Enable { name } => show(global, &accounts.change_person(OPERATOR, &name, None, Some(true)).await?, None),
        User::Role { name, role: wanted } => {
            show(global, &accounts.change_person(OPERATOR, &name, Some(role(wanted)), None).await?, None);
        }
        User::Password { name, password_stdin: true } => {
            accounts.set_password(OPERATOR, &name, password()?).await?;
            show(global, &accounts.person(&name).await?, None);
        }
        User::Password { name, password_stdin: false } => {
            let link = link(config, &accounts, &name).await?;
            show(global, &accounts.person(&name).await?, Some(link));
        }
        User::Group { name, change, group } => {
            show(global, &accounts.set_group(OPERATOR, &name, &group, change == GroupChange::Join).await?, None);
        }
    }
    Ok(End::Done)
}

async fn list(global: &Global, accounts: &Accounts) -> Result<(), ApiError> {
    let mut after = String::new();
    loop {
        let some = accounts.people(&after, PAGE).await?;
        some.iter().for_each(|person| show(global, person, None));
        match some.last().filter(|_| some.len() == PAGE as usize) {
            Some(last) => after.clone_from(&last.name),
            None => return Ok(()),
        }
    }
}

async fn link(config: &Config, accounts: &Accounts, name: &str) -> Result<String, ApiError> {
    let secret = accounts.password_link(OPERATOR, name).await?;
    Ok(format!("{}/sign-in#link={secret}", config.server.url(config.server.address)))
}

fn show(global: &Global, person: &Person, link: Option<String>) {
    if global.json {
        output::json(&serde_json::json!({
            "name": person.name, "display": person.display, "role": person.role.as_str(), "active": person.active, "groups": person.groups,
            "has_password": person.has_password, "provider": person.provider, "link": link,
        }));
        return;
    }
    let state = if person.active { "" } else { "  (disabled)" };
    output::line(&format!("{}  {}  {}{state}", output::bold(&person.name), person.role, person.groups.join(", ")));
    if let Some(link) = link {
        output::line(&format!("To choose a password, once and within a day: {link}"));
    }
}

fn password() -> Result<String, ApiError> {
    let mut text = String::new();
    let read = std::io::stdin().take(PASSWORD_BYTES_MAX).read_to_string(&mut text);
    read.map_err(|error| ApiError::new(Code::BadRequest, format!("no password could be read from standard input: {error}")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn role(role: people::Role) -> Role {
    match role {
        people::Role::Reader => Role::Reader,
        people::Role::Editor => Role::Editor,
        people::Role::Admin => Role::Admin,
    }
}
