//! The same model by another hand: candle-transformers' BERT, over texts of many lengths.

use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use pinakes_embed::Embedder;
use tokenizers::Tokenizer;

#[test]
fn vectors_are_candle_transformers_to_2e_6() {
    let Some(folder) = pinakes_models::ensure_minilm(&PathBuf::from(env!("CARGO_TARGET_TMPDIR"))) else { return };
    let config: Config = serde_json::from_slice(&fs_err::read(folder.join("config.json")).unwrap()).unwrap();
    let weights = fs_err::read(folder.join("model.safetensors")).unwrap();
    let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu).unwrap();
    let model = BertModel::load(weights, &config).unwrap();
    let mut tokenizer = Tokenizer::from_file(folder.join("tokenizer.json")).unwrap();
    tokenizer.with_padding(None).with_truncation(None).unwrap();

    let words = "the annual leave of every employee is agreed with a manager before any flight or hotel has been booked and paid";
    let words: Vec<&str> = words.split(' ').collect();
    let texts: Vec<String> = [1, 2, 5, 6, 7, 13, 30, 61, 120, 200]
        .iter()
        .map(|&n| (0..n).map(|i| words[(i * 7 + n) % words.len()].to_owned() + " ").collect())
        .collect();

    let embedder = Embedder::load(&folder).unwrap();
    let ours = embedder.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    for (text, ours) in texts.iter().zip(ours) {
        let ids = tokenizer.encode(text.trim(), true).unwrap().get_ids().to_vec();
        let ids = Tensor::new(ids, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
        let hidden = model.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap();
        let mean = hidden.mean(1).unwrap().squeeze(0).unwrap().to_vec1::<f32>().unwrap();
        let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt();
        for (a, b) in ours.iter().zip(mean) {
            assert!((a - b / length).abs() < 2e-6, "{} tokens: {a} is not {}", ids.elem_count(), b / length);
        }
    }
}
