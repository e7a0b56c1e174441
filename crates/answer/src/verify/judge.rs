//! How far the sentences that were given bear out a claim, and which of them do: the smallest number that suffices.
//!
//! Words decide first, and numbers, names and negations must agree; likeness of meaning chooses between those that words leave over, and
//! speaks where a claim is said in other words. What this cannot see is a claim that puts a source's words together in a way that changes
//! who does what.

use pinakes_api::Support;

use super::claim::Claim;
use super::gate::Standing;
use super::grounds::{Ground, Grounds};
use super::polarity::contradicts;
use crate::support::cosine;

/// Shares of a claim's content words that must stand in a source for it to be borne out wholly, or in part, and how many words that must
/// be: of two words, two are soon found anywhere. Fewer suffice in a source that the claim names.
const FULLY: (f32, f32) = (0.8, 3.0);
const PARTLY: (f32, f32) = (0.6, 4.0);
const WORDS_NAMED: f32 = 2.0;
/// Of what a claim shares with a sentence and its headings, the share that must stand in the sentence itself.
const OWN: f32 = 0.5;
/// Likeness of meaning, and share of words with it, that bear out in part what is said in other words of a source that the claim names.
const OTHER_WORDS: (f32, f32) = (0.65, 0.4);
/// The same across languages, where words are no measure.
const OTHER_LANGUAGE: f32 = 0.35;
/// What likeness of meaning and the source a claim names count beside words when the best is looked for.
const WEIGHT_MEANING: f32 = 0.4;
const WEIGHT_NAMED: f32 = 0.1;
/// A second sentence is cited with the first when it bears out so much more.
const SECOND_ADDS: f32 = 0.15;

/// What a claim is judged by.
pub(crate) struct Case<'a> {
    /// The claim.
    pub(crate) claim: &'a Claim,
    /// Its embedding.
    pub(crate) vector: &'a [f32],
    /// What it is in, and the language a document is in, where known.
    pub(crate) language: Option<&'a str>,
}

/// A judgement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    /// How it stands.
    pub(crate) standing: Standing,
    /// How far it is borne out.
    pub(crate) support: Support,
    /// By which grounds; best first.
    pub(crate) grounds: Vec<usize>,
}

impl Judged {
    const fn unborne(standing: Standing) -> Self {
        Self { standing, support: Support::None, grounds: vec![] }
    }
}

/// A candidate under judgement.
struct Weighed<'a> {
    place: usize,
    ground: &'a Ground,
    has: &'a [bool],
    share: f32,
    own: f32,
    meaning: f32,
    named: bool,
    numbers: bool,
    foreign: bool,
    contradicts: bool,
}

impl Weighed<'_> {
    fn score(&self) -> f32 {
        let share = if self.numbers { self.share } else { 0.0 };
        share + WEIGHT_MEANING * self.meaning + if self.named { WEIGHT_NAMED } else { 0.0 }
    }

    fn support(&self, case: &Case<'_>) -> Support {
        let across = self.named && self.foreign && self.meaning >= OTHER_LANGUAGE;
        if !self.numbers || self.contradicts || (self.own < OWN && !across) {
            return Support::None;
        }
        let carried = self.share * case.claim.content.len() as f32 + case.claim.numbers.len() as f32;
        let reaches = |(share, words): (f32, f32)| {
            let words = if self.named { words.min(WORDS_NAMED) } else { words };
            self.share >= share && carried + 1e-3 >= words
        };
        let numbers_only = self.named && !case.claim.numbers.is_empty() && case.claim.content.len() <= 2 && self.share >= FULLY.0;
        if (reaches(FULLY) || numbers_only) && self.names_stand(case) {
            return Support::Full;
        }
        let otherwise = self.named && self.meaning >= OTHER_WORDS.0 && self.share >= OTHER_WORDS.1;
        if reaches(FULLY) || reaches(PARTLY) || otherwise || across { Support::Partial } else { Support::None }
    }

    /// Whether the names in the claim stand here too.
    fn names_stand(&self, case: &Case<'_>) -> bool {
        let missing = |name: &String| case.claim.content.iter().zip(self.has).any(|(word, has)| word == name && !has);
        !case.claim.names.iter().any(missing)
    }
}

