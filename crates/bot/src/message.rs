//! What the bot says, before a platform's adapter puts it in the platform's form. All text here is plain: adapters escape it.

use pinakes_config::limits::bot::{PARTS_MAX, SOURCES_MAX};
use serde::{Deserialize, Serialize};

use crate::text::split;

/// A button's meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonKind {
    /// The answer helped.
    Up,
    /// The answer did not help.
    Down,
    /// Show a private answer to the channel.
    Share,
    /// The same, after the warning.
    ShareAnyway,
    /// Do not show it after all.
    Keep,
    /// Go on on the page: a link, never reported back.
    Continue,
}

impl ButtonKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Up, Self::Down, Self::Share, Self::ShareAnyway, Self::Keep, Self::Continue];

    /// Its name in a platform's report.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Up => "pinakes_up",
            Self::Down => "pinakes_down",
            Self::Share => "pinakes_share",
            Self::ShareAnyway => "pinakes_share_anyway",
            Self::Keep => "pinakes_keep",
            Self::Continue => "pinakes_continue",
        }
    }

    /// The kind with that name.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What it means.
    pub kind: ButtonKind,
    /// What stands on it.
    pub label: String,
    /// What comes back when it is pressed.
    pub value: String,
    /// Where it leads, when it is a link.
    pub url: Option<String>,
}

/// One source of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLine {
    /// As the answer's markers number it.
    pub number: u32,
    /// The document's title.
    pub title: String,
    /// Where in it, such as `page 3`.
    pub place: Option<String>,
    /// Our page, opened at the quoted words.
    pub url: Option<String>,
}

/// Something the bot says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Names the event it answers and its part, so that it is found again after a restart and not said twice.
    pub key: String,
    /// The words.
    pub text: String,
    /// What they rest on.
    pub sources: Vec<SourceLine>,
    /// Small print.
    pub notes: Vec<String>,
    /// What can be done with it.
    pub buttons: Vec<Button>,
}

impl Message {
    /// Words alone.
    #[must_use]
    pub fn words(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self { key: key.into(), text: text.into(), ..Self::default() }
    }

    /// The message in parts whose words cost `cost_max` at most, by the platform's own `cost` of a character. The last part has the
    /// sources, notes and buttons. Beyond [`PARTS_MAX`] parts the words are cut, with `rest` as the last of them.
    #[must_use]
    pub fn parts(mut self, cost: fn(char) -> usize, cost_max: usize, rest: &str) -> Vec<Self> {
        if self.sources.len() > SOURCES_MAX {
            self.sources.truncate(SOURCES_MAX);
            self.notes.push(rest.to_owned());
        }
        let mut texts: Vec<String> = split(&self.text, cost, cost_max).into_iter().map(str::to_owned).collect();
        if texts.len() > PARTS_MAX {
            texts.truncate(PARTS_MAX);
            self.notes.push(rest.to_owned());
        }
        let last = texts.pop().unwrap_or_default();
        let mut parts: Vec<Self> = texts.into_iter().map(|text| Self::words("", text)).collect();
        parts.push(Self { text: last, ..self.clone() });
        for (number, part) in parts.iter_mut().enumerate() {
            part.key = if number == 0 { self.key.clone() } else { format!("{}#{number}", self.key) };
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_split_and_a_longer_one_is_cut_and_says_so() {
        let message = Message { text: "One two. ".repeat(30).trim().to_owned(), notes: vec!["n".into()], ..Message::words("k", "") };
        let parts = message.clone().parts(|_| 1, 100, "the rest");
        assert_eq!(parts.iter().map(|part| part.key.as_str()).collect::<Vec<_>>(), ["k", "k#1", "k#2"]);
        assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(" "), message.text);
        assert!(parts[0].notes.is_empty() && parts[2].notes == ["n"]);
        let cut = message.parts(|_| 1, 10, "the rest");
        assert_eq!(cut.len(), PARTS_MAX);
        assert_eq!(cut[PARTS_MAX - 1].notes, ["n", "the rest"]);
    }

    #[test]
    fn an_empty_message_is_one_part() {
        assert_eq!(Message::words("k", "").parts(|_| 1, 10, "").len(), 1);
    }
}
