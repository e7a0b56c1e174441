//! What a call gives back: the same twice, structured for programs and as text for models that read no structure.

use pinakes_api::{AskResponse, Citation, DocumentContent, Hit, SearchResponse};
use pinakes_types::{CharIndex, CharSpan, DocId};
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

/// Characters of a document given by one call.
const READ_CHARS: usize = 20_000;

fn both(structured: Value, text: String) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(structured);
    result
}

pub(super) fn found(found: &SearchResponse, page: Option<&str>) -> CallToolResult {
    let hits: Vec<Value> = found.hits.iter().map(|hit| hit_json(hit, page)).collect();
    let text = match found.hits.is_empty() {
        true => format!("Nothing found in {} documents.", found.documents_searched),
        false => found.hits.iter().map(hit_text).collect::<Vec<_>>().join("\n\n"),
    };
    both(json!({ "hits": hits, "documents_searched": found.documents_searched }), text)
}

fn hit_json(hit: &Hit, page: Option<&str>) -> Value {
    let mut value = json!({
        "rank": hit.rank, "score": hit.score, "doc_id": hit.doc_id, "title": hit.title, "path": hit.path, "page": hit.page,
        "heading": hit.heading, "span": hit.span, "text": hit.snippet,
    });
    link(&mut value, page, &hit.doc_id, hit.span);
    value
}

fn hit_text(hit: &Hit) -> String {
    let heading = hit.heading.as_ref().map_or(String::new(), |heading| format!(" › {heading}"));
    let place = hit.page.map_or(String::new(), |page| format!(", page {page}"));
    format!(
        "{}. {}{heading} ({}{place}; doc_id {}, characters {}-{})\n{}",
        hit.rank, hit.title, hit.path, hit.doc_id.0, hit.span.start, hit.span.end, hit.snippet
    )
}

pub(super) fn answered(answer: &AskResponse, page: Option<&str>) -> CallToolResult {
    let citations: Vec<Value> = answer.citations.iter().map(|citation| citation_json(citation, page)).collect();
    let nearest: Vec<Value> = answer.nearest.iter().map(|hit| hit_json(hit, page)).collect();
    let mut text = answer.answer.clone();
    for citation in &answer.citations {
        text.push_str(&format!("\n\n[{}] {} ({}): \"{}\"", citation.marker, citation.title, citation.path, citation.quote));
    }
    for hit in &answer.nearest {
        text.push_str(&format!("\n\nNearest: {}", hit_text(hit)));
    }
    let structured = json!({
        "answer": answer.answer, "refused": answer.refused, "extractive": answer.extractive, "model": answer.model,
        "citations": citations, "nearest": nearest, "notes": answer.notes,
    });
    both(structured, text)
}

fn citation_json(citation: &Citation, page: Option<&str>) -> Value {
    let mut value = serde_json::to_value(citation).unwrap_or_default();
    link(&mut value, page, &citation.doc_id, citation.char_span);
    value
}

/// A part of a document from `start` on; `content` holds the part in which that character stands.
pub(super) fn read(content: &DocumentContent, start: usize, page: Option<&str>) -> CallToolResult {
    let start = start.clamp(content.span.start, content.span.end);
    let end = content.span.end.min(start + READ_CHARS);
    let index = CharIndex::new(&content.text);
    let text = index.slice(CharSpan::new(start - content.span.start, end - content.span.start)).to_owned();
    let next = (end < content.chars).then_some(end);
    let mut structured = json!({
        "doc_id": content.doc_id, "title": content.title, "path": content.path, "text": text, "start": start, "end": end,
        "chars": content.chars, "next_start": next,
    });
    link(&mut structured, page, &content.doc_id, CharSpan::new(start, end));
    let more = next.map_or(String::new(), |next| format!("\n\n[The document goes on: read from {next} of {} characters.]", content.chars));
    both(structured, format!("{text}{more}"))
}

fn link(value: &mut Value, page: Option<&str>, doc: &DocId, span: CharSpan) {
    if let Some(page) = page {
        value["url"] = format!("{page}/documents/{}?span={}-{}", doc.0, span.start, span.end).into();
    }
}
