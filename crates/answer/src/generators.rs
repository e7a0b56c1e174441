//! Which language models there are, and in which order they are asked: the one here, the one on another server, or both, one stepping in
//! for the other.

use pinakes_api::{ApiError, AskResponse, Code};
use pinakes_config::RemoteUse;

use crate::Generator;

/// The language models of a searcher.
#[derive(Clone, Default)]
pub struct Generators {
    /// Each where those before it do not answer.
    asked: Vec<Generator>,
    /// Only where a request names them.
    named: Vec<Generator>,
}

impl Generators {
    /// The model in this process and the one on another server, as far as there are any.
    #[must_use]
    pub fn new(here: Option<Generator>, elsewhere: Option<(Generator, RemoteUse)>) -> Self {
        let mut generators = Self { asked: here.into_iter().collect(), named: vec![] };
        match elsewhere {
            Some((generator, RemoteUse::Always)) => generators.asked.insert(0, generator),
            Some((generator, RemoteUse::Fallback)) => generators.asked.push(generator),
            Some((generator, RemoteUse::Named)) => generators.named.push(generator),
            None => {}
        }
        generators
    }

    /// The one in this process.
    #[must_use]
    pub fn here(&self) -> Option<&Generator> {
        self.iter().find(|generator| generator.sent_to().is_none())
    }

    /// All of them, those that are asked without being named first.
    pub fn iter(&self) -> impl Iterator<Item = &Generator> {
        self.asked.iter().chain(&self.named)
    }

    /// Those to ask for a request, in turn: the one it names, or those that are asked anyway. None for an extractive answer.
    ///
    /// # Errors
    /// [`Code::ModelNotFound`] for a name that none has.
    pub(crate) fn of_request(&self, model: Option<&str>) -> Result<Vec<&Generator>, ApiError> {
        match model {
            None => Ok(self.asked.iter().collect()),
            Some(AskResponse::EXTRACTIVE) => Ok(vec![]),
            Some(name) => self.named(name).map(|generator| vec![generator]),
        }
    }

    /// The one of this name.
    ///
    /// # Errors
    /// [`Code::ModelNotFound`].
    pub(crate) fn named(&self, name: &str) -> Result<&Generator, ApiError> {
        self.iter().find(|generator| generator.name() == name).ok_or_else(|| {
            let names: Vec<&str> = self.iter().map(Generator::name).chain([AskResponse::EXTRACTIVE]).collect();
            ApiError::new(Code::ModelNotFound, format!("There is no language model {name:?} here; there are {}.", names.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pinakes_config::{Config, RemoteConfig};

    use super::*;

    fn generator(name: &str) -> Generator {
        let config = RemoteConfig {
            url: "http://gpu.intranet:8000/v1".into(),
            model: name.into(),
            api_key_file: None,
            used: RemoteUse::Always,
            context_tokens: 1_000,
            stall_time_max: Duration::from_secs(1),
        };
        Generator::elsewhere(&config, Config::defaults().generator).unwrap()
    }

    fn names(generators: &Generators, model: Option<&str>) -> Vec<String> {
        generators.of_request(model).unwrap().into_iter().map(|generator| generator.name().to_owned()).collect()
    }

    #[test]
    fn the_order_is_the_configured_one() {
        for (used, expected) in
            [(RemoteUse::Always, vec!["big", "small"]), (RemoteUse::Fallback, vec!["small", "big"]), (RemoteUse::Named, vec!["small"])]
        {
            let generators = Generators::new(Some(generator("small")), Some((generator("big"), used)));
            assert_eq!(names(&generators, None), expected);
            assert_eq!(names(&generators, Some("big")), ["big"]);
            assert_eq!(names(&generators, Some("extractive")), Vec::<String>::new());
        }
    }

    #[test]
    fn an_unknown_name_is_told_the_known_ones() {
        let generators = Generators::new(Some(generator("small")), None);
        let error = generators.of_request(Some("gpt")).map(|_| ()).unwrap_err();
        assert!(error.code == Code::ModelNotFound && error.detail.contains("small, extractive"), "{}", error.detail);
        assert!(Generators::default().of_request(None).unwrap().is_empty());
    }
}
