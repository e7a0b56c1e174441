//! Damaged headers, the same ones at each run, for tests that refuse them.

use std::path::PathBuf;

/// 200 damaged forms of a header, and whether the file ends there: a bit changed, a byte lost, a byte doubled, a tail cut.
pub(crate) fn of(header: &[u8]) -> impl Iterator<Item = (Vec<u8>, bool)> + '_ {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    (0..200).map(move |number| {
        let mut bytes = header.to_vec();
        let at = random(header.len());
        match number % 4 {
            0 => bytes[at] ^= 1 << random(8),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, bytes[at]),
            _ => bytes.truncate(at),
        }
        (bytes, number % 4 == 3)
    })
}

/// The small Qwen3.5 checkpoints, or a loud line where there are none.
#[allow(clippy::print_stderr, reason = "a test that is skipped must say so where its runner shows it")]
pub(crate) fn fixtures() -> Option<PathBuf> {
    let found = std::env::var_os("PINAKES_SHARED").map(|root| PathBuf::from(root).join("fixtures/qwen35")).filter(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: PINAKES_SHARED names no folder with fixtures/qwen35");
    }
    found
}
