//! The tools as they are announced: names, what they are for, and the JSON Schemas of what goes in and comes out. The words are read by
//! language models.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

pub(super) const SEARCH: &str = "search";
pub(super) const ASK: &str = "ask";
pub(super) const READ: &str = "read_document";
pub(super) const NAMES: [&str; 3] = [SEARCH, ASK, READ];

/// Hits of one search.
pub(super) const HITS_MAX: usize = 20;
pub(super) const HITS: usize = 8;

pub(super) fn all() -> Vec<Tool> {
    vec![search(), ask(), read()]
}

fn search() -> Tool {
    let words = "Find passages by words and meaning. Gives each passage with its document and its place in it. Use `read_document` for \
                 what stands around a passage.";
    let input = json!({
        "query": { "type": "string", "description": "What to look for: a question or keywords, at most 4096 characters" },
        "limit": { "type": "integer", "minimum": 1, "maximum": HITS_MAX, "default": HITS, "description": "Passages wanted" },
        "collection": collection(),
        "path_prefix": { "type": "string", "description": "Only documents whose path begins with this" },
        "kinds": {
            "type": "array",
            "items": { "type": "string", "enum": ["text", "code", "markdown", "html", "pdf", "docx"] },
            "description": "Only documents of these formats",
        },
    });
    let hit = json!({
        "rank": { "type": "integer" }, "score": { "type": "number" }, "doc_id": { "type": "string" }, "title": { "type": "string" },
        "path": { "type": "string" }, "page": { "type": ["integer", "null"] }, "heading": { "type": ["string", "null"] },
        "span": { "type": "array", "items": { "type": "integer" }, "description": "Where it stands: [start, end) in characters" },
        "text": { "type": "string" }, "url": { "type": "string" },
    });
    let output = json!({ "hits": { "type": "array", "items": { "type": "object", "properties": hit } }, "documents_searched": { "type": "integer" } });
    tool(SEARCH, "Search the documents", words, input, &["query"], output, &["hits", "documents_searched"])
}

fn ask() -> Tool {
    let words = "Answer a question from the documents. Every statement comes with a quotation that stands word by word in a document. \
                 Says so when the documents do not carry an answer, and names the nearest passages.";
    let input = json!({
        "question": { "type": "string", "description": "A question that stands for itself, at most 4096 characters" },
        "collection": collection(),
        "path_prefix": { "type": "string", "description": "Only documents whose path begins with this" },
    });
    let citation = json!({
        "marker": { "type": "integer" }, "doc_id": { "type": "string" }, "title": { "type": "string" }, "path": { "type": "string" },
        "page": { "type": ["integer", "null"] }, "quote": { "type": "string" }, "char_span": { "type": "array", "items": { "type": "integer" } },
        "support": { "type": "string" }, "url": { "type": "string" },
    });
    let output = json!({
        "answer": { "type": "string" },
        "refused": { "type": "boolean", "description": "Whether the documents do not carry an answer" },
        "extractive": { "type": "boolean", "description": "Whether the sentences are the documents' own" },
        "model": { "type": "string" },
        "citations": { "type": "array", "items": { "type": "object", "properties": citation } },
    });
    tool(ASK, "Ask the documents", words, input, &["question"], output, &["answer", "refused", "citations"])
}

fn collection() -> Value {
    json!({ "type": "string", "description": "Only documents of this collection, by its name; leave it out unless a person named one" })
}

fn read() -> Tool {
    let words = "Read a document's text, a part at a time: from the character `start` on. `next_start` says where the next part begins.";
    let input = json!({
        "doc_id": { "type": "string", "description": "The document, as `search` and `ask` name it" },
        "start": { "type": "integer", "minimum": 0, "default": 0, "description": "The first character to read, such as the start of a span" },
    });
    let output = json!({
        "doc_id": { "type": "string" }, "title": { "type": "string" }, "path": { "type": "string" }, "text": { "type": "string" },
        "start": { "type": "integer" }, "end": { "type": "integer" }, "chars": { "type": "integer", "description": "Of the whole document" },
        "next_start": { "type": ["integer", "null"], "description": "Null at the end" }, "url": { "type": "string" },
    });
    tool(READ, "Read a document", words, input, &["doc_id"], output, &["doc_id", "text", "start", "end", "chars"])
}

fn tool(name: &'static str, title: &str, words: &'static str, input: Value, needed: &[&str], output: Value, given: &[&str]) -> Tool {
    let input = json!({ "type": "object", "properties": input, "required": needed, "additionalProperties": false });
    let output = json!({ "type": "object", "properties": output, "required": given });
    Tool::new(name, words, object(input))
        .with_title(title)
        .with_raw_output_schema(object(output))
        .with_annotations(ToolAnnotations::new().read_only(true).open_world(false))
}

fn object(schema: Value) -> Arc<JsonObject> {
    match schema {
        Value::Object(object) => Arc::new(object),
        _ => Arc::default(),
    }
}
