//! Percentiles of measured times.

use serde::Serialize;

/// Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Latency {
    /// Half are faster.
    pub(crate) p50: f64,
    /// One in a hundred is slower.
    pub(crate) p99: f64,
}

/// Percentiles by the nearest rank; nothing measured is zero.
pub(crate) fn latency(mut milliseconds: Vec<f64>) -> Latency {
    milliseconds.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let rank = (share * milliseconds.len() as f64).ceil() as usize;
        let value = milliseconds.get(rank.saturating_sub(1)).copied().unwrap_or(0.0);
        (value * 100.0).round() / 100.0
    };
    Latency { p50: at(0.50), p99: at(0.99) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_rank() {
        let hundred = (1..=100).rev().map(f64::from).collect();
        assert_eq!(latency(hundred), Latency { p50: 50.0, p99: 99.0 });
        assert_eq!(latency(vec![7.0]), Latency { p50: 7.0, p99: 7.0 });
        assert_eq!(latency(vec![]), Latency { p50: 0.0, p99: 0.0 });
    }
}