/// Judges a claim by candidates, as [`Grounds::candidates`] gives them, which must be embedded.
pub(crate) fn judge(grounds: &Grounds, case: &Case<'_>, candidates: &[(usize, Vec<bool>)]) -> Judged {
    let claim = case.claim;
    if claim.is_filling() {
        return Judged::unborne(Standing::Neutral);
    }
    if claim.numbers.iter().any(|number| !grounds.hold_number(number)) {
        return Judged::unborne(Standing::Contradicted);
    }
    let mut weighed: Vec<Weighed<'_>> = candidates.iter().map(|(place, has)| weigh(grounds, case, *place, has)).collect();
    weighed.sort_by(|a, b| b.score().total_cmp(&a.score()).then(a.place.cmp(&b.place)));
    let supports: Vec<Support> = weighed.iter().map(|one| one.support(case)).collect();
    let full = supports.iter().position(|support| *support == Support::Full);
    if let Some(at) = full {
        // Nearly the same words that say the opposite weigh more than words further off that do not.
        if weighed[..at].iter().any(|one| one.contradicts && one.numbers && one.share >= FULLY.0) {
            return Judged::unborne(Standing::Contradicted);
        }
        return Judged { standing: Standing::Borne, support: Support::Full, grounds: vec![weighed[at].place] };
    }
    if weighed.first().is_some_and(|best| best.contradicts && best.share >= PARTLY.0) {
        return Judged::unborne(Standing::Contradicted);
    }
    if let Some(pair) = pair(&weighed, case) {
        return Judged { standing: Standing::Borne, support: Support::Full, grounds: pair };
    }
    match supports.iter().position(|support| *support == Support::Partial) {
        Some(at) => {
            let standing = if weighed[at].named { Standing::Borne } else { Standing::Half };
            Judged { standing, support: Support::Partial, grounds: vec![weighed[at].place] }
        }
        None => Judged::unborne(Standing::Unborne),
    }
}

fn weigh<'a>(grounds: &'a Grounds, case: &Case<'_>, place: usize, has: &'a [bool]) -> Weighed<'a> {
    let ground = grounds.get(place);
    let claim = case.claim;
    let language = ground.sentence.document.text.language.as_deref();
    Weighed {
        place,
        ground,
        has,
        share: has.iter().filter(|has| **has).count() as f32 / has.len().max(1) as f32,
        own: ground.own_share(claim, has),
        meaning: ground.vector.as_ref().map_or(0.0, |vector| cosine(case.vector, vector)),
        named: claim.sources.contains(&ground.source),
        numbers: claim.numbers.iter().all(|number| ground.numbers.contains(number)),
        foreign: case.language.is_some() && language.is_some() && case.language != language,
        contradicts: contradicts(&claim.words, &ground.sentence.plain),
    }
}

