//! The return from the provider: a code for a token, and every check of the token.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, Client, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IdTokenClaims, IdTokenFields, Nonce, OAuth2TokenResponse, PkceCodeVerifier, StandardErrorResponse, StandardTokenResponse,
    TokenResponse, UserInfoClaims,
};
use pinakes_api::{ApiError, Code};
use pinakes_config::limits::access::{CLOCK_SKEW_MAX, CREDENTIAL_BYTES_MAX};

use super::claims::{self, Known, More, Said};
use super::{Provider, words};
use crate::secrets::{Purpose, hash, same};

type Fields = IdTokenFields<More, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Answer = StandardTokenResponse<Fields, CoreTokenType>;
pub(super) type ProviderClient = Client<
    More,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Bytes of a code; providers send some hundred.
const CODE_BYTES_MAX: usize = 4_096;
/// Signatures that only the provider can make.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

pub(super) fn client(provider: &Provider, metadata: &CoreProviderMetadata) -> ProviderClient {
    let client = Client::from_provider_metadata(metadata.clone(), provider.client_id(), provider.secret.clone())
        .set_redirect_uri(provider.redirect.clone());
    let takes_basic =
        metadata.token_endpoint_auth_methods_supported().is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
    if takes_basic { client } else { client.set_auth_type(AuthType::RequestBody) }
}

impl Provider {
    /// Who came back, and where they wanted to go.
    ///
    /// # Errors
    /// [`Code::NotSignedIn`] for whatever is not right: the log says what. [`Code::NotReady`] when the provider does not answer.
    pub(crate) async fn finish(&self, state: &str, browser: Option<&str>, code: &str) -> Result<(Known, String), ApiError> {
        if state.len() > CREDENTIAL_BYTES_MAX || code.len() > CODE_BYTES_MAX {
            return Err(refused("a state or code that is too long"));
        }
        let waiting = self.pending.take(&hash(Purpose::SignIn, state), self.clock.now());
        let waiting = waiting.ok_or_else(|| refused("an unknown, used or outdated state"))?;
        if !browser.is_some_and(|browser| same(&waiting.browser, &hash(Purpose::SignIn, browser))) {
            return Err(refused("another browser than the one that began"));
        }
        let metadata = self.metadata().await?;
        let client = client(self, &metadata);
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| refused(&words(&error)))?
            .set_pkce_verifier(PkceCodeVerifier::new(waiting.verifier.clone()));
        let answer: Answer = request.request_async(&self.http).await.map_err(|error| refused(&words(&error)))?;
        let nonce = Nonce::new(waiting.nonce.clone());
        let claims = match self.check(&metadata, &answer, &nonce) {
            // It may have begun to sign with a key we have not seen.
            Err(ClaimsVerificationError::SignatureVerification(_)) => self.check(&self.discover().await?, &answer, &nonce),
            other => other,
        };
        let claims = claims.map_err(|error| refused(&words(&error)))?;
        let mut said = claims::of_token(&claims, &self.config);
        if said.lacks_something() {
            said = said.or(self.ask_for_more(&client, &answer, &claims).await);
        }
        let known = said.of(claims.subject().as_str(), &self.config)?;
        Ok((known, waiting.return_to))
    }

    fn check(
        &self,
        metadata: &Arc<CoreProviderMetadata>,
        answer: &Answer,
        nonce: &Nonce,
    ) -> Result<IdTokenClaims<More, CoreGenderClaim>, ClaimsVerificationError> {
        let skew = i64::try_from(CLOCK_SKEW_MAX.as_millis()).unwrap_or(0);
        let now = self.clock.now().0;
        let time = |ms: i64| UNIX_EPOCH + Duration::from_millis(ms.max(0).unsigned_abs());
        let client = client(self, metadata);
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || time(now - skew).into())
            .set_issue_time_verifier_fn(move |issued| {
                if SystemTime::from(issued) <= time(now + skew) { Ok(()) } else { Err("it is from the future".into()) }
            });
        let token = answer.id_token().ok_or_else(|| ClaimsVerificationError::Unsupported("an answer without a token".into()))?;
        token.clone().into_claims(&verifier, nonce)
    }

    /// Some providers say more than who somebody is only when asked; what cannot be had that way is not said.
    async fn ask_for_more(&self, client: &ProviderClient, answer: &Answer, claims: &IdTokenClaims<More, CoreGenderClaim>) -> Said {
        let subject = Some(claims.subject().clone());
        let Ok(request) = client.user_info(answer.access_token().clone(), subject) else { return Said::default() };
        let info: Result<UserInfoClaims<More, CoreGenderClaim>, _> = request.request_async(&self.http).await;
        match info {
            Ok(info) => claims::of_user_info(&info, &self.config),
            Err(error) => {
                tracing::warn!(cause = words(&error), "the provider did not say more of somebody when asked");
                Said::default()
            }
        }
    }
}

fn refused(why: &str) -> ApiError {
    ApiError::new(Code::NotSignedIn, "Signing in did not work; please begin again from the sign-in page.").caused_by(why.to_owned())
}
