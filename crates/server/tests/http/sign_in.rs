//! Signing in through a provider that does not answer: somebody with a browser is sent to a page, never shown a problem as JSON.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use pinakes_access::{Audit, Provider, Reqwest};
use pinakes_config::{Config, LoadOptions};

use crate::rights::World;
use crate::support::{Counting, Noon};

/// A provider at a port where nobody listens any more.
fn down() -> Provider {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = [("access.oidc_issuer", format!("http://127.0.0.1:{port}")), ("access.oidc_client_id", "pinakes".to_owned())];
    let overrides = settings.map(|(key, value)| (key.to_owned(), value)).into();
    let options = LoadOptions { data_dir: Some("/nonexistent".into()), overrides, ..LoadOptions::default() };
    let config = Config::load(options).unwrap().access.provider.unwrap();
    let http = Arc::new(Reqwest::new(&config).unwrap());
    Provider::new(config, "http://localhost", http, Arc::new(Noon), Arc::new(Counting(AtomicU64::new(1)))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_leads_back_to_where_people_sign_in() {
    let world = World::with(Audit::off(), Some(down())).await;
    let begun = world.server.get("/sign-in/provider?to=/").await;
    assert_eq!((begun.status, begun.header("location"), begun.header("set-cookie")), (303, Some("/sign-in#unavailable"), None));
    assert!(begun.body.is_empty(), "{begun:?}");
    for back in ["", "?state=a", "?error=access_denied&state=a", "?state=a&code=b"] {
        let ended = world.server.get(&format!("/sign-in/callback{back}")).await;
        assert_eq!((ended.status, ended.header("location")), (303, Some("/sign-in#failed")), "{back}");
        assert!(ended.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")), "{back}: {ended:?}");
    }
    world.sign_in("reader").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_provider_there_is_no_way_to_one() {
    let world = World::new().await;
    for path in ["/sign-in/provider", "/sign-in/callback?state=a&code=b"] {
        assert_eq!(world.server.get(path).await.code(), "not_found", "{path}");
    }
}
