//! Files and children that misbehave: each costs itself only, with a reason that says so, and the next file is read.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::ffi::OsString;
use std::io::{Cursor, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pinakes_config::limits::ExtractLimits;
use pinakes_extract::{Extraction, Extractor, WorkerCommand};
use pinakes_types::DocVersion;
use support::{extractor, state};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// RELIABILITY W8-W9: what a bomb may cost.
const BOMB_SECONDS: Duration = Duration::from_secs(2);
const BOMB_BYTES: u64 = 256 << 20;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs_err::write(&path, bytes).unwrap();
        path
    }
}

fn stand_in(program: &str, args: &[&str], limits: &ExtractLimits) -> Extractor {
    let command = WorkerCommand { program: program.into(), args: args.iter().map(Into::into).collect() };
    Extractor::new(command, limits.clone(), 1)
}

/// A raw deflate stream of `length` times this byte.
fn deflated(byte: u8, length: usize) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("x", SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
    let chunk = vec![byte; 1 << 20];
    for _ in 0..length >> 20 {
        zip.write_all(&chunk).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    let mut raw = Vec::new();
    ZipArchive::new(Cursor::new(bytes)).unwrap().by_index_raw(0).unwrap().read_to_end(&mut raw).unwrap();
    raw
}

/// A PDF of these objects, numbered from 1; the first is the catalog.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in (1..).zip(objects) {
        places.push(bytes.len());
        bytes.extend(format!("{number} 0 obj\n").bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let table = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        bytes.extend(format!("{place:010} 00000 n \n").bytes());
    }
    bytes.extend(format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1).bytes());
    bytes
}

fn stream(entries: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("<< {entries} /Length {} >>\nstream\n", data.len());
    [head.as_bytes(), data, b"\nendstream"].concat()
}

/// One page whose content expands to 400 MB.
fn pdf_bomb() -> Vec<u8> {
    let packed = [&[0x78, 0x9c][..], &deflated(b' ', 400 << 20)].concat();
    pdf(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R >>".to_vec(),
        stream("/Filter /FlateDecode", &packed),
    ])
}

/// Forms that each draw the next ten times: 10^12 steps, nothing shown.
fn slow_pdf() -> Vec<u8> {
    const LEVELS: usize = 12;
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>".to_vec(),
        stream("", b"/F Do"),
    ];
    for level in 0..LEVELS {
        let next = objects.len() + 2;
        let resources = if level + 1 < LEVELS { format!("/Resources << /XObject << /F {next} 0 R >> >>") } else { String::new() };
        objects.push(stream(&format!("/Type /XObject /Subtype /Form /BBox [0 0 99 99] {resources}"), "/F Do ".repeat(10).as_bytes()));
    }
    pdf(&objects)
}

async fn reads_on(pool: &Extractor, folder: &Folder) {
    let next = folder.file("next.txt", "the next file");
    assert_eq!(state(&pool.extract(&next).await), "indexed");
}

#[tokio::test]
async fn text_and_version_are_of_the_same_bytes() {
    let folder = Folder::new();
    let path = folder.file(OsString::from_vec(b"b\xe9zier.txt".to_vec()), "words");
    let pool = extractor(&ExtractLimits::default(), 1);
    let Extraction::Text { document, version, bytes } = pool.extract(&path).await else { panic!("not read") };
    assert_eq!((document.text.as_str(), bytes, version), ("words", 5, DocVersion::of(b"words")));
    assert_eq!(document.title, "b\u{fffd}zier");
}

#[tokio::test]
async fn a_memory_bomb_costs_its_file_only() {
    let folder = Folder::new();
    let path = folder.file("bomb.pdf", pdf_bomb());
    let limits = ExtractLimits::default();
    assert!(limits.parse_bytes_base_max + limits.parse_bytes_per_file_byte_max * fs_err::metadata(&path).unwrap().len() <= BOMB_BYTES);
    let pool = extractor(&limits, 1);
    reads_on(&pool, &folder).await;
    let began = Instant::now();
    assert_eq!(state(&pool.extract(&path).await), "failed:memory_limit");
    // The worker is built without optimisation here, so its decoder is many times slower than the product's.
    assert!(began.elapsed() < BOMB_SECONDS * 10, "{:?}", began.elapsed());
    reads_on(&pool, &folder).await;
}

