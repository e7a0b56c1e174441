//! The main job, by the commands a person types: a folder becomes cited answers.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

mod support;

use serde_json::Value;
use support::{Store, root};

fn sample() -> Option<Store> {
    let store = Store::new()?;
    let job = store.json(0, &["index", "add", root().join("data/sample").to_str().unwrap()]);
    assert_eq!((&job["state"], &job["counts"]["failed"]), (&"done".into(), &0.into()), "{job}");
    Some(store)
}

#[test]
fn a_question_gets_an_answer_whose_citations_stand_in_the_files() {
    let Some(store) = sample() else { return };
    let answer = store.json(0, &["ask", "How many unused holiday days can I carry over into next year?"]);
    assert_eq!((&answer["refused"], &answer["model"], &answer["extractive"]), (&false.into(), &"extractive".into(), &true.into()));
    let text: Vec<char> = answer["answer"].as_str().unwrap().chars().collect();
    assert!(answer["answer"].as_str().unwrap().to_lowercase().contains("five"), "{answer}");
    let citations = answer["citations"].as_array().unwrap();
    assert!(!citations.is_empty());
    for citation in citations {
        let span = |name: &str| (citation[name][0].as_u64().unwrap() as usize, citation[name][1].as_u64().unwrap() as usize);
        let quote = citation["quote"].as_str().unwrap();
        let (start, end) = span("answer_span");
        assert!(start < end && end <= text.len());
        // Text formats are stored as they are: the quotation can be cut from the file itself.
        let path = root().join("data/sample").join(citation["path"].as_str().unwrap());
        if path.extension().is_some_and(|extension| extension == "md") {
            let file: Vec<char> = fs_err::read_to_string(path).unwrap().chars().collect();
            let (start, end) = span("char_span");
            assert_eq!(file[start..end].iter().collect::<String>(), quote);
        }
    }

    let refused = store.json(1, &["ask", "What is the boiling point of tungsten on Jupiter?"]);
    assert_eq!(refused["refused"], true, "{refused}");
    assert!(refused["answer"].as_str().unwrap().contains("searched 27 documents"), "{refused}");
    assert!(refused["citations"].as_array().unwrap().is_empty() && !refused["nearest"].as_array().unwrap().is_empty());
}

#[test]
fn golden_questions_keep_their_level() {
    let Some(store) = sample() else { return };
    let report = store.json(0, &["eval", "answers", "--golden", root().join("data/golden/sample.jsonl").to_str().unwrap()]);
    let at_least = |name: &str, floor: f64| assert!(report[name].as_f64().unwrap() >= floor, "{name}: {report}");
    assert_eq!(report["questions"], 30);
    assert_eq!(report["verbatim_share"], 1.0, "{report}");
    at_least("correct", 0.5);
    at_least("citation_recall", 0.5);
    at_least("refusal_recall", 0.8);
}

#[test]
fn search_has_the_documented_shape() {
    let Some(store) = sample() else { return };
    let response = store.json(0, &["search", "hotel limit per night"]);
    let hit = &response["hits"][0];
    for name in ["rank", "score", "doc_id", "title", "path", "page", "heading", "chunk_id", "span", "snippet"] {
        assert!(hit.get(name).is_some(), "{name} is missing: {hit}");
    }
    assert!(response["took_ms"].is_u64() && response["query"] == "hotel limit per night");
    let phrase = store.json(0, &["search", "\"Up to five unused days\"", "--mode", "lexical"]);
    assert_eq!(phrase["hits"].as_array().unwrap().len(), 1, "{phrase}");
    let german = store.found("Urlaub Elternzeit");
    assert!(german.iter().any(|path| path.contains("elternzeit")), "{german:?}");
    let filtered = store.json(0, &["search", "warranty", "--kind", "pdf"]);
    assert!(filtered["hits"].as_array().unwrap().iter().all(|hit| hit["kind"] == "pdf" && hit["page"].is_u64()), "{filtered}");
}

#[test]
fn only_what_changed_is_read_again() {
    let Some(store) = Store::new() else { return };
    for (name, text) in [
        ("a.md", "# Alpha\n\nThe alpha valve opens at nine bar."),
        ("b.md", "# Beta\n\nThe beta pump needs oil."),
        ("c.txt", "Gamma rays."),
    ] {
        store.write(name, text);
    }
    let counts = |job: &Value, name: &str| job["counts"][name].as_u64().unwrap();
    let first = store.add();
    assert_eq!(counts(&first, "indexed"), 3, "{first}");
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    let again = store.json(0, &["index", "sync"]);
    assert_eq!((counts(&again, "indexed"), counts(&again, "unchanged")), (0, 3), "{again}");

    store.write("a.md", "# Alpha\n\nThe alpha valve opens at twelve bar.");
    fs_err::remove_file(store.place("docs/b.md")).unwrap();
    let changed = store.json(0, &["index", "sync"]);
    assert_eq!((counts(&changed, "indexed"), counts(&changed, "deleted")), (1, 1), "{changed}");
    let answer = store.json(0, &["ask", "At which pressure does the alpha valve open?"]);
    let words = answer["answer"].as_str().unwrap();
    assert!(words.contains("twelve") && !words.contains("nine"), "{answer}");
    assert!(!store.found("beta pump oil").contains(&"b.md".to_owned()));
    let verified = store.json(0, &["index", "verify"]);
    assert_eq!(verified["agrees"], true, "{verified}");
}

#[test]
fn what_was_taken_out_stays_out_until_it_is_added_by_name() {
    let Some(store) = Store::new() else { return };
    let path = store.write("a.md", "# Alpha\n\nThe alpha valve opens at nine bar.");
    store.write("b.md", "# Beta\n\nThe beta pump needs oil.");
    store.add();
    assert_eq!(store.json(0, &["index", "rm", path.to_str().unwrap()])["removed"], 1);
    assert!(!store.found("alpha valve").contains(&"a.md".to_owned()));
    store.json(0, &["index", "sync"]);
    assert!(!store.found("alpha valve").contains(&"a.md".to_owned()));
    store.json(0, &["index", "add", path.to_str().unwrap()]);
    assert!(store.found("alpha valve").contains(&"a.md".to_owned()));
    // The whole source, although its folder is gone by now.
    fs_err::remove_dir_all(store.place("docs")).unwrap();
    assert_eq!(store.json(0, &["index", "rm", store.place("docs").to_str().unwrap()])["removed"], 2);
    assert_eq!(store.json(0, &["index", "status"])["documents"]["total"], 0);
}

#[test]
fn rebuilding_gives_the_same_results() {
    let Some(store) = sample() else { return };
    let before = store.json(0, &["search", "calibration interval"]);
    let job = store.json(0, &["index", "rebuild", "--embed-only"]);
    assert_eq!(job["state"], "done");
    let after = store.json(0, &["search", "calibration interval"]);
    assert_eq!(before["hits"], after["hits"]);
}
