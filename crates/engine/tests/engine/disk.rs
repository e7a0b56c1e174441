//! Snapshots on the disk: what comes back continues with the same bits, and whatever happens to the files is a miss.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pinakes_engine::cache::disk::{DiskError, DiskOptions, DiskTier, Fingerprint, Key};
use pinakes_engine::cache::{Domain, Miss, Prefix, Tier};
use pinakes_engine::weights::Quantization;
use pinakes_engine::{KvKind, LoadOptions, Model, Random, Sequence};
use tempfile::TempDir;

use crate::support::{fixture, open, options, random_tokens, read};

const BYTES: u64 = 1 << 30;
const READER: Domain = Domain([1; 32]);
const OTHER: Domain = Domain([2; 32]);

fn model() -> Model {
    Model::random("tiny", Quantization::Q8_0, 1, &options(KvKind::F16)).unwrap()
}

fn tier(folder: &Path, model: &Model) -> DiskTier {
    DiskTier::open(folder, model, Fingerprint::of(model, b"text"), DiskOptions::plain(BYTES)).unwrap()
}

fn of(tokens: &[u32]) -> Prefix<'_> {
    Prefix { domain: READER, public_tokens: 0, tokens }
}

/// Reads `tokens` and offers a snapshot at each of `ends`.
fn fill(model: &Model, tier: &DiskTier, tokens: &[u32], ends: &[usize]) {
    let (mut sequence, mut from) = (model.begin(), 0);
    for end in ends {
        read(model, &mut sequence, &tokens[from..*end], &[]);
        from = *end;
        tier.offer(of(&tokens[..*end]), &sequence);
    }
    tier.flush();
}

fn fetch(tier: &DiskTier, tokens: &[u32], most: usize) -> Result<(usize, Sequence), Miss> {
    tier.fetch(of(tokens), most, None).wait()
}

/// Whether going on from `snapshot` gives the bits that reading everything gives.
fn goes_on(model: &Model, snapshot: &Sequence, tokens: &[u32]) {
    let whole = read(model, &mut model.begin(), tokens, &[]);
    let rest = read(model, &mut snapshot.clone(), &tokens[snapshot.length()..], &[]);
    let same = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits();
    assert!(!rest.is_empty() && rest.iter().zip(&whole[whole.len() - rest.len()..]).all(same), "after {}", snapshot.length());
}

/// The files of runs, the smallest first: of two runs as long, those of fewer pages.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "run"));
    // Another process may remove one meanwhile.
    files.sort_by_key(|path| fs_err::metadata(path).map_or(0, |about| about.len()));
    files
}

#[test]
fn every_snapshot_comes_back_after_a_restart() {
    for kv in [KvKind::F16, KvKind::Q8] {
        let mut models = vec![Model::random("tiny", Quantization::Q8_0, 1, &options(kv)).unwrap()];
        models.extend(fixture("dense-untied").map(|folder| open(&folder, kv)));
        models.extend(fixture("moe").map(|folder| open(&folder.join("model-Q8_0.gguf"), kv)));
        for model in models {
            for key in [None, Some(Key::new([7; 32]))] {
                let folder = TempDir::new().unwrap();
                let open = || {
                    let options = DiskOptions { key: key.clone(), ..DiskOptions::plain(BYTES) };
                    DiskTier::open(folder.path(), &model, Fingerprint::of(&model, b""), options).unwrap()
                };
                let tokens = random_tokens(5, 300, model.config().vocabulary);
                let ends = [1, 40, 50, 64, 100, 192, 201, 290];
                fill(&model, &open(), &tokens, &ends);
                let tier = open();
                assert_eq!(tier.stats().snapshots, ends.len() as u64);
                for end in ends {
                    assert_eq!(tier.longest(of(&tokens), end), Some(end));
                    let (length, snapshot) = fetch(&tier, &tokens, end).unwrap();
                    assert_eq!((length, snapshot.length()), (end, end));
                    goes_on(&model, &snapshot, &tokens);
                }
                assert_eq!(fetch(&tier, &tokens, 299).unwrap().0, 290);
                assert_eq!(fetch(&tier, &tokens, 63).unwrap().0, 50);
            }
        }
    }
}

