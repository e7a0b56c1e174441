//! The metadata that different writers produce, and what must not pass.

use pinakes_models::gguf::{Array, Metadata, Tensor, Value};

use super::*;

fn number(value: u64) -> Value {
    Value::Unsigned(value)
}

/// What llama.cpp's converter writes of a 4B model, and changes to it: a key set, or taken away.
fn config(changes: &[(&str, Option<Value>)]) -> Result<Config, LoadError> {
    let numbers = [
        ("block_count", 32),
        ("context_length", 262_144),
        ("embedding_length", 2560),
        ("feed_forward_length", 9216),
        ("attention.head_count", 16),
        ("attention.head_count_kv", 4),
        ("attention.key_length", 256),
        ("attention.value_length", 256),
        ("rope.dimension_count", 64),
        ("ssm.conv_kernel", 4),
        ("ssm.state_size", 128),
        ("ssm.group_count", 16),
        ("ssm.time_step_rank", 32),
        ("ssm.inner_size", 4096),
        ("full_attention_interval", 4),
    ];
    let mut pairs: Vec<(String, Value)> = numbers.iter().map(|(key, value)| (format!("qwen35.{key}"), number(*value))).collect();
    pairs.push(("general.architecture".into(), Value::Text("qwen35".into())));
    pairs.push(("qwen35.rope.freq_base".into(), Value::Float(1e7)));
    pairs.push(("qwen35.attention.layer_norm_rms_epsilon".into(), Value::Float(1e-6)));
    pairs.push(("qwen35.rope.dimension_sections".into(), Value::Array(Array::Signed(vec![11, 11, 10, 0]))));
    for (key, value) in changes {
        let key = if key.contains("general.") { (*key).to_owned() } else { format!("qwen35.{key}") };
        pairs.retain(|(name, _)| *name != key);
        pairs.extend(value.clone().map(|value| (key, value)));
    }
    let metadata: Metadata = pairs.into_iter().collect();
    let embedding = Tensor { name: "token_embd.weight".into(), kind: 12, dimensions: vec![2560, 248_320], start: 0, end: 0 };
    let file = Gguf { metadata, tensors: vec![embedding], data_start: 0, file_bytes: 0 };
    from_gguf(Path::new("m.gguf"), &file)
}

#[test]
fn writers_differ_and_mean_the_same() {
    let plain = config(&[]).unwrap();
    assert_eq!((plain.vocabulary, plain.full_layers(), plain.linear_layers()), (248_320, 8, 24));
    assert_eq!(plain.layers[3], LayerKind::Full);
    assert_eq!(plain.linear.as_ref().unwrap().value_dim, 128);
    assert_eq!((plain.tied, plain.linear.as_ref().unwrap().order), (Some(true), HeadOrder::Tiled));

    // Ollama: heads of each layer, none where the layer has no attention, and three sections.
    let heads = (1..=32).map(|n| if n % 4 == 0 { 4 } else { 0 }).collect();
    let ollama = [
        ("attention.head_count_kv", Some(Value::Array(Array::Unsigned(heads)))),
        ("rope.dimension_sections", Some(Value::Array(Array::Signed(vec![11, 11, 10])))),
        ("full_attention_interval", None),
    ];
    assert_eq!(config(&ollama).unwrap(), plain);

    // Newer converters: a list of layers, and the head for speculation among the blocks.
    let recurrent = (1..=33).map(|n| n % 4 != 0).collect();
    let newer = [
        ("block_count", Some(number(33))),
        ("nextn_predict_layers", Some(number(1))),
        ("attention.recurrent_layers", Some(Value::Array(Array::Bools(recurrent)))),
    ];
    assert_eq!(config(&newer).unwrap(), plain);

    let yarn = [
        ("rope.scaling.type", Some(Value::Text("yarn".into()))),
        ("rope.scaling.factor", Some(Value::Float(4.0))),
        ("rope.scaling.original_context_length", Some(number(262_144))),
    ];
    let stretched = config(&yarn).unwrap().rope.yarn.unwrap();
    assert!((stretched.magnitude - 1.1386).abs() < 1e-4, "{stretched:?}");
}

#[test]
fn what_does_not_fit_together_is_refused_by_key() {
    let list = |values: Vec<u64>| Some(Value::Array(Array::Unsigned(values)));
    for (key, value) in [
        ("general.architecture", Some(Value::Text("qwen3next".into()))),
        ("block_count", None),
        ("block_count", Some(number(0))),
        ("block_count", Some(number(1 << 40))),
        ("block_count", Some(Value::Text("32".into()))),
        ("nextn_predict_layers", Some(number(32))),
        ("attention.head_count", Some(number(0))),
        ("attention.head_count_kv", Some(number(3))),
        ("attention.head_count_kv", list(vec![4; 31])),
        ("attention.head_count_kv", list((0..32).collect())),
        ("attention.value_length", Some(number(128))),
        ("ssm.inner_size", Some(number(4095))),
        ("ssm.time_step_rank", Some(number(33))),
        ("ssm.conv_kernel", Some(number(64))),
        ("rope.dimension_count", Some(number(512))),
        ("rope.dimension_sections", list(vec![11, 11, 11])),
        ("rope.freq_base", Some(Value::Float(f64::NAN))),
        ("rope.scaling.type", Some(Value::Text("longrope".into()))),
        ("attention.layer_norm_rms_epsilon", Some(Value::Float(-1.0))),
        ("expert_count", Some(number(8))),
        ("context_length", None),
    ] {
        let error = config(&[(key, value.clone())]).expect_err(key).to_string();
        let named = if key == "ssm.time_step_rank" || key == "rope.dimension_count" { key.split('.').next().unwrap() } else { key };
        assert!(error.contains("m.gguf") && error.contains(named), "{key} = {value:?}: {error}");
    }
}
