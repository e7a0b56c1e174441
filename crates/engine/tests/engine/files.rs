//! What must not load: each refusal names the file and the key or tensor, and nothing panics.

use std::path::Path;

use pinakes_engine::{KvKind, LoadErrorKind, LoadOptions, Model, Random};
use serde_json::{Value, json};

use crate::support::{fixture, logits, options};

fn refusal(path: &Path, options: &LoadOptions) -> String {
    match Model::open(path, options) {
        Ok(_) => panic!("{} loads", path.display()),
        Err(error) => {
            assert_eq!(error.kind(), LoadErrorKind::BadModel, "{error}");
            error.to_string()
        }
    }
}

#[test]
fn a_configuration_that_would_answer_wrongly_is_refused_by_key() {
    let Some(folder) = fixture("moe") else { return };
    let sound: Value = serde_json::from_slice(&fs_err::read(folder.join("config.json")).unwrap()).unwrap();
    let cases: [(&str, Value); 21] = [
        ("model_type", json!("qwen4")),
        ("model_type", json!("llama")),
        ("output_gate_type", json!("swish")),
        ("hidden_act", json!("gelu")),
        ("attention_bias", json!(true)),
        ("norm_topk_prob", json!(false)),
        ("mlp_only_layers", json!([1])),
        ("quantization", json!({"group_size": 64, "bits": 4})),
        ("quantization_config", json!({"quant_method": "gptq"})),
        ("hidden_size", json!(0)),
        ("hidden_size", json!(1_u64 << 60)),
        ("vocab_size", json!(-1)),
        ("num_hidden_layers", json!(5)),
        ("layer_types", json!(["linear_attention", "linear_attention", "linear_attention", "sliding_attention"])),
        ("num_key_value_heads", json!(3)),
        ("linear_num_value_heads", json!(5)),
        ("num_experts_per_tok", json!(9)),
        ("rms_norm_eps", json!(0.0)),
        ("rms_norm_eps", Value::Null),
        ("linear_conv_kernel_dim", json!(17)),
        ("moe_intermediate_size", json!("64")),
    ];
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("config.json");
    let options = LoadOptions { config: Some(path.clone()), ..options(KvKind::F16) };
    for (key, value) in cases {
        let mut config = sound.clone();
        config[key] = value.clone();
        fs_err::write(&path, config.to_string()).unwrap();
        let message = refusal(&folder, &options);
        let named = if (key, &value) == ("num_hidden_layers", &json!(5)) { "layer_types" } else { key };
        assert!(message.contains(named) && message.contains("config.json"), "{key} = {value}: {message}");
    }
    for (key, value) in [
        ("rope_type", json!("llama3")),
        ("rope_theta", json!("high")),
        ("partial_rotary_factor", json!(1.5)),
        ("mrope_section", json!([11, 11, 11])),
        ("mrope_section", json!([u64::MAX, 33])),
    ] {
        let mut config = sound.clone();
        config["rope_parameters"][key] = value.clone();
        fs_err::write(&path, config.to_string()).unwrap();
        let message = refusal(&folder, &options);
        assert!(message.contains(key), "{key} = {value}: {message}");
    }
    for text in ["", "[]", "{}", "{\"model_type\": 3}", "\u{0}"] {
        fs_err::write(&path, text).unwrap();
        assert!(refusal(&folder, &options).contains("config.json"), "{text:?}");
    }
}

/// A copy of a fixture's folder whose header `change` has touched.
fn changed(folder: &Path, change: impl Fn(&mut serde_json::Map<String, Value>)) -> tempfile::TempDir {
    let bytes = fs_err::read(folder.join("model.safetensors")).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    change(header.as_object_mut().unwrap());
    let header = header.to_string();
    let copy = tempfile::tempdir().unwrap();
    let file = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes[8 + length..]].concat();
    fs_err::write(copy.path().join("model.safetensors"), file).unwrap();
    fs_err::copy(folder.join("config.json"), copy.path().join("config.json")).unwrap();
    copy
}

/// Gives a tensor another name or another description.
fn rename(header: &mut serde_json::Map<String, Value>, from: &str, to: &str) {
    let tensor = header.remove(from).unwrap();
    header.insert(to.into(), tensor);
}

