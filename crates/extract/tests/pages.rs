//! Pages as people see them: drawn in the real child, words found where they stand; whatever a file holds costs its own picture only.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod support;

use std::path::{Path, PathBuf};

use pinakes_config::limits::ExtractLimits;
use pinakes_extract::{Extraction, PageSeen, PageWanted, Sought};
use pinakes_types::{CharSpan, DocVersion, Reason};
use support::{corpus, extractor, files};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("data/sample").join(name)
}

fn size_of(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[1..4], b"PNG");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

async fn look_at(path: &Path, number: u32, sought: Option<Sought>) -> Result<PageSeen, Reason> {
    extractor(&ExtractLimits::default(), 1).look_at(path, PageWanted { number, image: true, sought }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_drawn_and_every_word_of_it_is_found() {
    let path = sample("product/vp-420-datasheet.pdf");
    let children = extractor(&ExtractLimits::default(), 1);
    let Extraction::Text { document, version, .. } = children.extract(&path).await else { panic!("the sample is read") };
    let page = document.pages[0].span;
    let text: String = document.text.chars().skip(page.start).take(page.len()).collect();
    // Each line of text in turn: what is sought is found, on the page, and further down than what stands before it as a rule.
    let (mut found, mut lines) = (0, 0);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = CharSpan::new(start, start + line.chars().count());
        start = span.end;
        if line.chars().filter(|c| c.is_alphanumeric()).count() < 3 {
            continue;
        }
        lines += 1;
        let wanted = PageWanted { number: 1, image: false, sought: Some(Sought::new(&text, span)) };
        let seen = children.look_at(&path, wanted).await.unwrap();
        assert!(seen.png.is_empty() && seen.version == version);
        let inside =
            |[left, top, width, height]: [f32; 4]| left >= 0.0 && top >= 0.0 && width > 0.0 && left + width <= 1.0 && top + height <= 1.0;
        assert!(seen.boxes.iter().all(|edges| inside(*edges)), "{line}: {:?}", seen.boxes);
        found += usize::from(!seen.boxes.is_empty());
    }
    assert!(lines > 5 && found == lines, "{found} of {lines}");

    let seen = look_at(&path, 1, None).await.unwrap();
    assert_eq!(seen.version, DocVersion::of(&fs_err::read(&path).unwrap()));
    let (width, height) = size_of(&seen.png);
    assert_eq!(width, ExtractLimits::default().page_image_width_px);
    assert!((height as f32 / width as f32 - seen.height / seen.width).abs() < 0.01);
    assert!((10_000..1_000_000).contains(&seen.png.len()), "{} bytes", seen.png.len());
    if let Some(folder) = std::env::var_os("PINAKES_SEE_PAGES") {
        fs_err::write(Path::new(&folder).join("datasheet.png"), seen.png).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_page_says_so() {
    let path = sample("product/vp-420-datasheet.pdf");
    for number in [0, 999] {
        assert_eq!(look_at(&path, number, None).await.unwrap_err().code, "no_such_page");
    }
    assert_eq!(look_at(&sample("product/glossary.md"), 1, None).await.unwrap_err().code, "damaged");
    assert_eq!(look_at(&sample("product/gone.pdf"), 1, None).await.unwrap_err().code, "not_found");
    let limits = ExtractLimits { page_image_bytes_max: 1_000, ..ExtractLimits::default() };
    let wanted = PageWanted { number: 1, image: true, sought: None };
    assert_eq!(extractor(&limits, 1).look_at(&path, wanted).await.unwrap_err().code, "page_too_large");
}

/// Every hostile PDF's first page is drawn, or it is said why not; the next file is drawn all the same.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_pages_cost_their_own_picture_only() {
    let Some(folder) = corpus("hostile-pdf") else { return };
    let all = std::env::var_os("PINAKES_TEST").is_some_and(|value| value == "full");
    if !all {
        eprintln!("SKIPPED: nine in ten hostile PDFs; all of them with PINAKES_TEST=full");
    }
    let limits = ExtractLimits { cpu_seconds_max: 20, wall_seconds_max: 30, ..ExtractLimits::default() };
    let children = extractor(&limits, 2);
    let (mut drawn, mut not) = (0, std::collections::BTreeMap::<String, usize>::new());
    let pdfs = files(&folder).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "pdf"));
    for path in pdfs.step_by(if all { 1 } else { 10 }) {
        match children.look_at(&path, PageWanted { number: 1, image: true, sought: None }).await {
            Ok(seen) => {
                drawn += 1;
                let (width, height) = size_of(&seen.png);
                assert!(width * height <= limits.page_image_pixels_max + 100_000, "{}", path.display());
                if let Some(folder) = std::env::var_os("PINAKES_SEE_PAGES") {
                    fs_err::write(Path::new(&folder).join(path.with_extension("png").file_name().unwrap()), seen.png).unwrap();
                }
            }
            Err(reason) => *not.entry(reason.code).or_default() += 1,
        }
    }
    eprintln!("{drawn} drawn, not {not:?}");
    assert!(drawn > 10 && not.values().sum::<usize>() * 3 < drawn, "{drawn} drawn, not {not:?}");
}
