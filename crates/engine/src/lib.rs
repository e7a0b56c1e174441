//! Qwen3.5: token ids in, token ids out.
