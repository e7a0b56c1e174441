//! Filters and labels act inside both legs, in memory and in Lance alike, whatever characters they are made of.

use pinakes_index::{Filter, IndexedChunk, Part, Query};
use pinakes_types::{DocumentKind, Label, PathPattern, SourceId, Timestamp};

use crate::common::{Store, chunk, hybrid, id, near, on_disk, reader, settings, words};

/// Forty documents that differ in everything filters can ask for; all hold the word `report`.
fn corpus() -> Vec<IndexedChunk> {
    (1..=40)
        .map(|version| IndexedChunk {
            source: SourceId(["files", "o'brien's \"share\"", "uploads"][version as usize % 3].into()),
            kind: [DocumentKind::Pdf, DocumentKind::Markdown][version as usize % 2],
            language: [Some("en".to_owned()), Some("de".to_owned()), None][version as usize % 3].clone(),
            path: format!("{}/report'{version}%_.md", ["hr", "legal", "hr's"][version as usize % 3]),
            modified: Timestamp(version as i64 * 10),
            labels: vec![Label(["public", "group:o'hara", "group:b"][version as usize % 3].into())],
            vector: (0..8).map(|place| ((version * 7 + place * 5) % 11) as f32 - 4.0).collect(),
            ..chunk(version, 0, "quarterly report")
        })
        .collect()
}

fn filters() -> Vec<Filter> {
    let none = Filter::default();
    vec![
        none.clone(),
        Filter { sources: vec![SourceId("o'brien's \"share\"".into())], ..none.clone() },
        Filter { kinds: vec![DocumentKind::Pdf], languages: vec!["de".into()], ..none.clone() },
        Filter { path_prefix: Some("hr'".into()), ..none.clone() },
        Filter { path_prefix: Some("hr/report'3%".into()), ..none.clone() },
        Filter { modified_after: Some(Timestamp(100)), modified_before: Some(Timestamp(200)), ..none.clone() },
        part(&[], &["hr/**"]),
        part(&["files", "uploads"], &["*3*_.md", "hr's/report'?%_.md"]),
        part(&["o'brien's \"share\""], &[]),
        part(&[], &["**/report'1*"]),
        part(&[], &["nowhere/**", "(.*)", "a|b", "[a-z]*/**", "') OR 1=1 --/**", "\\"]),
        Filter { kinds: vec![DocumentKind::Pdf], sources: vec![SourceId("files".into())], ..part(&["files"], &["legal/**", "hr/**"]) },
        Filter { sources: vec![SourceId("uploads".into())], ..part(&["files"], &[]) },
        // What an attacker would write.
        Filter { sources: vec![SourceId("x') OR 1=1 --".into())], ..none.clone() },
        Filter { path_prefix: Some("') OR ('1'='1".into()), ..none.clone() },
        Filter { languages: vec!["'; DROP TABLE chunks; --".into(), "\\' OR true".into(), "\0".into()], ..none },
    ]
}

