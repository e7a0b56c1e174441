//! What the store's own parts count, as numbers for monitoring.

use pinakes_answer::Figure;
use pinakes_ingest::PageCounts;

/// Pictures of pages.
pub(super) fn pages(counts: PageCounts) -> [Figure; 4] {
    let total = |labels, value| Figure {
        name: "pinakes_page_images_total",
        labels,
        help: "Pictures of pages, by where they came from.",
        counter: true,
        value,
    };
    let help = "Bytes of pictures of pages that are kept.";
    [
        total(r#"from="drawn""#, counts.drawn),
        total(r#"from="kept""#, counts.kept),
        total(r#"from="failed""#, counts.failed),
        Figure { name: "pinakes_page_images_bytes", labels: "", help, counter: false, value: counts.bytes },
    ]
}
