//! What stands behind the bot's command.

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// A question.
    Ask(String),
    /// Nothing, or `help`.
    Help,
    /// `new`: the next question begins a new conversation.
    New,
    /// `settings`: shows them.
    Settings,
    /// `settings NAME VALUE`.
    Set(String, String),
}

impl Command {
    /// Reads one. A word that is no command begins a question, so that no question needs a command.
    pub(crate) fn read(text: &str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        match lower.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] | ["help" | "hilfe" | "?"] => Self::Help,
            ["new" | "neu"] => Self::New,
            ["settings" | "einstellungen"] => Self::Settings,
            ["settings" | "einstellungen", name, _] => Self::Set(name.to_owned(), words[2].to_owned()),
            ["settings" | "einstellungen", ..] => Self::Settings,
            _ => Self::Ask(text.trim().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_needs_no_command() {
        for (text, command) in [
            (" \n", Command::Help),
            ("HELP", Command::Help),
            ("help me with my travel costs", Command::Ask("help me with my travel costs".into())),
            ("new", Command::New),
            ("New hires?", Command::Ask("New hires?".into())),
            ("settings", Command::Settings),
            ("settings collection Handbook", Command::Set("collection".into(), "Handbook".into())),
            ("settings a b c", Command::Settings),
        ] {
            assert_eq!(Command::read(text), command, "{text}");
        }
    }
}
