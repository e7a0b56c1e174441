//! Being let in, and being let in no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use pinakes_api::{ApiError, Code};
use pinakes_catalog::Catalog;
use pinakes_config::{AccessConfig, Config};
use pinakes_types::{Clock, Principal, Timestamp};

use crate::secrets::tests::Counting;
use crate::*;

/// A clock that stands until it is moved.
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn at(ms: i64) -> Self {
        Self(AtomicI64::new(ms))
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.0.fetch_add(time.as_millis() as i64, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) fn accounts_in(catalog: Catalog, config: AccessConfig, clock: Arc<SetClock>, audit: Audit) -> Accounts {
    Accounts::new(catalog, Arc::new(config), clock, Arc::new(Counting::default()), audit).unwrap()
}

const PASSWORD: &str = "correct horse battery";
const HOUR: Duration = Duration::from_secs(3600);

struct World {
    accounts: Accounts,
    clock: Arc<SetClock>,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        Self::with(Config::defaults().access).await
    }

    async fn with(config: AccessConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(1_000_000_000));
        let catalog = Catalog::create(folder.path()).await.unwrap();
        let audit = Audit::open(&folder.path().join("audit"), config.audit.unwrap(), clock.clone()).unwrap();
        Self { accounts: accounts_in(catalog, config, clock.clone(), audit), clock, folder }
    }

    async fn add(&self, name: &str, role: Role) -> Person {
        let new = NewPerson { name: name.into(), display: String::new(), role, password: Some(PASSWORD.into()), groups: vec!["hr".into()] };
        self.accounts.add_person("test", new).await.unwrap()
    }

    async fn sign_in(&self, name: &str, password: &str) -> Result<SignedIn, ApiError> {
        self.accounts.sign_in(name, password.into()).await
    }

    fn audit_lines(&self) -> String {
        fs_err::read_to_string(self.folder.path().join("audit/audit.jsonl")).unwrap()
    }
}

#[tokio::test]
async fn a_session_ends_by_rest_by_age_by_hand_and_with_its_person() {
    let world = World::new().await;
    world.add("ada", Role::Reader).await;
    let begin = async || world.sign_in("ADA ", PASSWORD).await.unwrap().session.token;
    let holds = async |token: &str| world.accounts.by_session(token).await.unwrap().is_some();

    let token = begin().await;
    assert!(holds(&token).await && !holds(&format!("{token}0")).await && !holds("").await && !holds(&"x".repeat(9_999)).await);
    for _ in 0..20 {
        world.clock.pass(11 * HOUR);
        assert!(holds(&token).await, "used often enough");
    }
    world.clock.pass(12 * HOUR);
    assert!(!holds(&token).await, "not used for twelve hours");

    let token = begin().await;
    for _ in 0..60 {
        world.clock.pass(11 * HOUR + HOUR / 2);
        holds(&token).await;
    }
    world.clock.pass(31 * HOUR);
    assert!(!holds(&token).await, "thirty days are its end");

    let token = begin().await;
    let identity = world.accounts.by_session(&token).await.unwrap().unwrap();
    world.accounts.sign_out(&identity).await.unwrap();
    assert!(!holds(&token).await, "signed out");

    let token = begin().await;
    world.add("root", Role::Admin).await;
    world.accounts.change_person("root", "ada", None, Some(false)).await.unwrap();
    assert!(!holds(&token).await, "switched off");
    world.accounts.change_person("root", "ada", None, Some(true)).await.unwrap();
    assert!(!holds(&token).await, "switched on again, one has to sign in again");

    let token = begin().await;
    world.accounts.set_password("root", "ada", "another horse battery".into()).await.unwrap();
    assert!(!holds(&token).await, "a new password ends what the old one began");
}

