//! C2 of the reliability matrix: the process dies at each named point between writing and publishing. A point that is never reached
//! fails the test.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

mod support;

use support::Store;

const POINTS: &[&str] = &[
    "index.before_lexical_commit",
    "index.between_legs",
    "index.before_sweep",
    "index.after_sweep",
    "ingest.before_publish",
    "ingest.after_publish",
];

#[test]
fn dying_at_any_point_leaves_the_published_state() {
    for point in POINTS {
        let Some(store) = Store::new() else { return };
        store.write("a.md", "# Alpha\n\nThe alpha valve opens at nine bar.");
        store.add();
        store.write("a.md", "# Alpha\n\nThe alpha valve opens at eleven bar.");
        store.write("b.md", "# Beta\n\nThe beta pump needs synthetic oil.");
        let docs = store.place("docs");
        let died = store.command(&["index", "add", docs.to_str().unwrap()]).env("FAILPOINTS", format!("{point}=panic")).output().unwrap();
        assert_eq!(died.status.code(), None, "{point} was never reached: {}", String::from_utf8_lossy(&died.stderr));

        // A reader alone, before any writer has looked.
        let alpha = store.json(0, &["search", "alpha valve opens"]);
        let words = alpha["hits"][0]["snippet"].as_str().unwrap();
        let published = *point == "ingest.after_publish";
        assert!(words.contains(if published { "eleven" } else { "nine" }), "{point}: {words}");
        assert_eq!(store.found("\"synthetic oil\"").contains(&"b.md".to_owned()), published, "{point}");

        let verified = store.json(0, &["index", "verify"]);
        let found = &verified["found"];
        assert_eq!(
            (&found["missing_lexical"], &found["missing_vector"], &found["repeated"]),
            (&0.into(), &0.into(), &0.into()),
            "{point}: {verified}"
        );
        store.add();
        assert!(store.found("\"eleven bar\"").contains(&"a.md".to_owned()), "{point}");
        assert!(store.found("\"synthetic oil\"").contains(&"b.md".to_owned()), "{point}");
        assert!(!store.found("\"nine bar\"").contains(&"a.md".to_owned()), "{point}");
        assert_eq!(store.json(0, &["index", "verify"])["agrees"], true, "{point}");
    }
}
