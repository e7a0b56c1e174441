//! Encoders of odd shapes with random weights against candle-transformers': widths that fill no vector register, every kind of pooling
//! and family, long and short texts together; and folders that must be refused.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, IndexOp, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::{bert, xlm_roberta};
use pinakes_embed::{EmbedError, Embedder};
use serde_json::{Value, json};

const HIDDEN: usize = 60;
const INTERMEDIATE: usize = 50;
const VOCABULARY: usize = 40;

fn config(kind: &str) -> Value {
    json!({
        "model_type": kind, "vocab_size": VOCABULARY, "hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": 3,
        "intermediate_size": INTERMEDIATE, "max_position_embeddings": 40, "type_vocab_size": 2, "layer_norm_eps": 1e-5,
        "hidden_act": "gelu", "pad_token_id": 1, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
        "initializer_range": 0.02, "position_embedding_type": "absolute",
    })
}

/// Words w0…w35 are tokens; `[CLS]` is 2 and `[SEP]` 3.
fn tokenizer() -> Value {
    let mut vocabulary: HashMap<String, usize> = (4..VOCABULARY).map(|id| (format!("w{}", id - 4), id)).collect();
    vocabulary.extend([("[UNK]".into(), 0), ("[PAD]".into(), 1), ("[CLS]".into(), 2), ("[SEP]".into(), 3)]);
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null, "decoder": null,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    })
}

fn tensors() -> HashMap<String, Tensor> {
    let mut state = 1_u32;
    let mut random = |shape: &[usize], scale: f32| {
        let values: Vec<f32> = (0..shape.iter().product())
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * scale
            })
            .collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    };
    let mut tensors = HashMap::new();
    for (name, rows) in [("word", VOCABULARY), ("position", 40), ("token_type", 2)] {
        tensors.insert(format!("embeddings.{name}_embeddings.weight"), random(&[rows, HIDDEN], 1.0));
    }
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in 0..2 {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        norms.extend([name("attention.output.LayerNorm"), name("output.LayerNorm")]);
        let linear = [
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", INTERMEDIATE, HIDDEN),
            ("output.dense", HIDDEN, INTERMEDIATE),
        ];
        for (part, outputs, inputs) in linear {
            tensors.insert(name(&format!("{part}.weight")), random(&[outputs, inputs], 0.3));
            tensors.insert(name(&format!("{part}.bias")), random(&[outputs], 0.3));
        }
    }
    for norm in norms {
        tensors.insert(format!("{norm}.weight"), random(&[HIDDEN], 0.5).affine(1.0, 1.0).unwrap());
        tensors.insert(format!("{norm}.bias"), random(&[HIDDEN], 0.5));
    }
    tensors
}

fn write(folder: &Path, name: &str, value: &Value) {
    let path = folder.join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, value.to_string()).unwrap();
}

/// A sentence-transformers folder.
fn model_folder(kind: &str, cls: bool, normalize: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "config.json", &config(kind));
    write(folder.path(), "tokenizer.json", &tokenizer());
    write(folder.path(), "P/config.json", &json!({"pooling_mode_cls_token": cls, "pooling_mode_mean_tokens": !cls}));
    let module = |path: &str, kind: &str| json!({"path": path, "type": format!("sentence_transformers.models.{kind}")});
    let mut modules = vec![module("", "Transformer"), module("P", "Pooling")];
    if normalize {
        modules.push(module("2_Normalize", "Normalize"));
    }
    write(folder.path(), "modules.json", &Value::from(modules));
    candle_core::safetensors::save(&tensors(), folder.path().join("model.safetensors")).unwrap();
    folder
}

