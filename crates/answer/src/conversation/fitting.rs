//! How much of what was said before a generator reads again. Documents stand in the first person's turn, before the oldest turn that is
//! read ([`crate::context`]): the prompt of a follow-up on the same documents begins with the whole prompt of the question before it, so
//! that all that is computed anew is the answer since and the new question. For that the oldest turn must stay the oldest for a while.

use pinakes_api::ApiError;
use pinakes_config::limits::conversation::EARLIER_TOKENS_SHARE;

use super::Turn;
use crate::Generator;

/// The latest turns that fit into their share of the context.
///
/// # Errors
/// A text that cannot be counted.
pub(super) fn fitting<'a>(generator: &Generator, earlier: &'a [Turn]) -> Result<&'a [Turn], ApiError> {
    let count = |turn: &Turn| Ok(generator.count(&turn.question)? + generator.count(&turn.answer)?);
    let tokens: Vec<usize> = earlier.iter().map(count).collect::<Result<_, ApiError>>()?;
    Ok(&earlier[first_fitting(&tokens, generator.context_tokens() / EARLIER_TOKENS_SHARE)..])
}

/// From which turn on they fit. Where one too many comes, the older ones go until half the room is left: so the first one stays the first
/// for some questions, and their prompts begin alike.
fn first_fitting(tokens: &[usize], most: usize) -> usize {
    let (mut first, mut sum) = (0, 0);
    for (at, more) in tokens.iter().enumerate() {
        sum += more;
        if sum > most {
            while first <= at && sum > most / 2 {
                sum -= tokens[first];
                first += 1;
            }
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_fit_and_the_first_one_stays_for_a_while() {
        let firsts: Vec<usize> = (0..12).map(|turns| first_fitting(&vec![10; turns], 50)).collect();
        assert_eq!(firsts, [0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 8, 8]);
        assert_eq!(first_fitting(&[10, 60, 10], 50), 2, "one that does not fit at all takes those before it along");
        assert_eq!(first_fitting(&[60], 50), 1);
    }
}
