//! What a request must be to be taken at all: everything that can be known before it waits.

use super::{Description, Refused, Request};
use crate::cache::Domain;
use crate::limits::{BIASES_MAX, CACHE_BOUNDARIES_MAX, STOP_TOKENS_MAX, TOP_LOGPROBS_MAX};

/// Bounds the answer by the context and says why a request is not taken. Returns the bytes to set aside.
pub(super) fn admit(request: &mut Request, engine: &Description) -> Result<u64, Refused> {
    let prompt = request.prompt.len();
    if prompt == 0 {
        return Err(Refused::Empty);
    }
    if prompt >= engine.context_max {
        return Err(Refused::TooLong { prompt, context: engine.context_max });
    }
    if let Some(id) = request.prompt.iter().find(|id| **id as usize >= engine.vocabulary) {
        return Err(Refused::UnknownToken { id: *id, vocabulary: engine.vocabulary });
    }
    if let Some(problem) = problem(request, engine.vocabulary) {
        return Err(Refused::Sampling(problem));
    }
    if let Some(cache) = &mut request.cache {
        // What is said in answer is never public, however far the prompt was said to be.
        cache.public_tokens = cache.public_tokens.min(prompt);
    }
    request.output_tokens_max = request.output_tokens_max.min(engine.context_max - prompt);
    let output = request.output_tokens_max;
    let needed_bytes = engine.cost.bytes(prompt + output);
    if needed_bytes > engine.memory_bytes {
        return Err(Refused::Memory { prompt, output, needed_bytes, memory_bytes: engine.memory_bytes });
    }
    Ok(needed_bytes)
}

/// What is wrong with the request beside its prompt.
fn problem(request: &Request, vocabulary: usize) -> Option<String> {
    let at_most = |what: &str, count: usize, most: usize| (count > most).then(|| format!("{count} {what}; at most {most} are taken"));
    let forced = request.reasoning.iter().flat_map(|reasoning| &reasoning.forced);
    request
        .sampling
        .problem()
        .or_else(|| (request.output_tokens_max == 0 && request.cache.is_none()).then(|| "an answer of no tokens is asked for".to_owned()))
        .or_else(|| {
            let public = request.cache.as_ref().is_some_and(|cache| cache.domain == Domain::PUBLIC);
            public.then(|| "the public domain is for preambles only; a request needs a domain of its own".to_owned())
        })
        .or_else(|| at_most("boundaries", request.cache.as_ref().map_or(0, |cache| cache.boundaries.len()), CACHE_BOUNDARIES_MAX))
        .or_else(|| at_most("biases", request.sampling.bias.len(), BIASES_MAX))
        .or_else(|| at_most("stop tokens", request.stop_tokens.len(), STOP_TOKENS_MAX))
        .or_else(|| at_most("tokens that end reasoning", forced.clone().count(), STOP_TOKENS_MAX))
        .or_else(|| at_most("log-probabilities", request.logprobs.unwrap_or(0), TOP_LOGPROBS_MAX))
        .or_else(|| at_most("valid tokens", request.valid_tokens.unwrap_or(0), vocabulary))
        .or_else(|| forced.clone().find(|id| **id as usize >= vocabulary).map(|id| format!("forced token {id} is outside the vocabulary")))
}
