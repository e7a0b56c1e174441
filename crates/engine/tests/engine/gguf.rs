//! GGUF files against transformers on the same dequantised weights: no further from it than llama.cpp is.

use pinakes_engine::KvKind;

use crate::support::{Reference, distance, fixture, logits, open};

const FILES: [(&str, &[&str]); 3] =
    [("dense-tied", &["bf16", "Q8_0"]), ("dense-untied", &["bf16", "Q8_0", "Q4_K_M"]), ("moe", &["bf16", "Q8_0"])];

#[test]
fn no_file_is_read_less_exactly_than_llama_cpp_reads_it() {
    for (name, kinds) in FILES {
        let Some(folder) = fixture(name) else { return };
        let ids = Reference::read(&folder.join("reference.safetensors"));
        for kind in kinds {
            let model = open(&folder.join(format!("model-{kind}.gguf")), KvKind::F16);
            let exact = Reference::read(&folder.join(format!("reference-{kind}-dequantised.safetensors")));
            let theirs = Reference::read(&folder.join(format!("reference-{kind}-llamacpp.safetensors")));
            for length in [1, 65, 300] {
                let name_of = format!("logits_{length}");
                let exact = exact.floats(&name_of);
                let ours = distance(&logits(&model, &ids.ids(&format!("ids_{length}"))), &exact);
                let theirs = distance(&theirs.floats(&name_of), &exact);
                eprintln!("{name} {kind}, {length} tokens: {ours:.1e}, llama.cpp {theirs:.1e}");
                // One row alone is a single draw of rounding errors; the figure is of many.
                let most = if length == 1 { 1.3 } else { 1.1 } * theirs;
                assert!(ours <= most, "{name} {kind}, {length} tokens: {ours}, llama.cpp {theirs}");
            }
        }
    }
}

#[test]
fn both_formats_of_one_model_agree() {
    for (name, _) in FILES {
        let Some(folder) = fixture(name) else { return };
        let ids = Reference::read(&folder.join("reference.safetensors")).ids("ids_130");
        let ours = logits(&open(&folder.join("model-bf16.gguf"), KvKind::F32), &ids);
        let got = distance(&ours, &logits(&open(&folder, KvKind::F32), &ids));
        assert!(got < 1e-5, "{name}: {got}");
    }
}
