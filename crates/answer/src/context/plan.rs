//! How much of each document goes into a prompt: a decision over sizes alone, so that it can be tested without documents.
//!
//! Promised: the budget is never exceeded; no text is given twice; a document is given whole where it fits, else in whole sections, else
//! in passages with what stands around them; a worse document never takes the room of a better one, but for a share that is set aside so
//! that one long document does not crowd out all others.

use pinakes_api::Extent;
use pinakes_types::CharSpan;

/// A stretch of a document that could be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Where it stands.
    pub(crate) span: CharSpan,
    /// Tokens it takes; [`usize::MAX`] when it is known to be too long without counting.
    pub(crate) tokens: usize,
    /// What it is.
    pub(crate) extent: Extent,
}

/// A document that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Tokens of its header, paid once when anything of it is given.
    pub(crate) frame: usize,
    /// For each place where something was found, best first, the stretches that hold it, widest first. Each holds the next.
    pub(crate) chains: Vec<Vec<Stretch>>,
}

/// What is given of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// How much; [`Extent::Unread`] with no spans when there was no room.
    pub(crate) extent: Extent,
    /// Ascending, disjoint and not touching.
    pub(crate) spans: Vec<CharSpan>,
    /// Tokens it takes, at most.
    pub(crate) tokens: usize,
}

/// The share of the budget, as a divisor, that is kept for the best passages of the documents still to come.
const KEPT_FOR_LATER: usize = 4;

/// Plans for documents, best first. The answer is in the same order.
pub(crate) fn plan(documents: &[Wanted], budget: usize) -> Vec<Given> {
    let mut left = budget;
    let mut later: usize = documents.iter().map(least).fold(0, usize::saturating_add);
    documents
        .iter()
        .map(|document| {
            later = later.saturating_sub(least(document));
            let kept = later.min(budget / KEPT_FOR_LATER);
            let mut given = give(document, left.saturating_sub(kept));
            if given.spans.is_empty() {
                given = give(document, left);
            }
            left -= given.tokens;
            given
        })
        .collect()
}

/// Tokens of the least that is worth giving of a document.
fn least(document: &Wanted) -> usize {
    let best = document.chains.first().and_then(|chain| chain.last());
    best.map_or(0, |passage| passage.tokens.saturating_add(document.frame))
}

/// As much of a document as fits: for each place where something was found, the widest stretch that does.
fn give(document: &Wanted, allowed: usize) -> Given {
    let mut chosen: Vec<Stretch> = Vec::new();
    let mut tokens = document.frame;
    for chain in &document.chains {
        let Some(found) = chain.last() else { continue };
        if chosen.iter().any(|stretch| stretch.span.contains(found.span)) {
            continue;
        }
        let fitting = chain.iter().find_map(|stretch| {
            let inside: usize = chosen.iter().filter(|other| stretch.span.contains(other.span)).map(|other| other.tokens).sum();
            let cost = stretch.tokens.saturating_sub(inside);
            (tokens.saturating_add(cost) <= allowed).then_some((*stretch, cost))
        });
        if let Some((stretch, cost)) = fitting {
            chosen.retain(|other| !stretch.span.contains(other.span));
            chosen.push(stretch);
            tokens += cost;
        }
    }
    if chosen.is_empty() {
        return Given { extent: Extent::Unread, spans: vec![], tokens: 0 };
    }
    let is = |extent| chosen.iter().any(|stretch| stretch.extent == extent);
    let extent = [Extent::Whole, Extent::Sections].into_iter().find(|extent| is(*extent)).unwrap_or(Extent::Passages);
    Given { extent, spans: joined(chosen.iter().map(|stretch| stretch.span).collect()), tokens }
}