fn part(sources: &[&str], paths: &[&str]) -> Filter {
    let sources = sources.iter().map(|source| SourceId((*source).into())).collect();
    let paths = paths.iter().map(|pattern| PathPattern::parse(pattern).unwrap()).collect();
    Filter { within: Some(Part { sources, paths }), ..Filter::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_lance_and_words_agree_under_every_filter_and_scope() {
    let corpus = corpus();
    let (resident, lance) = (Store::with(settings(), &corpus).await, Store::with(on_disk(), &corpus).await);
    let scopes = [crate::common::everything(), reader(&[]), reader(&["group:o'hara"]), reader(&["') OR true --"])];
    let mut found_some = 0;
    for filter in filters() {
        for scope in &scopes {
            let ask = |query: Query| Query { filter: filter.clone(), depth: 50, ..query };
            let from_memory = resident.find_as(scope, &ask(near(3))).await;
            let from_lance = lance.find_as(scope, &ask(near(3))).await;
            assert_eq!(from_memory, from_lance, "{filter:?}");
            let sorted = |mut versions: Vec<u64>| {
                versions.sort_unstable();
                versions
            };
            assert_eq!(sorted(from_memory.clone()), sorted(resident.find_as(scope, &ask(words("report"))).await), "{filter:?}");
            found_some += usize::from(!from_memory.is_empty());
            for (version, chunk) in (1..).zip(&corpus) {
                assert_eq!(from_memory.contains(&version), expected(&filter, scope, chunk), "{version} under {filter:?}");
            }
        }
    }
    assert!(found_some > 15, "the filters let something through");
}

fn expected(filter: &Filter, scope: &pinakes_types::Scope, chunk: &IndexedChunk) -> bool {
    scope.allows(&chunk.labels)
        && (filter.sources.is_empty() || filter.sources.contains(&chunk.source))
        && (filter.kinds.is_empty() || filter.kinds.contains(&chunk.kind))
        && (filter.languages.is_empty() || chunk.language.as_ref().is_some_and(|language| filter.languages.contains(language)))
        && filter.path_prefix.as_ref().is_none_or(|prefix| chunk.path.starts_with(prefix.as_str()))
        && filter.within.as_ref().is_none_or(|part| part.holds(&chunk.source.0, &chunk.path))
        && filter.modified_after.is_none_or(|time| chunk.modified >= time)
        && filter.modified_before.is_none_or(|time| chunk.modified < time)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_one_readable_document_among_many_better_ones_is_found() {
    let mut corpus: Vec<IndexedChunk> = (1..=300)
        .map(|version| IndexedChunk { labels: vec![Label("group:secret".into())], ..chunk(version, 0, "budget budget budget") })
        .collect();
    corpus.push(IndexedChunk { body: "one word on the budget among a great many other words of all kinds".into(), ..chunk(999, 0, "") });
    for settings in [settings(), on_disk()] {
        let store = Store::with(settings, &corpus).await;
        for query in [words("budget"), near(1), hybrid("budget", 1)] {
            let narrow = Query { depth: 5, ..query };
            assert_eq!(store.find_as(&reader(&[]), &narrow).await, [999]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phrase_binds_the_vector_leg_too() {
    let corpus = [chunk(1, 0, "the red door is open"), chunk(2, 0, "the door is red"), chunk(3, 0, "nothing of the kind")];
    for settings in [settings(), on_disk()] {
        let store = Store::with(settings, &corpus).await;
        let found = store.index.search(&reader(&[]), &hybrid("\"red door\" colour", 2)).await.unwrap();
        assert_eq!(found.iter().map(|candidate| candidate.id).collect::<Vec<_>>(), [id(1, 0)]);
        assert!(store.find(&hybrid("\"blue door\"", 2)).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_the_same_whether_closed_documents_exist_or_not() {
    let open: Vec<IndexedChunk> = (1..=80)
        .map(|version| {
            chunk(
                version,
                0,
                ["merger of the two houses", "annual report on houses", "report of the merger of houses and boats"][version as usize % 3],
            )
        })
        .collect();
    let closed = (200..=260).map(|version| IndexedChunk {
        labels: vec![Label("group:board".into())],
        language: Some("de".into()),
        ..chunk(version, 0, "merger merger merger of houses with Reports about boats")
    });
    let without = Store::with(settings(), &open).await;
    let with = Store::with(settings(), &open.iter().cloned().chain(closed).collect::<Vec<_>>()).await;
    for text in ["merger houses", "report boats", "\"report of the merger\" boats", "the merger of houses"] {
        for query in [words(text), hybrid(text, 3)] {
            let (before, after) =
                (without.index.search(&reader(&[]), &query).await.unwrap(), with.index.search(&reader(&[]), &query).await.unwrap());
            assert!(!before.is_empty());
            assert_eq!(before, after, "{text}");
        }
    }
    assert!(with.find(&words("merger")).await[0] >= 200, "who may read them finds them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_among_many_are_found_and_scored_as_if_they_were_alone() {
    let text = |version: u64| ["merger of the two houses", "annual report on houses", "the boats of the merger"][version as usize % 3];
    // Every twentieth is open: so few that a search goes through them. A word that many closed ones hold, and one that few do.
    let all: Vec<IndexedChunk> = (1..=400)
        .map(|version| match version % 20 {
            0 => chunk(version, 0, text(version)),
            7 => IndexedChunk { labels: vec![Label("group:board".into())], ..chunk(version, 0, "annual boats, boats, boats") },
            _ => IndexedChunk { labels: vec![Label("group:board".into())], ..chunk(version, 0, "merger of houses") },
        })
        .collect();
    let open: Vec<IndexedChunk> = all.iter().filter(|chunk| chunk.id.version().0 % 20 == 0).cloned().collect();
    let (without, with) = (Store::with(settings(), &open).await, Store::with(settings(), &all).await);
    for text in ["merger houses", "report boats", "\"two houses\" merger", "boats", "of", "submarine"] {
        for query in [words(text), hybrid(text, 40)] {
            let (before, after) =
                (without.index.search(&reader(&[]), &query).await.unwrap(), with.index.search(&reader(&[]), &query).await.unwrap());
            assert_eq!(before, after, "{text}");
        }
    }
    assert_eq!(with.find_as(&reader(&[]), &words("boats")).await.len(), 7);
}