#[tokio::test]
async fn what_is_over_is_forgotten_and_nothing_else() {
    let world = World::new().await;
    world.add("ada", Role::Reader).await;
    world.accounts.set_password("test", "ada", PASSWORD.into()).await.unwrap();
    let old = world.sign_in("ada", PASSWORD).await.unwrap();
    world.clock.pass(11 * HOUR);
    let used = world.accounts.by_session(&old.session.token).await.unwrap();
    assert!(used.is_some() && world.accounts.forget_expired().await.unwrap() == 0);
    world.clock.pass(11 * HOUR);
    assert_eq!(world.accounts.forget_expired().await.unwrap(), 0, "it was used since");
    let fresh = world.sign_in("ada", PASSWORD).await.unwrap();
    world.clock.pass(2 * HOUR);
    assert_eq!(world.accounts.forget_expired().await.unwrap(), 1);
    assert!(world.accounts.by_session(&old.session.token).await.unwrap().is_none());
    assert!(world.accounts.by_session(&fresh.session.token).await.unwrap().is_some());
}

#[tokio::test]
async fn wrong_passwords_say_all_the_same_and_lock_for_a_while() {
    let world = World::new().await;
    world.add("ada", Role::Reader).await;
    let unknown = world.sign_in("nobody-here", PASSWORD).await.unwrap_err();
    assert_eq!(unknown.code, Code::NotSignedIn);
    for _ in 0..10 {
        let wrong = world.sign_in("ada", "wrong horse battery").await.unwrap_err();
        assert_eq!((wrong.code, &wrong.detail), (Code::NotSignedIn, &unknown.detail));
    }
    let locked = world.sign_in("ada", PASSWORD).await.unwrap_err();
    assert_eq!((locked.code, &locked.detail), (Code::NotSignedIn, &unknown.detail), "even the right one");
    assert!(world.accounts.person("ada").await.unwrap().locked_until.is_some());
    world.clock.pass(Duration::from_secs(15 * 60));
    assert!(world.sign_in("ada", PASSWORD).await.is_ok());
    assert!(world.sign_in("ada", "wrong horse battery").await.is_err());
    assert!(world.sign_in("ada", PASSWORD).await.is_ok(), "the count begins anew after a right one");
    let log = world.audit_lines();
    assert!(log.contains("\"password, locked\"") && log.contains("\"unknown\"") && !log.contains("nobody-here") && !log.contains("horse"));
}

#[tokio::test]
async fn everybody_together_tries_only_so_many_passwords() {
    let world = World::new().await;
    let mut codes = Vec::new();
    for _ in 0..pinakes_config::limits::access::PASSWORDS_PER_SECOND * 4 {
        // Too long to be hashed: what is measured is the rate alone.
        codes.push(world.sign_in("x", &"y".repeat(1_000)).await.unwrap_err().code);
    }
    assert!(codes.contains(&Code::RateLimited) && codes[0] == Code::NotSignedIn);
}

#[tokio::test]
async fn a_key_is_shown_once_and_dies_by_time_by_hand_and_with_its_owner() {
    let world = World::new().await;
    world.add("ada", Role::Editor).await;
    let new = world.accounts.create_key("ada", "ada", "reports", &[KeyScope::Read], Some(HOUR)).await.unwrap();
    let NewKey { key, row } = &new;
    assert!(key.starts_with("pk_") && key.len() > 80 && !row.hash.contains(key.as_str()));
    let who = world.accounts.by_key(key).await.unwrap().unwrap();
    assert_eq!((who.principal.subject.as_str(), who.may(Power::Read), who.may(Power::Write)), ("ada", true, false));
    for wrong in ["", "pk_", "pk_x_y", &key[..key.len() - 1], &format!("{key}0"), &key.replace("pk_", "sk_"), &key.to_uppercase()] {
        assert!(world.accounts.by_key(wrong).await.unwrap().is_none(), "{wrong}");
    }
    world.clock.pass(HOUR);
    assert!(world.accounts.by_key(key).await.unwrap().is_none(), "expired");

    let lasting = world.accounts.create_key("ada", "ada", "lasting", &KeyScope::ALL, None).await.unwrap().key;
    world.add("bob", Role::Reader).await;
    assert_eq!(world.accounts.revoke_key("bob", &lasting, Some("bob")).await.unwrap_err().code, Code::NotFound, "another's");
    assert!(world.accounts.by_key(&lasting).await.unwrap().is_some());
    world.accounts.revoke_key("ada", &lasting, Some("ada")).await.unwrap();
    assert!(world.accounts.by_key(&lasting).await.unwrap().is_none(), "revoked");

    let key = world.accounts.create_key("ada", "ada", "k", &[KeyScope::Read], None).await.unwrap().key;
    world.accounts.change_person("root", "ada", None, Some(false)).await.unwrap();
    assert!(world.accounts.by_key(&key).await.unwrap().is_none(), "its owner is switched off");
    assert!(!world.audit_lines().contains(&key), "never in the log");
}

