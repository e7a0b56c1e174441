//! A bound on reasoning: past it, the tokens that end it are put in the model's mouth, and the answer follows.

/// How long reasoning may be and how it ends. The ids come from the caller, who knows the tokenizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasoningBudget {
    /// Tokens of reasoning.
    pub tokens_max: usize,
    /// The token that ends reasoning when the model says it itself.
    pub close: u32,
    /// What is said for the model once the budget is spent; holds `close`.
    pub forced: Vec<u32>,
}

/// The state of one answer that began inside its reasoning.
#[derive(Debug, Clone)]
pub struct Reasoning {
    budget: ReasoningBudget,
    used: usize,
    /// How much of `forced` was said.
    said: usize,
    closed: bool,
}

impl Reasoning {
    /// At the start of an answer.
    #[must_use]
    pub fn new(budget: ReasoningBudget) -> Self {
        Self { budget, used: 0, said: 0, closed: false }
    }

    /// The token that must come next, once the budget is spent.
    #[must_use]
    pub fn forced(&self) -> Option<u32> {
        let forcing = self.said > 0 || (!self.closed && self.used >= self.budget.tokens_max);
        if forcing { self.budget.forced.get(self.said).copied() } else { None }
    }

    /// Records the next token.
    pub fn push(&mut self, token: u32) {
        if self.forced() == Some(token) {
            self.said += 1;
        }
        self.closed |= token == self.budget.close;
        self.used += usize::from(!self.closed);
    }

    /// Tokens of reasoning so far.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(said: &[u32]) -> Vec<u32> {
        let mut reasoning = Reasoning::new(ReasoningBudget { tokens_max: 3, close: 9, forced: vec![7, 9, 8] });
        let mut out = Vec::new();
        for token in said {
            let token = reasoning.forced().unwrap_or(*token);
            reasoning.push(token);
            out.push(token);
        }
        out
    }

    #[test]
    fn the_end_is_forced_once_and_only_when_needed() {
        assert_eq!(run(&[1, 2, 3, 4, 4, 4, 5, 6, 5]), [1, 2, 3, 7, 9, 8, 5, 6, 5]);
        assert_eq!(run(&[1, 9, 3, 4, 4, 4]), [1, 9, 3, 4, 4, 4]);
        assert_eq!(run(&[7, 7, 7, 7, 7, 7, 7]), [7, 7, 7, 7, 9, 8, 7]);
    }
}
