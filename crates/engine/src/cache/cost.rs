//! What a snapshot saves and what it is worth to keep: operations of the prefill that it spares, by its bytes and how recently it was
//! used (Pan et al. 2024, "Marconi").

use crate::config::{Config, LayerKind, MlpConfig};

/// Floating-point operations of reading a prompt. Attention's grow with what stands before a token, all others do not.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PrefillCost {
    /// Of one token.
    pub token: f64,
    /// Of one token for each token before it.
    pub pair: f64,
}

impl PrefillCost {
    /// Of a model: two operations for each weight a token meets, and four for each element of a head, query and key.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let (h, a) = (config.hidden, &config.attention);
        let attention = h * a.head_dim * (a.heads * if a.gated { 3 } else { 2 } + 2 * a.kv_heads);
        let delta = config.linear.as_ref().map_or(0, |l| h * (l.channels() + 2 * l.values() + 2 * l.value_heads));
        let mixers = config.layers.iter().map(|kind| if *kind == LayerKind::Full { attention } else { delta });
        let mlp = match config.mlp {
            MlpConfig::Dense { intermediate } => 3 * h * intermediate,
            MlpConfig::Moe { experts, used, intermediate, shared_intermediate } => {
                h * (3 * (used * intermediate + shared_intermediate) + experts + 1)
            }
        };
        let weights = mixers.sum::<usize>() + config.layers.len() * mlp;
        Self { token: 2.0 * weights as f64, pair: (4 * config.full_layers() * a.heads * a.head_dim) as f64 }
    }

    /// Of the tokens from position `start` up to `end`.
    #[must_use]
    pub fn flops(&self, start: usize, end: usize) -> f64 {
        let (start, end) = (start as f64, end as f64);
        (end - start) * self.token + (end * end - start * start) / 2.0 * self.pair
    }
}

/// What keeping something is worth, for comparison with others: operations it saves for each byte it takes, less and less the longer ago
/// it was used. `age` counts uses of anything since.
#[must_use]
pub fn worth(flops: f64, bytes: u64, age: u64) -> f64 {
    flops / (bytes.max(1) as f64 * (age as f64 + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_costs_are_those_of_the_published_sizes() {
        for (size, giga, pair) in [("0.8b", 1.0, 49_152.0), ("2b", 2.75, 49_152.0), ("4b", 7.14, 131_072.0), ("9b", 13.84, 131_072.0)] {
            let cost = PrefillCost::of(&crate::sizes::config(size).unwrap());
            assert!((cost.token / 1e9 / giga - 1.0).abs() < 0.03, "{size}: {}", cost.token);
            assert_eq!(cost.pair, pair, "{size}");
        }
    }

    #[test]
    fn two_halves_cost_what_the_whole_does() {
        let cost = PrefillCost { token: 3.0, pair: 2.0 };
        assert_eq!(cost.flops(0, 50) + cost.flops(50, 120), cost.flops(0, 120));
        assert!(cost.flops(50, 120) > cost.flops(0, 70));
        assert!(worth(10.0, 2, 0) > worth(10.0, 2, 5) && worth(10.0, 2, 5) > worth(10.0, 4, 5));
    }
}