#[tokio::test]
async fn the_first_link_makes_one_administrator_once() {
    let world = World::new().await;
    let old = world.accounts.first_link().await.unwrap().unwrap();
    let link = world.accounts.first_link().await.unwrap().unwrap();
    let use_link = async |link: &str, name: &str, password: &str| world.accounts.use_link(link, name, password.into()).await;
    assert_eq!(use_link(&old, "root", PASSWORD).await.unwrap_err().code, Code::NotFound, "a restart makes a new one");
    assert_eq!(use_link(&link, "root", "short").await.unwrap_err().code, Code::BadRequest);
    assert_eq!(use_link(&link, "operator", PASSWORD).await.unwrap_err().code, Code::BadRequest);
    let root = use_link(&link, "Root", PASSWORD).await.unwrap();
    assert_eq!((root.identity.role, root.identity.principal.subject.as_str()), (Role::Admin, "root"));
    assert_eq!(use_link(&link, "eve", PASSWORD).await.unwrap_err().code, Code::NotFound, "once");
    assert!(world.accounts.first_link().await.unwrap().is_none(), "there is an administrator");

    world.add("ada", Role::Reader).await;
    let link = world.accounts.password_link("root", "ada").await.unwrap();
    assert_eq!(world.accounts.link_is_for(&link).await.unwrap().as_deref(), Some("ada"));
    let ada = use_link(&link, "ignored", "a new horse battery").await.unwrap();
    assert_eq!((ada.identity.principal.subject.as_str(), ada.identity.role), ("ada", Role::Reader));
    let late = world.accounts.password_link("root", "ada").await.unwrap();
    world.clock.pass(25 * HOUR);
    assert_eq!(use_link(&late, "", PASSWORD).await.unwrap_err().code, Code::NotFound, "too late");
}

#[tokio::test]
async fn somebody_is_always_left_to_administer() {
    let world = World::new().await;
    world.add("root", Role::Admin).await;
    assert_eq!(world.accounts.change_person("root", "root", Some(Role::Reader), None).await.unwrap_err().code, Code::BadRequest);
    assert_eq!(world.accounts.change_person("root", "root", None, Some(false)).await.unwrap_err().code, Code::BadRequest);
    world.add("second", Role::Admin).await;
    world.accounts.change_person("root", "root", Some(Role::Reader), None).await.unwrap();
}

#[tokio::test]
async fn a_change_of_groups_is_in_force_for_the_next_request_and_ends_what_runs() {
    let world = World::new().await;
    world.add("ada", Role::Reader).await;
    let access = Access::people(world.accounts.clone(), None);
    let token = world.sign_in("ada", PASSWORD).await.unwrap().session.token;
    let presented = Presented { session: Some(&token), key: None };
    let who = access.identify(presented).await.unwrap().unwrap();
    assert!(who.groups().eq(["hr"]) && access.still(&who).await.unwrap());
    world.accounts.set_group("root", "ada", "hr", false).await.unwrap();
    assert!(!access.still(&who).await.unwrap(), "what is being given to them now ends");
    assert_eq!(access.identify(presented).await.unwrap().unwrap().groups().count(), 0);
    assert_eq!(access.identify(Presented::default()).await.unwrap(), None);
    let wrong = access.identify(Presented { session: Some(&token), key: Some("pk_0_0") }).await;
    assert_eq!(wrong.unwrap_err().code, Code::NotSignedIn, "a wrong key is not made good by a cookie");
    let alone = Access::single_user(Principal::local_operator(), Audit::off());
    assert!(alone.identify(Presented::default()).await.unwrap().unwrap().may(Power::Administer));
}

