//! What every request passes, outermost first:
//!
//! 1. [`observe`] gives it an id, measures it and writes one line about it;
//! 2. [`headers`] puts the security headers on whatever comes back;
//! 3. compression;
//! 4. [`problems`] turns errors into `application/problem+json`;
//! 5. [`hosts`] turns away what is addressed to a foreign name or sent by a foreign page;
//! 6. [`admission`] finds out who asks, and turns away whoever may not; [`watched`] ends streams to whoever no longer may.

pub(crate) mod admission;
pub(crate) mod headers;
pub(crate) mod hosts;
pub(crate) mod observe;
pub(crate) mod problems;
mod watched;
