//! How much one person or key may ask for: requests and questions a minute by the generic cell rate algorithm, tokens by the day.

use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use pinakes_api::{ApiError, Code};
use pinakes_config::limits::access::RATES_MAX;
use pinakes_types::Scope;

use crate::accounts::{Accounts, failed};
use crate::identity::Identity;

pub(crate) const DAY_MS: i64 = 86_400_000;

/// Rates by subject.
pub(crate) struct Rates {
    requests: Option<DefaultKeyedRateLimiter<String>>,
    questions: Option<DefaultKeyedRateLimiter<String>>,
}

impl Rates {
    pub(crate) fn unlimited() -> Self {
        Self { requests: None, questions: None }
    }

    pub(crate) fn new(accounts: &Accounts) -> Self {
        let limiter = |number: Option<u32>| number.and_then(NonZeroU32::new).map(|number| RateLimiter::keyed(Quota::per_minute(number)));
        Self { requests: limiter(accounts.config.requests_per_minute), questions: limiter(accounts.config.questions_per_minute) }
    }

    /// A key has a rate of its own, so that a program does not use up its owner's.
    pub(crate) fn request(&self, identity: &Identity) -> Result<(), ApiError> {
        check(self.requests.as_ref(), format!("{} {}", identity.principal.subject, identity.via))
    }

    pub(crate) fn question(&self, scope: &Scope) -> Result<(), ApiError> {
        check(self.questions.as_ref(), scope.subject().to_owned())
    }
}

fn check(limiter: Option<&DefaultKeyedRateLimiter<String>>, who: String) -> Result<(), ApiError> {
    let Some(limiter) = limiter else { return Ok(()) };
    if limiter.len() >= RATES_MAX {
        limiter.retain_recent();
    }
    limiter.check_key(&who).map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now());
        let seconds = u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX);
        ApiError::new(Code::RateLimited, format!("That was more than you may ask for in a minute; try again in {seconds} s."))
            .retry_after(seconds)
    })
}

impl Accounts {
    pub(crate) async fn tokens_left(&self, scope: &Scope) -> Result<(), ApiError> {
        let Some(max) = self.config.tokens_per_day else { return Ok(()) };
        let now = self.now().0;
        if self.catalog.tokens_used(scope.subject(), now / DAY_MS).await.map_err(failed)? < max {
            return Ok(());
        }
        let seconds = u32::try_from((DAY_MS - now.rem_euclid(DAY_MS)) / 1_000 + 1).unwrap_or(u32::MAX);
        let words = format!("Your {max} tokens for today are used up; search goes on working, and tomorrow (UTC) there are new ones.");
        Err(ApiError::new(Code::RateLimited, words).retry_after(seconds))
    }

    pub(crate) async fn add_tokens(&self, scope: &Scope, tokens: u64) {
        if tokens == 0 || self.config.tokens_per_day.is_none() {
            return;
        }
        if let Err(error) = self.catalog.add_tokens(scope.subject(), self.now().0 / DAY_MS, tokens).await {
            tracing::warn!(%error, "tokens were not counted");
        }
    }
}