#[tokio::test]
async fn rates_and_budgets_are_kept_and_say_when_to_come_back() {
    let config = AccessConfig {
        requests_per_minute: Some(5),
        questions_per_minute: Some(2),
        tokens_per_day: Some(100),
        ..Config::defaults().access
    };
    let world = World::with(config).await;
    world.add("ada", Role::Reader).await;
    world.add("bob", Role::Reader).await;
    let access = Access::people(world.accounts.clone(), None);
    let who = async |name: &str| world.sign_in(name, PASSWORD).await.unwrap().identity;
    let (ada, bob) = (who("ada").await, who("bob").await);
    let taken = (0..10).take_while(|_| access.count_request(&ada).is_ok()).count();
    let refused = access.count_request(&ada).unwrap_err();
    assert_eq!((taken, refused.code), (5, Code::RateLimited));
    assert!(refused.retry_after_seconds.is_some_and(|seconds| (1..=60).contains(&seconds)));
    assert!(access.count_request(&bob).is_ok(), "others are not held up");

    let (ada, bob) = (ada.scope().unwrap(), bob.scope().unwrap());
    access.count_tokens(&bob, 99).await;
    assert!(access.count_question(&bob).await.is_ok());
    access.count_tokens(&bob, 1).await;
    assert_eq!(access.count_question(&bob).await.unwrap_err().code, Code::RateLimited, "the day's tokens");
    assert!(access.count_question(&ada).await.is_ok() && access.count_question(&ada).await.is_ok());
    assert!(access.count_question(&ada).await.is_err(), "two a minute");
}

#[tokio::test]
async fn a_chat_account_is_whose_an_administrator_said_or_whose_address_it_has() {
    let world = World::new().await;
    world.add("ada@acme.example", Role::Reader).await;
    world.add("bob", Role::Reader).await;
    let accounts = &world.accounts;
    let subject =
        async |account: &str, email: Option<&str>| accounts.chat_person(account, email).await.unwrap().map(|person| person.subject);
    assert_eq!(subject("slack:T1:U1", None).await, None);
    assert_eq!(subject("slack:T1:U1", Some("Ada@Acme.example")).await.as_deref(), Some("ada@acme.example"));
    assert_eq!(subject("slack:T1:U1", Some("bob@acme.example")).await, None);
    accounts.link_chat("admin", "BOB@acme.example", "bob").await.unwrap();
    assert_eq!(subject("slack:T1:U1", Some("bob@acme.example")).await.as_deref(), Some("bob"));
    accounts.link_chat("admin", "slack:T1:U1", "bob").await.unwrap();
    assert_eq!(subject("slack:T1:U1", Some("ada@acme.example")).await.as_deref(), Some("bob"), "what was said counts before an address");
    accounts.change_person("admin", "bob", None, Some(false)).await.unwrap();
    assert!(!accounts.chat_person("slack:T1:U1", None).await.unwrap().unwrap().active);
    accounts.unlink_chat("admin", "slack:T1:U1").await.unwrap();
    assert_eq!(subject("slack:T1:U1", None).await, None);
    assert_eq!(accounts.unlink_chat("admin", "slack:T1:U1").await.unwrap_err().code, Code::NotFound);
    assert_eq!(accounts.link_chat("admin", "slack:T1:U9", "nobody").await.unwrap_err().code, Code::NotFound);
    for odd in ["U1", "a b@c", "slack:T1", "", "a:b:c:d"] {
        assert_eq!(accounts.link_chat("admin", odd, "bob").await.unwrap_err().code, Code::BadRequest, "{odd}");
    }
}