#[test]
fn branches_stand_beside_each_other_and_pages_are_shared_with_what_is_in_memory() {
    let (model, folder) = (model(), TempDir::new().unwrap());
    let tier = tier(folder.path(), &model);
    let one = random_tokens(1, 260, 300);
    let other = [&one[..130], &random_tokens(2, 130, 300)].concat();
    fill(&model, &tier, &one, &[70, 130, 200, 250]);
    fill(&model, &tier, &other, &[70, 130, 210]);
    assert_eq!((tier.stats().snapshots, tier.stats().written), (5, 5), "the trunk is written once");
    let (length, snapshot) = fetch(&tier, &other, 260).unwrap();
    assert_eq!(length, 210);
    goes_on(&model, &snapshot, &other);
    goes_on(&model, &fetch(&tier, &one, 260).unwrap().1, &one);
    let read_whole = tier.stats().bytes_read;

    let (base, trunk) = fetch(&tier, &one, 130).unwrap();
    let before = tier.stats().bytes_read;
    let (length, snapshot) = tier.fetch(of(&other), 260, Some((base, &trunk))).wait().unwrap();
    assert_eq!(length, 210);
    goes_on(&model, &snapshot, &other);
    goes_on(&model, &trunk, &one);
    assert!(tier.stats().bytes_read - before < read_whole / 2 - 100_000, "two pages are not read again");
    assert!(matches!(tier.fetch(of(&one), 130, Some((130, &trunk))).wait(), Err(Miss::NoEntry)));
}

