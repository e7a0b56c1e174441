//! Who asks. There is no sign-in yet: the server listens on the loopback interface only, and whoever reaches that is the operator.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use pinakes_api::{ApiError, Code};
use pinakes_types::Scope;

use crate::failure::Failure;
use crate::state::State;

/// A checked asker: every handler that touches documents takes one.
pub(crate) struct Asker(pub(crate) Scope);

impl FromRequest for Asker {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let checked =
            request.app_data::<Data<State>>().ok_or_else(|| ApiError::internal("the application has no state")).and_then(|state| {
                Scope::check(&state.parts.principal)
                    .map_err(|error| ApiError::new(Code::NotAllowed, "You may not read here.").caused_by(error))
            });
        ready(checked.map(Self).map_err(Failure))
    }
}
