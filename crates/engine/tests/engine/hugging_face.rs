//! Folders against transformers: every length, every layer, the states, and greedy continuations.

use pinakes_engine::engine::{Chunk, LogitRows};
use pinakes_engine::{KvKind, LayerMemory, Model, Scratch, forward};

use crate::support::{Reference, distance, fixture, greedy, logits, open, options};

const MODELS: [&str; 3] = ["dense-tied", "dense-untied", "moe"];
const LENGTHS: [usize; 7] = [1, 3, 63, 64, 65, 130, 300];

fn check_lengths(model: &Model, reference: &Reference, most: f64, what: &str) {
    for length in LENGTHS {
        let got = distance(&logits(model, &reference.ids(&format!("ids_{length}"))), &reference.floats(&format!("logits_{length}")));
        eprintln!("{what}, {length} tokens: {got:.1e}");
        assert!(got < most, "{what}, {length} tokens: {got}");
    }
}

#[test]
fn logits_are_transformers_at_every_length() {
    for name in MODELS {
        let Some(folder) = fixture(name) else { return };
        let reference = Reference::read(&folder.join("reference.safetensors"));
        for kv in [KvKind::F32, KvKind::F16] {
            check_lengths(&open(&folder, kv), &reference, 1e-3, &format!("{name} {kv:?}"));
        }
        // Eight bits of keys and values cost more than the arithmetic does.
        check_lengths(&open(&folder, KvKind::Q8), &reference, 1e-2, &format!("{name} Q8"));
    }
}

#[test]
fn yarn_stretches_as_transformers_does() {
    let Some(folder) = fixture("dense-tied") else { return };
    let mut options = options(KvKind::F32);
    options.config = Some(folder.join("config-yarn.json"));
    let model = Model::open(&folder, &options).unwrap();
    check_lengths(&model, &Reference::read(&folder.join("reference-yarn.safetensors")), 1e-3, "yarn");
}

#[test]
fn every_layer_and_every_state_is_transformers() {
    for name in MODELS {
        let Some(folder) = fixture(name) else { return };
        let reference = Reference::read(&folder.join("reference.safetensors"));
        let model = open(&folder, KvKind::F32);
        let mut sequence = model.begin();
        let ids = reference.ids("ids_65");
        let mut batch = [Chunk { sequence: &mut sequence, tokens: &ids, logits: LogitRows::All }];
        let layers = model.config().layers.len();
        let mut seen = 0;
        forward(&model, &mut batch, &mut Scratch::default(), &mut |layer, stream| {
            // transformers lists the last layer's output only after the final norm.
            if layer == layers {
                return;
            }
            let number = layer.min(layers);
            let got = distance(stream, &reference.floats(&format!("hidden_65_{number}")));
            assert!(got < 1e-3, "{name}, hidden state {number}: {got}");
            seen += 1;
        });
        assert_eq!(seen, layers + 1);
        for (number, memory) in sequence.layers().iter().enumerate() {
            let LayerMemory::State(state) = memory else { continue };
            let got = distance(state.s(), &reference.floats(&format!("recurrent_states_65_{number}")));
            assert!(got < 1e-3, "{name}, state {number}: {got}");
            let conv = reference.floats(&format!("conv_states_65_{number}"));
            // Theirs is [channels, 4], newest last; ours [3, channels], oldest first.
            let channels = conv.len() / 4;
            let theirs: Vec<f32> = (1..4).flat_map(|row| conv.iter().skip(row).step_by(4)).copied().collect();
            assert_eq!(theirs.len(), 3 * channels);
            let got = distance(state.conv(), &theirs);
            assert!(got < 1e-3, "{name}, convolution {number}: {got}");
        }
    }
}

#[test]
fn greedy_continuations_are_transformers() {
    for name in MODELS {
        let Some(folder) = fixture(name) else { return };
        let reference = Reference::read(&folder.join("reference.safetensors"));
        for kv in [KvKind::F32, KvKind::F16] {
            let said = greedy(&open(&folder, kv), &reference.ids("ids_65"), 32);
            assert_eq!(said, reference.ids("greedy_65"), "{name} {kv:?}");
        }
    }
}

#[test]
fn the_text_side_of_a_vision_model_opens() {
    let Some(folder) = fixture("vl") else { return };
    let model = open(&folder, KvKind::F16);
    assert_eq!(logits(&model, &[1, 2, 3]).len(), 3 * model.config().vocabulary);
}