#[test]
fn domains_share_the_preamble_only_and_are_forgotten_whole() {
    let (model, folder) = (model(), TempDir::new().unwrap());
    let tier = tier(folder.path(), &model);
    let tokens = random_tokens(3, 200, 300);
    let at = |domain, length: usize| Prefix { domain, public_tokens: 64, tokens: &tokens[..length] };
    for domain in [READER, OTHER] {
        let mut sequence = model.begin();
        read(&model, &mut sequence, &tokens[..64], &[]);
        tier.offer(at(domain, 64), &sequence);
        if domain == READER {
            read(&model, &mut sequence, &tokens[64..190], &[]);
            tier.offer(at(domain, 190), &sequence);
        }
    }
    tier.flush();
    assert_eq!(tier.stats().snapshots, 2, "one preamble for all");
    assert_eq!(tier.longest(at(READER, 200), 199), Some(190));
    assert_eq!(tier.longest(at(OTHER, 200), 199), Some(64));
    assert_eq!(tier.longest(Prefix { public_tokens: 0, ..at(OTHER, 200) }, 199), None);
    assert_eq!(tier.longest(Prefix { public_tokens: 200, ..at(OTHER, 200) }, 199), Some(64));
    tier.forget(READER);
    assert_eq!(tier.longest(at(READER, 200), 199), Some(64));
    tier.flush();
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn what_another_engine_wrote_is_a_miss_with_that_reason() {
    let folder = TempDir::new().unwrap();
    let tokens = random_tokens(4, 100, 300);
    fill(&model(), &tier(folder.path(), &model()), &tokens, &[90]);
    let others = [
        Model::random("tiny", Quantization::Q8_0, 2, &options(KvKind::F16)).unwrap(),
        Model::random("tiny", Quantization::Q4KM, 1, &options(KvKind::F16)).unwrap(),
        Model::random("tiny", Quantization::Q8_0, 1, &options(KvKind::Q8)).unwrap(),
    ];
    for other in &others {
        let tier = tier(folder.path(), other);
        assert_eq!((tier.stats().snapshots, tier.stats().foreign), (0, 1));
        assert_eq!(fetch(&tier, &tokens, 99).err(), Some(Miss::Fingerprint));
        assert_eq!(fetch(&tier, &random_tokens(5, 100, 300), 99).err(), Some(Miss::NoEntry));
    }
    // With a key, files that were written without one are foreign too, and the other way round.
    let sealed = DiskOptions { key: Some(Key::new([1; 32])), ..DiskOptions::plain(BYTES) };
    let tier = DiskTier::open(folder.path(), &model(), Fingerprint::of(&model(), b"text"), sealed).unwrap();
    assert_eq!((tier.stats().foreign, fetch(&tier, &tokens, 99).err()), (1, Some(Miss::NoEntry)));
}

#[test]
fn whatever_changes_the_numbers_changes_the_fingerprint() {
    let mut all = vec![("random", model())];
    all.push(("another seed", Model::random("tiny", Quantization::Q8_0, 2, &options(KvKind::F16)).unwrap()));
    all.push(("another quantisation", Model::random("tiny", Quantization::Q4KM, 1, &options(KvKind::F16)).unwrap()));
    all.push(("another cache", Model::random("tiny", Quantization::Q8_0, 1, &options(KvKind::Q8)).unwrap()));
    if let Some(folder) = fixture("dense-tied") {
        all.push(("folder", open(&folder, KvKind::F16)));
        all.push(("the same weights from GGUF", open(&folder.join("model-bf16.gguf"), KvKind::F16)));
        let yarn = LoadOptions { config: Some(folder.join("config-yarn.json")), ..options(KvKind::F16) };
        all.push(("YaRN", Model::open(&folder, &yarn).unwrap()));
    }
    let fingerprints: Vec<Fingerprint> = all.iter().map(|(_, model)| Fingerprint::of(model, b"text")).collect();
    for (index, fingerprint) in fingerprints.iter().enumerate() {
        let same = fingerprints[..index].iter().position(|other| other == fingerprint);
        assert_eq!(same, None, "{}", all[index].0);
    }
    // Threads and what was computed before are no part of it.
    let threads = LoadOptions { threads: 3, ..options(KvKind::F16) };
    let again = Model::random("tiny", Quantization::Q8_0, 1, &threads).unwrap();
    assert_eq!(Fingerprint::of(&again, b"text"), fingerprints[0]);
    assert_ne!(Fingerprint::of(&again, b"other text"), fingerprints[0]);
}

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
        let tier = self::tier(folder.path(), &model);
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

#[test]
fn the_second_process_is_told_who_the_first_is() {
    let (model, folder) = (model(), TempDir::new().unwrap());
    let first = tier(folder.path(), &model);
    let second = DiskTier::open(folder.path(), &model, Fingerprint::of(&model, b""), DiskOptions::plain(BYTES));
    match second.err() {
        Some(error @ DiskError::Locked { .. }) => {
            assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}")
        }
        other => panic!("{other:?}"),
    }
    drop(first);
    tier(folder.path(), &model);
    // A folder that cannot be, or can be neither created nor written.
    let file = folder.path().join("file");
    fs_err::write(&file, "").unwrap();
    for place in [file.as_path(), Path::new("/proc/self/pinakes")] {
        let refused = DiskTier::open(place, &model, Fingerprint::of(&model, b""), DiskOptions::plain(BYTES));
        assert!(matches!(refused.err(), Some(DiskError::Unusable { .. })), "{}", place.display());
    }
}

