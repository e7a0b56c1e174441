-- The collection that a conversation is held to; NULL: all documents.
ALTER TABLE conversations ADD COLUMN collection TEXT;