#[tokio::test]
async fn an_archive_bomb_is_refused_at_once() {
    let folder = Folder::new();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("word/document.xml", SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
    zip.write_all("<w:p/>".repeat(30 << 20).as_bytes()).unwrap();
    let path = folder.file("bomb.docx", zip.finish().unwrap().into_inner());
    let pool = extractor(&ExtractLimits { address_space_bytes_max: BOMB_BYTES, ..Default::default() }, 1);
    let began = Instant::now();
    assert_eq!(state(&pool.extract(&path).await), "failed:expands_too_far");
    assert!(began.elapsed() < BOMB_SECONDS, "{:?}", began.elapsed());
}

#[tokio::test]
async fn endless_work_ends_by_cpu_time_or_by_the_clock() {
    let folder = Folder::new();
    let path = folder.file("slow.pdf", slow_pdf());
    for limits in [ExtractLimits { cpu_seconds_max: 1, ..Default::default() }, ExtractLimits { wall_seconds_max: 1, ..Default::default() }]
    {
        let pool = extractor(&limits, 1);
        assert_eq!(state(&pool.extract(&path).await), "failed:timed_out");
        reads_on(&pool, &folder).await;
    }
}

#[tokio::test]
async fn deep_nesting_does_not_end_the_parent() {
    let folder = Folder::new();
    let pool = extractor(&ExtractLimits::default(), 1);
    for (name, bytes) in [
        ("a.pdf", [b"%PDF-1.7\n1 0 obj\n".to_vec(), b"[".repeat(1 << 20)].concat()),
        ("a.html", b"<b><i>".repeat(50_000)),
        ("a.md", b"> ".repeat(50_000)),
        ("b.md", b"[".repeat(200_000)),
    ] {
        let path = folder.file(name, bytes);
        eprint_state(name, &pool.extract(&path).await);
        reads_on(&pool, &folder).await;
    }
}

#[allow(clippy::print_stderr, reason = "shown with --nocapture")]
fn eprint_state(name: &str, extraction: &Extraction) {
    eprintln!("{name}: {}", state(extraction));
}

#[tokio::test]
async fn a_pipe_is_not_waited_for() {
    let folder = Folder::new();
    let path = folder.0.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    let pool = extractor(&ExtractLimits::default(), 1);
    assert_eq!(state(&pool.extract(&path).await), "skipped:not_a_file");
    assert_eq!(state(&pool.extract(&folder.0.path().join("gone.txt")).await), "failed:not_found");
}

#[tokio::test]
async fn children_that_do_not_play_are_named() {
    let limits = ExtractLimits { wall_seconds_max: 1, ..Default::default() };
    let path = Path::new("/etc/hostname");
    for (program, args, expected) in [
        ("/nowhere/pinakes", &[][..], "failed:worker_unavailable"),
        ("/bin/sh", &["-c", "exit 3"][..], "failed:parser_crashed"),
        ("/bin/sh", &["-c", "kill -SEGV $$"][..], "failed:parser_crashed"),
        ("/bin/cat", &[][..], "failed:parser_crashed"),
        ("/bin/sleep", &["60"][..], "failed:timed_out"),
        ("/bin/sh", &["-c", "printf '\\377\\377\\377\\377'; exec /bin/sleep 60"][..], "skipped:too_large"),
    ] {
        assert_eq!(state(&stand_in(program, args, &limits).extract(path).await), expected, "{program} {args:?}");
    }
}

#[tokio::test]
async fn dropping_the_question_ends_the_child() {
    let folder = Folder::new();
    let note = folder.0.path().join("pid");
    let script = format!("echo $$ > {}; exec /bin/sleep 60", note.display());
    let pool = stand_in("/bin/sh", &["-c", &script], &ExtractLimits::default());
    let asked = tokio::time::timeout(Duration::from_millis(700), pool.extract(Path::new("/etc/hostname"))).await;
    assert!(asked.is_err());
    let process = Path::new("/proc").join(fs_err::read_to_string(note).unwrap().trim());
    let gone = || fs_err::read_to_string(process.join("stat")).map_or(true, |stat| stat.contains(") Z "));
    let began = Instant::now();
    while !gone() {
        assert!(began.elapsed() < Duration::from_secs(5), "the child outlived its question");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_child_killed_between_files_costs_none() {
    let folder = Folder::new();
    let note = folder.0.path().join("pid");
    let script = format!("echo $$ > {}; exec {}", note.display(), support::worker().display());
    let pool = stand_in("/bin/sh", &["-c", &script], &ExtractLimits::default());
    reads_on(&pool, &folder).await;
    let pid = fs_err::read_to_string(&note).unwrap().trim().parse().unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), rustix::process::Signal::KILL).unwrap();
    reads_on(&pool, &folder).await;
    assert_ne!(fs_err::read_to_string(&note).unwrap().trim(), pid.to_string());
}

#[tokio::test]
async fn a_child_is_replaced_after_its_share_of_files() {
    let folder = Folder::new();
    let pool = extractor(&ExtractLimits { files_per_child_max: 1, ..Default::default() }, 2);
    for _ in 0..3 {
        reads_on(&pool, &folder).await;
    }
}

#[tokio::test]
async fn a_huge_text_and_a_huge_file_name_their_limits() {
    let folder = Folder::new();
    let pool = extractor(&ExtractLimits { file_bytes_max: 3 << 20, text_chars_max: 2 << 20, ..Default::default() }, 1);
    for (size, limit) in [(4 << 20, "file_bytes_max"), ((2 << 20) + 1, "text_chars_max")] {
        let path = folder.file("huge.txt", "x".repeat(size));
        let Extraction::Skipped { reason, bytes, .. } = pool.extract(&path).await else { panic!("not skipped") };
        assert!(reason.code == "too_large" && reason.message.contains(limit) && bytes == size as u64, "{reason}");
    }
}
