//! A conversation as the token ids that the model is given.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::grammar::Grammars;
use crate::quoting;
use crate::template::guard::{self, Marks};
use crate::template::{CallView, FunctionView, TurnView, View};
use crate::tokenizer::Controls;
use crate::{Conversation, Json, Message, Role, Template, TemplateError, Tokenizer, TokenizerError};

/// Why a conversation has no prompt.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// It could not be laid out.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// It could not be encoded.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
}

/// What ends at a boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BoundaryKind {
    /// What the system says, up to the first text of anyone else.
    Preamble,
    /// A part of a message, such as a document.
    Part,
    /// The last turn, before the header of the model's own.
    Turn,
}

/// A place where a prompt is likely to go on otherwise next time: worth a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Boundary {
    /// How many ids stand before it. An id whose text goes across the place stands after it.
    pub tokens: usize,
    /// What ends here.
    pub kind: BoundaryKind,
}

/// A prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Token ids.
    pub ids: Vec<u32>,
    /// Ascending.
    pub boundaries: Vec<Boundary>,
    /// Whether the prompt ends inside a `<think>`, so that the answer starts with reasoning.
    pub in_reasoning: bool,
}

/// A tokenizer and a template that belong together.
#[derive(Debug)]
pub struct Chat {
    tokenizer: Tokenizer,
    template: Template,
    /// Made when first quoted, as is what grammars need when first wanted.
    quotes: OnceLock<quoting::Vocabulary>,
    grammars: OnceLock<Grammars>,
}

impl Chat {
    /// Joins the two.
    pub fn new(tokenizer: Tokenizer, template: Template) -> Self {
        Self { tokenizer, template, quotes: OnceLock::new(), grammars: OnceLock::new() }
    }

    pub(crate) fn quote_vocabulary(&self) -> &quoting::Vocabulary {
        self.quotes.get_or_init(|| quoting::Vocabulary::new(&self.tokenizer))
    }

    pub(crate) fn grammars(&self) -> &Grammars {
        self.grammars.get_or_init(|| Grammars::new(&self.tokenizer))
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The template.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Whether the checkpoint means to think when nobody says: its template's answer to being told nothing. The large sizes of Qwen3.5
    /// do, the small ones do not. [`Conversation::thinking`] is always said, so this is a default for the one who says it.
    pub fn thinks_by_default(&self) -> bool {
        let question = Conversation { messages: vec![Message::new(Role::User, "?")], ..Conversation::default() };
        let Ok(marks) = self.marks(&question) else { return false };
        let view = View { enable_thinking: None, ..self.view(&question, marks) };
        let prompt = self.template.render(&view).map_err(PromptError::from).and_then(|rendered| self.encode(&rendered, None, marks));
        prompt.is_ok_and(|prompt| prompt.in_reasoning)
    }

    /// Lays the conversation out and encodes it, up to the place where the model's answer begins. Control tokens are those that the
    /// template wrote; the text of every message, tool and call is text.
    ///
    /// # Errors
    /// The template refuses the conversation or is at fault, or a limit is passed.
    pub fn prompt(&self, conversation: &Conversation) -> Result<Prompt, PromptError> {
        conversation.check()?;
        let marks = self.marks(conversation)?;
        let mut view = self.view(conversation, marks);
        let whole = self.template.render(&view)?;
        // What is there without the header of the answer is what the next question will find again.
        view.add_generation_prompt = false;
        let turn = self.template.render(&view).ok().filter(|turns| whole.starts_with(turns.as_str())).map(|turns| turns.len());
        self.encode(&whole, turn, marks)
    }

    fn marks(&self, conversation: &Conversation) -> Result<Marks, TemplateError> {
        let mut used: HashSet<char> = guard::private_use_in(self.template.source()).collect();
        conversation.visit(&mut |text| used.extend(guard::private_use_in(text)));
        for (_, content) in self.tokenizer.control_tokens() {
            used.extend(guard::private_use_in(content));
        }
        Marks::unused_in(&used).ok_or_else(|| TemplateError::Bad("the conversation uses every private-use character".to_owned()))
    }

    /// What the template sees: the conversation with all its text guarded.
    fn view(&self, conversation: &Conversation, marks: Marks) -> View<'_> {
        let controls = self.tokenizer.controls();
        let first = conversation.messages.iter().position(|message| message.role != Role::System);
        let guarded = |text: &str| marks.guarded(text, controls);
        let mut view = View::new(self.tokenizer.named(), conversation.thinking, conversation.today);
        for (place, message) in conversation.messages.iter().enumerate() {
            let reasoning = message.reasoning.as_deref().unwrap_or_default();
            view.messages.push(TurnView {
                role: message.role.name(),
                content: marks.joined(&message.parts, first == Some(place), controls),
                reasoning_content: (message.role == Role::Assistant).then(|| guarded(reasoning)),
                tool_calls: message.tool_calls.iter().map(|call| call_view(&call.name, &call.arguments, marks, controls)).collect(),
            });
        }
        if !conversation.tools.is_empty() {
            view.tools = Some(conversation.tools.iter().map(|tool| tool.map_texts(&guarded)).collect());
        }
        view
    }

