//! Whatever happens to what is kept, in memory or on the disk, answers are the same, others go on, and memory comes back.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pinakes_engine::cache::disk::{DiskError, DiskOptions, DiskTier, Fingerprint};
use pinakes_engine::cache::{CacheRequest, Domain, Fetching, Miss, Prefix, Tier, TierStats};
use pinakes_engine::engine::{Engine, Local, LocalOptions, Request};
use tempfile::TempDir;

use crate::disk::faults::{again, child};
use crate::restart::{DOCUMENT_TOKENS, PUBLIC_TOKENS, ask as ask_model, engine, files, fresh, model};
use crate::support::random_tokens;
use crate::toy::{Ended, Toy, ToySequence, VOCABULARY, Watch, ask, until};

const WHOLE: usize = PUBLIC_TOKENS + DOCUMENT_TOKENS;

fn request(prompt: &[u32], domain: u8) -> Request {
    let cache = CacheRequest { domain: Domain([domain; 32]), public_tokens: 100, boundaries: vec![100, 900], keep_answer: false };
    Request { cache: Some(cache), ..Request::greedy(prompt.to_vec(), 3) }
}

/// What an engine without reuse says.
fn alone(prompt: &[u32]) -> Vec<u32> {
    let engine = Local::start(Toy::new().0, LocalOptions { cache_bytes: 0, ..LocalOptions::default() }).unwrap();
    ask(&engine, Request::greedy(prompt.to_vec(), 3)).tokens
}

/// Whether nothing lives any more that was made for requests.
fn at_rest(engine: &Local, watch: &Watch, baseline: usize) -> bool {
    let stats = engine.stats();
    (stats.running, stats.waiting, stats.reserved_bytes) == (0, 0, 0) && Arc::strong_count(&watch.alive) == baseline
}

#[test]
fn a_defect_in_the_tree_costs_what_it_holds_and_nothing_else() {
    let (toy, watch) = Toy::new();
    let engine = Local::start(toy, LocalOptions { speculate: false, ..LocalOptions::default() }).unwrap();
    let baseline = Arc::strong_count(&watch.alive);
    let prompts: Vec<Vec<u32>> = (0..3).map(|seed| random_tokens(seed, 1000, VOCABULARY)).collect();
    let expect = |number: usize, cached: usize| {
        let Ended { tokens, end } = ask(&engine, request(&prompts[number], 1));
        assert_eq!((tokens, end.unwrap().1.cached_tokens), (alone(&prompts[number]), cached), "{number}");
    };
    expect(0, 0);
    expect(0, 900);
    watch.broken.store(true, Ordering::Release);
    expect(1, 0);
    until("a count", || engine.stats().cache.defects >= 1);
    expect(0, 0);
    until("baseline", || at_rest(&engine, &watch, baseline));
    let stats = engine.stats().cache;
    assert_eq!((stats.bytes, stats.snapshots, stats.hits), (0, 0, 1), "what was counted before stays: {stats:?}");
    watch.broken.store(false, Ordering::Release);
    expect(2, 0);
    expect(2, 900);
}

