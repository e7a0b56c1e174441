//! Snapshots on the disk: what comes back continues with the same bits, and only those who may find it do.

pub(crate) mod faults;

use std::path::{Path, PathBuf};

use pinakes_engine::cache::disk::{DiskError, DiskOptions, DiskTier, Fingerprint, Key};
use pinakes_engine::cache::{Domain, Miss, Prefix, Tier};
use pinakes_engine::weights::Quantization;
use pinakes_engine::{KvKind, LoadOptions, Model, Sequence};
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