#[test]
fn tensors_that_do_not_fit_are_refused_by_name() {
    let Some(folder) = fixture("dense-tied") else { return };
    let options = options(KvKind::F16);
    let up = "model.layers.1.mlp.up_proj.weight";
    let case = |what: &str, expected: &[&str], change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let copy = changed(&folder, change);
        let message = refusal(copy.path(), &options);
        for part in expected {
            assert!(message.contains(part), "{what}: {message}");
        }
    };
    case("missing", &[up, "missing"], &|header| rename(header, up, "mtp.spare"));
    case("transposed", &[up, "[128, 256]", "[256, 128]"], &|header| header[up]["shape"] = json!([128, 256]));
    case("a type of numbers that is none", &[up, "I16"], &|header| header[up]["dtype"] = json!("I16"));
    case("no embedding", &["embed_tokens"], &|header| rename(header, "model.embed_tokens.weight", "model.visual.x"));
    let conv = "model.layers.0.linear_attn.conv1d.weight";
    case("MLX layout", &[conv, "MLX"], &|header| header[conv]["shape"] = json!([768, 4, 1]));
    case("MLX names", &["MLX"], &|header| {
        let names: Vec<String> = header.keys().filter(|name| name.starts_with("model.")).cloned().collect();
        names.iter().for_each(|name| rename(header, name, &format!("language_model.{name}")));
    });
    // What is recognised and left does not hinder.
    let copy = changed(&folder, |_| {});
    assert!(Model::open(copy.path(), &options).is_ok());
    let surplus = tempfile::tempdir().unwrap();
    let config: Value = serde_json::from_slice(&fs_err::read(folder.join("config.json")).unwrap()).unwrap();
    let mut fewer = config.clone();
    fewer["num_hidden_layers"] = json!(3);
    fewer["layer_types"].as_array_mut().unwrap().pop();
    let path = surplus.path().join("config.json");
    fs_err::write(&path, fewer.to_string()).unwrap();
    let message = refusal(&folder, &LoadOptions { config: Some(path), ..options.clone() });
    assert!(message.contains("model.layers.3.") && message.contains("not part of the model"), "{message}");
}

#[test]
fn gguf_files_that_do_not_fit_are_refused_by_name() {
    let Some(folder) = fixture("dense-tied") else { return };
    let bytes = fs_err::read(folder.join("model-Q8_0.gguf")).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("model.gguf");
    for (from, to, expected) in [
        ("blk.1.ffn_up.weight", "blk.1.ffn_xx.weight", "blk.1.ffn_up.weight"),
        ("blk.2.ssm_dt.bias", "blk.7.ssm_dt.bias", "blk.2.ssm_dt.bias"),
        ("qwen35", "qwen99", "general.architecture"),
        ("ssm.inner_size", "ssm.innersizes", "ssm.inner_size"),
        ("token_embd.weight", "token_embe.weight", "token_embd.weight"),
    ] {
        let mut changed = bytes.clone();
        let header = changed.len().min(64 << 10);
        for at in 0..header - from.len() {
            if changed[at..].starts_with(from.as_bytes()) {
                changed[at..at + from.len()].copy_from_slice(to.as_bytes());
            }
        }
        fs_err::write(&path, &changed).unwrap();
        let message = refusal(&path, &options(KvKind::F16));
        assert!(message.contains(expected) && message.contains("model.gguf"), "{from}: {message}");
    }
}

#[test]
fn what_does_not_fit_the_machine_says_so_in_numbers() {
    let Some(folder) = fixture("dense-untied") else { return };
    let path = folder.join("model-Q8_0.gguf");
    let options = LoadOptions { memory_bytes: Some(1000), ..options(KvKind::F16) };
    let Err(error) = Model::open(&path, &options) else { panic!("it loads") };
    assert_eq!(error.kind(), LoadErrorKind::DoesNotFit);
    assert!(error.to_string().contains("1000 are allowed"), "{error}");
    let Err(error) = Model::open(Path::new("no such model"), &options) else { panic!("it loads") };
    assert!(error.to_string().contains("no such model"), "{error}");
}

/// Header and metadata with bytes changed at random: refused or loaded, never a panic; and what loads computes without one.
#[test]
fn a_damaged_header_never_panics() {
    let Some(folder) = fixture("dense-tied") else { return };
    let scratch = tempfile::tempdir().unwrap();
    let options = options(KvKind::F16);
    let mut random = Random::new(23);
    let (mut refused, mut loaded) = (0, 0);
    for (file, name, header) in [("model-Q8_0.gguf", "model.gguf", 6_500), ("model.safetensors", "model.safetensors", 5_500)] {
        let bytes = fs_err::read(folder.join(file)).unwrap();
        fs_err::copy(folder.join("config.json"), scratch.path().join("config.json")).unwrap();
        let path = scratch.path().join(name);
        for round in 0..100 {
            let mut damaged = bytes.clone();
            for _ in 0..1 + round % 4 {
                let at = (random.bits() % header) as usize;
                damaged[at] = if round % 2 == 0 { damaged[at] ^ (1 << (random.bits() % 8)) } else { random.bits() as u8 };
            }
            if round % 10 == 9 {
                damaged.truncate((random.bits() % bytes.len() as u64) as usize);
            }
            fs_err::write(&path, damaged).unwrap();
            match Model::open(if name.ends_with("gguf") { &path } else { scratch.path() }, &options) {
                Err(_) => refused += 1,
                Ok(model) => {
                    loaded += 1;
                    logits(&model, &[1, 2, 3]);
                }
            }
        }
    }
    eprintln!("{refused} refused, {loaded} loaded");
    assert!(refused > 100, "{refused} refused, {loaded} loaded");
}
