//! Conversations as their owner browses them. Another person's is not found, in the same words as one that never was.

use pinakes_api::{
    ApiError, Code, ConversationDeleted, ConversationDetail, ConversationList, ConversationQuery, ConversationSummary, NewConversation,
};
use pinakes_catalog::{ConversationRow, Older};
use pinakes_config::limits::conversation::{PAGE_ITEMS, PAGE_ITEMS_MAX, TITLE_CHARS_MAX};
use pinakes_types::{Scope, Timestamp};

use crate::Searcher;
use crate::searcher::catalog_error;

/// What a conversation is called that nobody named.
const UNNAMED: &str = "New conversation";

impl Searcher {
    /// Begins an empty conversation.
    ///
    /// # Errors
    /// [`Code::NotAllowed`] where nothing is kept; a title that cannot be one; a collection that is not there for the scope.
    pub async fn new_conversation(&self, scope: &Scope, new: &NewConversation) -> Result<ConversationSummary, ApiError> {
        self.may_keep()?;
        let title = new.title.as_deref().map_or(Ok(UNNAMED), checked_title)?;
        let collection = new.collection.as_deref();
        self.must_have_collection(scope, collection).await?;
        let (id, now) = (self.new_id(), self.store.now());
        self.store.catalog.create_conversation(scope, &id, title, collection, now).await.map(summary).map_err(catalog_error)
    }

    /// Lists the scope's own conversations, those last used first.
    ///
    /// # Errors
    /// A limit out of range, a cursor that is none of ours.
    pub async fn conversations(&self, scope: &Scope, query: &ConversationQuery) -> Result<ConversationList, ApiError> {
        let limit = page(query.limit)?;
        let older = query.cursor.as_deref().map(read_cursor).transpose()?;
        let mut rows = self.store.catalog.conversations(scope, older.as_ref(), limit as u32 + 1).await.map_err(catalog_error)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|last| cursor(last.updated_at, &last.id));
        Ok(ConversationList { conversations: rows.into_iter().map(summary).collect(), next_cursor })
    }

    /// One conversation with its last turns.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is none of the scope's.
    pub async fn conversation(&self, scope: &Scope, id: &str, query: &ConversationQuery) -> Result<ConversationDetail, ApiError> {
        let limit = page(query.limit)?;
        let before = query.cursor.as_deref().map(|cursor| cursor.parse().map_err(|_| foreign_cursor())).transpose()?;
        let row = self.store.catalog.conversation(scope, id).await.map_err(catalog_error)?.ok_or_else(no_conversation)?;
        let rows = self.store.catalog.turns(scope, id, before, limit as u32).await.map_err(catalog_error)?;
        let next_cursor = rows.first().map(|first| first.turn).filter(|first| *first > 1).map(|first| first.to_string());
        let shown = self.shown(scope, rows).await?;
        let turns = shown.into_iter().map(|mut shown| {
            shown.turn.response.conversation_id = Some(id.to_owned());
            shown.turn
        });
        Ok(ConversationDetail {
            conversation_id: row.id,
            title: row.title,
            collection: row.collection,
            created_at: row.created_at,
            updated_at: row.updated_at,
            turns: turns.collect(),
            next_cursor,
        })
    }

    /// Names a conversation anew.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is none of the scope's; a title that cannot be one.
    pub async fn rename_conversation(&self, scope: &Scope, id: &str, title: &str) -> Result<ConversationSummary, ApiError> {
        let title = checked_title(title)?;
        let renamed = self.store.catalog.rename_conversation(scope, id, title, self.store.now()).await.map_err(catalog_error)?;
        let row = self.store.catalog.conversation(scope, id).await.map_err(catalog_error)?;
        row.filter(|_| renamed).map(summary).ok_or_else(no_conversation)
    }

    /// Deletes a conversation with its answers and the feedback on them.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is none of the scope's.
    pub async fn delete_conversation(&self, scope: &Scope, id: &str) -> Result<ConversationDeleted, ApiError> {
        if !self.store.catalog.delete_conversation(scope, id).await.map_err(catalog_error)? {
            return Err(no_conversation());
        }
        Ok(ConversationDeleted { conversation_id: id.to_owned(), deleted: true })
    }
}

fn summary(row: ConversationRow) -> ConversationSummary {
    ConversationSummary {
        conversation_id: row.id,
        title: row.title,
        collection: row.collection,
        turns: row.turns,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// The same words for one that never was and one of somebody else.
pub(crate) fn no_conversation() -> ApiError {
    ApiError::new(Code::NotFound, "There is no such conversation.")
}

fn checked_title(title: &str) -> Result<&str, ApiError> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > TITLE_CHARS_MAX || title.chars().any(char::is_control) {
        return Err(ApiError::new(Code::BadRequest, format!("A title is one line of 1 to {TITLE_CHARS_MAX} characters.")));
    }
    Ok(title)
}

/// Items of a page.
pub(crate) fn page(limit: Option<usize>) -> Result<usize, ApiError> {
    let limit = limit.unwrap_or(PAGE_ITEMS);
    let words = || ApiError::new(Code::BadRequest, format!("`limit` is between 1 and {PAGE_ITEMS_MAX}."));
    (1..=PAGE_ITEMS_MAX).contains(&limit).then_some(limit).ok_or_else(words)
}

/// Where a page ended.
pub(crate) fn cursor(time: Timestamp, id: &str) -> String {
    format!("{}:{id}", time.0)
}

pub(crate) fn read_cursor(cursor: &str) -> Result<Older, ApiError> {
    let (time, id) = cursor.split_once(':').ok_or_else(foreign_cursor)?;
    Ok((Timestamp(time.parse().map_err(|_| foreign_cursor())?), id.to_owned()))
}

fn foreign_cursor() -> ApiError {
    ApiError::new(Code::BadRequest, "The cursor is not one of this server's.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back_and_foreign_ones_are_refused() {
        assert_eq!(read_cursor(&cursor(Timestamp(-5), "a:b")).unwrap(), (Timestamp(-5), "a:b".to_owned()));
        for foreign in ["", "x:y", "12", "99999999999999999999:a"] {
            assert_eq!(read_cursor(foreign).unwrap_err().code, Code::BadRequest, "{foreign}");
        }
    }

    #[test]
    fn titles_are_one_line_within_bounds() {
        assert_eq!(checked_title("  Travel ").unwrap(), "Travel");
        for title in ["", " \n ", "a\nb", "a\u{0}b", &"x".repeat(TITLE_CHARS_MAX + 1)] {
            assert!(checked_title(title).is_err(), "{title}");
        }
    }
}
