//! Names of people and groups: what can stand in a label, and cannot be taken for another name.

use pinakes_api::{ApiError, Code};
use pinakes_config::limits::access::NAME_CHARS_MAX;

/// Names nobody may have: they mean something else where names stand.
const RESERVED: [&str; 4] = ["operator", "public", "nobody", "anonymous"];

/// A person's name as it is kept: lower case, of ASCII letters, digits and `._@+-`.
///
/// # Errors
/// [`Code::BadRequest`] for anything else.
pub fn person_name(written: &str) -> Result<String, ApiError> {
    let name = plain(written, "name")?;
    if RESERVED.contains(&name.as_str()) {
        return Err(ApiError::new(Code::BadRequest, format!("Nobody can be called {name} here.")));
    }
    Ok(name)
}

/// A group's name as it is kept; the same rules.
///
/// # Errors
/// [`Code::BadRequest`] for anything else.
pub fn group_name(written: &str) -> Result<String, ApiError> {
    plain(written.trim_start_matches('/'), "group")
}

fn plain(written: &str, what: &str) -> Result<String, ApiError> {
    let name = written.trim().to_ascii_lowercase();
    let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || "._@+-/ ".contains(c));
    if fits
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.len() <= NAME_CHARS_MAX
        && (what == "group" || !name.contains(['/', ' ']))
    {
        return Ok(name);
    }
    let words = format!(
        "A {what} is made of up to {NAME_CHARS_MAX} letters a to z, digits and the signs . _ @ + -, and begins with a letter or digit."
    );
    Err(ApiError::new(Code::BadRequest, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_in_one_form() {
        for (written, name) in [("ada", "ada"), (" Ada.Lovelace@Example.com ", "ada.lovelace@example.com"), ("o_b-1+x", "o_b-1+x")] {
            assert_eq!(person_name(written).unwrap(), name);
        }
        let long = "x".repeat(NAME_CHARS_MAX + 1);
        for written in ["", " ", ".ada", "ada\u{0131}", "Ада", "a b", "a/b", "a,b", "user:a", "a\0b", "operator", "Public", &long] {
            assert!(person_name(written).is_err(), "{written:?}");
        }
        for (written, name) in [("HR", "hr"), ("/company/hr", "company/hr"), ("Domain Users", "domain users"), ("1000", "1000")] {
            assert_eq!(group_name(written).unwrap(), name);
        }
        assert!(group_name("a,b").is_err() && group_name("group:a").is_err());
    }
}
