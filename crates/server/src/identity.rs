//! Who asks. The layer [`crate::layers::admission`] finds out before any handler runs and leaves it with the request; a handler that
//! touches documents takes an [`Asker`], which can be had in no other way.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use pinakes_access::Identity;
use pinakes_api::Code;
use pinakes_types::Scope;

use crate::failure::Failure;

/// What the asker may read.
pub(crate) struct Asker(pub(crate) Scope);

/// The asker themselves: for what is about people and not about documents.
pub(crate) struct Who(pub(crate) Identity);

fn known(request: &HttpRequest) -> Option<Identity> {
    request.extensions().get::<Identity>().cloned()
}

impl FromRequest for Asker {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let scope = known(request)
            .ok_or_else(not_signed_in)
            .and_then(|who| who.scope().map(Self).map_err(|error| Failure::new(Code::NotAllowed, "You may not read here.").caused(error)));
        ready(scope)
    }
}

impl FromRequest for Who {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(known(request).map(Self).ok_or_else(not_signed_in))
    }
}

/// Nobody is signed in.
pub(crate) fn not_signed_in() -> Failure {
    Failure::new(Code::NotSignedIn, "Please sign in, or send an API key as `Authorization: Bearer pk_…`.")
}
