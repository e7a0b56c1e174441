//! Percentiles of measured values, by the nearest rank.

use serde::Serialize;

/// The middle of what was measured, and its far end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Spread {
    /// Half are below.
    pub(crate) p50: f64,
    /// One in a hundred is above.
    pub(crate) p99: f64,
}

/// Of values in any unit; nothing measured is zero.
pub(crate) fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let rank = (share * values.len() as f64).ceil() as usize;
        values.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
    };
    Spread { p50: at(0.50), p99: at(0.99) }
}

/// Of times in milliseconds, to a hundredth.
pub(crate) fn latency(milliseconds: Vec<f64>) -> Spread {
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let Spread { p50, p99 } = spread(milliseconds);
    Spread { p50: round(p50), p99: round(p99) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_rank() {
        let hundred = (1..=100).rev().map(f64::from).collect();
        assert_eq!(spread(hundred), Spread { p50: 50.0, p99: 99.0 });
        assert_eq!(latency(vec![7.001]), Spread { p50: 7.0, p99: 7.0 });
        assert_eq!(spread(vec![]), Spread::default());
    }
}
