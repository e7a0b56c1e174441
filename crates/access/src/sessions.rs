//! Signing in with a password, and the session that follows (OWASP ASVS 5.0, chapters 6 and 7): a fresh secret with every sign-in, an end
//! after too long without use and after too long in any case, one answer to every wrong pair of name and password.

use pinakes_api::{ApiError, Code};
use pinakes_catalog::{PersonRow, SessionRow};
use pinakes_config::limits::access::{CREDENTIAL_BYTES_MAX, PASSWORD_CHARS_MAX, SESSIONS_MAX, USE_NOTED_EVERY};
use pinakes_types::Timestamp;

use crate::accounts::{Accounts, after, failed};
use crate::audit::{Event, Outcome};
use crate::identity::{Identity, Via};
use crate::secrets::{Purpose, fresh, hash, same};

/// What the browser gets, once.
#[derive(Debug, Clone)]
pub struct Session {
    /// The secret its cookie holds.
    pub token: String,
    /// What its pages send along with whatever does more than read.
    pub cross_site_token: String,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// Somebody who has just signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub identity: Identity,
    /// Their session.
    pub session: Session,
}

/// Seconds after which to try again when too many passwords are tried.
const RETRY_SECONDS: u32 = 5;

impl Accounts {
    /// Signs somebody in.
    ///
    /// # Errors
    /// [`Code::NotSignedIn`], the same for every reason; [`Code::RateLimited`] when everybody together tries too many.
    pub async fn sign_in(&self, name: &str, password: String) -> Result<SignedIn, ApiError> {
        if self.password_rate.check().is_err() {
            let words = "Too many passwords are being tried; please try again in a moment.";
            return Err(ApiError::new(Code::RateLimited, words).retry_after(RETRY_SECONDS));
        }
        if name.len() > CREDENTIAL_BYTES_MAX || password.chars().count() > PASSWORD_CHARS_MAX {
            return Err(refused());
        }
        let name = name.trim().to_ascii_lowercase();
        let row = self.catalog.person(&name).await.map_err(failed)?;
        let now = self.now();
        let open = row.as_ref().filter(|row| row.active && row.locked_until <= now);
        // The same work for everyone: whoever is locked out or unknown is checked against a hash nobody has the password of.
        let right = self.passwords.check(password, open.and_then(|row| row.password.clone())).await?;
        match open.filter(|_| right) {
            Some(row) => {
                if row.failures > 0 {
                    self.catalog.clear_failures(&row.id).await.map_err(failed)?;
                }
                self.begin_session(row, "password").await
            }
            None => {
                self.note_wrong(open, row.as_ref(), now).await?;
                Err(refused())
            }
        }
    }

    async fn note_wrong(&self, open: Option<&PersonRow>, row: Option<&PersonRow>, now: Timestamp) -> Result<(), ApiError> {
        // A name that is nobody's is not written down: people type passwords into that field.
        let who = row.map_or("unknown", |row| row.name.as_str());
        let mut how = "password";
        if let Some(row) = open {
            let failures_max = self.config.password_failures_max;
            let failures = self.catalog.note_failure(&row.id, failures_max, after(now, self.config.lock_time)).await.map_err(failed)?;
            if failures >= failures_max {
                how = "password, locked";
            }
        }
        self.audit.note_durably(who, Event::SignIn { outcome: Outcome::Refused, how: how.to_owned() }).await;
        Ok(())
    }

    /// A session for somebody who has shown who they are.
    pub(crate) async fn begin_session(&self, row: &PersonRow, how: &str) -> Result<SignedIn, ApiError> {
        let (now, token) = (self.now(), fresh(&*self.random));
        let session = SessionRow {
            hash: hash(Purpose::Session, &token),
            person_id: row.id.clone(),
            created_at: now,
            used_at: now,
            expires_at: after(now, self.config.session_time_max),
        };
        self.catalog.add_session(&session).await.map_err(failed)?;
        let unused_since = Timestamp(now.0 - self.config.session_idle_max.as_millis() as i64);
        self.catalog.trim_sessions(&row.id, now, unused_since, SESSIONS_MAX).await.map_err(failed)?;
        self.audit.note_durably(&row.name, Event::SignIn { outcome: Outcome::Done, how: how.to_owned() }).await;
        let identity = self.identity(row, Via::Session(session.hash), None).await?;
        let cross_site_token = Self::cross_site_token(&token);
        Ok(SignedIn { identity, session: Session { token, cross_site_token, expires_at: session.expires_at } })
    }

    /// Who holds this session; nobody when it is none, or over.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn by_session(&self, token: &str) -> Result<Option<Identity>, ApiError> {
        if token.len() > CREDENTIAL_BYTES_MAX {
            return Ok(None);
        }
        self.by_session_hash(&hash(Purpose::Session, token)).await
    }

    pub(crate) async fn by_session_hash(&self, hash: &str) -> Result<Option<Identity>, ApiError> {
        let Some(session) = self.catalog.session(hash).await.map_err(failed)? else { return Ok(None) };
        let now = self.now();
        if now >= session.expires_at || now >= after(session.used_at, self.config.session_idle_max) {
            self.catalog.end_session(hash).await.map_err(failed)?;
            return Ok(None);
        }
        let row = self.catalog.person_by_id(&session.person_id).await.map_err(failed)?;
        let Some(row) = row.filter(|row| row.active) else { return Ok(None) };
        if now >= after(session.used_at, USE_NOTED_EVERY) {
            self.catalog.touch_session(hash, now).await.map_err(failed)?;
        }
        self.identity(&row, Via::Session(session.hash), None).await.map(Some)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn sign_out(&self, identity: &Identity) -> Result<(), ApiError> {
        let Via::Session(hash) = &identity.via else { return Ok(()) };
        self.catalog.end_session(hash).await.map_err(failed)?;
        self.audit.note_durably(&identity.principal.subject, Event::SignOut).await;
        Ok(())
    }

    /// What a page of ours sends along to show that it is one: made of the session, so that a page elsewhere cannot know it.
    #[must_use]
    pub fn cross_site_token(session_token: &str) -> String {
        hash(Purpose::CrossSite, session_token)
    }

    /// Whether that is what came along.
    #[must_use]
    pub fn is_cross_site_token(session_token: &str, given: &str) -> bool {
        same(&Self::cross_site_token(session_token), given)
    }
}

fn refused() -> ApiError {
    ApiError::new(
        Code::NotSignedIn,
        "The name or the password is wrong, or the account is locked for a while after too many wrong passwords.",
    )
}
