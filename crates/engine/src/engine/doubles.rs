//! Engines without a model, for the tests of what stands on one.

use std::time::Duration;

use tokio::sync::mpsc::channel;

use super::{Description, Engine, Event, Failure, FinishReason, Refused, Request, Running, SequenceCost, Usage, admission};
use crate::limits::EVENTS_MAX;

/// Answers with the prompt itself.
#[derive(Debug, Clone)]
pub struct Echo {
    /// Ids are below this.
    pub vocabulary: usize,
    /// Positions of prompt and answer together.
    pub context_max: usize,
}

/// As [`Echo`], with a pause before each token.
#[derive(Debug, Clone)]
pub struct Slow {
    /// What is said.
    pub echo: Echo,
    /// The pause.
    pub token_time: Duration,
}

/// As [`Echo`], until it fails as a defect would make it.
#[derive(Debug, Clone)]
pub struct Panic {
    /// What is said.
    pub echo: Echo,
    /// Tokens before it fails.
    pub after_tokens: usize,
}

impl Engine for Echo {
    fn submit(&self, request: Request) -> Result<Running, Refused> {
        self.answer(request, Duration::ZERO, usize::MAX)
    }

    fn describe(&self) -> Description {
        Description { vocabulary: self.vocabulary, context_max: self.context_max, memory_bytes: u64::MAX, cost: SequenceCost::default() }
    }
}

impl Engine for Slow {
    fn submit(&self, request: Request) -> Result<Running, Refused> {
        self.echo.answer(request, self.token_time, usize::MAX)
    }

    fn describe(&self) -> Description {
        self.echo.describe()
    }
}

impl Engine for Panic {
    fn submit(&self, request: Request) -> Result<Running, Refused> {
        self.echo.answer(request, Duration::ZERO, self.after_tokens)
    }

    fn describe(&self) -> Description {
        self.echo.describe()
    }
}

impl Echo {
    fn answer(&self, mut request: Request, token_time: Duration, fail_after: usize) -> Result<Running, Refused> {
        admission::admit(&mut request, &self.describe())?;
        let (events, receiver) = channel(EVENTS_MAX);
        let talk = move || {
            let total = request.prompt.len();
            let mut usage = Usage { prompt_tokens: total, ..Usage::default() };
            let mut reason = FinishReason::Length;
            let say = |event| events.blocking_send(event).is_ok();
            if !say(Event::Prefilled { done: total, total }) {
                return;
            }
            for id in request.prompt.into_iter().take(request.output_tokens_max) {
                std::thread::sleep(token_time);
                if usage.completion_tokens >= fail_after {
                    say(Event::Failed(Failure::Panicked));
                    return;
                }
                if request.stop_tokens.contains(&id) {
                    reason = FinishReason::Stop(id);
                    break;
                }
                usage.completion_tokens += 1;
                if !say(Event::Token { id, logprob: None, top: Vec::new() }) {
                    return;
                }
            }
            say(Event::Finished { reason, usage });
        };
        std::thread::Builder::new().name("double".into()).spawn(talk).map_err(|_| Refused::Closed)?;
        Ok(Running { events: receiver })
    }
}
