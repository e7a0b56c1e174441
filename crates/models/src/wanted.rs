//! What a request asks for: a known model, a repository of the hub, or a name for something on this machine.

use crate::known::{KNOWN, KnownModel};
use crate::manifest::Manifest;
use crate::weights::is_gguf;
use crate::{ModelError, PullRequest, Source};

/// A name that was understood.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The name it is stored under.
    pub(crate) name: String,
    pub(crate) known: Option<&'static KnownModel>,
    /// `owner/name` on the hub.
    pub(crate) repository: Option<String>,
    /// Path of the one GGUF file that is wanted of a repository or folder.
    pub(crate) gguf: Option<String>,
}

impl Wanted {
    /// Resolves `all-minilm-l6-v2`, `sentence-transformers/all-MiniLM-L6-v2`, `owner/name` and plain names, in any case.
    pub(crate) fn resolve(asked: &str) -> Option<Self> {
        let stored = asked.rsplit('/').next().unwrap_or_default().to_lowercase();
        if let Some(known) =
            KNOWN.iter().find(|known| asked.eq_ignore_ascii_case(known.name) || asked.eq_ignore_ascii_case(known.repository))
        {
            let gguf = known.gguf.map(str::to_owned);
            return Some(Self { name: known.name.into(), known: Some(known), repository: Some(known.repository.into()), gguf });
        }
        let parts: Vec<&str> = asked.split('/').collect();
        let repository = match parts.as_slice() {
            [name] if is_plain(name) => None,
            [owner, name] if is_plain(owner) && is_plain(name) => Some(asked.to_owned()),
            _ => return None,
        };
        // A repository of the same last name as a known model, but another owner's, must not pass for it.
        let name = if is_known(&stored) { asked.replace('/', "--").to_lowercase() } else { stored };
        Some(Self { name, known: None, repository, gguf: None })
    }

    /// What a request asks for. A GGUF file out of a repository of many is stored under the file's own name, so that two
    /// quantisations of one model can stand side by side.
    pub(crate) fn of(request: &PullRequest) -> Result<Self, ModelError> {
        let wanted = Self::resolve(&request.model).ok_or_else(|| ModelError::BadName { name: request.model.clone() })?;
        let Some(file) = request.file.as_deref().filter(|file| wanted.gguf.as_deref() != Some(file)) else { return Ok(wanted) };
        if !file.split('/').all(is_plain_file) || !is_gguf(file.as_ref()) {
            return Err(ModelError::BadFile { file: file.into() });
        }
        let gguf = Some(file.to_owned());
        let Some(repository) = wanted.repository.filter(|_| !matches!(request.source, Source::Local(_))) else {
            return Ok(Self { gguf, repository: None, ..wanted });
        };
        let stem = file.rsplit('/').next().unwrap_or_default().rsplit_once('.').map_or("", |(stem, _)| stem).to_lowercase();
        let owner = repository.split('/').next().unwrap_or_default();
        let name = if is_known(&stem) { format!("{}--{stem}", owner.to_lowercase()) } else { stem };
        match is_plain(&name) {
            true => Ok(Self { name, known: None, repository: Some(repository), gguf }),
            false => Err(ModelError::BadFile { file: file.into() }),
        }
    }

    /// Whether an installed model of this name can be the one that is wanted: two repositories may have the same last name. A known
    /// model is told by its checksums, and what was copied from this machine by the name it was given.
    pub(crate) fn may_be(&self, installed: &Manifest) -> bool {
        let (Some(repository), None) = (&self.repository, self.known) else { return true };
        let (is, wanted) = (installed.source.to_lowercase(), format!("/{}", repository.to_lowercase()));
        is.ends_with(&wanted) || !is.contains("://")
    }
}

fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|known| known.name == name)
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
        assert_eq!(Wanted::resolve("qwen/qwen3.5-0.8b").unwrap().name, "qwen3.5-0.8b");
        for bad in ["", "..", "../x", "a/b/c", "/etc", "a b", "a/../b", ".hidden", "a\\b"] {
            assert!(Wanted::resolve(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_file_of_a_repository_gives_the_model_its_name() {
        let named = |model: &str, file: &str| {
            let request = PullRequest { file: Some(file.into()), ..PullRequest::new(model) };
            Wanted::of(&request).map(|wanted| (wanted.name, wanted.known.is_some()))
        };
        assert_eq!(named("a/Q-GGUF", "Q-0.8B-Q8_0.gguf").unwrap(), ("q-0.8b-q8_0".into(), false));
        assert_eq!(named("a/Q-GGUF", "BF16/Q-0.8B-BF16.gguf").unwrap().0, "q-0.8b-bf16");
        assert_eq!(named("a/Q-GGUF", "qwen3.5-4b.gguf").unwrap().0, "a--qwen3.5-4b");
        assert_eq!(named("smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf").unwrap(), ("smollm2-135m".into(), true));
        assert_eq!(named("smollm2-135m", "SmolLM2-135M-Instruct.Q8_0.gguf").unwrap(), ("smollm2-135m-instruct.q8_0".into(), false));
        for bad in ["../x.gguf", "x.bin", "/x.gguf", "a//x.gguf", ".gguf", "a b.gguf"] {
            assert!(named("a/b", bad).is_err(), "{bad}");
        }
    }
}
