//! Passwords: argon2id with OWASP's parameters (19 MiB, two passes, one lane), off the threads that answer requests, a few at a time.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use pinakes_api::{ApiError, Code};
use pinakes_config::limits::access::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PASSWORDS_AT_ONCE};
use pinakes_types::Random;
use tokio::sync::Semaphore;

/// OWASP Password Storage Cheat Sheet: m = 19 MiB, t = 2, p = 1.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;

/// Hashes and checks.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    /// A hash of nothing anybody knows, checked where there is no such person, so that both take as long.
    decoy: Arc<str>,
}

impl Passwords {
    pub(crate) fn new(random: &dyn Random) -> Result<Self, ApiError> {
        let decoy = hash_now(&crate::secrets::fresh(random), salt(random))?;
        Ok(Self { places: Arc::new(Semaphore::new(PASSWORDS_AT_ONCE)), decoy: decoy.into() })
    }

    /// A password's hash in PHC form.
    pub(crate) async fn hash(&self, password: String, random: &dyn Random) -> Result<String, ApiError> {
        let salt = salt(random);
        self.slowly(move || hash_now(&password, salt)).await?
    }

    /// Whether a password is the one that was hashed. Without a hash it is not, after as much time.
    pub(crate) async fn check(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        let decoy = Arc::clone(&self.decoy);
        self.slowly(move || {
            let right = verify_now(&password, hash.as_deref().unwrap_or(&decoy));
            right && hash.is_some()
        })
        .await
    }

    async fn slowly<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let _place = self.places.acquire().await.map_err(ApiError::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)
    }
}

/// Refuses what is too easy to guess, or too long to be meant.
pub(crate) fn acceptable(password: &str, name: &str) -> Result<(), ApiError> {
    let refuse = |words: String| Err(ApiError::new(Code::BadRequest, words));
    let chars = password.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars) {
        return refuse(format!("A password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters; several words in a row do well."));
    }
    let lower = password.to_lowercase();
    let mut letters: Vec<char> = lower.chars().collect();
    let in_a_row = letters.windows(2).filter(|pair| (pair[1] as i64 - pair[0] as i64).abs() <= 1).count();
    letters.sort_unstable();
    letters.dedup();
    let without_name = if name.is_empty() { lower.clone() } else { lower.replace(name, "") };
    if letters.len() < 5
        || in_a_row * 3 > chars * 2
        || without_name.chars().count() < PASSWORD_CHARS_MIN / 2
        || lower.starts_with("password")
    {
        return refuse("That password would be guessed early; several words in a row do better.".into());
    }
    Ok(())
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn salt(random: &dyn Random) -> [u8; SALT_BYTES] {
    let mut bytes = [0; SALT_BYTES];
    random.fill(&mut bytes);
    bytes
}

fn hash_now(password: &str, salt: [u8; SALT_BYTES]) -> Result<String, ApiError> {
    let hashed: PasswordHash =
        argon2().hash_password_with_salt(password.as_bytes(), &salt).map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(hashed.to_string())
}

fn verify_now(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::tests::Counting;

    #[tokio::test]
    async fn a_hash_knows_its_password_and_no_other() {
        let random = Counting::default();
        let passwords = Passwords::new(&random).unwrap();
        let hash = passwords.hash("correct horse battery".into(), &random).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.check("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.check("correct horse batterx".into(), Some(hash)).await.unwrap());
        assert!(!passwords.check("anything".into(), None).await.unwrap());
        assert!(!passwords.check("anything".into(), Some("no hash at all".into())).await.unwrap());
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for good in ["correct horse battery", "Käsekuchen am Dienstag", "tr0ub4dor&3-x9Qm"] {
            assert!(acceptable(good, "ada").is_ok(), "{good}");
        }
        let long = "aB3$".repeat(100);
        for bad in [
            "",
            "short",
            "aaaaaaaaaaaaaaaa",
            "abababababab",
            "123456789012345",
            "password1234567",
            "ada.lovelaceada",
            "abcdefghijklmno",
            &long,
        ] {
            assert!(acceptable(bad, "ada.lovelace").is_err(), "{bad}");
        }
    }
}
