//! The one question every request asks: who is this?

use std::num::NonZeroU32;
use std::sync::Arc;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use pinakes_api::{ApiError, Code};
use pinakes_config::limits::access::STRANGERS_NOTED_PER_SECOND;
use pinakes_types::{Principal, Scope};

use crate::accounts::Accounts;
use crate::audit::{Audit, Event};
use crate::identity::{Identity, Via};
use crate::limits::Rates;
use crate::provider::Provider;

/// What a request shows to be let in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Presented<'a> {
    /// The session of its cookie.
    pub session: Option<&'a str>,
    /// The key of its `Authorization: Bearer`.
    pub key: Option<&'a str>,
}

/// Who is let in. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    gate: Gate,
    provider: Option<Arc<Provider>>,
    rates: Arc<Rates>,
    /// How much of what strangers are refused is noted.
    strangers: Arc<DefaultDirectRateLimiter>,
    audit: Audit,
}

#[derive(Clone)]
enum Gate {
    /// Whoever comes is this one.
    One(Box<Principal>),
    People(Accounts),
}

impl Access {
    /// Whoever comes is `principal`: for the loopback interface, which only this machine's own people reach.
    #[must_use]
    pub fn single_user(principal: Principal, audit: Audit) -> Self {
        Self::new(Gate::One(Box::new(principal)), None, Rates::unlimited(), audit)
    }

    /// People and programs that show who they are.
    #[must_use]
    pub fn people(accounts: Accounts, provider: Option<Provider>) -> Self {
        let (rates, audit) = (Rates::new(&accounts), accounts.audit.clone());
        Self::new(Gate::People(accounts), provider, rates, audit)
    }

    fn new(gate: Gate, provider: Option<Provider>, rates: Rates, audit: Audit) -> Self {
        let quota = Quota::per_second(NonZeroU32::new(STRANGERS_NOTED_PER_SECOND).unwrap_or(NonZeroU32::MIN));
        let strangers = Arc::new(RateLimiter::direct(quota));
        Self { gate, provider: provider.map(Arc::new), rates: Arc::new(rates), strangers, audit }
    }

    /// Whether nobody signs in, so that only this machine may reach it.
    #[must_use]
    pub fn is_single_user(&self) -> bool {
        matches!(self.gate, Gate::One(_))
    }

    /// The people, where there are accounts.
    #[must_use]
    pub fn accounts(&self) -> Option<&Accounts> {
        match &self.gate {
            Gate::One(_) => None,
            Gate::People(accounts) => Some(accounts),
        }
    }

    /// The provider people sign in through.
    #[must_use]
    pub fn provider(&self) -> Option<&Arc<Provider>> {
        self.provider.as_ref()
    }

    /// The log of what is done.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Who this is; `None` for somebody who shows nothing that counts.
    ///
    /// # Errors
    /// [`Code::NotSignedIn`] for a key that is none, or no longer: a program should not go on as nobody. Catalog errors.
    pub async fn identify(&self, presented: Presented<'_>) -> Result<Option<Identity>, ApiError> {
        let accounts = match &self.gate {
            Gate::One(principal) => return Ok(Some(Identity::of_machine((**principal).clone())).filter(|who| who.principal.active)),
            Gate::People(accounts) => accounts,
        };
        match (presented.key, presented.session) {
            (Some(key), _) => match accounts.by_key(key).await? {
                Some(identity) => Ok(Some(identity)),
                None => Err(ApiError::new(Code::NotSignedIn, "This key is not valid, or no longer.")),
            },
            (None, Some(session)) => accounts.by_session(session).await,
            (None, None) => Ok(None),
        }
    }

    /// What somebody may read now, for work that goes on when they have gone; `None` when they may not come in any more.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn scope_of(&self, subject: &str) -> Result<Option<Scope>, ApiError> {
        let principal = match &self.gate {
            Gate::One(principal) => Some((**principal).clone()).filter(|principal| principal.subject == subject),
            Gate::People(accounts) => match accounts.row(subject).await {
                Ok(row) => Some(accounts.identity(&row, Via::Machine, None).await?.principal),
                Err(error) if error.code == Code::NotFound => None,
                Err(error) => return Err(error),
            },
        };
        Ok(principal.and_then(|principal| Scope::check(&principal).ok()))
    }

    /// Whether somebody who was let in still is, with the same rights: what is being given to them ends otherwise.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn still(&self, identity: &Identity) -> Result<bool, ApiError> {
        let Some(accounts) = self.accounts() else { return Ok(true) };
        let now = match &identity.via {
            Via::Machine => return Ok(true),
            Via::Session(hash) => accounts.by_session_hash(hash).await?,
            Via::Key(id) => accounts.by_key_id(id).await?,
        };
        Ok(now.is_some_and(|now| now.principal == identity.principal && now.role >= identity.role))
    }

    /// Counts a request; refuses it when there were too many.
    ///
    /// # Errors
    /// [`Code::RateLimited`] with when to come back.
    pub fn count_request(&self, identity: &Identity) -> Result<(), ApiError> {
        self.rates.request(identity)
    }

    /// Counts a question; refuses it when there were too many, or when the day's tokens are used up.
    ///
    /// # Errors
    /// [`Code::RateLimited`] with when to come back; catalog errors.
    pub async fn count_question(&self, scope: &Scope) -> Result<(), ApiError> {
        self.rates.question(scope)?;
        match self.accounts() {
            Some(accounts) => accounts.tokens_left(scope).await,
            None => Ok(()),
        }
    }

    /// Adds to what a language model has read and written for somebody today.
    pub async fn count_tokens(&self, scope: &Scope, tokens: u64) {
        if let Some(accounts) = self.accounts() {
            accounts.add_tokens(scope, tokens).await;
        }
    }

    /// Notes that somebody was refused something. Of what strangers are refused, and of what pages elsewhere try in somebody's name, only
    /// so much is noted in a second: whoever was not let in can neither fill the log nor make anybody wait for it.
    pub async fn note_refusal(&self, who: Option<&Identity>, method: &str, route: &str, code: Code) {
        let is_stranger = who.is_none() || code == Code::CrossSite;
        if is_stranger && self.strangers.check().is_err() {
            return;
        }
        let subject = who.map_or("anonymous", |who| who.principal.subject.as_str());
        let event = Event::Refused { method: method.to_owned(), route: route.to_owned(), code: code.to_string() };
        self.audit.note(subject, event).await;
    }
}
