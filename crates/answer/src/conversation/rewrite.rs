//! A follow-up put into one question by the generator, where there is one and it takes no longer than the configuration allows. What it
//! writes is taken only when every telling word of it was said in the conversation: a model that makes something up, answers instead of
//! asking, or loses what was asked falls back to the rules.

use std::time::Duration;

use pinakes_api::ApiError;
use pinakes_chat::{Conversation, Message, Role};
use pinakes_config::limits::conversation::{REWRITE_CHARS_MAX, REWRITE_TOKENS_MAX};
use pinakes_types::Scope;

use super::earlier::Said;
use super::follow_up::stand_alone;
use crate::Searcher;
use crate::generator::{Generator, Options};
use crate::question::{content_words, same_word};

const INSTRUCTIONS: &str = "You are given a conversation and the question that was asked last. Write that question once more so that it can \
be understood without the conversation: put in what its words stand for, use only words that were said, and keep its language. Do not \
answer it. Write the question and nothing else.";

/// Characters of an earlier question and of its answer that are shown: what they are about stands at their beginning.
const SHOWN_CHARS: usize = 300;
/// Earlier turns that are shown.
const TURNS: usize = 3;

impl Searcher {
    /// The question made to stand alone; `None` when it does already.
    pub(super) async fn stand_alone(&self, scope: &Scope, question: &str, earlier: &[Said]) -> Option<String> {
        let by_rules = stand_alone(question, earlier)?;
        let time_max = self.store.config.conversations.rewrite_time_max;
        let (Some(generator), Some(time_max)) = (self.generators.here(), time_max) else { return Some(by_rules) };
        match tokio::time::timeout(time_max, rewritten(generator, scope, question, earlier, time_max)).await {
            Ok(Ok(written)) => Some(taken(&written, question, earlier).unwrap_or(by_rules)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a follow-up is made to stand alone by rules");
                Some(by_rules)
            }
            Err(_) => Some(by_rules),
        }
    }
}

async fn rewritten(generator: &Generator, scope: &Scope, question: &str, earlier: &[Said], time_max: Duration) -> Result<String, ApiError> {
    let latest = &earlier[earlier.len().saturating_sub(TURNS)..];
    let said = latest.iter().map(|said| {
        let short = |text: &str| one_line(&text.chars().take(SHOWN_CHARS).collect::<String>());
        format!("Question: {}\nAnswer: {}\n", short(&said.turn.question), short(&said.turn.answer))
    });
    let text = format!("{}\nQuestion asked last: {}", said.collect::<String>(), one_line(question));
    let messages = vec![Message::new(Role::System, INSTRUCTIONS), Message::new(Role::User, text)];
    let options = Options {
        tokens_max: Some(REWRITE_TOKENS_MAX),
        thinking: Some(false),
        stop: vec!["\n".to_owned()],
        time_max: Some(time_max),
        ..Options::default()
    };
    let mut writing = generator.begin(scope, Conversation { messages, ..Conversation::default() }, options)?;
    let mut written = String::new();
    while let Some(words) = writing.next().await? {
        written.push_str(&words.text);
    }
    Ok(written)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the generator wrote, if it is the question and nothing but what was said.
fn taken(written: &str, question: &str, earlier: &[Said]) -> Option<String> {
    let written = one_line(written.trim().trim_start_matches("Question asked last:").trim_start_matches("Question:").trim());
    if written.is_empty() || written.chars().count() > REWRITE_CHARS_MAX {
        return None;
    }
    // An answer is made of words that were said, too.
    let asks = written.ends_with('?') || !question.trim_end().ends_with('?');
    if !asks || earlier.iter().any(|said| one_line(&said.turn.answer).contains(&written)) {
        return None;
    }
    let asked = content_words(question);
    let said: Vec<String> = earlier
        .iter()
        .flat_map(|said| [&said.query, &said.turn.question, &said.turn.answer])
        .flat_map(|text| content_words(text))
        .collect();
    let new = content_words(&written);
    let holds = |words: &[String], word: &String| words.iter().any(|known| same_word(known, word));
    let invents = new.iter().any(|word| !holds(&asked, word) && !holds(&said, word));
    let keeps = asked.iter().filter(|word| holds(&new, word)).count();
    let adds = new.iter().any(|word| !holds(&asked, word));
    (!invents && adds && keeps * 2 >= asked.len()).then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Turn;

    #[test]
    fn only_what_was_said_is_taken() {
        let turn = Turn { question: "How many vacation days do employees get?".into(), answer: "Employees get 25 days.".into() };
        let earlier = [Said::told(turn)];
        for (written, taken_up) in [
            ("How many vacation days do employees get in Germany?", true),
            ("  Question: How many vacation days are there in Germany?\n", true),
            ("Employees in Germany get 30 vacation days.", false),
            ("In Germany employees get 25 days.", false),
            ("How many vacation days do employees get?", false),
            ("In Germany?", false),
            ("", false),
        ] {
            assert_eq!(taken(written, "And in Germany?", &earlier).is_some(), taken_up, "{written}");
        }
        assert_eq!(taken("Employees get 25 days.", "And they", &earlier), None, "an answer given before");
        assert_eq!(taken(&"days ".repeat(1_000), "And in Germany?", &earlier), None);
    }
}
