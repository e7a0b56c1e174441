//! A conversation as a caller has it, before any template.

use crate::{Json, TemplateError, limits};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The preamble; templates allow it in first place only.
    System,
    /// The person who asks, and the documents given with the question.
    User,
    /// The model.
    Assistant,
    /// The result of a tool.
    Tool,
}

impl Role {
    /// The name that templates know.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// A tool that the model called.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// Name of the tool.
    pub name: String,
    /// Its arguments, an object.
    pub arguments: Json,
}

/// One turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The text in parts that follow each other directly, such as one per document; after each, a prompt can be cut for reuse. A part that
    /// ends with a newline before one that does not begin with a space is cut exactly there; otherwise a token may go across.
    pub parts: Vec<String>,
    /// What the model thought before it answered; templates leave it out where it is no longer wanted.
    pub reasoning: Option<String>,
    /// Tools that the model called after the text.
    pub tool_calls: Vec<ToolCall>,
}

impl Message {
    /// A turn of text alone.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, parts: vec![text.into()], reasoning: None, tool_calls: Vec::new() }
    }

    /// A user's turn in parts.
    pub fn in_parts(role: Role, parts: Vec<String>) -> Self {
        Self { role, parts, reasoning: None, tool_calls: Vec::new() }
    }

    fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a str)) {
        self.parts.iter().for_each(|part| see(part));
        self.reasoning.iter().for_each(|text| see(text));
        for call in &self.tool_calls {
            see(&call.name);
            call.arguments.visit(see);
        }
    }
}

/// A day of the calendar; templates that write the date take it from here, as nothing in this crate reads a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// Year.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
}

/// What a prompt is made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conversation {
    /// The turns, oldest first.
    pub messages: Vec<Message>,
    /// Descriptions of the tools that may be called, as the OpenAI interface gives them.
    pub tools: Vec<Json>,
    /// Whether the model is to think before it answers. Always said to the template: its default differs between sizes of one family.
    pub thinking: bool,
    /// Today, for templates that want it.
    pub today: Option<Date>,
}

impl Conversation {
    /// Every text that did not come from the template.
    pub(crate) fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a str)) {
        self.messages.iter().for_each(|message| message.visit(see));
        self.tools.iter().for_each(|tool| tool.visit(see));
    }

    /// Holds the conversation against the limits.
    pub(crate) fn check(&self) -> Result<(), TemplateError> {
        let mut bytes = 0usize;
        self.visit(&mut |text| bytes = bytes.saturating_add(text.len()));
        let arguments = self.messages.iter().flat_map(|message| &message.tool_calls).map(|call| &call.arguments);
        let depth = self.tools.iter().chain(arguments).map(Json::depth).max().unwrap_or(0);
        for (what, size, limit) in [
            ("messages of the conversation", self.messages.len(), limits::MESSAGES_MAX),
            ("bytes of the conversation", bytes, limits::CONVERSATION_BYTES_MAX),
            ("nesting of a tool's JSON", depth, limits::JSON_DEPTH_MAX),
        ] {
            if size > limit {
                return Err(TemplateError::TooLarge { what, size, limit });
            }
        }
        Ok(())
    }
}