#[test]
fn the_least_worthy_goes_when_there_is_no_room() {
    let (model, folder) = (model(), TempDir::new().unwrap());
    let texts: Vec<Vec<u32>> = (0..6).map(|n| random_tokens(20 + n, 100, 300)).collect();
    let (one, reopened) = {
        let tier = tier(folder.path(), &model);
        texts[..4].iter().for_each(|tokens| fill(&model, &tier, tokens, &[90]));
        (tier.stats().bytes / 4, tier.stats())
    };
    assert_eq!((reopened.snapshots, reopened.evicted), (4, 0));
    let options = DiskOptions::plain(3 * one + one / 2);
    let tier = DiskTier::open(folder.path(), &model, Fingerprint::of(&model, b"text"), options).unwrap();
    assert_eq!((tier.stats().snapshots, tier.stats().evicted), (3, 1), "a smaller budget holds at once");
    fetch(&tier, &texts[1], 99).unwrap();
    fill(&model, &tier, &texts[4], &[90]);
    assert!(fetch(&tier, &texts[1], 99).is_ok(), "used most recently");
    assert_eq!(tier.longest(of(&texts[2]), 99), None, "used longest ago");
    // After a restart the order of use is still known.
    fetch(&tier, &texts[1], 99).unwrap();
    drop(tier);
    let tier = DiskTier::open(folder.path(), &model, Fingerprint::of(&model, b"text"), DiskOptions::plain(one + one / 2)).unwrap();
    assert_eq!((tier.longest(of(&texts[1]), 99), tier.stats().snapshots), (Some(90), 1));
    drop(tier);
    let tier = DiskTier::open(folder.path(), &model, Fingerprint::of(&model, b"text"), DiskOptions::plain(3 * one + one / 2)).unwrap();
    // A chain that does not fit ends where it does not fit any more; what it goes on from stays.
    fill(&model, &tier, &texts[5], &[20, 40, 60, 80]);
    let stats = tier.stats();
    assert_eq!((tier.longest(of(&texts[5]), 99), stats.dropped_no_room), (Some(60), 1));
    let on_disk: u64 = files(folder.path()).iter().map(|path| fs_err::metadata(path).unwrap().len()).sum();
    assert_eq!(on_disk, stats.bytes);
    assert!(stats.bytes <= 3 * one + one / 2, "{stats:?}");
    // Nothing fits at all.
    drop(tier);
    let tier = DiskTier::open(folder.path(), &model, Fingerprint::of(&model, b"text"), DiskOptions::plain(0)).unwrap();
    fill(&model, &tier, &texts[0], &[90]);
    assert_eq!((tier.stats().bytes, files(folder.path()).len()), (0, 0));
}

#[test]
fn who_is_behind_drops_and_says_so() {
    let (model, folder) = (model(), TempDir::new().unwrap());
    let options = DiskOptions { bytes_waiting_max: 1 << 20, ..DiskOptions::plain(BYTES) };
    let tier = DiskTier::open(folder.path(), &model, Fingerprint::of(&model, b""), options).unwrap();
    let tokens = random_tokens(9, 400, 300);
    fill(&model, &tier, &tokens, &(1..40).map(|n| n * 10).collect::<Vec<_>>());
    let stats = tier.stats();
    assert_eq!(stats.written + stats.dropped_behind, 39, "{stats:?}");
    assert_eq!(stats.bytes_waiting, 0);
    if let Some(longest) = tier.longest(of(&tokens), 399) {
        goes_on(&model, &fetch(&tier, &tokens, longest).unwrap().1, &tokens);
    }
}

/// Where the child of a test works, if this process is one.
fn child() -> Option<PathBuf> {
    std::env::var_os("PINAKES_DISK_CHILD").map(PathBuf::from)
}

/// This test again, in a process of its own that a shell prepares.
fn again(test: &str, folder: &Path, prepare: &str) -> Command {
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
        let mut child = again("disk::a_process_killed_while_it_writes_leaves_a_sound_folder", folder.path(), "").spawn().unwrap();
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
    let status = again("disk::a_full_disk_is_counted_and_what_was_written_stays", folder.path(), limit).status().unwrap();
    assert!(status.success(), "{status}");
    let tier = tier(folder.path(), &model);
    assert_eq!((tier.stats().snapshots, files(folder.path()).len()), (1, 1));
    assert_eq!(fetch(&tier, &tokens, 499).unwrap().0, 60);
}
