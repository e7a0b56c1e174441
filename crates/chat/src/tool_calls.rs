//! The calls in an answer, as Qwen3.5 writes them (the form that other engines call `qwen3_coder`):
//!
//! ```text
//! <tool_call>
//! <function=NAME>
//! <parameter=KEY>
//! VALUE
//! </parameter>
//! </function>
//! </tool_call>
//! ```

use crate::{Json, ToolCall};

/// A call as it was written: all values are text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenCall {
    /// Name of the tool.
    pub name: String,
    /// Names and values of its arguments, in the order they were written.
    pub arguments: Vec<(String, String)>,
}

impl WrittenCall {
    /// Gives each value the type that the tool's description says (`function.parameters.properties.KEY.type`): text stays text, anything
    /// else is read as JSON where it is JSON. Without a description values are text.
    pub fn typed(&self, tools: &[Json]) -> ToolCall {
        let function = |tool: &'_ Json| tool.get("function").cloned().unwrap_or_else(|| tool.clone());
        let described = tools.iter().map(function).find(|tool| tool.get("name").and_then(Json::as_text) == Some(self.name.as_str()));
        let kind = |key: &str| -> Option<String> {
            let properties = described.as_ref()?.get("parameters")?.get("properties")?;
            properties.get(key)?.get("type")?.as_text().map(str::to_owned)
        };
        let value = |key: &str, written: &str| match kind(key).as_deref() {
            None | Some("string") => Json::Text(written.to_owned()),
            Some(_) => written.parse().unwrap_or_else(|_| Json::Text(written.to_owned())),
        };
        let arguments = self.arguments.iter().map(|(key, written)| (key.clone(), value(key, written))).collect();
        ToolCall { name: self.name.clone(), arguments: Json::Map(arguments) }
    }
}

/// Takes the calls out of a finished answer: the text before them and the calls. What is not whole and well-formed stays text.
pub fn take_tool_calls(answer: &str) -> (String, Vec<WrittenCall>) {
    let mut text = String::new();
    let mut calls = Vec::new();
    let mut rest = answer;
    while let Some((before, inside, after)) = between(rest, "<tool_call>", "</tool_call>") {
        let read = read(inside);
        // The newlines before a call belong to its form.
        text.push_str(if read.is_some() { before.trim_end_matches('\n') } else { &rest[..rest.len() - after.len()] });
        calls.extend(read);
        rest = after;
    }
    text.push_str(if calls.is_empty() { rest } else { rest.trim_start_matches('\n') });
    (text, calls)
}

fn read(inside: &str) -> Option<WrittenCall> {
    let (_, function, _) = between(inside, "<function=", "</function>")?;
    let (name, mut rest) = function.split_once('>')?;
    let mut arguments = Vec::new();
    while let Some((_, parameter, after)) = between(rest, "<parameter=", "</parameter>") {
        let (key, value) = parameter.split_once('>')?;
        let value = value.strip_prefix('\n').unwrap_or(value);
        arguments.push((key.trim().to_owned(), value.strip_suffix('\n').unwrap_or(value).to_owned()));
        rest = after;
    }
    Some(WrittenCall { name: name.trim().to_owned(), arguments })
}

/// What stands before, between and after the first such pair.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (before, rest) = text.split_once(open)?;
    let (inside, after) = rest.split_once(close)?;
    Some((before, inside, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "I look.\n\n<tool_call>\n<function=search>\n<parameter=query>\na < b\nc\n</parameter>\n<parameter=limit>\n5\n\
                          </parameter>\n</function>\n</tool_call>\n<tool_call>\n<function=now>\n</function>\n</tool_call>";

    #[test]
    fn calls_are_taken_out_and_typed_by_their_description() {
        let (text, calls) = take_tool_calls(ANSWER);
        assert_eq!(text, "I look.");
        assert_eq!(calls.len(), 2);
        let tools = [r#"{"type":"function","function":{"name":"search","parameters":{"properties":{"query":{"type":"string"},
            "limit":{"type":"integer"}}}}}"#
            .parse()
            .unwrap()];
        let arguments = serde_json::to_string(&calls[0].typed(&tools).arguments).unwrap();
        assert_eq!(arguments, r#"{"query":"a < b\nc","limit":5}"#);
        assert_eq!(calls[1], WrittenCall { name: "now".into(), arguments: vec![] });
    }

    #[test]
    fn what_is_no_call_stays_text() {
        for text in ["plain", "<tool_call>\nbroken</tool_call> after", "<tool_call>\n<function=x>", ""] {
            assert_eq!(take_tool_calls(text), (text.to_owned(), vec![]));
        }
    }
}
