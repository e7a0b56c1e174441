//! A provider of our own that says what a test wants it to say, signed or mis-signed as the test wants.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, UNIX_EPOCH};

use futures::future::BoxFuture;
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm};
use openidconnect::{
    Audience, EndUserUsername, HttpRequest, HttpResponse, IdToken, IdTokenClaims, JsonWebKeyId, PrivateSigningKey, StandardClaims,
    SubjectIdentifier,
};
use pinakes_catalog::Catalog;
use pinakes_types::Label;
use serde_json::json;

use super::claims::More;
use super::*;
use crate::accounts::Accounts;
use crate::audit::Audit;
use crate::sessions::SignedIn;
use crate::tests::{SetClock, accounts_in};

const ISSUER: &str = "https://id.example/realm";
const CLIENT: &str = "pinakes";

/// What the provider will say next.
#[derive(Clone)]
struct Says {
    issuer: String,
    audience: String,
    nonce: Option<String>,
    issued: i64,
    expires: i64,
    subject: String,
    name: Option<String>,
    more: serde_json::Value,
    /// Seed and id of the key it signs with, and of the key it publishes.
    signs: (u8, &'static str),
    publishes: (u8, &'static str),
    down: bool,
}

struct Double {
    says: Mutex<Says>,
    asked: Mutex<Vec<String>>,
}

impl Double {
    fn new() -> Self {
        let says = Says {
            issuer: ISSUER.into(),
            audience: CLIENT.into(),
            nonce: None,
            issued: 1_000,
            expires: 1_300,
            subject: "42".into(),
            name: Some("Ada".into()),
            more: json!({ "groups": ["hr", "/company/All Hands", "a,b", 7] }),
            signs: (1, "one"),
            publishes: (1, "one"),
            down: false,
        };
        Self { says: Mutex::new(says), asked: Mutex::default() }
    }

    fn answer(&self, request: &HttpRequest) -> (u16, String) {
        let says = self.says.lock().unwrap().clone();
        self.asked.lock().unwrap().push(format!("{} {}", request.uri().path(), String::from_utf8_lossy(request.body())));
        let body = match request.uri().path() {
            _ if says.down => return (503, "down".into()),
            "/realm/.well-known/openid-configuration" => json!({
                "issuer": ISSUER,
                "authorization_endpoint": format!("{ISSUER}/auth"),
                "token_endpoint": format!("{ISSUER}/token"),
                "jwks_uri": format!("{ISSUER}/keys"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["EdDSA"],
            })
            .to_string(),
            "/realm/keys" => json!({ "keys": [key(says.publishes).as_verification_key()] }).to_string(),
            "/realm/token" => json!({ "access_token": "a", "token_type": "Bearer", "id_token": token(&says) }).to_string(),
            other => panic!("nobody should ask for {other}"),
        };
        (200, body)
    }
}

impl ProviderHttp for Double {
    fn call(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        let (status, body) = self.answer(&request);
        let mut response = HttpResponse::new(body.into_bytes());
        *response.status_mut() = openidconnect::http::StatusCode::from_u16(status).unwrap();
        response.headers_mut().insert("content-type", "application/json".parse().unwrap());
        Box::pin(std::future::ready(Ok(response)))
    }
}

fn key((seed, id): (u8, &str)) -> CoreEdDsaPrivateSigningKey {
    // PKCS #8 of an Ed25519 key (RFC 8410), in PEM.
    let der = [&[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20][..], &[seed; 32]].concat();
    let pem = format!("-----BEGIN {0}-----\n{1}\n-----END {0}-----\n", "PRIVATE KEY", base64(&der));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(id.into()))).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    assert!(bytes.len().is_multiple_of(3));
    let three = |three: &[u8]| {
        let number = three.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[(number >> shift & 63) as usize]))
    };
    bytes.chunks(3).flat_map(three).collect()
}

fn token(says: &Says) -> String {
    let time = |seconds: i64| (UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs())).into();
    let standard = StandardClaims::new(SubjectIdentifier::new(says.subject.clone()))
        .set_preferred_username(says.name.clone().map(EndUserUsername::new));
    let more: More = serde_json::from_value(says.more.clone()).unwrap();
    let claims: IdTokenClaims<More, CoreGenderClaim> = IdTokenClaims::new(
        IssuerUrl::new(says.issuer.clone()).unwrap(),
        vec![Audience::new(says.audience.clone())],
        time(says.expires),
        time(says.issued),
        standard,
        more,
    )
    .set_nonce(says.nonce.clone().map(Nonce::new));
    let signed: IdToken<More, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm> =
        IdToken::new(claims, &key(says.signs), CoreJwsSigningAlgorithm::EdDsa, None, None).unwrap();
    signed.to_string()
}

