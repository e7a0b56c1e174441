//! A whole conversation as a file. What is withheld on the page is withheld here.

use std::fmt::Write;

use pinakes_api::{ApiError, ConversationDetail, ConversationQuery, ConversationTurn, ExportFormat};
use pinakes_config::limits::conversation::PAGE_ITEMS_MAX;
use pinakes_types::Scope;

use crate::Searcher;

impl Searcher {
    /// Every turn of a conversation, as JSON or Markdown.
    ///
    /// # Errors
    /// [`pinakes_api::Code::NotFound`] when there is none of the scope's.
    pub async fn export_conversation(&self, scope: &Scope, id: &str, format: ExportFormat) -> Result<String, ApiError> {
        let mut query = ConversationQuery { limit: Some(PAGE_ITEMS_MAX), cursor: None };
        let mut whole = self.conversation(scope, id, &query).await?;
        // Bounded: a conversation has a bounded number of turns, and each page is before the one before.
        while let Some(cursor) = whole.next_cursor.take() {
            query.cursor = Some(cursor);
            let page = self.conversation(scope, id, &query).await?;
            whole.turns.splice(0..0, page.turns);
            whole.next_cursor = page.next_cursor;
        }
        match format {
            ExportFormat::Json => serde_json::to_string_pretty(&whole).map_err(ApiError::internal),
            ExportFormat::Markdown => Ok(markdown(&whole)),
        }
    }
}

fn markdown(conversation: &ConversationDetail) -> String {
    let mut text = format!("# {}\n", plain(&conversation.title));
    for turn in &conversation.turns {
        write_turn(&mut text, turn);
    }
    text
}

fn write_turn(text: &mut String, turn: &ConversationTurn) {
    // Writing to a string does not fail.
    let _ = write!(text, "\n## {}\n\n{}\n", plain(&turn.question), plain(&turn.response.answer));
    let mut last = 0;
    for citation in turn.response.citations.iter() {
        let page = citation.page.map_or(String::new(), |page| format!(", page {page}"));
        let gap = if last == 0 { "\n" } else { "" };
        let (title, path, quote) = (plain(&citation.title), plain(&citation.path), plain(&citation.quote));
        let _ = writeln!(text, "{gap}- \\[{}\\] {title} ({path}{page}): “{quote}”", citation.marker);
        last = citation.marker;
    }
}

/// Words as words on one line, whatever Markdown or HTML would make of them: nothing in an export is a link, a picture or a heading that
/// this file did not write.
fn plain(words: &str) -> String {
    let mut kept = String::with_capacity(words.len());
    for c in words.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | ';' | '?' | '\'' | '"' | '/' | '%' | '(' | ')') {
            kept.push('\\');
        }
        kept.push(c);
    }
    kept
}

#[cfg(test)]
mod tests {
    use pinakes_api::AskResponse;
    use pinakes_types::Timestamp;

    use super::*;

    #[test]
    fn words_stay_words() {
        let turn = ConversationTurn {
            turn: 1,
            answer_id: "a".into(),
            question: "# <script>alert(1)</script>\n![x](http://evil.example/?q)".into(),
            asked_at: Timestamp(0),
            withheld: false,
            response: AskResponse { answer: "It is [25](x) *days*.\n\n---".into(), ..AskResponse::default() },
            feedback: None,
        };
        let conversation = ConversationDetail {
            conversation_id: "c".into(),
            collection: None,
            title: "A\n# B".into(),
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
            turns: vec![turn],
            next_cursor: None,
        };
        let text = markdown(&conversation);
        assert_eq!(text.lines().filter(|line| line.starts_with('#')).collect::<Vec<_>>().len(), 2, "{text}");
        for mark in ['[', ']', '<', '>', '!', '*', '`'] {
            let bare = text.match_indices(mark).any(|(at, _)| !text[..at].ends_with('\\'));
            assert!(!bare, "{mark} means something in {text}");
        }
        assert!(text.contains("\\[25\\](x) \\*days\\*"), "{text}");
    }
}
