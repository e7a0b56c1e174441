//! Folders brought to fewer bits at load.

use pinakes_engine::weights::Quantization;
use pinakes_engine::{KvKind, LoadOptions, Model};

use crate::support::{Reference, distance, fixture, logits, options};

#[test]
fn a_folder_can_be_brought_to_fewer_bits() {
    let Some(folder) = fixture("dense-untied") else { return };
    let reference = Reference::read(&folder.join("reference.safetensors"));
    let load = |quantize| Model::open(&folder, &LoadOptions { quantize, ..options(KvKind::F16) }).unwrap();
    // llama.cpp's own Q4_K_M file of this model is 0.42 away: random weights have no redundancy.
    let full = load(None).weights().bytes();
    for (quantization, most, share) in [(Quantization::Q8_0, 0.06, 0.6), (Quantization::Q4KM, 0.5, 0.4)] {
        let model = load(Some(quantization));
        let got = distance(&logits(&model, &reference.ids("ids_130")), &reference.floats("logits_130"));
        let bytes = model.weights().bytes() as f64 / full as f64;
        eprintln!("{quantization:?}: distance {got:.3}, {bytes:.2} of the bytes");
        assert!(got < most, "{quantization:?}: {got}");
        assert!(bytes < share, "{quantization:?}: {bytes}");
    }
}
