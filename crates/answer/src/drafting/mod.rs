//! An answer in the generator's own words, each sentence held against what it was given before anybody sees it.
//!
//! Promised: every quotation shown stands in the stored text; what says otherwise than its sources, as a number that stands nowhere in
//! them, is never shown; what they do not bear out is shown only among enough that they do, and marked. How far a sentence is borne out is
//! [`crate::verify`]'s to say.

mod quoted;

use std::sync::Arc;
use std::time::{Duration, Instant};

use pinakes_api::{ApiError, Citing, Support, Usage};
use pinakes_types::{Scope, sentences};

use crate::Searcher;
use crate::answer::{Answer, Saying};
use crate::context::{Context, conversation};
use crate::conversation::Turn;
use crate::generator::{Generator, Held, Options, Words, Writing};
use crate::language;
use crate::listener::Listener;
use crate::ranking::Ranked;
use crate::sentence::{Sentence, sentences_in};
use crate::support::cosine;
use crate::verify::{Case, Claim, Gate, Grounds, Judged, Said, Standing, before_stops, judge, may_be_markers, said, says_nothing_found};
use crate::watch::{LOOK_INTERVAL, Watch};

use quoted::Quotations;

/// What opens an answer must be nearly as much to the point as the best sentence found.
const TO_THE_POINT: f32 = 0.75;

/// What a generator is asked.
pub(crate) struct Prompted<'a> {
    /// The question as it was asked.
    pub(crate) question: &'a str,
    /// Its language, where known.
    pub(crate) language: Option<&'a str>,
    /// What was searched for, embedded.
    pub(crate) vectors: &'a [&'a [f32]],
    /// Earlier turns.
    pub(crate) turns: &'a [Turn],
    /// What it reads.
    pub(crate) context: &'a Context,
    /// The sentences of the passages found, best first.
    pub(crate) ranked: &'a [Ranked],
    /// How it cites.
    pub(crate) citing: Citing,
    /// Whether what is not borne out is left out.
    pub(crate) strict: bool,
    /// Whether it reasons first; as configured when absent.
    pub(crate) thinking: Option<bool>,
}

/// An answer and how it came about.
pub(crate) struct Written {
    /// The answer.
    pub(crate) answer: Answer,
    /// Tokens.
    pub(crate) usage: Usage,
    /// What the model said to itself.
    pub(crate) reasoning: String,
    /// Sentences left out.
    pub(crate) left_out: usize,
    /// Whether the model says that its sources are silent, and nothing else.
    pub(crate) found_nothing: bool,
    /// Whether a source was read anew meanwhile.
    pub(crate) changed: bool,
    /// When the first words were shown.
    pub(crate) first_words: Option<Instant>,
    /// Time spent holding sentences against sources.
    pub(crate) verification: Duration,
}

/// The generator did not come to an end.
pub(crate) struct Failed {
    /// Why.
    pub(crate) error: ApiError,
    /// Whether nothing of it was shown.
    pub(crate) said_nothing: bool,
}

impl Searcher {
    /// Lets the generator answer from its context.
    ///
    /// # Errors
    /// The engine is busy or failed, or a document was withdrawn; the error says whether the listener had heard anything by then.
    pub(crate) async fn generate(
        &self,
        generator: &Generator,
        scope: &Scope,
        prompted: &Prompted<'_>,
        listener: &Listener,
    ) -> Result<Written, Failed> {
        let mut draft = Draft::new(prompted, generator, self.store.config.answer.borne_out_min);
        let result = match draft.begin(generator, scope) {
            Ok(writing) => self.draft(scope, writing, &mut draft, listener).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(usage) => Ok(draft.finish(usage)),
            Err(error) => Err(Failed { said_nothing: draft.answer.text.is_empty(), error }),
        }
    }

    async fn draft(&self, scope: &Scope, mut writing: Writing, draft: &mut Draft<'_>, listener: &Listener) -> Result<Usage, ApiError> {
        let mut text = String::new();
        while let Some(Words { text: more, reasoning }) = self.next_words(scope, &mut writing, &mut draft.watch).await? {
            if !reasoning.is_empty() {
                draft.reasoning.push_str(&reasoning);
                listener.reasoning(reasoning).await;
            }
            text.push_str(&more);
            text = draft.without_quotations(&text);
            let rest = text.split_off(complete(&text));
            self.keep(&std::mem::replace(&mut text, rest), draft, listener).await?;
        }
        self.keep(&text, draft, listener).await?;
        let last = draft.gate.finish();
        draft.show(last, listener).await;
        self.look_again_now(scope, &mut draft.watch).await?;
        Ok(writing.usage())
    }

    /// The next words, and a look at the documents from time to time, also while none come.
    pub(crate) async fn next_words(&self, scope: &Scope, writing: &mut Writing, watch: &mut Watch) -> Result<Option<Words>, ApiError> {
        let next = writing.next();
        tokio::pin!(next);
        loop {
            tokio::select! {
                words = &mut next => {
                    self.look_again(scope, watch).await?;
                    return words;
                }
                () = tokio::time::sleep(LOOK_INTERVAL) => self.look_again(scope, watch).await?,
            }
        }
    }