/// A tier that panics when it is asked for one thing.
struct Broken(&'static str);

impl Broken {
    fn meet(&self, what: &str) {
        assert!(self.0 != what, "as asked");
    }
}

impl Tier<ToySequence> for Broken {
    fn offer(&self, _: Prefix<'_>, _: &ToySequence) {
        self.meet("offer");
    }

    fn longest(&self, _: Prefix<'_>, _: usize) -> Option<usize> {
        self.meet("longest");
        None
    }

    fn fetch(&self, _: Prefix<'_>, _: usize, _: Option<(usize, &ToySequence)>) -> Fetching<ToySequence> {
        self.meet("fetch");
        Fetching::ready(Err(Miss::NoEntry))
    }

    fn forget(&self, _: Domain) {
        self.meet("forget");
    }

    fn forget_private(&self) {
        self.meet("forget private");
    }

    fn stats(&self) -> TierStats {
        self.meet("stats");
        TierStats::default()
    }
}

#[test]
fn a_defect_in_the_tier_leaves_the_tree() {
    let prompt = random_tokens(1, 1000, VOCABULARY);
    for what in ["offer", "longest", "fetch", "forget", "forget private", "stats"] {
        let engine = Local::start_with_tier(Toy::new().0, LocalOptions::default(), Arc::new(Broken(what))).unwrap();
        assert_eq!(ask(&engine, request(&prompt, 1)).tokens, alone(&prompt), "{what}");
        let again = ask(&engine, request(&prompt, 1));
        assert_eq!((again.cached(), again.tokens), (900, alone(&prompt)), "{what}");
        engine.forget_domain(Domain([1; 32]));
        engine.forget_private();
        assert_eq!(ask(&engine, request(&prompt, 1)).cached(), 100, "{what}");
        let stats = engine.stats();
        assert_eq!(stats.tier.is_none(), what == "stats");
        assert_eq!((stats.cache.defects, stats.cache.defects_tier), (0, u64::from(what != "stats")), "{what}");
    }
}

#[test]
fn all_that_leave_and_all_that_is_forgotten_gives_its_memory_back() {
    let (toy, watch) = Toy::new();
    let options = LocalOptions { queue_max: 2000, cache_bytes: 2_000_000, ..LocalOptions::default() };
    let engine = Local::start(toy, options).unwrap();
    let baseline = Arc::strong_count(&watch.alive);
    let submit = |n: u64| engine.submit(request(&random_tokens(n, 1000, VOCABULARY), 1 + (n % 250) as u8)).unwrap();
    let running: Vec<_> = (0..1000).map(submit).collect();
    until("some snapshots", || engine.stats().cache.inserted > 20);
    drop(running);
    until("rest", || engine.stats().running + engine.stats().waiting == 0);
    assert!(engine.stats().cache.bytes <= 2_000_000);
    engine.forget_private();
    engine.forget_domain(Domain::PUBLIC);
    until("baseline", || at_rest(&engine, &watch, baseline) && engine.stats().cache.bytes == 0);
    assert_eq!(ask(&engine, request(&[1], 1)).tokens, alone(&[1]));
}

#[test]
fn what_is_under_way_when_rights_change_is_answered_and_not_kept() {
    let (toy, watch) = Toy::new();
    watch.token_micros.store(100, Ordering::Release);
    let engine = Local::start(toy, LocalOptions { speculate: false, ..LocalOptions::default() }).unwrap();
    let prompt = random_tokens(1, 3000, VOCABULARY);
    let running = engine.submit(request(&prompt, 1)).unwrap();
    until("reading", || !watch.steps.lock().unwrap().is_empty());
    engine.forget_private();
    assert_eq!(crate::toy::finish(running).tokens, alone(&prompt));
    assert_eq!(ask(&engine, request(&prompt, 1)).cached(), 100);
}

#[test]
fn who_never_reads_gives_its_memory_back() {
    let (toy, watch) = Toy::new();
    let stall_time_max = Duration::from_millis(50);
    let engine = Local::start(toy, LocalOptions { events_max: 2, cache_bytes: 0, stall_time_max, ..LocalOptions::default() }).unwrap();
    let baseline = Arc::strong_count(&watch.alive);
    let idle: Vec<_> = (0..20).map(|n| engine.submit(Request::greedy(random_tokens(n, 50, VOCABULARY), 200)).unwrap()).collect();
    until("baseline", || at_rest(&engine, &watch, baseline));
    drop(idle);
}

#[test]
fn a_bit_that_flips_while_it_serves_changes_no_answer() {
    let folder = TempDir::new().unwrap();
    // Nothing is kept in memory: every question reads the files.
    let serving = engine(model(1), Some(folder.path()), 0);
    ask_model(&serving, 1, 1, 1);
    settle(&serving);
    assert_eq!(ask_model(&serving, 1, 1, 2), (fresh(1, 2), WHOLE));
    for path in files(folder.path()) {
        let mut bytes = fs_err::read(&path).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 4;
        fs_err::write(&path, bytes).unwrap();
    }
    assert_eq!(ask_model(&serving, 1, 1, 3), (fresh(1, 3), 0));
    assert!(serving.stats().tier.unwrap().damaged > 0);
    settle(&serving);
    assert_eq!(ask_model(&serving, 1, 1, 4), (fresh(1, 4), WHOLE), "it was written again");
}

#[test]
fn budgets_of_zero_keep_nothing_and_answer_all() {
    let (weights, folder) = (model(1), TempDir::new().unwrap());
    let tier = DiskTier::open(folder.path(), &weights, Fingerprint::of(&weights, b""), DiskOptions::plain(0)).unwrap();
    let options = LocalOptions { cache_bytes: 0, ..LocalOptions::default() };
    let engine = Local::start_with_tier(pinakes_engine::CpuBackend::new(weights), options, Arc::new(tier)).unwrap();
    for question in 1..3 {
        assert_eq!(ask_model(&engine, 1, 1, question), (fresh(1, question), 0));
    }
    assert_eq!((engine.stats().cache.bytes, files(folder.path()).len()), (0, 0));
}

#[test]
#[cfg(unix)]
fn a_second_process_on_the_folder_answers_without_it() {
    if let Some(folder) = child() {
        let weights = model(1);
        let locked = DiskTier::open(&folder, &weights, Fingerprint::of(&weights, b""), DiskOptions::plain(1 << 30)).err();
        let parent = format!("process {}", std::os::unix::process::parent_id());
        assert!(matches!(&locked, Some(error @ DiskError::Locked { .. }) if error.to_string().contains(&parent)), "{locked:?}");
        assert_eq!(ask_model(&engine(weights, None, 1 << 30), 1, 1, 2), (fresh(1, 2), 0));
        return;
    }
    let folder = TempDir::new().unwrap();
    let first = engine(model(1), Some(folder.path()), 0);
    ask_model(&first, 1, 1, 1);
    settle(&first);
    let test = "faults::a_second_process_on_the_folder_answers_without_it";
    assert!(again(test, folder.path(), "").status().unwrap().success());
    assert_eq!(ask_model(&first, 1, 1, 3), (fresh(1, 3), WHOLE), "the first goes on with it");
}

/// A file system of its own in memory, for as long as it lives; `None`, loudly, where this user may not mount one.
struct Mounted(TempDir);

impl Mounted {
    fn new(options: &str) -> Option<Self> {
        let mounted = Self(TempDir::new().unwrap());
        let made = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(mounted.0.path()).output();
        if made.is_ok_and(|made| made.status.success()) {
            return Some(mounted);
        }
        eprintln!("SKIPPED: a full disk needs a file system of its own, which takes the right to mount");
        None
    }

    fn again(&self, options: &str) {
        let made = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.0.path()).status().unwrap();
        assert!(made.success(), "{options}");
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_counted_and_used_again_when_there_is_room() {
    let Some(disk) = Mounted::new("size=2m") else { return };
    let folder = disk.0.path().join("snapshots");
    let serving = engine(model(1), Some(&folder), 0);
    let tier = || serving.stats().tier.unwrap();
    let expect = |document, question, cached| {
        assert_eq!(ask_model(&serving, 1, document, question), (fresh(document, question), cached), "{document} {question}");
        settle(&serving);
    };
    expect(1, 1, 0);
    assert!(tier().write_failures >= 1, "{:?}", tier());
    expect(1, 2, PUBLIC_TOKENS);
    disk.again("size=64m");
    expect(1, 3, PUBLIC_TOKENS);
    expect(1, 4, WHOLE);
    assert_eq!((tier().damaged, tier().unreadable, tier().defects), (0, 0, 0));
}

#[test]
#[cfg(unix)]
fn a_folder_that_becomes_read_only_is_read_and_written_again_later() {
    use std::os::unix::fs::PermissionsExt;
    let allow = |folder: &Path, mode| fs_err::set_permissions(folder, PermissionsExt::from_mode(mode)).unwrap();
    let Some(place) = child() else {
        // Rights say nothing to root: a child without them.
        let folder = TempDir::new().unwrap();
        allow(folder.path(), 0o777);
        let test = "faults::a_folder_that_becomes_read_only_is_read_and_written_again_later";
        let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
        let prepare = format!("if [ $(id -u) = 0 ]; then {nobody} \"$0\" --list >&2 || exit 77; exec {nobody} \"$0\" --exact {test}; fi;");
        let status = again(test, folder.path(), &prepare).stderr(std::process::Stdio::null()).status().unwrap();
        match status.code() {
            Some(77) => eprintln!("SKIPPED: this program cannot be run as somebody else"),
            code => assert_eq!(code, Some(0)),
        }
        return;
    };
    let folder = place.join("snapshots");
    let serving = engine(model(1), Some(&folder), 0);
    let tier = || serving.stats().tier.unwrap();
    let expect = |document, question, cached| {
        assert_eq!(ask_model(&serving, 1, document, question), (fresh(document, question), cached), "{document} {question}");
        settle(&serving);
    };
    expect(1, 1, 0);
    allow(&folder, 0o500);
    expect(2, 1, PUBLIC_TOKENS);
    assert!(tier().write_failures >= 1, "{:?}", tier());
    expect(1, 2, WHOLE);
    allow(&folder, 0o700);
    expect(2, 2, PUBLIC_TOKENS);
    expect(2, 3, WHOLE);
    assert_eq!((tier().damaged, tier().unreadable, tier().defects), (0, 0, 0));
}

/// Waits until nothing more is being written.
fn settle(engine: &Local) {
    until("everything to be written", || engine.stats().tier.unwrap().bytes_waiting == 0);
}

/// What the tests above say of files would hold of none.
#[test]
fn files_are_where_the_tests_look() {
    let folder = TempDir::new().unwrap();
    drop(ask_model(&engine(model(1), Some(folder.path()), 0), 1, 1, 1));
    assert_eq!(files(Path::new(folder.path())).len(), 2);
}
