//! Makes an extractive answer of ranked sentences: which ones, in which order.

use crate::ranking::Ranked;
use crate::sentence::Sentence;

/// A further sentence joins the answer when it is nearly as good as the best.
const NEARLY_AS_GOOD: f32 = 0.86;

/// The best sentences that make the answer: those nearly as good as the best, none twice, in the order of passages and text.
pub(crate) fn choose(ranked: &[Ranked], sentences_max: usize) -> Vec<Ranked> {
    let Some(best) = ranked.first() else { return vec![] };
    let mut chosen: Vec<Ranked> = Vec::new();
    for candidate in ranked.iter().take_while(|candidate| candidate.score >= best.score * NEARLY_AS_GOOD) {
        if chosen.len() == sentences_max {
            break;
        }
        if !chosen.iter().any(|chosen| says_the_same(&chosen.sentence, &candidate.sentence)) {
            chosen.push(candidate.clone());
        }
    }
    // The best sentence comes first; what follows it in its passage comes after it.
    let first = (chosen[0].passage, chosen[0].sentence.span);
    chosen.sort_by_key(|one| {
        let place = (one.passage, one.sentence.span);
        (place != first, place.0 != first.0, place)
    });
    chosen
}

fn says_the_same(a: &Sentence, b: &Sentence) -> bool {
    let letters =
        |sentence: &Sentence| sentence.plain.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    letters(a) == letters(b)
}