/// The last hidden states `[tokens, hidden]` of token ids.
fn oracle(kind: &str, ids: &[u32]) -> Tensor {
    let weights = VarBuilder::from_tensors(tensors(), DType::F32, &Device::Cpu);
    let config = config(kind).to_string();
    let ids = Tensor::new(ids, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
    let types = ids.zeros_like().unwrap();
    let mask = ids.ones_like().unwrap();
    let hidden = if kind == "bert" {
        let model = bert::BertModel::load(weights, &serde_json::from_str(&config).unwrap()).unwrap();
        model.forward(&ids, &types, Some(&mask)).unwrap()
    } else {
        let model = xlm_roberta::XLMRobertaModel::new(&serde_json::from_str(&config).unwrap(), weights).unwrap();
        model.forward(&ids, &mask, &types, None, None, None).unwrap()
    };
    hidden.squeeze(0).unwrap()
}

#[test]
fn every_family_pooling_and_length_agrees_with_candle() {
    let texts: Vec<String> =
        [0, 1, 2, 9, 30, 36].iter().map(|&n| (0..n).map(|i| format!("w{} ", (i * 11 + n) % 36)).collect::<String>()).collect();
    for kind in ["bert", "xlm-roberta"] {
        for (cls, normalize) in [(false, false), (false, true), (true, false), (true, true)] {
            let folder = model_folder(kind, cls, normalize);
            let embedder = Embedder::load(folder.path()).unwrap();
            let ours = embedder.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
            for (text, ours) in texts.iter().zip(ours) {
                let words = text.split_whitespace().map(|word| word[1..].parse::<u32>().unwrap() + 4);
                let ids: Vec<u32> = std::iter::once(2).chain(words).chain([3]).collect();
                let hidden = oracle(kind, &ids);
                let pooled = if cls { hidden.i(0).unwrap() } else { hidden.mean(0).unwrap() };
                let mut theirs = pooled.to_vec1::<f32>().unwrap();
                if normalize {
                    let length = theirs.iter().map(|x| x * x).sum::<f32>().sqrt();
                    theirs.iter_mut().for_each(|x| *x /= length);
                }
                let largest = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(largest < 1e-5, "{kind} cls={cls} normalize={normalize}, {} tokens: off by {largest}", ids.len());
            }
        }
    }
}

#[test]
fn a_text_too_long_is_cut_to_the_positions_there_are() {
    let long = "w1 ".repeat(500);
    for (kind, positions) in [("bert", 40), ("xlm-roberta", 38)] {
        let folder = model_folder(kind, false, true);
        let embedder = Embedder::load(folder.path()).unwrap();
        assert_eq!(embedder.model().tokens_max, positions);
        let cut = "w1 ".repeat(positions - 2);
        assert_eq!(embedder.embed_query(&long).unwrap(), embedder.embed_query(&cut).unwrap());
        assert_ne!(embedder.embed_query(&long).unwrap(), embedder.embed_query("w1 w1").unwrap());
    }
}

#[test]
fn prompts_are_put_before_questions_and_passages() {
    let folder = model_folder("bert", false, true);
    let bare = Embedder::load(folder.path()).unwrap();
    write(folder.path(), "config_sentence_transformers.json", &json!({"prompts": {"query": "w7 ", "passage": "w8 w9 "}}));
    let prompted = Embedder::load(folder.path()).unwrap();
    assert_eq!(prompted.embed_query("w1").unwrap(), bare.embed_query("w7 w1").unwrap());
    assert_eq!(prompted.embed(&["w1"]).unwrap(), bare.embed(&["w8 w9 w1"]).unwrap());
    assert_ne!(prompted.model().fingerprint, bare.model().fingerprint);
}

#[test]
fn what_changes_a_vector_changes_the_fingerprint() {
    let print = |folder: &tempfile::TempDir| Embedder::load(folder.path()).unwrap().model().fingerprint.clone();
    let folder = model_folder("bert", false, true);
    let base = print(&folder);
    assert_eq!(base, print(&folder));
    assert_ne!(base, print(&model_folder("bert", true, true)));
    assert_ne!(base, print(&model_folder("bert", false, false)));
    assert_ne!(base, print(&model_folder("roberta", false, true)));
    let shorter = model_folder("bert", false, true);
    write(shorter.path(), "sentence_bert_config.json", &json!({"max_seq_length": 20}));
    assert_ne!(base, print(&shorter));
}

#[test]
fn bad_folders_are_refused_with_the_file_named() {
    let spoil = |file: &str, change: &dyn Fn(&mut Value)| {
        let folder = model_folder("bert", false, true);
        let path = folder.path().join(file);
        let mut value: Value = fs_err::read(&path).map_or_else(|_| json!({}), |bytes| serde_json::from_slice(&bytes).unwrap());
        change(&mut value);
        fs_err::write(&path, value.to_string()).unwrap();
        let error = Embedder::load(folder.path()).err().expect("refused").to_string();
        assert!(error.contains(file), "{file}: {error}");
        error
    };
    let config = |key: &'static str, to: Value| spoil("config.json", &move |value| value[key] = to.clone());
    assert!(config("model_type", json!("llama")).contains("llama"));
    assert!(config("hidden_act", json!("relu")).contains("relu"));
    assert!(config("position_embedding_type", json!("relative_key")).contains("relative_key"));
    assert!(config("num_attention_heads", json!(7)).contains("multiple"));
    assert!(config("num_attention_heads", json!(0)).contains("num_attention_heads"));
    assert!(config("vocab_size", json!(u64::MAX)).contains("vocab_size"));
    assert!(config("layer_norm_eps", json!(-1.0)).contains("layer_norm_eps"));
    assert!(spoil("P/config.json", &|value| value["pooling_mode_max_tokens"] = json!(true)).contains("pooling"));
    assert!(spoil("modules.json", &|value| value[1]["path"] = json!("../elsewhere")).contains("elsewhere"));
    assert!(spoil("modules.json", &|value| value[1]["type"] = json!("sentence_transformers.models.Dense")).contains("Dense"));
    assert!(spoil("sentence_bert_config.json", &|value| value["max_seq_length"] = json!(2)).contains("room"));
    assert!(spoil("tokenizer.json", &|value| value["model"]["vocab"]["far"] = json!(99)).contains("99"));
    assert!(spoil("tokenizer.json", &|value| *value = json!([])).contains("tokenizer.json"));
}

#[test]
fn weights_that_do_not_fit_are_refused_with_the_tensor_named() {
    let spoil = |change: &dyn Fn(&mut HashMap<String, Tensor>)| {
        let folder = model_folder("bert", false, true);
        let mut tensors = tensors();
        change(&mut tensors);
        candle_core::safetensors::save(&tensors, folder.path().join("model.safetensors")).unwrap();
        Embedder::load(folder.path()).err().expect("refused").to_string()
    };
    let name = "encoder.layer.1.output.dense.bias";
    let replace = |value: f32, size: usize| {
        spoil(&move |tensors| drop(tensors.insert(name.into(), Tensor::full(value, size, &Device::Cpu).unwrap())))
    };
    for error in [replace(f32::NAN, HIDDEN), replace(0.0, HIDDEN + 1), spoil(&|tensors| drop(tensors.remove(name)))] {
        assert!(error.contains("model.safetensors") && error.contains(name), "{error}");
    }
    let folder = model_folder("bert", false, true);
    let path = folder.path().join("model.safetensors");
    let bytes = fs_err::read(&path).unwrap();
    fs_err::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    assert!(matches!(Embedder::load(folder.path()), Err(EmbedError::BadModel { .. })));
}
