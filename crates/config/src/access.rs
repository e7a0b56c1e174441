//! `[access]`: who is let in, how, and what decides who may read which document.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::ConfigError;
use crate::read::Reader;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
const KIB: u64 = 1 << 10;
const GIB: u64 = 1 << 30;

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessMode {
    /// Whoever reaches the loopback interface, as the operator.
    SingleUser,
    /// People and programs that show who they are.
    Accounts,
}

/// `[access]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessConfig {
    /// Who is let in.
    pub mode: AccessMode,
    /// `PATTERN = LABEL, LABEL`, in order; the last that matches decides.
    pub rules: Vec<String>,
    /// Whether owner, group, mode and access control list of a file decide, where no rule does.
    pub posix: bool,
    /// Labels of what nothing else speaks of.
    pub default: Vec<String>,
    /// How long a session lasts without being used.
    pub session_idle_max: Duration,
    /// How long a session lasts at all.
    pub session_time_max: Duration,
    /// Wrong passwords in a row before no more are tried for a while.
    pub password_failures_max: u32,
    /// For how long.
    pub lock_time: Duration,
    /// Requests of one person or key a minute; `None`: as many as they like.
    pub requests_per_minute: Option<u32>,
    /// Questions of one person or key a minute.
    pub questions_per_minute: Option<u32>,
    /// Tokens that a language model reads and writes for one person a day.
    pub tokens_per_day: Option<u64>,
    /// The provider people sign in through, besides or instead of passwords.
    pub provider: Option<ProviderConfig>,
    /// The log of what was done and by whom; `None`: none is kept.
    pub audit: Option<AuditConfig>,
}

/// An OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderConfig {
    /// Its issuer's address, without a slash at its end.
    pub issuer: String,
    /// What it knows this server as.
    pub client_id: String,
    /// File that holds the secret it gave this server; `None`: a public client.
    pub client_secret_file: Option<PathBuf>,
    /// What it is asked for.
    pub scopes: Vec<String>,
    /// The claim that holds a person's name.
    pub name_claim: String,
    /// The claim that holds their groups.
    pub groups_claim: String,
    /// Who is in this group administers.
    pub admin_group: Option<String>,
    /// Who is in this group may upload and delete.
    pub editor_group: Option<String>,
    /// Hosts besides the issuer's that it may name for its own services.
    pub hosts: Vec<String>,
}

/// The audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditConfig {
    /// Bytes of one file before the next is begun.
    pub file_bytes_max: u64,
    /// Files kept.
    pub files_max: usize,
}

pub(crate) fn access(read: &Reader<'_>) -> Result<AccessConfig, ConfigError> {
    let modes = [("single-user", AccessMode::SingleUser), ("accounts", AccessMode::Accounts)];
    Ok(AccessConfig {
        mode: read.choice("access.mode", &modes)?,
        rules: read.list("access.rules"),
        posix: read.flag("access.posix")?,
        default: read.list("access.default"),
        session_idle_max: read.time("access.session_idle_max", MINUTE..=365 * DAY)?,
        session_time_max: read.time("access.session_time_max", MINUTE..=365 * DAY)?,
        password_failures_max: read.number("access.password_failures_max", 3..=100)?,
        lock_time: read.time("access.lock_time", SECOND..=DAY)?,
        requests_per_minute: Some(read.number("access.requests_per_minute", 0..=1_000_000)?).filter(|number| *number > 0),
        questions_per_minute: Some(read.number("access.questions_per_minute", 0..=1_000_000)?).filter(|number| *number > 0),
        tokens_per_day: Some(read.number("access.tokens_per_day", 0..=u64::MAX >> 1)?).filter(|number| *number > 0),
        provider: provider(read)?,
        audit: audit(read)?,
    })
}

fn provider(read: &Reader<'_>) -> Result<Option<ProviderConfig>, ConfigError> {
    let given = |key: &str| Some(read.text(key)).filter(|text| !text.is_empty());
    let config = ProviderConfig {
        issuer: given("access.oidc_issuer").map_or_else(|| Ok(String::new()), |_| read.url("access.oidc_issuer"))?,
        client_id: read.text("access.oidc_client_id"),
        client_secret_file: given("access.oidc_client_secret_file").map(PathBuf::from),
        scopes: read.list("access.oidc_scopes"),
        name_claim: read.text_not_empty("access.oidc_name_claim")?,
        groups_claim: read.text_not_empty("access.oidc_groups_claim")?,
        admin_group: given("access.oidc_admin_group"),
        editor_group: given("access.oidc_editor_group"),
        hosts: read.list("access.oidc_hosts").iter().map(|host| host.to_ascii_lowercase()).collect(),
    };
    if config.issuer.is_empty() {
        return Ok(None);
    }
    if config.client_id.is_empty() {
        return Err(read.invalid("access.oidc_client_id", "the id the provider gave this server, as access.oidc_issuer is set"));
    }
    Ok(Some(config))
}

fn audit(read: &Reader<'_>) -> Result<Option<AuditConfig>, ConfigError> {
    let config = AuditConfig {
        file_bytes_max: read.bytes("access.audit_file_bytes_max", 4 * KIB..=4 * GIB)?,
        files_max: read.number("access.audit_files_max", 1..=100_000)?,
    };
    Ok(read.flag("access.audit")?.then_some(config))
}
