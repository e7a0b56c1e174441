//! Sizes and times as people write them: `64 MiB`, `30 s`.

use std::time::Duration;

/// Unit and bytes, largest first within each family.
const BYTE_UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// Unit and milliseconds, largest first.
const TIME_UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads a size: a whole number and a unit, or a whole number of bytes. `None` when it is neither or does not fit 64 bits.
#[must_use]
pub fn parse_bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = if unit.is_empty() { 1 } else { factor_of(&BYTE_UNITS, unit)? };
    number.checked_mul(factor)
}

/// Reads a time: a whole number and a unit. `None` when it is not one or does not fit 64 bits of milliseconds.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    number.checked_mul(factor_of(&TIME_UNITS, unit)?).map(Duration::from_millis)
}

/// Writes a size in the largest binary unit that divides it.
#[must_use]
pub fn format_bytes(bytes: u64) -> String {
    in_largest_unit(&BYTE_UNITS[..4], bytes, "B")
}

/// Writes a time in the largest unit that divides it; below a millisecond it is rounded down.
#[must_use]
pub fn format_duration(time: Duration) -> String {
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    in_largest_unit(&TIME_UNITS, milliseconds, "s")
}

fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits_end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let number = text[..digits_end].replace('_', "").parse().ok()?;
    Some((number, text[digits_end..].trim_start()))
}

fn factor_of(units: &[(&str, u64)], unit: &str) -> Option<u64> {
    units.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor)
}

fn in_largest_unit(units: &[(&str, u64)], amount: u64, smallest: &str) -> String {
    match units.iter().find(|(_, factor)| amount > 0 && amount.is_multiple_of(*factor)) {
        Some((unit, factor)) => format!("{} {unit}", amount / factor),
        None => format!("{amount} {smallest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("64 MiB", Some(64 << 20)),
            ("1GiB", Some(1 << 30)),
            ("4_096", Some(4_096)),
            ("12 kB", Some(12_000)),
            ("0 B", Some(0)),
            (" 7  B ", Some(7)),
            ("64 mib", None),
            ("1.5 GiB", None),
            ("-1 B", None),
            ("MiB", None),
            ("", None),
            ("99999999999999 TiB", None),
        ] {
            assert_eq!(parse_bytes(text), bytes, "{text:?}");
        }
    }

    #[test]
    fn times() {
        for (text, milliseconds) in [
            ("500 ms", Some(500)),
            ("30s", Some(30_000)),
            ("5 min", Some(300_000)),
            ("2 h", Some(7_200_000)),
            ("1 d", Some(86_400_000)),
            ("0 s", Some(0)),
            ("30", None),
            ("5 m", None),
            ("s", None),
            ("99999999999999999 d", None),
        ] {
            assert_eq!(parse_duration(text), milliseconds.map(Duration::from_millis), "{text:?}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for bytes in [0, 1, 1_000, 1 << 10, 64 << 20, (1 << 30) + 1, u64::MAX] {
            assert_eq!(parse_bytes(&format_bytes(bytes)), Some(bytes));
        }
        for milliseconds in [0, 1, 999, 1_000, 90_000, 86_400_000] {
            let time = Duration::from_millis(milliseconds);
            assert_eq!(parse_duration(&format_duration(time)), Some(time));
        }
        assert_eq!(format_bytes(100 << 20), "100 MiB");
        assert_eq!(format_duration(Duration::from_secs(300)), "5 min");
    }
}