/// Two sentences that together bear out wholly what neither does alone.
fn pair(weighed: &[Weighed<'_>], case: &Case<'_>) -> Option<Vec<usize>> {
    let claim = case.claim;
    if claim.content.len() < 4 {
        return None;
    }
    let first = weighed.iter().find(|one| !one.contradicts)?;
    let others = weighed.iter().filter(|other| other.place != first.place && !other.contradicts);
    let joined = others.filter_map(|other| {
        let both = first.has.iter().zip(other.has).filter(|(a, b)| **a || **b).count() as f32 / claim.content.len() as f32;
        let numbers = claim.numbers.iter().all(|number| first.ground.numbers.contains(number) || other.ground.numbers.contains(number));
        let same_source = first.ground.source == other.ground.source || other.named;
        (numbers && same_source && both >= FULLY.0 && both >= first.share + SECOND_ADDS).then_some((both, other.place))
    });
    joined.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, second)| vec![first.place, second])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pinakes_types::{Block, BlockKind, CharSpan, DocId, DocVersion, DocumentKind, StructuredText};

    use super::super::markers::said;
    use super::*;
    use crate::sentence::{Document, sentences_in};

    fn document(name: &str, language: &str, words: &str) -> Arc<Document> {
        let chars = words.chars().count();
        let text = StructuredText {
            kind: DocumentKind::Text,
            title: name.into(),
            language: Some(language.into()),
            text: words.into(),
            blocks: vec![Block { kind: BlockKind::Paragraph, span: CharSpan::new(0, chars) }],
            markup: vec![],
            pages: vec![],
            warnings: vec![],
        };
        Arc::new(Document { doc: DocId(name.into()), version: DocVersion("v".into()), title: name.into(), path: name.into(), text })
    }

    fn grounds() -> Grounds {
        let documents = [
            document(
                "Leave policy",
                "en",
                "Up to five unused days may be carried over into the next year. Contractors may not carry over any days. Requests go to the team lead two weeks before the first day.",
            ),
            document(
                "Travel",
                "en",
                "The limit for a hotel in Leipzig is €135 per night including breakfast. Mara Lindt approves flights.",
            ),
            document("Urlaub", "de", "Der Urlaub ist zwei Wochen vorher zu beantragen."),
        ];
        let sentences = documents.iter().enumerate().flat_map(|(place, document)| {
            let chars = document.text.text.chars().count();
            sentences_in(document, CharSpan::new(0, chars)).into_iter().map(move |sentence| (place + 1, sentence))
        });
        Grounds::new(sentences)
    }

    fn judged(words: &str) -> (Standing, Support, Vec<String>) {
        let grounds = grounds();
        let claim = Claim::of(said(words));
        let candidates = grounds.candidates(&claim);
        let judged = judge(&grounds, &Case { claim: &claim, vector: &[], language: Some("en") }, &candidates);
        (judged.standing, judged.support, judged.grounds.iter().map(|place| grounds.get(*place).sentence.plain.clone()).collect())
    }

    #[test]
    fn sentences_are_labelled_by_what_bears_them_out() {
        for (words, standing, support) in [
            ("Up to five unused days may be carried over into the next year [1].", Standing::Borne, Support::Full),
            // A wrong number, or none: the sentence that carries it is found all the same.
            ("You may carry over up to 5 unused days into the next year [2].", Standing::Borne, Support::Full),
            ("You may carry over up to five unused days into next year.", Standing::Borne, Support::Full),
            ("A hotel in Leipzig may cost €135 per night.", Standing::Borne, Support::Full),
            ("A hotel in Leipzig may cost €153 per night [2].", Standing::Contradicted, Support::None),
            ("Contractors may carry over days [1].", Standing::Contradicted, Support::None),
            ("Up to five unused days may not be carried over into the next year.", Standing::Contradicted, Support::None),
            ("The cafeteria serves vegetarian lunches on Mondays [1].", Standing::Unborne, Support::None),
            ("Yes.", Standing::Neutral, Support::None),
            ("Within 2 weeks before the first day [1].", Standing::Borne, Support::Full),
            ("The leave policy is about leave and its policy [1].", Standing::Unborne, Support::None),
            ("Peter Braun approves flights [2].", Standing::Unborne, Support::None),
        ] {
            let found = judged(words);
            assert_eq!((found.0, found.1), (standing, support), "{words}: {:?}", found.2);
        }
    }

    #[test]
    fn the_quotation_is_the_sentence_that_carries_the_claim_whatever_the_marker() {
        let (_, _, quotes) = judged("Mara Lindt approves flights [1].");
        assert_eq!(quotes, ["Mara Lindt approves flights."]);
        let (_, support, quotes) =
            judged("Up to five unused days may be carried over and requests go to the team lead two weeks before [1].");
        assert_eq!(support, Support::Full);
        assert_eq!(quotes.len(), 2, "{quotes:?}");
    }

    #[test]
    fn a_name_that_stands_nowhere_is_not_borne_out_wholly() {
        let (_, support, _) = judged("In Hamburg up to five unused days may be carried over into the next year [1].");
        assert_eq!(support, Support::Partial);
    }
}
