//! Reading documents before anybody asks about them, so that the first question on one begins as soon as the tenth.
//!
//! Only the beginning of a prompt is ever found again, so what is read is what most questions begin with: the instructions, then one whole
//! document. It is rendered by the function that answers use. The engine does it at idle priority: a question interrupts it at once.

mod choice;
mod follow;

use pinakes_api::ApiError;
use pinakes_catalog::DocumentRow;
use pinakes_types::{CharSpan, Scope};
use serde::Serialize;

use crate::context::{beginning, part};
use crate::searcher::catalog_error;
use crate::{Generator, Searcher};

pub use choice::Chosen;

/// What reading ahead did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Warmed {
    /// Documents chosen.
    pub documents: u64,
    /// Of which some was read.
    pub read: u64,
    /// Of which all was known.
    pub known: u64,
    /// Of which are too long to be given with a question as a whole.
    pub too_long: u64,
    /// Of which were gone when their turn came.
    pub gone: u64,
    /// Tokens computed.
    pub tokens_read: u64,
    /// Tokens that were known.
    pub tokens_known: u64,
    /// Bytes by which what is kept has grown.
    pub bytes: u64,
    /// Whether it ended because there was no room for more.
    pub stopped_by_budget: bool,
}

impl Warmed {
    /// Documents that are done with.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.read + self.known + self.too_long + self.gone
    }
}

/// What became of one document.
enum Fate {
    Read { tokens: u64, known: u64 },
    TooLong,
    Gone,
}

impl Searcher {
    /// Reads the documents of `chosen` ahead for readers of exactly this scope's rights, one after the other, and tells `moved` before
    /// each which it is. Ends early when what is kept has grown by `bytes_max`.
    ///
    /// # Errors
    /// Catalog errors; an engine that fails or takes no more.
    pub async fn warm(
        &self,
        scope: &Scope,
        chosen: &Chosen,
        bytes_max: u64,
        moved: &(dyn Fn(&Warmed, &str) + Sync),
    ) -> Result<Warmed, ApiError> {
        let Some(generator) = self.generators.here() else { return Ok(Warmed::default()) };
        self.follow_rights(generator).await?;
        let documents = self.choose(scope, chosen).await?;
        let before = generator.kept_bytes().unwrap_or(0);
        let mut warmed = Warmed { documents: documents.len() as u64, ..Warmed::default() };
        for document in &documents {
            warmed.bytes = generator.kept_bytes().unwrap_or(0).saturating_sub(before);
            if warmed.bytes >= bytes_max {
                warmed.stopped_by_budget = true;
                break;
            }
            moved(&warmed, &document.path);
            match self.warm_one(scope, generator, document).await? {
                Fate::Read { tokens, known } => {
                    warmed.read += u64::from(known < tokens);
                    warmed.known += u64::from(known == tokens);
                    warmed.tokens_read += tokens - known;
                    warmed.tokens_known += known;
                }
                Fate::TooLong => warmed.too_long += 1,
                Fate::Gone => warmed.gone += 1,
            }
        }
        warmed.bytes = generator.kept_bytes().unwrap_or(0).saturating_sub(before);
        Ok(warmed)
    }

    async fn warm_one(&self, scope: &Scope, generator: &Generator, document: &DocumentRow) -> Result<Fate, ApiError> {
        let Some((_, text)) = self.store.catalog.text(scope, &document.doc).await.map_err(catalog_error)? else { return Ok(Fate::Gone) };
        let (of, title) = (generator.clone(), document.title.clone());
        let rendered = move || {
            let whole = CharSpan::new(0, text.text.chars().count());
            let part = part(1, &title, &text, &[whole]).text;
            of.count(&part).map(|tokens| (part, tokens))
        };
        let (part, tokens) = tokio::task::spawn_blocking(rendered).await.map_err(ApiError::internal)??;
        if tokens > generator.context_tokens() {
            return Ok(Fate::TooLong);
        }
        let read = generator.read_ahead(scope, beginning(Default::default(), part)).await?;
        Ok(read.map_or(Fate::TooLong, |read| Fate::Read { tokens: read.tokens, known: read.known }))
    }

    /// Tells the generator which epoch of rights it is.
    pub(crate) async fn follow_rights(&self, generator: &Generator) -> Result<(), ApiError> {
        generator.rotate_epoch(self.rights_epoch().await?);
        Ok(())
    }

    async fn rights_epoch(&self) -> Result<u64, ApiError> {
        self.store.catalog.rights_epoch().await.map_err(catalog_error)
    }
}
