//! A question at the end of a dialogue that its client keeps and sends whole each time, as OpenAI's interface has it.

use pinakes_api::{ApiError, AskEvent, AskRequest, AskResponse, Speaker, Turn as Said};
use pinakes_types::Scope;
use tokio::sync::mpsc;

use crate::{Searcher, Turn};

impl Searcher {
    /// Answers as [`Searcher::ask`] does, with what was said before, oldest first, saying what the question means. Nothing is kept.
    ///
    /// # Errors
    /// As [`Searcher::ask`].
    pub async fn ask_in_dialogue(
        &self,
        scope: &Scope,
        request: &AskRequest,
        said: &[Said],
        listener: Option<mpsc::Sender<AskEvent>>,
    ) -> Result<AskResponse, ApiError> {
        let earlier = self.after(scope, &request.question, turns(said)).await?;
        self.ask_after(scope, request, &earlier, listener).await
    }
}

/// Questions with their answers. What several messages of one speaker say in a row belongs together; instructions are passed over, and so is
/// what the assistant said before anybody asked.
fn turns(said: &[Said]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    let mut last = Speaker::System;
    for Said { speaker, text } in said {
        match (speaker, last, turns.last_mut()) {
            (Speaker::User, Speaker::User, Some(turn)) => join(&mut turn.question, text),
            (Speaker::User, ..) => turns.push(Turn { question: text.clone(), answer: String::new() }),
            (Speaker::Assistant, _, Some(turn)) => join(&mut turn.answer, text),
            _ => continue,
        }
        last = *speaker;
    }
    turns
}

fn join(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_questions_with_their_answers() {
        let say = |speaker, text: &str| Said { speaker, text: text.into() };
        let said = [
            say(Speaker::Assistant, "Welcome."),
            say(Speaker::System, "Be brief."),
            say(Speaker::User, "How long?"),
            say(Speaker::User, "In Spain."),
            say(Speaker::Assistant, "Ten days."),
            say(Speaker::System, "Be briefer."),
            say(Speaker::Assistant, "At most."),
            say(Speaker::User, "And in France?"),
        ];
        let turn = |question: &str, answer: &str| Turn { question: question.into(), answer: answer.into() };
        assert_eq!(turns(&said), [turn("How long?\nIn Spain.", "Ten days.\nAt most."), turn("And in France?", "")]);
        assert_eq!(turns(&[]), []);
    }
}