/// Spans in order, those that overlap or touch as one.
pub(crate) fn joined(mut spans: Vec<CharSpan>) -> Vec<CharSpan> {
    spans.sort_unstable();
    let mut joined: Vec<CharSpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// The order in which what is given stands in the prompt, as indexes into `given`. What comes again is to be found at the beginning, as
/// only a beginning is reused: first the documents of the turn before (`known` gives their place in it), in that order; then, of the
/// others, those given whole before those of which the question chose parts; among the whole ones the best first, since most questions
/// have one document that dominates and that is what is read ahead; the rest by name, whatever their rank, so that two questions on the
/// same documents share their beginning. `names` must differ.
pub(crate) fn order<N: Ord>(given: &[Given], names: &[N], known: impl Fn(&N) -> Option<usize>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..given.len()).filter(|&place| !given[place].spans.is_empty()).collect();
    let dominant = order.first().copied().filter(|&place| given[place].extent == Extent::Whole);
    order.sort_by_key(|&place| {
        let name = &names[place];
        let before = known(name);
        (before.is_none(), before, given[place].extent != Extent::Whole, dominant != Some(place), name)
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small generator of pseudo-random numbers (xorshift); the seed is printed with a failure.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % end.max(1) as u64) as usize
        }
    }

    fn stretch(start: usize, end: usize, extent: Extent) -> Stretch {
        Stretch { span: CharSpan::new(start, end), tokens: (end - start).div_ceil(4), extent }
    }

    /// A document of sections of 1,000 characters, found at some places.
    fn document(chars: usize, found: &[usize]) -> Wanted {
        let chain = |&at: &usize| {
            let section = at / 1_000 * 1_000;
            vec![
                stretch(0, chars, Extent::Whole),
                stretch(section, (section + 1_000).max(at + 250).min(chars), Extent::Sections),
                stretch(at.saturating_sub(150).max(section), (at + 250).min(chars), Extent::Passages),
                stretch(at, (at + 100).min(chars), Extent::Passages),
            ]
        };
        Wanted { frame: 10, chains: found.iter().map(chain).collect() }
    }

    fn extents(documents: &[Wanted], budget: usize) -> Vec<Extent> {
        plan(documents, budget).into_iter().map(|given| given.extent).collect()
    }

    #[test]
    fn whole_documents_then_sections_then_passages_then_nothing() {
        let documents = [document(2_000, &[500]), document(2_000, &[1_500])];
        assert_eq!(extents(&documents, 2_000), [Extent::Whole, Extent::Whole]);
        assert_eq!(extents(&documents, 800), [Extent::Whole, Extent::Sections]);
        assert_eq!(extents(&documents, 420), [Extent::Sections, Extent::Passages]);
        assert_eq!(extents(&documents, 40), [Extent::Passages, Extent::Unread]);
        assert_eq!(extents(&documents, 5), [Extent::Unread, Extent::Unread]);
    }

    #[test]
    fn a_long_document_leaves_a_share_to_the_others() {
        let documents = [document(3_900, &[10]), document(2_000, &[10]), document(2_000, &[10])];
        let given = plan(&documents, 1_000);
        assert_eq!(given[0].extent, Extent::Sections, "whole, it would leave nothing");
        assert!(given.iter().all(|given| given.extent != Extent::Unread), "{given:?}");
    }

    #[test]
    fn places_close_together_are_one_stretch() {
        let given = &plan(&[document(100_000, &[400, 500, 40_000])], 330)[0];
        assert_eq!(given.spans, [CharSpan::new(0, 1_000), CharSpan::new(40_000, 40_250)], "{given:?}");
    }

    #[test]
    fn the_budget_holds_and_nothing_is_given_twice_whatever_the_sizes() {
        let seed = 0x5eed_0001;
        let mut dice = Dice(seed);
        for round in 0..2_000 {
            let documents: Vec<Wanted> = (0..dice.below(8))
                .map(|_| {
                    let chars = 200 + dice.below(20_000);
                    let found: Vec<usize> = (0..1 + dice.below(5)).map(|_| dice.below(chars - 100)).collect();
                    document(chars, &found)
                })
                .collect();
            let budget = dice.below(6_000);
            let given = plan(&documents, budget);
            let tokens: usize = given.iter().map(|given| given.tokens).sum();
            assert!(tokens <= budget, "seed {seed} round {round}: {tokens} > {budget}");
            for (given, document) in given.iter().zip(&documents) {
                assert!(given.spans.windows(2).all(|pair| pair[0].end < pair[1].start), "seed {seed} round {round}: {given:?}");
                let chars: usize = given.spans.iter().map(|span| span.len()).sum();
                assert!(chars.div_ceil(4) <= given.tokens, "seed {seed} round {round}: {given:?}");
                let found = document.chains.first().and_then(|chain| chain.last()).expect("each document was found somewhere");
                let best = given.spans.iter().any(|span| span.contains(found.span));
                assert!(given.spans.is_empty() || best, "seed {seed} round {round}: the best place is the first to be given");
            }
        }
    }

    #[test]
    fn another_document_moves_none_of_the_others() {
        let seed = 0x5eed_0002;
        let mut dice = Dice(seed);
        for round in 0..500 {
            let number = 2 + dice.below(6);
            let names: Vec<usize> = (0..number).map(|place| (place * 7 + dice.below(7)) % 97 + place * 100).collect();
            let given: Vec<Given> = (0..number)
                .map(|_| Given { extent: [Extent::Whole, Extent::Sections][dice.below(2)], spans: vec![CharSpan::new(0, 1)], tokens: 1 })
                .collect();
            let all: Vec<usize> = order(&given, &names, |_| None).into_iter().map(|place| names[place]).collect();
            // The last one, which is not the dominant one, was not there.
            let (fewer, fewer_names) = (&given[..number - 1], &names[..number - 1]);
            let some: Vec<usize> = order(fewer, fewer_names, |_| None).into_iter().map(|place| names[place]).collect();
            let kept: Vec<usize> = all.iter().copied().filter(|name| some.contains(name)).collect();
            assert_eq!(kept, some, "seed {seed} round {round}");
        }
    }

    #[test]
    fn documents_of_the_turn_before_stand_where_they_stood() {
        let whole = |tokens| Given { extent: Extent::Whole, spans: vec![CharSpan::new(0, tokens)], tokens };
        let given = [whole(3), whole(4), whole(5), Given { extent: Extent::Unread, spans: vec![], tokens: 0 }];
        let before = ["c", "a"];
        let order = order(&given, &["d", "a", "c", "b"], |name| before.iter().position(|known| known == name));
        assert_eq!(order, [2, 1, 0]);
    }
}
