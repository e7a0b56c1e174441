//! What a generator is given with a question: whole documents while they fit, in an order that stays, with a statement of what was read
//! and what was not.
//!
//! The passages found say which documents matter; [`plan`] decides over sizes how much of each is given, [`stretches`] knows what there is
//! to choose from, [`render`] writes a document's part of the prompt, and [`prompt`] joins the parts with the turns and the question.

mod counter;
mod plan;
mod prompt;
mod render;
mod sources;
mod stretches;

use std::sync::Arc;

use pinakes_api::{ApiError, Extent, Source};
use pinakes_catalog::Passage;
use pinakes_index::Candidate;
use pinakes_types::{CharIndex, CharSpan, DocId};

use crate::conversation::Earlier;
use crate::evidence::Documents;
use crate::generator::Generator;
use crate::sentence::Document;
use crate::{lineage, standing};

use counter::Counter;
use plan::{Given, Stretch, Wanted};

pub(crate) use prompt::{beginning, conversation};
pub(crate) use render::{Part, part};
pub(crate) use stretches::headings_above;

/// What the generator reads of one document.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    /// The document.
    pub(crate) document: Arc<Document>,
    /// How much of it.
    pub(crate) extent: Extent,
    /// Which stretches, ascending and disjoint.
    pub(crate) spans: Vec<CharSpan>,
    /// Its part of the prompt.
    pub(crate) part: Part,
}

/// What the generator reads with a question.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    /// In the order of the prompt: source `n` is the one at `n - 1`.
    pub(crate) read: Vec<Read>,
    /// Documents found for which there was no room.
    pub(crate) unread: Vec<Arc<Document>>,
    /// What the company says of the collection they are from.
    pub(crate) instructions: Option<String>,
}

impl Context {
    /// Plans and renders. `found` are passages, best first, of which the first `documents_max` documents are considered; `earlier` is what
    /// the conversation holds already; `instructions` are those of the collection, which take their room first.
    ///
    /// # Errors
    /// A text that the tokenizer refuses.
    pub(crate) fn new(
        generator: &Generator,
        documents: &Documents,
        found: &[(Passage, Candidate)],
        earlier: &Earlier,
        instructions: Option<&str>,
        documents_max: usize,
    ) -> Result<Self, ApiError> {
        let instructions = instructions.map(prompt::instructions);
        let before = &earlier.documents;
        let candidates = candidates(documents, found, before, documents_max);
        let spoken: String = earlier.turns.iter().map(|turn| format!("{}\n{}\n", turn.question, turn.answer)).collect();
        let said = format!("{spoken}{}", instructions.as_deref().unwrap_or_default());
        let budget = generator.context_tokens().saturating_sub(generator.count(&said)?);
        let wanted: Vec<Wanted> =
            candidates.iter().map(|(document, places)| measure(generator, document, places, budget)).collect::<Result<_, _>>()?;
        let given = plan::plan(&wanted, budget);
        let names: Vec<&DocId> = candidates.iter().map(|(document, _)| &document.doc).collect();
        let order = plan::order(&given, &names, |name| before.iter().position(|known| known == *name));
        let read = order.iter().enumerate().map(|(place, &chosen)| {
            let (document, Given { extent, spans, .. }) = (&candidates[chosen].0, &given[chosen]);
            let part = part(place + 1, &document.title, &document.text, spans);
            Read { document: Arc::clone(document), extent: *extent, spans: spans.clone(), part }
        });
        let unread = candidates.iter().zip(&given).filter(|(_, given)| given.spans.is_empty());
        Ok(Self { read: read.collect(), unread: unread.map(|((document, _), _)| Arc::clone(document)).collect(), instructions })
    }

    /// The parts of the prompt that stand before what was said, the same in every turn.
    pub(crate) fn parts(&self) -> Vec<String> {
        self.instructions.iter().cloned().chain(self.read.iter().map(|read| read.part.text.clone())).collect()
    }