    /// Encodes what the template wrote: its control tokens as such, each run between two of them as one text.
    fn encode(&self, rendered: &str, turn: Option<usize>, marks: Marks) -> Result<Prompt, PromptError> {
        let mut ids = Vec::new();
        let mut boundaries = Vec::new();
        let mut from = 0;
        loop {
            let control = self.tokenizer.controls().find(rendered, from);
            let to = control.map_or(rendered.len(), |(start, _, _)| start);
            let run = Run::read(rendered, from, to, turn, marks);
            let tokens = self.tokenizer.encode_run(&run.text, &run.places, &mut ids)?;
            boundaries.extend(tokens.into_iter().zip(run.kinds).map(|(tokens, kind)| Boundary { tokens, kind }));
            let Some((_, end, id)) = control else { break };
            ids.push(id);
            from = end;
        }
        boundaries.sort();
        boundaries.dedup();
        boundaries.retain(|boundary| boundary.tokens > 0);
        let open = self.last(&ids, "<think>");
        let in_reasoning = open.is_some() && open > self.last(&ids, "</think>");
        Ok(Prompt { ids, boundaries, in_reasoning })
    }

    fn last(&self, ids: &[u32], control: &str) -> Option<usize> {
        let wanted = self.tokenizer.control(control)?;
        ids.iter().rposition(|&id| id == wanted)
    }
}

fn call_view(name: &str, arguments: &Json, marks: Marks, controls: &Controls) -> CallView {
    let guarded = |text: &str| marks.guarded(text, controls);
    CallView { kind: "function", function: FunctionView { name: guarded(name), arguments: arguments.map_texts(&guarded) } }
}

/// A stretch of rendered text without control tokens, cleared of marks.
#[derive(Default)]
struct Run {
    text: String,
    /// Byte offsets into `text`, ascending, and what ends there.
    places: Vec<usize>,
    kinds: Vec<BoundaryKind>,
}

impl Run {
    fn read(rendered: &str, from: usize, to: usize, turn: Option<usize>, marks: Marks) -> Self {
        let mut run = Self::default();
        for (place, character) in rendered[from..to].char_indices() {
            if turn == Some(from + place) {
                run.mark(BoundaryKind::Turn);
            }
            if character == marks.preamble {
                run.mark(BoundaryKind::Preamble);
            } else if character == marks.part {
                run.mark(BoundaryKind::Part);
            } else if !marks.contains(character) {
                run.text.push(character);
            }
        }
        if turn == Some(to) {
            run.mark(BoundaryKind::Turn);
        }
        run
    }

    fn mark(&mut self, kind: BoundaryKind) {
        self.places.push(self.text.len());
        self.kinds.push(kind);
    }
}

#[cfg(test)]
mod tests;
