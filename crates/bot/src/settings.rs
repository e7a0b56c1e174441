//! What a channel's people decided about the bot.

use serde::{Deserialize, Serialize};

use crate::words::Language;

/// When the bot answers in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerWhen {
    /// When its name is in the message, or in a thread when who asked there goes on.
    #[default]
    Mentioned,
    /// To every message that it finds an answer to.
    Always,
}

/// Who sees an answer in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody there; it draws on what every one of them may read.
    #[default]
    Public,
    /// Who asked; it draws on all they may read.
    Private,
}

/// Settings of one channel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChannelSettings {
    /// The collection that answers are held to; all documents when `None`.
    pub collection: Option<String>,
    /// When it answers.
    pub answer: AnswerWhen,
    /// The language of its own words; each asker's when `None`.
    pub language: Option<Language>,
    /// Who sees answers.
    pub visibility: Visibility,
}

impl ChannelSettings {
    /// Every setting with its values, for people.
    pub(crate) const VALUES: &'static str = "collection NAME|all, answer mention|always, language auto|en|de, visibility public|private.";

    /// Sets one; `false` when there is no such setting or value.
    #[must_use]
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        match (name, value) {
            ("collection", "all") => self.collection = None,
            ("collection", name) if is_name(name) => self.collection = Some(name.to_owned()),
            ("answer", "always") => self.answer = AnswerWhen::Always,
            ("answer", "mention") => self.answer = AnswerWhen::Mentioned,
            ("language", "auto") => self.language = None,
            ("language", "en") => self.language = Some(Language::English),
            ("language", "de") => self.language = Some(Language::German),
            ("visibility", "public") => self.visibility = Visibility::Public,
            ("visibility", "private") => self.visibility = Visibility::Private,
            _ => return false,
        }
        true
    }

    /// Name and value of each, as [`ChannelSettings::set`] takes them.
    #[must_use]
    pub fn shown(&self) -> [(&'static str, &str); 4] {
        let answer = if self.answer == AnswerWhen::Always { "always" } else { "mention" };
        let visibility = if self.visibility == Visibility::Private { "private" } else { "public" };
        let language = self.language.map_or("auto", Language::code);
        [
            ("collection", self.collection.as_deref().unwrap_or("all")),
            ("answer", answer),
            ("language", language),
            ("visibility", visibility),
        ]
    }
}

fn is_name(name: &str) -> bool {
    const BYTES_MAX: usize = 64;
    (1..=BYTES_MAX).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_set() {
        let mut settings = ChannelSettings::default();
        for (name, value) in
            [("collection", "handbook"), ("answer", "always"), ("language", "de"), ("visibility", "private"), ("collection", "all")]
        {
            assert!(settings.set(name, value), "{name} {value}");
            let shown: Vec<_> = settings.shown().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            assert!(shown.contains(&(name, value.to_owned())), "{shown:?}");
            assert!(shown.iter().all(|(name, value)| settings.clone().set(name, value)));
        }
        for (name, value) in [("collection", ""), ("collection", "a b"), ("answer", "never"), ("colour", "red"), ("language", "xx")] {
            assert!(!settings.set(name, value), "{name} {value}");
        }
    }
}
