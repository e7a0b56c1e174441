//! No byte of a document reaches somebody who may not read it at that moment, over any surface there is (RELIABILITY A2).
//!
//! Every document carries words that stand nowhere else, in its path, its title and its text. The engine is the one that answers with its
//! whole prompt, so that whatever gets into a prompt shows. People ask at random over every route while rights change at random, and what
//! comes back is searched for words of documents that the asker may not read just then.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says what it leaves out")]

#[path = "../support/mod.rs"]
mod support;

mod absent;
#[path = "../../crates/cli/src/bot/answers.rs"]
mod bot_answers;
#[path = "../../crates/cli/src/bot/people.rs"]
mod bot_people;
mod chat;
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the bot alone")]
#[path = "../../crates/bot/tests/bot/fake_slack.rs"]
mod fake_slack;
mod oracle;
mod surfaces;
mod world;

use oracle::{DOCUMENTS, Oracle, PEOPLE};
use world::World;

/// Rounds, each with rights dealt anew, and requests in each. `PINAKES_ROUNDS` asks for another number of them: 20,000 take a night.
const ROUNDS: usize = 200;
const ROUNDS_FULL: usize = 2_000;
const REQUESTS: usize = 60;

/// xorshift64*: small, and the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }

    pub(crate) fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_given_a_word_of_what_they_may_not_read() {
    let Some(world) = World::new().await else { return };
    let asked = std::env::var_os("PINAKES_ROUNDS").map(|number| number.to_str().and_then(|number| number.parse().ok()));
    let asked = asked.map(|number| number.expect("PINAKES_ROUNDS is a number"));
    let rounds = asked.unwrap_or(if support::full() { ROUNDS_FULL } else { ROUNDS });
    let mut given = 0;
    for round in 0..rounds {
        let seed = 0x5eed_0000 + round as u64;
        let mut dice = Dice::new(seed);
        let mut oracle = Oracle::deal(&mut dice);
        world.apply(&oracle).await;
        for step in 0..REQUESTS {
            if dice.one_in(8) {
                oracle.change(&mut dice, &world).await;
            }
            let person = dice.below(PEOPLE);
            let (what, came) = match dice.one_in(2) {
                true => world.use_at_random(&mut dice, &oracle, person).await,
                false => world.ask_at_random(&mut dice, person).await,
            };
            for document in 0..DOCUMENTS {
                let shows = oracle::words_of(document).iter().any(|word| came.contains(word.as_str()));
                let may = oracle.may_read(person, document);
                assert!(may || !shows, "seed {seed:#x}, step {step}: {what} gave person {person} words of document {document}: {came}");
                given += usize::from(shows);
            }
        }
    }
    // Had nothing been given to anybody, nothing would have been tested.
    assert!(given > rounds * 20, "{given} documents were shown in {rounds} rounds");
    eprintln!("{rounds} rounds of {REQUESTS} requests, {given} times a document was shown, to nobody who may not read it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reader_sees_is_the_same_without_what_they_may_not_read() {
    let Some(with) = World::with(|document| document < DOCUMENTS).await else { return };
    let Some(without) = World::with(|document| document < DOCUMENTS / 2).await else { return };
    for world in [&with, &without] {
        for document in 0..DOCUMENTS / 2 {
            world.set_labels(document, &["group:0".into()]).await;
        }
        for document in DOCUMENTS / 2..DOCUMENTS {
            world.set_labels(document, &["group:1".into()]).await;
        }
        world.set_groups(0, &[0]).await;
    }
    for (method, path, body) in world::fixed_requests() {
        let seen = [with.send(0, method, &path, &body).await, without.send(0, method, &path, &body).await];
        let [seen_with, seen_without] = seen.map(|came| (came.status, world::without_times(&came.body)));
        assert_eq!(seen_with, seen_without, "{method} {path}");
    }
}
