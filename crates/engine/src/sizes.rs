//! The shapes of the published Qwen3.5 models (QWEN35.md §1), for random weights only: real files are read from their own description.

use crate::config::{Architecture, AttentionConfig, Config, HeadOrder, LayerKind, LinearConfig, MlpConfig, RopeConfig};

/// hidden, layers, query and key heads, value heads of DeltaNet, inner width, tied.
type Shape = (usize, usize, usize, usize, usize, MlpConfig, bool);

/// The configuration of the model called `size`.
pub(crate) fn config(size: &str) -> Option<Config> {
    let dense = |intermediate| MlpConfig::Dense { intermediate };
    let (hidden, layers, heads, kv_heads, value_heads, mlp, tied): Shape = match size.to_ascii_lowercase().as_str() {
        "tiny" => (128, 4, 2, 1, 32, dense(256), true),
        "0.8b" => (1024, 24, 8, 2, 16, dense(3584), true),
        "2b" => (2048, 24, 8, 2, 16, dense(6144), true),
        "4b" => (2560, 32, 16, 4, 32, dense(9216), true),
        "9b" => (4096, 32, 16, 4, 32, dense(12288), false),
        "27b" => (5120, 64, 24, 4, 48, dense(17408), false),
        "35b-a3b" => (2048, 40, 16, 2, 32, MlpConfig::Moe { experts: 256, used: 8, intermediate: 512, shared_intermediate: 512 }, false),
        _ => return None,
    };
    let tiny = hidden == 128;
    Some(Config {
        architecture: Architecture::Qwen35,
        vocabulary: if tiny { 320 } else { 248_320 },
        hidden,
        layers: (1..=layers).map(|n: usize| if n.is_multiple_of(4) { LayerKind::Full } else { LayerKind::Linear }).collect(),
        attention: AttentionConfig { heads, kv_heads, head_dim: 256, gated: true, normed: true },
        linear: Some(LinearConfig {
            key_heads: if tiny { 2 } else { 16 },
            value_heads: if tiny { 4 } else { value_heads },
            key_dim: 128,
            value_dim: 128,
            conv_width: 4,
            order: HeadOrder::Tiled,
        }),
        mlp,
        rope: RopeConfig { theta: 1e7, dimensions: 64, interleaved: false, yarn: None },
        norm_epsilon: 1e-6,
        tied: Some(tied),
        context_max: 262_144,
    })
}

#[cfg(test)]
mod tests {
    use pinakes_kernels::{KvKind, KvLayout, PAGE_TOKENS};

    use super::*;

    /// The figure: the whole context of the smallest model in 2 GiB, with keys and values in 8 bits.
    #[test]
    fn the_whole_context_of_the_smallest_fits_in_two_gib() {
        let config = config("0.8b").unwrap();
        let attention = &config.attention;
        let layout = KvLayout { kv_heads: attention.kv_heads, head_dim: attention.head_dim, kind: KvKind::Q8 };
        let bytes = config.context_max / PAGE_TOKENS * layout.page_bytes() * config.full_layers();
        assert!(bytes <= 2 << 30, "{bytes}");
    }

    /// Weights in matrices, of the trunk and the embeddings.
    fn parameters(config: &Config) -> u64 {
        let linear = config.linear.as_ref().unwrap();
        let h = config.hidden;
        let MlpConfig::Dense { intermediate } = config.mlp else { return 0 };
        let attention = |a: &AttentionConfig| h * a.head_dim * (3 * a.heads + 2 * a.kv_heads) + 2 * a.head_dim;
        let delta = |l: &LinearConfig| {
            h * (l.channels() + 2 * l.values() + 2 * l.value_heads) + l.channels() * l.conv_width + 2 * l.value_heads + l.value_dim
        };
        let mixers = config.full_layers() * attention(&config.attention) + config.linear_layers() * delta(linear);
        let layers = config.layers.len() * (3 * h * intermediate + 2 * h);
        let embeddings = config.vocabulary * h * if config.tied == Some(true) { 1 } else { 2 };
        (mixers + layers + embeddings + h) as u64
    }

    #[test]
    fn the_shapes_have_the_published_sizes() {
        for (size, millions) in [("0.8b", 752.39), ("2b", 1881.83), ("4b", 4205.75), ("9b", 8953.80), ("27b", 26896.0)] {
            let got = parameters(&config(size).unwrap()) as f64 / 1e6;
            assert!((got - millions).abs() < 0.1 * millions / 1000.0, "{size}: {got} is not {millions}");
        }
        assert!(config("7b").is_none());
    }
}