    /// The documents read.
    pub(crate) fn documents(&self) -> Documents {
        self.read.iter().map(|read| (read.document.doc.clone(), Arc::clone(&read.document))).collect()
    }

    /// What was read and what was not.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let read =
            self.read.iter().enumerate().map(|(place, read)| sources::source(place as u32 + 1, &read.document, read.extent, &read.spans));
        read.chain(self.unread.iter().map(|document| sources::source(0, document, Extent::Unread, &[]))).collect()
    }

    /// What is to be known of the documents as a whole, for the model: whole lines.
    pub(crate) fn remarks(&self) -> String {
        let read: Vec<&Document> = self.read.iter().map(|read| &*read.document).collect();
        lineage::remarks(&read)
    }
}

/// What extractive answers draw on: the passages themselves.
pub(crate) fn passages_read(documents: &Documents, found: &[(Passage, Candidate)]) -> Vec<Source> {
    let mut order: Vec<&DocId> = Vec::new();
    for (passage, _) in found {
        if !order.contains(&&passage.doc) {
            order.push(&passage.doc);
        }
    }
    let known = order.into_iter().filter_map(|doc| documents.get(doc)).enumerate();
    known
        .map(|(place, document)| {
            let spans = found.iter().filter(|(passage, _)| passage.doc == document.doc).map(|(passage, _)| passage.span).collect();
            sources::source(place as u32 + 1, document, Extent::Passages, &plan::joined(spans))
        })
        .collect()
}

/// The documents to choose from, best first, each with the places where something was found in it, best first. Those of the turn before
/// come along while the conversation is about them; one that no longer holds comes after all that do.
fn candidates(
    documents: &Documents,
    found: &[(Passage, Candidate)],
    before: &[DocId],
    documents_max: usize,
) -> Vec<(Arc<Document>, Vec<CharSpan>)> {
    let mut candidates: Vec<(Arc<Document>, Vec<CharSpan>)> = Vec::new();
    for (passage, _) in found {
        let Some(document) = documents.get(&passage.doc) else { continue };
        match candidates.iter_mut().find(|(known, _)| known.doc == document.doc) {
            Some((_, places)) => places.push(passage.span),
            None => candidates.push((Arc::clone(document), vec![passage.span])),
        }
    }
    for doc in before.iter().filter_map(|doc| documents.get(doc)) {
        if !candidates.iter().any(|(known, _)| known.doc == doc.doc) {
            candidates.push((Arc::clone(doc), vec![]));
        }
    }
    // Stable: otherwise the order stays as found.
    candidates.sort_by_key(|(document, _)| (!before.contains(&document.doc), standing::is_superseded(&document.text)));
    candidates.truncate(documents_max);
    candidates
}

/// What could be given of a document, and what each would take.
fn measure(generator: &Generator, document: &Document, places: &[CharSpan], budget: usize) -> Result<Wanted, ApiError> {
    /// Places looked at in one document; more would only fill what is given whole anyway.
    const PLACES_MAX: usize = 8;
    let index = CharIndex::new(&document.text.text);
    let mut counter = Counter::new(generator, &document.text, &index, budget);
    let frame = counter.frame(&document.title)?;
    let mut chains = Vec::with_capacity(places.len());
    if places.is_empty() {
        // Of the turn before, and nothing new found in it: it stays where it can stay whole, as only then is it the same text.
        let span = CharSpan::new(0, index.len_chars());
        chains.push(vec![Stretch { span, extent: Extent::Whole, tokens: counter.tokens(span)? }]);
    }
    for place in places.iter().take(PLACES_MAX) {
        let stretches = stretches::stretches(&document.text, index.len_chars(), *place).into_iter();
        let chain = stretches.map(|(extent, span)| Ok(Stretch { span, extent, tokens: counter.tokens(span)? }));
        chains.push(chain.collect::<Result<Vec<_>, ApiError>>()?);
    }
    Ok(Wanted { frame, chains })
}
