//! The real clock and real randomness, handed down from here.

use pinakes_types::{Clock, Random, Timestamp};

/// The operating system's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives random numbers");
    }
}

/// Random hexadecimal digits.
pub(crate) fn new_id() -> String {
    let mut bytes = [0; 8];
    SystemRandom.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The most memory this process has held so far, in bytes, where the system tells.
pub(crate) fn peak_memory_bytes() -> Option<u64> {
    memory_line("VmHWM:")
}

/// The memory this process holds, in bytes, where the system tells.
pub(crate) fn memory_bytes() -> Option<u64> {
    memory_line("VmRSS:")
}

fn memory_line(name: &str) -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}
