//! Bad input ends in a named state with a remedy; the rest goes on, and nothing acknowledged is lost.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]
#![cfg(unix)]

mod support;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use serde_json::Value;
use support::{Store, shared};

const GOOD: &str = "# Good\n\nThe good document talks about zeppelins.";

/// Code of the reason by path.
fn reasons(job: &Value) -> BTreeMap<String, String> {
    let problems = job["problems"].as_array().unwrap();
    problems
        .iter()
        .map(|problem| (problem["path"].as_str().unwrap().to_owned(), problem["reason"]["code"].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn each_odd_file_ends_in_a_named_state_and_the_rest_goes_on() {
    let Some(store) = Store::new() else { return };
    store.write("good.md", GOOD);
    store.write("empty.txt", "");
    store.write("blank.md", " \n\n \t");
    store.write("noise.bin", (0..4096u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>());
    store.write("broken.pdf", "%PDF-1.7\nthis is not a PDF");
    store.write("broken.docx", "PK\x03\x04 this is not a zip");
    store.write("latin.txt", b"Die Gr\xf6\xdfe der T\xfcr betr\xe4gt zwei Meter und sie f\xe4llt schwer ins Schlo\xdf.");
    store.write(
        "wide.txt",
        [0xff, 0xfe]
            .into_iter()
            .chain("Der Dampfkessel wurde gestern geprüft.".encode_utf16().flat_map(u16::to_le_bytes))
            .collect::<Vec<u8>>(),
    );
    fs_err::File::create(store.place("docs/huge.txt")).unwrap().set_len(101_000_000).unwrap();
    fs_err::write(store.place("docs").join(OsStr::from_bytes(b"caf\xe9.txt")), "The cafeteria serves lunch at noon.").unwrap();
    std::os::unix::fs::symlink(store.place("docs"), store.place("docs/loop")).unwrap();
    assert!(Command::new("mkfifo").arg(store.place("docs/pipe")).status().unwrap().success());
    let job = store.add();
    let reasons = reasons(&job);
    for (path, code) in [
        ("empty.txt", "empty"),
        ("blank.md", "empty"),
        ("huge.txt", "too_large"),
        ("noise.bin", "binary"),
        ("loop", "link_not_followed"),
        ("pipe", "not_a_file"),
    ] {
        assert_eq!(reasons.get(path).map(String::as_str), Some(code), "{path}: {reasons:?}");
    }
    assert!(reasons.contains_key("broken.pdf") && reasons.contains_key("broken.docx"), "{reasons:?}");
    for problem in job["problems"].as_array().unwrap() {
        assert!(problem["reason"]["message"].as_str().unwrap().len() > 10, "no words for people: {problem}");
    }
    for (query, path) in
        [("zeppelins", "good.md"), ("Größe der Tür", "latin.txt"), ("Dampfkessel geprüft", "wide.txt"), ("cafeteria lunch", "caf%E9.txt")]
    {
        assert_eq!(store.found(query).first().map(String::as_str), Some(path), "{query}");
    }
    let status = store.json(0, &["index", "status"]);
    assert_eq!(
        status["documents"]["total"].as_u64().unwrap(),
        job["files_done"].as_u64().unwrap(),
        "a file was dropped silently: {status}"
    );
}

#[test]
fn a_password_is_named() {
    let (Some(store), Some(shared)) = (Store::new(), shared()) else { return };
    let sources = shared.join("data/documents/pdf_password/sources");
    let protected = fs_err::read_dir(sources).unwrap().map(|entry| entry.unwrap().path()).next().unwrap();
    store.write("secret.pdf", fs_err::read(protected).unwrap());
    assert_eq!(reasons(&store.add()).get("secret.pdf").map(String::as_str), Some("password_protected"));
}

#[test]
fn a_folder_that_is_gone_takes_nothing_with_it() {
    let Some(store) = Store::new() else { return };
    store.write("good.md", GOOD);
    store.add();
    fs_err::rename(store.place("docs"), store.place("away")).unwrap();
    let output = store.run(&["index", "sync"]);
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(74), "{words}");
    assert!(words.contains("docs") && words.contains("index rm"), "{words}");
    assert_eq!(store.found("zeppelins"), ["good.md"]);
    fs_err::rename(store.place("away"), store.place("docs")).unwrap();
    store.json(0, &["index", "sync"]);
}

#[test]
fn the_second_writer_is_told_who_the_first_is() {
    let Some(store) = Store::new() else { return };
    store.write("good.md", GOOD);
    store.add();
    let lock = fs_err::OpenOptions::new().create(true).truncate(false).write(true).open(store.place("data/writer.lock")).unwrap();
    fs_err::write(store.place("data/writer.lock"), r#"{"pid":4711,"command":"index add","since":0}"#).unwrap();
    lock.file().lock().unwrap();
    let output = store.run(&["index", "sync"]);
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(75), "{words}");
    assert!(words.contains("4711") && words.contains("index add"), "{words}");
    assert_eq!(store.found("zeppelins"), ["good.md"], "reading needs no lock");
    drop(lock);
    store.json(0, &["index", "sync"]);
}

#[test]
fn a_damaged_index_is_found_named_and_rebuilt() {
    let Some(store) = Store::new() else { return };
    store.write("good.md", GOOD);
    store.add();
    let lexical = store.place("data/index-1/lexical");
    let files = fs_err::read_dir(&lexical).unwrap().map(|entry| entry.unwrap().path());
    let postings = files.filter(|path| path.extension().is_some_and(|extension| extension == "term" || extension == "idx"));
    for path in postings {
        let mut bytes = fs_err::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        fs_err::write(&path, bytes).unwrap();
    }
    let doctor = store.json(1, &["doctor"]);
    let checks = doctor["checks"].as_array().unwrap();
    let bad = checks.iter().find(|check| check["verdict"] == "fail").unwrap_or_else(|| panic!("not found: {doctor}"));
    assert!(bad["remedy"].as_str().unwrap().contains("rebuild"), "{bad}");
    store.json(0, &["index", "rebuild", "--embed-only"]);
    assert_eq!(store.json(0, &["doctor"])["verdict"], "ok");
    assert_eq!(store.found("zeppelins"), ["good.md"]);
}

#[test]
fn another_model_is_refused_with_both_names() {
    let Some(store) = Store::new() else { return };
    store.write("good.md", GOOD);
    store.add();
    // The same weights read with another pooling are another model.
    let model = store.place("data/models/all-minilm-l6-v2");
    let other = store.place("other-model");
    fs_err::create_dir_all(other.join("1_Pooling")).unwrap();
    for entry in fs_err::read_dir(model).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        fs_err::copy(entry.path(), other.join(entry.file_name())).unwrap();
    }
    let pooling = r#"{"word_embedding_dimension":384,"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false}"#;
    fs_err::write(other.join("1_Pooling/config.json"), pooling).unwrap();
    // Its own model folder, so that the shared one stays as it is.
    let models = fs_err::read_link(store.place("data/models")).unwrap();
    fs_err::remove_file(store.place("data/models")).unwrap();
    fs_err::create_dir(store.place("data/models")).unwrap();
    std::os::unix::fs::symlink(models.join("all-minilm-l6-v2"), store.place("data/models/all-minilm-l6-v2")).unwrap();
    store.json(0, &["model", "pull", "cls-minilm", "--from", other.to_str().unwrap()]);
    for command in [&["index", "sync"][..], &["search", "zeppelins"]] {
        let output = store.command(command).args(["--set", "embed.model=cls-minilm"]).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(65), "{words}");
        assert!(words.contains("all-minilm-l6-v2") && words.contains("cls-minilm") && words.contains("--embed-only"), "{words}");
    }
    store.json(0, &["--set", "embed.model=cls-minilm", "index", "rebuild", "--embed-only"]);
    let hits = store.json(0, &["--set", "embed.model=cls-minilm", "search", "zeppelins"]);
    assert_eq!(hits["hits"][0]["path"], "good.md");
}

#[test]
fn a_full_disk_loses_nothing_and_the_run_goes_on_later() {
    let Some(store) = Store::new() else { return };
    let disk = store.place("disk");
    fs_err::create_dir(&disk).unwrap();
    let mount = |options: &str| Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&disk).output();
    if !mount("size=1m").is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: a small file system can only be mounted by root");
        return;
    }
    std::os::unix::fs::symlink(store.place("data/models"), disk.join("models")).unwrap();
    for number in 0..160 {
        let words: String = (0..90).map(|word| format!("w{:x} ", (number * 977 + word * 131) % 65_521)).collect();
        store.write(&format!("{number:03}.txt"), format!("Document {number} is about topic{number}. {words}"));
    }
    let (docs, data) = (store.place("docs"), disk.to_str().unwrap().to_owned());
    let full = store.run(&["--data-dir", &data, "index", "add", docs.to_str().unwrap()]);
    let words = String::from_utf8_lossy(&full.stderr).into_owned();
    let first = store.run(&["--data-dir", &data, "index", "verify", "--json"]);
    let remounted = Command::new("mount").args(["-o", "remount,size=256m"]).arg(&disk).status().unwrap();
    let again = store.run(&["--data-dir", &data, "index", "add", docs.to_str().unwrap(), "--json"]);
    let verified = store.run(&["--data-dir", &data, "index", "verify", "--json"]);
    let _ = Command::new("umount").arg(&disk).status();
    assert!(remounted.success());
    assert_eq!(full.status.code(), Some(73), "{words}");
    assert!(words.contains("space") || words.contains("full"), "{words}");
    assert_ne!(first.status.code(), Some(101), "{}", String::from_utf8_lossy(&first.stderr));
    assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
    let verified: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!((&verified["agrees"], verified["found"]["passages"].as_u64().unwrap() >= 160), (&true.into(), true), "{verified}");
}
