//! Pages of PDFs over the real binary: the picture and the place of a quotation, under the same rights as the document, and of the very
//! bytes that were read.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

#[path = "support/http.rs"]
mod http;
#[path = "support/server.rs"]
mod server;
mod support;

use server::Server;
use support::{Store, root};

fn datasheet() -> Vec<u8> {
    fs_err::read(root().join("data/sample/product/vp-420-datasheet.pdf")).unwrap()
}

#[test]
fn a_quotation_is_found_on_the_page_it_stands_on_while_the_file_is_what_was_read() {
    let Some(store) = Store::new() else { return };
    let path = store.write("sheet.pdf", datasheet());
    store.write("other.md", "# Other\n\nNot a page at all.");
    store.add();
    let server = Server::over(store);
    let get = |path: &str| http::get(&server.address, path);
    let found =
        http::post(&server.address, "/api/v1/search", &serde_json::json!({ "query": "long-term drift of full scale per year" })).json();
    let hit = found["hits"].as_array().unwrap().iter().find(|hit| hit["path"] == "sheet.pdf").unwrap().clone();
    let (doc, page) = (hit["doc_id"].as_str().unwrap(), hit["page"].as_u64().unwrap());
    let (start, end) = (hit["span"][0].as_u64().unwrap(), hit["span"][1].as_u64().unwrap());

    let view = get(&format!("/api/v1/documents/{doc}/pages/{page}?span={start}-{end}"));
    assert_eq!(view.status, 200, "{}", view.body);
    let view = view.json();
    assert_eq!((view["page_count"].as_u64(), view["boxes"].as_array().is_some_and(|boxes| !boxes.is_empty())), (Some(3), true), "{view}");
    let image = get(view["image"].as_str().unwrap());
    assert!(image.status == 200 && image.head.contains("image/png"), "{}", image.head);
    assert_eq!(get(&format!("/api/v1/documents/{doc}/pages/4.png")).status, 404);
    let metrics = get("/metrics").body;
    assert!(metrics.contains("pinakes_page_images_total{from=\"drawn\"} 1"), "{metrics}");
    let other = found["hits"].as_array().unwrap().iter().find(|hit| hit["path"] == "other.md");
    if let Some(other) = other.and_then(|hit| hit["doc_id"].as_str()) {
        assert_eq!(get(&format!("/api/v1/documents/{other}/pages/1.png")).status, 404, "what has no pages");
    }

    let file = get(&format!("/api/v1/documents/{doc}/original"));
    assert!(file.status == 200 && file.head.contains("filename*=utf-8''sheet.pdf") && file.head.contains("application/octet-stream"));
    assert!(file.head.contains(&format!("content-length: {}", datasheet().len())), "{}", file.head);

    // Another page of the changed file is not what the quotation stands in.
    fs_err::write(&path, [datasheet(), b"\n% changed\n".to_vec()].concat()).unwrap();
    let changed = get(&format!("/api/v1/documents/{doc}/pages/2.png"));
    assert!(changed.status == 404 && changed.body.contains("changed since"), "{}", changed.body);
    let file = get(&format!("/api/v1/documents/{doc}/original"));
    assert!(file.status == 404 && file.body.contains("changed since"), "{}", file.body);
    fs_err::remove_file(&path).unwrap();
    let file = get(&format!("/api/v1/documents/{doc}/original"));
    assert!(file.status == 404 && !file.body.contains(path.to_str().unwrap()), "no path of the machine: {}", file.body);
    let gone = get(&format!("/api/v1/documents/{doc}/pages/2.png"));
    assert_eq!(gone.status, 422, "{}", gone.body);
    assert!(!gone.body.contains(path.to_str().unwrap()), "no path of the machine: {}", gone.body);
}
