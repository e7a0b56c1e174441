//! The shared corpora through the real child: every file ends in a named state, and the words are those a person would read.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pinakes_config::limits::ExtractLimits;
use pinakes_extract::Extraction;
use pinakes_types::CharIndex;
use support::{corpus, extractor, files, state};
use unicode_normalization::UnicodeNormalization;

#[tokio::test(flavor = "multi_thread")]
async fn every_file_ends_in_a_named_state() {
    let (Some(documents), Some(hostile)) = (corpus("documents"), corpus("hostile-pdf")) else { return };
    let began = Instant::now();
    let pool = Arc::new(extractor(&ExtractLimits::default(), 2));
    let mut reading = Vec::new();
    for path in files(&documents).into_iter().chain(files(&hostile)) {
        let pool = Arc::clone(&pool);
        reading.push(tokio::spawn(async move {
            let started = Instant::now();
            let extraction = pool.extract(&path).await;
            (path, extraction, started.elapsed())
        }));
    }
    let mut states: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for task in reading {
        let (path, extraction, _) = task.await.unwrap();
        check_shape(&path, &extraction);
        states.entry(state(&extraction)).or_default().push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    for (state, names) in &states {
        eprintln!("{state}: {} {}", names.len(), if state == "indexed" { String::new() } else { names.join(" ") });
    }
    assert!(began.elapsed() < Duration::from_secs(180), "{:?}", began.elapsed());
    assert!(!states.contains_key("failed:worker_unavailable"));
}

/// Spans lie in the text, in order, and pages cover it.
fn check_shape(path: &Path, extraction: &Extraction) {
    let Extraction::Text { document, .. } = extraction else { return };
    let chars = document.text.chars().count();
    assert!(!document.title.trim().is_empty(), "{}", path.display());
    let spans: Vec<_> = document.blocks.iter().map(|block| block.span).collect();
    assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "{}", path.display());
    assert!(spans.iter().all(|span| span.start < span.end && span.end <= chars), "{}", path.display());
    assert!(document.markup.windows(2).all(|pair| pair[0].end <= pair[1].start), "{}", path.display());
    assert!(
        document.pages.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start && pair[0].number + 1 == pair[1].number),
        "{}",
        path.display()
    );
    assert!(document.pages.last().is_none_or(|page| page.span.end == chars), "{}", path.display());
}

/// Mean share of the expected words found, and of the found words expected.
async fn agreement(kind: &str) -> Option<(f64, f64)> {
    let folder = corpus("documents")?.join(kind);
    let pool = extractor(&ExtractLimits::default(), 1);
    let (mut recall, mut precision, mut count) = (0.0, 0.0, 0.0);
    for expected_path in files(&folder.join("expected")) {
        let stem = expected_path.file_stem().unwrap().to_string_lossy().into_owned();
        let source =
            [stem.clone(), format!("{stem}.{kind}")].map(|name| folder.join("sources").join(name)).into_iter().find(|path| path.is_file());
        let Some(source) = source else { continue };
        let Extraction::Text { document, .. } = pool.extract(&source).await else {
            panic!("{} has an expected text and was not read", source.display());
        };
        let index = CharIndex::new(&document.text);
        let plain: String = document.blocks.iter().map(|block| document.plain(&index, block.span) + "\n").collect();
        let (expected, found) = (words(&fs_err::read_to_string(&expected_path).unwrap()), words(&plain));
        let common: usize = expected.iter().map(|(word, count)| *count.min(found.get(word).unwrap_or(&0))).sum();
        let share = |of: &HashMap<String, usize>| common as f64 / of.values().sum::<usize>().max(1) as f64;
        eprintln!("{kind} {stem}: recall {:.3} precision {:.3}", share(&expected), share(&found));
        recall += share(&expected);
        precision += share(&found);
        count += 1.0;
    }
    eprintln!("{kind}: recall {:.3} precision {:.3} over {count} files", recall / count, precision / count);
    Some((recall / count, precision / count))
}

/// Words with their counts, markup of the expected Markdown left out.
fn words(text: &str) -> HashMap<String, usize> {
    let mut clean = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        clean.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    clean.push_str(rest);
    let clean = clean.replace("\\_", "_").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    let mut words = HashMap::new();
    for word in clean.nfkc().collect::<String>().to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *words.entry(word.to_owned()).or_default() += 1;
    }
    words
}

#[tokio::test]
async fn word_texts_agree() {
    let Some((recall, precision)) = agreement("docx").await else { return };
    assert!(recall > 0.89 && precision > 0.97, "recall {recall:.3} precision {precision:.3}");
}

/// The expected texts hold menus (most words of `wiki_duck` and `hyperlink_03`) and repeat merged cells; these are left out here.
#[tokio::test]
async fn html_texts_agree() {
    let Some((recall, precision)) = agreement("html").await else { return };
    assert!(recall > 0.85 && precision > 0.98, "recall {recall:.3} precision {precision:.3}");
}

#[tokio::test]
async fn pdf_texts_agree() {
    let Some((recall, precision)) = agreement("pdf").await else { return };
    assert!(recall > 0.95 && precision > 0.94, "recall {recall:.3} precision {precision:.3}");
}

#[tokio::test]
async fn markdown_texts_agree() {
    let Some((recall, precision)) = agreement("md").await else { return };
    assert!(recall > 0.95 && precision > 0.9, "recall {recall:.3} precision {precision:.3}");
}
