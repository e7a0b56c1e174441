//! How a vocabulary's training text was split before byte pairs were merged, by the name that GGUF files carry (`tokenizer.ggml.pre`).
//!
//! A wrong split gives other ids without any error, so a name that is not here is refused rather than guessed.

use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{NormalizerWrapper, PreTokenizerWrapper};

use crate::TokenizerError;

/// GPT-2: contractions, letters, digits, the rest, each with one space before it.
const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
/// One digit at a time, before another split.
const DIGIT: &str = r"\p{N}";
/// Llama 3: up to three digits together.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Qwen2 and Qwen3: single digits.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Qwen3.5: combining marks stay with their letters.
const QWEN35: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// How text becomes pieces for one family.
pub(super) struct Splitting {
    pub(super) normalizer: Option<NormalizerWrapper>,
    pub(super) pre_tokenizer: PreTokenizerWrapper,
    /// A piece that is a token as it stands is that token, whatever its merges would give.
    pub(super) ignore_merges: bool,
}

/// The splitting behind a `tokenizer.ggml.pre` name. Qwen's text is composed first (NFC), as in its own tokenizer.json; llama.cpp leaves
/// that out and gives other ids for decomposed accents.
pub(super) fn by_name(name: &str) -> Result<Splitting, TokenizerError> {
    let (compose, expressions, ignore_merges): (bool, &[&str], bool) = match name {
        "qwen35" => (true, &[QWEN35], false),
        "qwen2" | "deepseek-r1-qwen" | "megrez" => (true, &[QWEN2], false),
        "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" => (false, &[DIGIT, GPT2], false),
        "gpt-2" | "phi-2" | "olmo" => (false, &[GPT2], false),
        "llama-bpe" | "llama3" | "llama-v3" => (false, &[LLAMA3], true),
        unknown => return Err(TokenizerError::UnknownPreTokenizer(unknown.to_owned())),
    };
    let mut steps = Vec::with_capacity(expressions.len() + 1);
    for expression in expressions {
        let pattern = SplitPattern::Regex((*expression).to_owned());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false).expect("the expressions above are valid");
        steps.push(PreTokenizerWrapper::Split(split));
    }
    steps.push(PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, false, false)));
    Ok(Splitting {
        normalizer: compose.then_some(NormalizerWrapper::NFC(NFC)),
        pre_tokenizer: PreTokenizerWrapper::Sequence(Sequence::new(steps)),
        ignore_merges,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_refused_by_name() {
        assert!(by_name("qwen35").is_ok_and(|found| found.normalizer.is_some()));
        assert!(by_name("llama-bpe").is_ok_and(|found| found.ignore_merges));
        let refused = by_name("gemma-9").map(|_| ()).unwrap_err();
        assert!(refused.to_string().contains("gemma-9"), "{refused}");
    }
}