    /// Takes up some whole sentences.
    async fn keep(&self, text: &str, draft: &mut Draft<'_>, listener: &Listener) -> Result<(), ApiError> {
        let mut at = 0;
        for range in sentences(text) {
            draft.gap = wider(draft.gap, gap(&text[at..range.start]));
            at = range.end;
            let started = Instant::now();
            let heard = said(&text[range]);
            let (sources, quotations) = draft.resolve(&heard.sources);
            let claim = Claim::of(Said { sources, ..heard });
            let judged = self.judge(&claim, &quotations, draft).await?;
            draft.verification += started.elapsed();
            let passed = draft.take(&claim, judged);
            draft.show(passed, listener).await;
        }
        draft.gap = wider(draft.gap, gap(&text[at..]));
        Ok(())
    }

    /// Judges a claim: by the quotations given for it where there are any and they bear it out, else by all that was given.
    async fn judge(&self, claim: &Claim, quotations: &[(usize, Sentence)], draft: &mut Draft<'_>) -> Result<Found, ApiError> {
        if claim.is_filling() && quotations.is_empty() {
            return Ok(Found { standing: Standing::Neutral, support: Support::None, quotes: vec![], to_the_point: false });
        }
        let vector = self.embed_all(vec![claim.words.clone()]).await?.pop().expect("one text gives one vector");
        if !quotations.is_empty() {
            let mut quoted = Grounds::new(quotations.iter().cloned());
            let found = self.judge_by(claim, &vector, &mut quoted, draft).await?;
            if found.support != Support::None {
                return Ok(found);
            }
        }
        let mut grounds = std::mem::take(&mut draft.grounds);
        let found = self.judge_by(claim, &vector, &mut grounds, draft).await;
        draft.grounds = grounds;
        found
    }

    async fn judge_by(&self, claim: &Claim, vector: &[f32], grounds: &mut Grounds, draft: &Draft<'_>) -> Result<Found, ApiError> {
        let candidates = grounds.candidates(claim);
        let missing = grounds.unembedded(candidates.iter().map(|(place, _)| *place));
        let (places, texts): (Vec<usize>, Vec<String>) = missing.into_iter().unzip();
        let vectors = if texts.is_empty() { vec![] } else { self.embed_all(texts).await? };
        for (place, vector) in places.into_iter().zip(vectors) {
            grounds.embedded(place, vector);
        }
        let case = Case { claim, vector, language: draft.prompted.language };
        let Judged { standing, support, grounds: places } = judge(grounds, &case, &candidates);
        let to_the_point = places.iter().any(|place| {
            let ground = grounds.get(*place);
            draft.is_to_the_point(&ground.sentence, ground.vector.as_deref())
        });
        let quotes = places.iter().map(|place| grounds.get(*place).sentence.clone()).collect();
        Ok(Found { standing, support, quotes, to_the_point })
    }
}

/// A judgement with the sentences it names.
struct Found {
    standing: Standing,
    support: Support,
    quotes: Vec<Sentence>,
    to_the_point: bool,
}

/// An answer under way.
struct Draft<'a> {
    prompted: &'a Prompted<'a>,
    grounds: Grounds,
    quotations: Option<Quotations>,
    gate: Gate<Saying>,
    answer: Answer,
    gap: &'static str,
    watch: Watch,
    reasoning: String,
    found_nothing: bool,
    first_words: Option<Instant>,
    verification: Duration,
}

impl<'a> Draft<'a> {
    fn new(prompted: &'a Prompted<'a>, generator: &Generator, borne_out_min: f32) -> Self {
        let context = prompted.context;
        let given = context.read.iter().enumerate().flat_map(|(place, read)| {
            let spans = read.spans.iter().flat_map(|span| sentences_in(&read.document, *span));
            spans.map(move |sentence| (place + 1, sentence))
        });
        let grounds = Grounds::new(given);
        // A model elsewhere cannot be held to anything; it cites by markers.
        let chat = generator.chat().filter(|_| prompted.citing == Citing::Quotes && generator.can_hold());
        Self {
            prompted,
            grounds,
            quotations: chat.map(|chat| Quotations::new(context, chat)),
            gate: Gate::new(borne_out_min, prompted.strict),
            answer: Answer::default(),
            gap: " ",
            watch: Watch::new(context.read.iter().map(|read| &*read.document)),
            reasoning: String::new(),
            found_nothing: false,
            first_words: None,
            verification: Duration::ZERO,
        }
    }

    fn begin(&self, generator: &Generator, scope: &Scope) -> Result<Writing, ApiError> {
        let Prompted { question, turns, context, language, thinking, .. } = self.prompted;
        let citing = if self.quotations.is_some() { Citing::Quotes } else { Citing::Markers };
        let held = self.quotations.as_ref().zip(generator.chat());
        let held = held.map(|(quotations, chat)| Held::Quotes(Box::new(quotations.quoting(chat))));
        let mut remarks = context.remarks();
        // Models follow the language of their sources unless they are told.
        if let Some(name) = language.filter(|code| *code != "en").and_then(language::name) {
            remarks.push_str(&format!("Answer in {name}.\n"));
        }
        let conversation = conversation(citing, context.parts(), turns, &remarks, question);
        generator.begin(scope, conversation, Options { thinking: *thinking, held, ..Options::default() })
    }

