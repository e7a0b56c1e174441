//! What can happen to a folder of snapshots while it serves, and what it costs: a miss.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pinakes_engine::Random;
use pinakes_engine::cache::disk::{DiskOptions, DiskTier, Fingerprint, Key};
use pinakes_engine::cache::{Miss, Tier};
use tempfile::TempDir;

use super::{BYTES, READER, fetch, files, fill, goes_on, model, of, tier};
use crate::support::random_tokens;

#[test]
fn any_flipped_bit_is_found_and_costs_only_what_stands_on_it() {
    let model = model();
    let tokens = random_tokens(6, 150, 300);
    let mut random = Random::new(8);
    for key in [None, Some(Key::new([7; 32]))] {
        for _ in 0..12 {
            let folder = TempDir::new().unwrap();
            let open = || {
                let options = DiskOptions { key: key.clone(), ..DiskOptions::plain(BYTES) };
                DiskTier::open(folder.path(), &model, Fingerprint::of(&model, b""), options).unwrap()
            };
            let tier = open();
            fill(&model, &tier, &tokens, &[60, 140]);
            let path = files(folder.path()).pop().unwrap();
            let mut bytes = fs_err::read(&path).unwrap();
            // Units fill more than nine tenths of what they stand in; what lies between them is nobody's.
            let at = (random.bits() % bytes.len() as u64) as usize;
            bytes[at] ^= 1 << (random.bits() % 8);
            fs_err::write(&path, &bytes).unwrap();
            let (length, snapshot) = fetch(&tier, &tokens, 149).unwrap();
            assert!(length == 60 || length == 140, "{length}");
            assert_eq!(tier.stats().damaged, u64::from(length == 60), "byte {at}");
            goes_on(&model, &snapshot, &tokens);
            drop(tier);
            // After a restart too.
            fs_err::write(&path, &bytes).unwrap();
            let (again, snapshot) = fetch(&open(), &tokens, 149).unwrap();
            assert_eq!(again, length);
            goes_on(&model, &snapshot, &tokens);
        }
    }
}

#[test]
fn a_file_cut_off_or_deleted_is_a_miss() {
    let model = model();
    let tokens = random_tokens(7, 150, 300);
    for length in [0, 1, 4095, 4096, 5000, 100_000, 400_000] {
        let folder = TempDir::new().unwrap();
        let tier = tier(folder.path(), &model);
        fill(&model, &tier, &tokens, &[140]);
        let path = files(folder.path()).pop().unwrap();
        fs_err::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        assert_eq!(fetch(&tier, &tokens, 149).err(), Some(Miss::Damaged), "{length}");
        assert_eq!(fetch(&tier, &tokens, 149).err(), Some(Miss::NoEntry));
        tier.flush();
        assert!(!path.exists(), "what cannot be read makes room");
        // It can be written again.
        fill(&model, &tier, &tokens, &[140]);
        assert_eq!(fetch(&tier, &tokens, 149).unwrap().0, 140);
        fs_err::remove_file(&path).unwrap();
        assert_eq!(fetch(&tier, &tokens, 149).err(), Some(Miss::Unreadable));
        assert_eq!((tier.stats().damaged, tier.stats().unreadable, tier.stats().snapshots), (1, 1, 0));
        drop(tier);
        fs_err::write(&path, vec![0; length as usize]).unwrap();
        let tier = super::tier(folder.path(), &model);
        assert_eq!((tier.stats().snapshots, tier.stats().damaged), (0, 1));
        assert!(!path.exists());
    }
}

#[test]
fn a_folder_that_goes_away_stops_nothing() {
    let (model, folder) = (model(), TempDir::new().unwrap());
    let tier = tier(folder.path(), &model);
    let tokens = random_tokens(8, 200, 300);
    fill(&model, &tier, &tokens, &[60, 100]);
    fs_err::remove_dir_all(folder.path()).unwrap();
    fill(&model, &tier, &tokens, &[150, 190]);
    assert!(tier.stats().write_failures >= 1);
    assert_eq!(tier.stats().bytes_waiting, 0);
    assert_eq!(fetch(&tier, &tokens, 199).err(), Some(Miss::Unreadable));
    fs_err::create_dir(folder.path()).unwrap();
    fill(&model, &tier, &tokens, &[150, 190]);
    goes_on(&model, &fetch(&tier, &tokens, 199).unwrap().1, &tokens);
}

/// Where the child of a test works, if this process is one.
pub(crate) fn child() -> Option<PathBuf> {
    std::env::var_os("PINAKES_DISK_CHILD").map(PathBuf::from)
}

/// This test again, in a process of its own that a shell prepares.
pub(crate) fn again(test: &str, folder: &Path, prepare: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{prepare} exec \"$0\" --exact {test} --nocapture"));
    command.arg(std::env::current_exe().unwrap()).env("PINAKES_DISK_CHILD", folder).stdout(Stdio::null());
    command
}

#[test]
#[cfg(unix)]
fn a_process_killed_while_it_writes_leaves_a_sound_folder() {
    let model = model();
    let texts: Vec<Vec<u32>> = (0..4).map(|n| random_tokens(30 + n, 200, 300)).collect();
    let ends = [30, 60, 64, 100, 130, 190];
    if let Some(folder) = child() {
        let (tier, started) = (tier(&folder, &model), Instant::now());
        // Killed long before, unless the test itself failed.
        for round in (0..).take_while(|_| started.elapsed() < Duration::from_secs(60)) {
            tier.forget(READER);
            texts.iter().for_each(|tokens| fill(&model, &tier, tokens, &ends[round % 3..]));
        }
    }
    let folder = TempDir::new().unwrap();
    let mut found = 0;
    for round in 0..6_u64 {
        let mut child = again("disk::faults::a_process_killed_while_it_writes_leaves_a_sound_folder", folder.path(), "").spawn().unwrap();
        let started = Instant::now();
        while files(folder.path()).is_empty() && started.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(37 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let tier = tier(folder.path(), &model);
        for tokens in &texts {
            let Some(longest) = tier.longest(of(tokens), 199) else { continue };
            let (length, snapshot) = fetch(&tier, tokens, 199).unwrap();
            assert_eq!(length, longest);
            goes_on(&model, &snapshot, tokens);
            found += 1;
        }
        assert_eq!((tier.stats().damaged, tier.stats().unreadable), (0, 0), "round {round}");
    }
    assert!(found > 0, "the child wrote something");
}

#[test]
#[cfg(unix)]
fn a_full_disk_is_counted_and_what_was_written_stays() {
    let model = model();
    let tokens = random_tokens(40, 500, 300);
    if let Some(folder) = child() {
        // Files may not grow beyond 1 MiB here: the first fits, a long run does not.
        let tier = tier(&folder, &model);
        fill(&model, &tier, &tokens, &[60, 480]);
        let stats = tier.stats();
        assert_eq!((stats.written, stats.write_failures, stats.bytes_waiting), (1, 1, 0), "{stats:?}");
        goes_on(&model, &fetch(&tier, &tokens, 499).unwrap().1, &tokens);
        return;
    }
    let folder = TempDir::new().unwrap();
    // 2,048 blocks of 512 bytes; without the trap the signal would end the process.
    let limit = "trap '' XFSZ; ulimit -f 2048;";
    let status = again("disk::faults::a_full_disk_is_counted_and_what_was_written_stays", folder.path(), limit).status().unwrap();
    assert!(status.success(), "{status}");
    let tier = tier(folder.path(), &model);
    assert_eq!((tier.stats().snapshots, files(folder.path()).len()), (1, 1));
    assert_eq!(fetch(&tier, &tokens, 499).unwrap().0, 60);
}
