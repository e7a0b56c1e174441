//! What each route needs of whoever asks for it: the one table that the server's gate reads. A route that does not stand here is for
//! administrators only, and a test fails.

/// What somebody has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Anyone at all: what says nothing of documents or people, or asks for its own proof.
    Nothing,
    /// Somebody who may read; what they get is up to their labels.
    Reader,
    /// Somebody who signed in, in person: no key may make keys.
    Person,
    /// Somebody who may upload and delete.
    Editor,
    /// Somebody who may administer.
    Admin,
    /// Somebody who may read counters, which tell of all documents together.
    Metrics,
}

use Needs::{Admin, Editor, Metrics, Nothing, Person, Reader};

/// Methods, route as the server matches it, what it needs.
const TABLE: &[(&str, &str, Needs)] = &[
    ("GET POST", "/api/v1/search", Reader),
    ("GET POST", "/api/v1/search/explain", Reader),
    ("POST", "/api/v1/ask", Reader),
    ("GET DELETE", "/api/v1/ask/{id}", Reader),
    ("POST", "/api/v1/citations/check", Reader),
    ("GET", "/api/v1/collections", Reader),
    ("GET POST", "/api/v1/conversations", Reader),
    ("GET PATCH DELETE", "/api/v1/conversations/{id}", Reader),
    ("GET", "/api/v1/conversations/{id}/export", Reader),
    ("GET POST", "/api/v1/feedback", Reader),
    ("GET POST", "/api/v1/tasks", Reader),
    ("GET DELETE", "/api/v1/tasks/{id}", Reader),
    ("GET", "/api/v1/tasks/{id}/results", Reader),
    ("GET", "/api/v1/documents", Reader),
    ("POST", "/api/v1/documents", Editor),
    ("GET", "/api/v1/documents/{id}", Reader),
    ("DELETE", "/api/v1/documents/{id}", Editor),
    ("GET", "/api/v1/documents/{id}/content", Reader),
    ("GET", "/api/v1/documents/{id}/pages/{page}", Reader),
    ("GET", "/api/v1/documents/{id}/pages/{page}.png", Reader),
    ("GET", "/api/v1/documents/{id}/original", Reader),
    ("GET", "/api/v1/documents/{id}/access", Reader),
    ("POST DELETE", "/api/v1/documents/{id}/access", Admin),
    ("GET", "/api/v1/documents/{id}/access/{name}", Admin),
    ("GET", "/api/v1/jobs", Admin),
    ("GET", "/api/v1/jobs/{id}", Editor),
    ("GET", "/api/v1/status", Reader),
    ("GET", "/api/v1/audit", Admin),
    ("GET POST", "/api/v1/session", Nothing),
    ("DELETE", "/api/v1/session", Reader),
    ("POST", "/api/v1/session/link", Nothing),
    ("GET POST", "/api/v1/keys", Person),
    ("DELETE", "/api/v1/keys/{id}", Person),
    ("GET POST", "/api/v1/people", Admin),
    ("GET POST", "/api/v1/people/{name}", Admin),
    ("POST", "/api/v1/people/{name}/link", Admin),
    ("GET", "/api/v1/people/{name}/keys", Admin),
    ("DELETE", "/api/v1/people/{name}/keys/{id}", Admin),
    ("GET", "/api/v1/bot/channels", Admin),
    ("PATCH", "/api/v1/bot/channels/{id}", Admin),
    ("GET", "/v1/models", Reader),
    ("GET", "/v1/models/{id}", Reader),
    ("GET", "/v1/models/{id:.*}", Reader),
    ("POST", "/v1/chat/completions", Reader),
    ("POST", "/v1/responses", Reader),
    ("POST", "/v1/embeddings", Reader),
    ("GET POST DELETE", "/mcp", Reader),
    ("GET", "/health/live", Nothing),
    ("GET", "/health/ready", Nothing),
    ("GET", "/openapi.json", Nothing),
    ("GET", "/metrics", Metrics),
    // Not of the API: the page, which holds nothing until it asks, and what carries its own proof.
    ("GET", "/", Nothing),
    ("GET", "/assets/{name}", Nothing),
    ("GET", "/documents/{id}", Nothing),
    ("GET", "/sign-in", Nothing),
    ("GET", "/sign-in/provider", Nothing),
    ("GET", "/sign-in/callback", Nothing),
    ("POST", "/bot/slack/{delivery}", Nothing),
    ("POST", "/bot/mattermost", Nothing),
    ("POST", "/bot/mattermost/actions", Nothing),
];

/// What a route needs. `HEAD` needs what `GET` does.
#[must_use]
pub fn needs(method: &str, route: &str) -> Needs {
    row(method, route).unwrap_or(Admin)
}

fn row(method: &str, route: &str) -> Option<Needs> {
    let method = if method == "HEAD" { "GET" } else { method };
    TABLE.iter().find(|(methods, known, _)| *known == route && methods.split(' ').any(|one| one == method)).map(|(.., needs)| *needs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ROUTES;

    #[test]
    fn every_route_of_the_api_says_what_it_needs() {
        for route in ROUTES {
            let method = format!("{:?}", route.method).to_uppercase();
            assert!(row(&method, route.path).is_some(), "{method} {} has no row in the table of needs", route.path);
        }
    }

    #[test]
    fn what_is_not_known_is_for_administrators_and_head_is_get() {
        assert_eq!(needs("GET", "/api/v1/unheard-of"), Admin);
        assert_eq!(needs("PUT", "/api/v1/search"), Admin);
        assert_eq!((needs("HEAD", "/metrics"), needs("HEAD", "/api/v1/search")), (Metrics, Reader));
    }

    #[test]
    fn no_row_contradicts_another() {
        for (place, (methods, route, _)) in TABLE.iter().enumerate() {
            for method in methods.split(' ') {
                let others =
                    TABLE[place + 1..].iter().filter(|(methods, known, _)| known == route && methods.split(' ').any(|one| one == method));
                assert_eq!(others.count(), 0, "{method} {route} stands twice");
            }
        }
    }
}