struct World {
    accounts: Accounts,
    provider: Provider,
    double: Arc<Double>,
    clock: Arc<SetClock>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(1_000_000));
        let given = [("oidc_issuer", ISSUER), ("oidc_client_id", CLIENT)].iter().chain(settings);
        let overrides = given.map(|(key, value)| (format!("access.{key}"), (*value).to_owned())).collect();
        let options = pinakes_config::LoadOptions { data_dir: Some("/nonexistent".into()), overrides, ..Default::default() };
        let config = pinakes_config::Config::load(options).unwrap().access;
        let catalog = Catalog::create(folder.path()).await.unwrap();
        let accounts = accounts_in(catalog, config.clone(), clock.clone(), Audit::off());
        let double = Arc::new(Double::new());
        let provider =
            Provider::new(config.provider.unwrap(), "https://pinakes.example", double.clone(), clock.clone(), accounts.random.clone())
                .unwrap();
        Self { accounts, provider, double, clock, _folder: folder }
    }

    fn says(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.double.says.lock().unwrap());
    }

    /// Goes to the provider and comes back with its state, nonce and browser cookie.
    async fn begin(&self) -> (String, SignInStart) {
        let start = self.provider.start("/#/search").await.unwrap();
        let url = openidconnect::url::Url::parse(&start.url).unwrap();
        let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
        assert!(start.url.starts_with("https://id.example/realm/auth?"));
        assert_eq!((query["code_challenge_method"].as_str(), query["response_type"].as_str()), ("S256", "code"));
        assert_eq!(query["redirect_uri"], "https://pinakes.example/sign-in/callback");
        assert!(query["scope"].split(' ').filter(|scope| *scope == "openid").count() == 1);
        self.says(|says| says.nonce = Some(query["nonce"].clone()));
        (query["state"].clone(), start)
    }

    async fn back(&self, state: &str, browser: Option<&str>) -> Result<(SignedIn, String), ApiError> {
        self.accounts.sign_in_from(&self.provider, state, browser, "the-code").await
    }

    async fn sign_in(&self) -> Result<(SignedIn, String), ApiError> {
        let (state, start) = self.begin().await;
        self.back(&state, Some(&start.browser)).await
    }
}

#[tokio::test]
async fn somebody_signs_in_and_their_groups_become_labels() {
    let world = World::new(&[]).await;
    let (signed_in, return_to) = world.sign_in().await.unwrap();
    let labels: Vec<&str> = signed_in.identity.principal.labels.iter().map(|Label(label)| label.as_str()).collect();
    assert_eq!(labels, ["group:company/all hands", "group:hr", "public", "user:ada"]);
    assert_eq!((return_to.as_str(), signed_in.identity.role), ("/#/search", crate::Role::Reader));
    assert!(world.accounts.by_session(&signed_in.session.token).await.unwrap().is_some());
    let asked = world.double.asked.lock().unwrap().clone();
    let exchange = asked.iter().find(|request| request.starts_with("/realm/token")).unwrap();
    assert!(
        exchange.contains("code=the-code") && exchange.contains("code_verifier=") && exchange.contains("client_id=pinakes"),
        "{exchange}"
    );

    world.says(|says| says.more = json!({ "groups": ["sales"] }));
    let (again, _) = world.sign_in().await.unwrap();
    assert_eq!(again.identity.groups().collect::<Vec<_>>(), ["sales"], "groups are what the provider says now");
    assert_eq!(world.accounts.people("", 10).await.unwrap().len(), 1);
    let before = world.accounts.by_session(&signed_in.session.token).await.unwrap().unwrap();
    assert_eq!(before.groups().collect::<Vec<_>>(), ["sales"], "in every session of theirs");
}

