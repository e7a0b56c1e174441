//! The values that the model cards recommend (QWEN35.md §9).

use super::Sampling;

/// What is being generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Plain answers.
    NonThinking,
    /// Reasoning first.
    Thinking,
    /// Reasoning about code and other things that must be exact.
    ThinkingPrecise,
}

impl Sampling {
    /// The card's values for a Qwen3.5 model of `parameters` weights. The cards of 0.8B and 2B differ from the larger ones'.
    ///
    /// A presence penalty of 2 hurts verbatim quotation: callers that quote set it to 0.
    #[must_use]
    pub fn recommended(mode: Mode, parameters: u64) -> Self {
        let small = parameters < 3_000_000_000;
        let (temperature, top_p, presence) = match mode {
            Mode::NonThinking if small => (1.0, 1.0, 2.0),
            Mode::NonThinking => (0.7, 0.8, 1.5),
            Mode::Thinking => (1.0, 0.95, 1.5),
            Mode::ThinkingPrecise => (0.6, 0.95, 0.0),
        };
        Self { temperature, top_p, presence, top_k: 20, ..Self::default() }
    }
}