    /// The text with markers in the place of whole quotations, and markers before stops.
    fn without_quotations(&mut self, text: &str) -> String {
        match &mut self.quotations {
            Some(quotations) => {
                let lifted = quotations.lift(text);
                let open = Quotations::unfinished(&lifted).unwrap_or(lifted.len());
                format!("{}{}", before_stops(&lifted[..open]), &lifted[open..])
            }
            None => before_stops(text),
        }
    }

    fn resolve(&self, numbers: &[usize]) -> (Vec<usize>, Vec<(usize, Sentence)>) {
        match &self.quotations {
            Some(quotations) => quotations.resolve(self.prompted.context, numbers),
            None => (numbers.to_vec(), vec![]),
        }
    }

    fn is_to_the_point(&self, sentence: &Sentence, vector: Option<&[f32]>) -> bool {
        let Some(best) = self.prompted.ranked.first() else { return false };
        match self.prompted.ranked.iter().find(|one| is(&one.sentence, sentence)) {
            Some(one) => one.score >= best.score * TO_THE_POINT,
            None => vector.is_some_and(|vector| {
                let alike = self.prompted.vectors.iter().map(|asked| cosine(asked, vector));
                alike.fold(0.0, f32::max) >= best.likeness * TO_THE_POINT
            }),
        }
    }

    /// Hands a sentence to the gate; gives what may be shown now. What is said twice is left out.
    fn take(&mut self, claim: &Claim, found: Found) -> Vec<Saying> {
        if !claim.words.chars().any(char::is_alphanumeric) || self.answer.says(&claim.words) {
            return vec![];
        }
        let gap = std::mem::replace(&mut self.gap, " ");
        let Found { mut standing, mut support, mut quotes, to_the_point } = found;
        if says_nothing_found(&claim.words) {
            self.found_nothing = true;
            (standing, support, quotes) = (Standing::Gap, Support::None, vec![]);
        }
        // Words of one language bear out another's in part at most.
        let foreign = |quote: &Sentence| {
            self.prompted.language.is_some_and(|asked| quote.document.text.language.as_deref().is_some_and(|other| other != asked))
        };
        let sure = support == Support::Full || (support == Support::Partial && quotes.iter().any(foreign));
        let anchor = standing == Standing::Borne && sure && to_the_point;
        self.gate.push(standing, anchor, Saying { words: claim.words.clone(), gap, support, quotes })
    }

    async fn show(&mut self, passed: Vec<Saying>, listener: &Listener) {
        for saying in passed {
            let (text, citations) = self.answer.say(&saying);
            self.first_words.get_or_insert_with(Instant::now);
            listener.words(text).await;
            for citation in citations {
                listener.citation(citation).await;
            }
        }
    }

    fn finish(self, usage: Usage) -> Written {
        let Self { answer, reasoning, gate, found_nothing, watch, first_words, verification, .. } = self;
        let found_nothing = found_nothing && answer.citations.is_empty();
        Written { answer, usage, reasoning, left_out: gate.left_out, found_nothing, changed: watch.changed, first_words, verification }
    }
}

fn is(a: &Sentence, b: &Sentence) -> bool {
    Arc::ptr_eq(&a.document, &b.document) && a.span == b.span
}

/// Bytes of whole sentences: the last one with words may go on, and what follows it may be its markers.
fn complete(text: &str) -> usize {
    let end = Quotations::unfinished(text).unwrap_or(text.len());
    let found = sentences(&text[..end]);
    let last = found.iter().rev().find(|range| !may_be_markers(&text[(*range).clone()]));
    last.map_or(0, |range| range.start)
}

/// How far apart two sentences stand.
fn gap(between: &str) -> &'static str {
    match between.matches('\n').count() {
        0 => " ",
        1 => "\n",
        _ => "\n\n",
    }
}

fn wider(a: &'static str, b: &'static str) -> &'static str {
    // Line breaks are told by their number.
    if b.matches('\n').count() > a.matches('\n').count() { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_whole_when_the_next_has_words() {
        for (text, expected) in [
            ("Five days", ""),
            ("Five days. ", ""),
            ("Five days. [", ""),
            ("Five days [1]. Th", "Five days [1]. "),
            ("Five days [1]. Then ask [2]. And", "Five days [1]. Then ask [2]. "),
            ("", ""),
        ] {
            assert_eq!(&text[..complete(text)], expected, "{text}");
        }
    }

    #[test]
    fn an_unfinished_quotation_keeps_its_sentence() {
        let text = "Five days [1]. Then ask [2] “One. Two";
        assert_eq!(&text[..complete(text)], "Five days [1]. ");
    }
}
