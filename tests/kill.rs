//! C1 of the reliability matrix: kill -9 at random moments while indexing, with changes and deletions in between. What was published
//! stays, nothing deleted returns, nothing is there twice, and the store opens.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

mod support;

use std::time::Duration;

use support::{Store, full};

/// A small generator, so that a failing run can be repeated from the seed it prints.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn text(number: u64, edition: u64) -> String {
    let filler: String = (0..40).map(|word| format!("filler{} ", (number * 31 + word * 7 + edition) % 997)).collect();
    format!("# Document {number}\n\nUnique marker mk{number}ed{edition} stands here. {filler}")
}

fn survive(rounds: u64, seed: u64) {
    let Some(store) = Store::new() else { return };
    eprintln!("seed {seed}, {rounds} kills");
    let mut random = Xorshift(seed);
    let mut editions = vec![Some(0_u64); 40];
    for (number, edition) in editions.iter().enumerate() {
        store.write(&format!("{number:02}.md"), text(number as u64, edition.unwrap()));
    }
    let docs = store.place("docs");
    // The first runs are killed before, while and after the store is made.
    for round in 0..rounds {
        let mut child = store.command(&["index", "add", docs.to_str().unwrap(), "--quiet"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(100 + random.below(2_500)));
        child.kill().unwrap();
        child.wait().unwrap();
        if !store.place("data/catalog.sqlite").exists() {
            continue;
        }
        let started = std::time::Instant::now();
        let verified = store.json(0, &["index", "verify"]);
        assert!(started.elapsed() < Duration::from_secs(30), "the store took too long to open");
        let found = &verified["found"];
        assert_eq!(found["repeated"], 0, "round {round}: {verified}");
        assert_eq!(
            found["missing_lexical"].as_u64().unwrap() + found["missing_vector"].as_u64().unwrap(),
            0,
            "published passages are missing, round {round}: {verified}"
        );
        // Change one file, delete another.
        let (changed, deleted) = (random.below(40) as usize, random.below(40) as usize);
        if let Some(edition) = &mut editions[changed] {
            *edition += 1;
            store.write(&format!("{changed:02}.md"), text(changed as u64, *edition));
        }
        if round % 3 == 0 && editions[deleted].take().is_some() {
            fs_err::remove_file(docs.join(format!("{deleted:02}.md"))).unwrap();
        }
    }
    store.add();
    assert_eq!(store.json(0, &["index", "verify"])["agrees"], true);
    let living = editions.iter().filter(|edition| edition.is_some()).count() as u64;
    assert_eq!(store.json(0, &["index", "status"])["documents"]["indexed"], living);
    for (number, edition) in editions.iter().enumerate().take(12) {
        let name = format!("{number:02}.md");
        let newest = edition.unwrap_or(0);
        let hits = store.found(&format!("\"mk{number}ed{newest}\""));
        assert_eq!(hits.contains(&name), edition.is_some(), "document {number}, edition {edition:?}: {hits:?}");
        if edition.is_some_and(|edition| edition > 0) {
            let old = store.found(&format!("\"mk{number}ed{}\"", newest - 1));
            assert!(!old.contains(&name), "an old edition of document {number} is found");
        }
    }
}

#[test]
fn a_few_kills() {
    survive(6, 0x9e37_79b9_7f4a_7c15);
}

#[test]
fn fifty_kills() {
    if full() {
        survive(50, 0xd1b5_4a32_d192_ed03);
    }
}
