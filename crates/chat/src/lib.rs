//! Tokenizer, chat template, incremental detokenising, reasoning.