#[tokio::test]
async fn whatever_is_not_right_lets_nobody_in() {
    type Change = fn(&mut Says);
    let cases: [(&str, Change); 10] = [
        ("another nonce", |says| says.nonce = Some("x".into())),
        ("no nonce", |says| says.nonce = None),
        ("expired", |says| says.expires = 900),
        ("from the future", |says| says.issued = 1_100),
        ("another audience", |says| says.audience = "other-client".into()),
        ("another issuer", |says| says.issuer = "https://evil.example".into()),
        ("signed by another key of that name", |says| says.signs = (9, "one")),
        ("signed by an unknown key", |says| says.signs = (9, "nine")),
        ("no name", |says| says.name = None),
        ("a name that cannot be one", |says| says.name = Some("../root".into())),
    ];
    for (what, change) in cases {
        let world = World::new(&[]).await;
        let (state, start) = world.begin().await;
        world.says(change);
        let error = world.back(&state, Some(&start.browser)).await.unwrap_err();
        assert!(matches!(error.code, Code::NotSignedIn | Code::NotAllowed), "{what}: {error:?}");
        assert!(world.accounts.people("", 10).await.unwrap().is_empty(), "{what}");
    }
}

#[tokio::test]
async fn clocks_may_differ_a_little() {
    for change in [|says: &mut Says| says.expires = 950, |says: &mut Says| says.issued = 1_050] {
        let world = World::new(&[]).await;
        let (state, start) = world.begin().await;
        world.says(change);
        assert!(world.back(&state, Some(&start.browser)).await.is_ok());
    }
}

#[tokio::test]
async fn a_return_is_good_once_in_time_and_for_the_browser_that_left() {
    let world = World::new(&[]).await;
    let (state, start) = world.begin().await;
    for browser in [None, Some(""), Some("stolen")] {
        let (state, _) = world.begin().await;
        assert_eq!(world.back(&state, browser).await.unwrap_err().code, Code::NotSignedIn, "{browser:?}");
    }
    assert_eq!(world.back("forged", Some(&start.browser)).await.unwrap_err().code, Code::NotSignedIn);
    world.begin().await;
    let (last, last_start) = world.begin().await;
    assert!(world.back(&last, Some(&last_start.browser)).await.is_ok());
    assert_eq!(world.back(&last, Some(&last_start.browser)).await.unwrap_err().code, Code::NotSignedIn, "replayed");
    world.clock.pass(Duration::from_secs(601));
    assert_eq!(world.back(&state, Some(&start.browser)).await.unwrap_err().code, Code::NotSignedIn, "too late");
}

#[tokio::test]
async fn keys_may_change_while_people_sign_in() {
    let world = World::new(&[]).await;
    world.sign_in().await.unwrap();
    world.says(|says| (says.signs, says.publishes) = ((2, "two"), (2, "two")));
    world.sign_in().await.unwrap();
    world.says(|says| says.signs = (1, "one"));
    assert!(world.sign_in().await.is_err(), "a key that was withdrawn");
}

#[tokio::test]
async fn a_provider_that_is_down_is_asked_again_later() {
    let world = World::new(&[]).await;
    world.says(|says| says.down = true);
    assert_eq!(world.provider.start("/").await.unwrap_err().code, Code::NotReady);
    world.says(|says| says.down = false);
    let (state, start) = world.begin().await;
    world.says(|says| says.down = true);
    assert_eq!(world.back(&state, Some(&start.browser)).await.unwrap_err().code, Code::NotSignedIn);
    world.says(|says| says.down = false);
    assert!(world.sign_in().await.is_ok());
}

#[tokio::test]
async fn names_belong_to_whoever_had_them_first_and_roles_follow_groups() {
    let world = World::new(&[("oidc_admin_group", "Admins"), ("oidc_editor_group", "hr")]).await;
    let (editor, _) = world.sign_in().await.unwrap();
    assert_eq!(editor.identity.role, crate::Role::Editor);
    world.says(|says| says.more = json!({ "groups": ["admins"] }));
    assert_eq!(world.sign_in().await.unwrap().0.identity.role, crate::Role::Admin);
    world.says(|says| says.more = json!({ "groups": [] }));
    assert_eq!(world.sign_in().await.unwrap().0.identity.role, crate::Role::Reader);
    world.says(|says| says.subject = "43".into());
    assert_eq!(world.sign_in().await.unwrap_err().code, Code::NotAllowed, "another person of the same name");
    world.says(|says| says.subject = "42".into());
    world.accounts.change_person("root", "ada", None, Some(false)).await.unwrap();
    assert_eq!(world.sign_in().await.unwrap_err().code, Code::NotAllowed, "switched off here");
}

#[test]
fn people_come_back_to_this_server_only() {
    for (written, path) in [
        ("/", "/"),
        ("/#/doc/1?span=0-9", "/#/doc/1?span=0-9"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a b", "/"),
        ("/a\nb", "/"),
        ("", "/"),
    ] {
        assert_eq!(own_path(written), path, "{written:?}");
    }
}
