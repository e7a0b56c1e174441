//! Whatever is done to the log is found.

use std::path::PathBuf;

use pinakes_types::DocId;

use super::*;
use crate::tests::SetClock;

struct Log {
    folder: tempfile::TempDir,
    config: AuditConfig,
}

impl Log {
    fn new(file_bytes_max: u64, files_max: usize) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), config: AuditConfig { file_bytes_max, files_max } }
    }

    fn open(&self) -> Audit {
        Audit::open(self.folder.path(), self.config, Arc::new(SetClock::at(5))).unwrap()
    }

    async fn write(&self, number: usize) {
        let audit = self.open();
        for at in 0..number {
            audit.note_durably("ada \"\n\u{2028}", Event::Retrieval { documents: vec![DocId(format!("d{at}"))] }).await;
        }
    }

    fn current(&self) -> PathBuf {
        self.folder.path().join(files::CURRENT)
    }

    fn problem(&self) -> Option<String> {
        verify(self.folder.path()).err().map(|error| error.to_string())
    }
}

#[tokio::test]
async fn a_log_as_written_is_whole_across_restarts() {
    let log = Log::new(1 << 20, 10);
    assert_eq!(verify(log.folder.path()).unwrap().records, 0, "an empty one is whole");
    log.write(3).await;
    log.write(2).await;
    let whole = verify(log.folder.path()).unwrap();
    assert_eq!((whole.records, whole.first), (5, 1));
    let text = fs_err::read_to_string(log.current()).unwrap();
    assert_eq!(text.lines().count(), 5);
    assert!(text.ends_with(&format!("\"hash\":\"{}\"}}\n", whole.last_hash)));
    for line in text.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[tokio::test]
async fn any_changed_byte_is_found() {
    let log = Log::new(1 << 20, 10);
    log.write(4).await;
    let good = fs_err::read(log.current()).unwrap();
    for at in 0..good.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut bad = good.clone();
            bad[at] ^= flip;
            fs_err::write(log.current(), &bad).unwrap();
            assert!(log.problem().is_some(), "byte {at}, {:?} to {:?}", char::from(good[at]), char::from(bad[at]));
        }
    }
}

#[tokio::test]
async fn lines_taken_away_moved_or_put_in_are_found() {
    let log = Log::new(1 << 20, 10);
    log.write(5).await;
    let good = fs_err::read_to_string(log.current()).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let with = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let forged = with(&[&lines[..2], &[lines[1]], &lines[2..]].concat());
    let cases = [
        ("the first is gone", with(&lines[1..])),
        ("one in the middle is gone", with(&[&lines[..2], &lines[3..]].concat())),
        ("the last is gone", with(&lines[..4])),
        ("two are exchanged", with(&[lines[0], lines[2], lines[1], lines[3], lines[4]])),
        ("one is there twice", forged),
        ("all are gone", String::new()),
        ("the end is cut", good[..good.len() - 1].to_owned()),
        ("something is put in", format!("{good}x\n")),
    ];
    for (what, text) in cases {
        fs_err::write(log.current(), text).unwrap();
        assert!(log.problem().is_some(), "{what}");
    }
    fs_err::remove_file(log.current()).unwrap();
    assert!(log.problem().is_some(), "the file is gone");
    fs_err::write(log.current(), &good).unwrap();
    assert_eq!(log.problem(), None);
    fs_err::remove_file(log.folder.path().join("head.json")).unwrap();
    assert!(log.problem().is_some(), "the head is gone");
}

#[tokio::test]
async fn full_files_are_put_aside_and_only_so_many_are_kept() {
    let log = Log::new(1_500, 3);
    log.write(40).await;
    let names: Vec<String> =
        fs_err::read_dir(log.folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names.iter().filter(|name| name.ends_with(".jsonl")).count(), 3, "{names:?}");
    let whole = verify(log.folder.path()).unwrap();
    assert!(whole.first > 1 && whole.first + whole.records == 41, "{whole:?}");
    let oldest = files::full(log.folder.path()).unwrap().remove(0).1;
    fs_err::remove_file(oldest).unwrap();
    assert!(log.problem().unwrap().contains("beginning"));
}

#[tokio::test]
async fn two_processes_write_one_chain_and_a_torn_line_is_cut_off() {
    let log = Log::new(1 << 20, 10);
    let (one, two) = (log.open(), log.open());
    for _ in 0..10 {
        one.note_durably("one", Event::SignOut).await;
        two.note_durably("two", Event::SignOut).await;
    }
    assert_eq!(verify(log.folder.path()).unwrap().records, 20);
    let mut text = fs_err::read_to_string(log.current()).unwrap();
    text.push_str("{\"seq\":21,\"at\":");
    fs_err::write(log.current(), text).unwrap();
    one.note_durably("one", Event::SignOut).await;
    assert_eq!(verify(log.folder.path()).unwrap().records, 21, "what a crash cut short was never acknowledged");
}

#[tokio::test]
async fn the_latest_records_are_shown_newest_first_across_files() {
    let log = Log::new(600, 10);
    log.write(7).await;
    let audit = log.open();
    let latest = audit.latest(5).await.unwrap().unwrap();
    assert_eq!(latest.iter().map(|record| record.seq).collect::<Vec<_>>(), [7, 6, 5, 4, 3]);
    assert_eq!((latest[0].event.as_str(), &latest[0].details["documents"]), ("retrieval", &serde_json::json!(["d6"])));
    assert!(!latest[0].details.contains_key("hash"));
    assert_eq!(audit.latest(100).await.unwrap().unwrap().len(), 7);
    assert_eq!(Audit::off().latest(5).await.unwrap(), None);
}
