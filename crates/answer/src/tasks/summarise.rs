//! Summaries: of the parts of a long document, then of what those say; each sentence held against the whole document.

use std::sync::Arc;

use pinakes_api::{ApiError, TaskResult};
use pinakes_config::limits::tasks::EVIDENCE_SENTENCES_MAX;
use pinakes_types::{CharIndex, CharSpan};

use super::cited::{Cited, Kind};
use super::language;
use super::work::{Reading, Work};
use crate::generator::Generator;
use crate::sentence::{Document, Sentence, sentences_in};
use crate::support::cosine;

/// Sentences when nobody says how many.
const SENTENCES: u32 = 5;
/// Share of a model's sentences that must be borne out; below it the document's own are given.
const BORNE_MIN: f32 = 0.5;
/// Sentences that an extractive summary is chosen from.
const CHOICE: usize = 240;
/// How much a sentence loses for being like one that was chosen.
const LIKE_ANOTHER: f32 = 0.6;
/// How much the first sentence of a document counts above the last.
const EARLY: f32 = 0.12;
/// Rounds of summaries of summaries.
const ROUNDS_MAX: usize = 4;

impl Work<'_> {
    pub(super) async fn summarise(
        &self,
        document: &Arc<Document>,
        wanted: Option<u32>,
        language: Option<&str>,
    ) -> Result<TaskResult, ApiError> {
        let wanted = wanted.unwrap_or(SENTENCES);
        let evidence = evidence(document);
        let Some(generator) = self.generator() else {
            let mut result = self.extractive(document, &evidence, wanted).await?;
            result.notes.push("There is no language model: these are sentences of the document itself.".to_owned());
            return Ok(result);
        };
        let own = document.text.language.as_deref();
        let other = language.is_some_and(|wanted| !own.is_some_and(|own| language::same(own, wanted)));
        let (reading, text) = self.write_summary(generator, document, wanted, language.or(own)).await?;
        let kind = Kind { sentences_max: wanted as usize, with_filling: false, language: language.or(own).and_then(language::code) };
        let cited = self.cited(&text, evidence.clone(), &kind).await?;
        if cited.share() < BORNE_MIN && !other {
            let mut result = self.extractive(document, &evidence, wanted).await?;
            result.notes.push("What the language model wrote is not borne out by the document: these are its own sentences.".to_owned());
            return Ok(result);
        }
        let mut result = cited.told(reading.told(self.result(document, Some(generator))));
        if other {
            result
                .notes
                .push("A sentence in another language than the document's can hardly be checked against it word by word.".to_owned());
        }
        Ok(result)
    }

    async fn write_summary<'b>(
        &self,
        generator: &Generator,
        document: &'b Arc<Document>,
        wanted: u32,
        language: Option<&str>,
    ) -> Result<(Reading<'b>, String), ApiError> {
        let language = language.map_or_else(|| "the language of the document".to_owned(), |name| language::name(name).to_owned());
        let task = |what: &str, sentences: u32| {
            format!(
                "Summarise {what} in at most {sentences} short sentences, the most important first, in {language}. Keep to its own words \
                 where you can, with its names, numbers and dates. Write the sentences alone, without a heading."
            )
        };
        let reading = self.read(generator, document, &task("the document", wanted))?;
        if let [part] = reading.parts[..] {
            let text = self.write(generator, reading.prompt(part), &task("the document", wanted), None).await?;
            return Ok((reading, text));
        }
        let mut said = Vec::new();
        for part in &reading.parts {
            said.push(self.write(generator, reading.prompt(*part), &task("this part of a document", wanted.clamp(3, 6)), None).await?);
        }
        for _ in 0..ROUNDS_MAX {
            let mut joined = Vec::new();
            for group in groups(&said, generator)? {
                let about = format!("Summaries of the parts of the document \"{}\":\n\n{group}\n\n", document.title);
                joined.push(self.write(generator, about, &task("all of it", wanted), None).await?);
            }
            said = joined;
            if said.len() == 1 {
                break;
            }
        }
        Ok((reading, said.into_iter().next().unwrap_or_default()))
    }

    /// The sentences of the document that say most of it.
    async fn extractive(&self, document: &Arc<Document>, evidence: &[Sentence], wanted: u32) -> Result<TaskResult, ApiError> {
        let step = evidence.len().div_ceil(CHOICE).max(1);
        let choice: Vec<&Sentence> = evidence.iter().step_by(step).collect();
        let vectors = self.searcher.embed_all(choice.iter().map(|sentence| sentence.in_place()).collect()).await?;
        let mut chosen = central(&vectors, wanted as usize);
        chosen.sort_unstable();
        let chosen: Vec<&Sentence> = chosen.into_iter().map(|place| choice[place]).collect();
        Ok(Cited::own_words(&chosen).told(self.result(document, None)))
    }
}

/// All sentences of a document, as far as they are looked at.
pub(super) fn evidence(document: &Arc<Document>) -> Vec<Sentence> {
    let chars = CharIndex::new(&document.text.text).len_chars();
    let mut sentences = sentences_in(document, CharSpan::new(0, chars));
    sentences.truncate(EVIDENCE_SENTENCES_MAX);
    sentences
}

/// Texts joined to as few as fit the generator.
fn groups(texts: &[String], generator: &Generator) -> Result<Vec<String>, ApiError> {
    let room = generator.context_tokens();
    let mut groups: Vec<(String, usize)> = Vec::new();
    for text in texts {
        let tokens = generator.count(text)?;
        match groups.last_mut() {
            Some((group, used)) if *used + tokens <= room => {
                group.push_str("\n\n");
                group.push_str(text.trim());
                *used += tokens;
            }
            _ => groups.push((text.trim().to_owned(), tokens)),
        }
    }
    Ok(groups.into_iter().map(|(group, _)| group).collect())
}

/// Places of the vectors nearest to the middle of all and unlike each other (Carbonell and Goldstein 1998: maximal marginal relevance),
/// early ones first among equals.
fn central(vectors: &[Vec<f32>], wanted: usize) -> Vec<usize> {
    let Some(first) = vectors.first() else { return vec![] };
    let mut middle = vec![0.0; first.len()];
    vectors.iter().for_each(|vector| middle.iter_mut().zip(vector).for_each(|(sum, part)| *sum += part / vectors.len() as f32));
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < wanted.min(vectors.len()) {
        let score = |place: usize| {
            let like = chosen.iter().map(|other| cosine(&vectors[place], &vectors[*other])).fold(0.0, f32::max);
            cosine(&middle, &vectors[place]) - LIKE_ANOTHER * like - EARLY * place as f32 / vectors.len() as f32
        };
        let left = (0..vectors.len()).filter(|place| !chosen.contains(place));
        let Some(best) = left.max_by(|a, b| score(*a).total_cmp(&score(*b)).then(b.cmp(a))) else { break };
        chosen.push(best);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_chosen_and_nothing_twice() {
        let vectors = vec![vec![1.0, 0.0], vec![1.0, 0.0], vec![0.0, 1.0], vec![0.7, 0.7]];
        assert_eq!(central(&vectors, 2).len(), 2);
        assert!(central(&vectors, 1) != [2] && central(&[], 3).is_empty());
        let two = central(&vectors, 2);
        assert_ne!(vectors[two[0]], vectors[two[1]]);
    }
}
