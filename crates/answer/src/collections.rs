//! Collections: parts of the documents that can be asked alone, with their own model and instructions.
//!
//! A collection is a filter and never a right: whoever uses one finds in it what their labels let them read anyway. One that is not there,
//! that somebody may not use, or that holds nothing they may read is the same to them: not found, in the same words.

use std::collections::BTreeSet;

use pinakes_api::{ApiError, AskRequest, AskResponse, Code, CollectionInfo, CollectionList};
use pinakes_config::CollectionConfig;
use pinakes_index::Part;
use pinakes_types::{Label, PathPattern, Scope, SourceId};

use crate::Searcher;
use crate::searcher::catalog_error;

/// A collection, made ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collection {
    pub(crate) name: String,
    title: String,
    pub(crate) part: Part,
    /// `None`: everybody.
    readers: Option<BTreeSet<Label>>,
    model: Option<String>,
    instructions: Option<String>,
}

impl Collection {
    /// Reads what is written of one.
    ///
    /// # Errors
    /// [`Code::InvalidConfig`] names the key and what is wrong with it.
    pub(crate) fn read(written: &CollectionConfig) -> Result<Self, ApiError> {
        let wrong =
            |field: &str, words: String| ApiError::new(Code::InvalidConfig, format!("collections.{}.{field}: {words}", written.name));
        let pattern = |one: &String| {
            let pattern = PathPattern::parse(one).filter(|pattern| !pattern.is_absolute());
            pattern.ok_or_else(|| wrong("include", format!("{one:?} is no pattern of a path within a source")))
        };
        let readers = written
            .readers
            .iter()
            .map(|one| label(one).ok_or_else(|| wrong("readers", format!("{one:?} is no label; write public, group:NAME or user:NAME"))));
        let readers: BTreeSet<Label> = readers.collect::<Result<_, _>>()?;
        Ok(Self {
            name: written.name.clone(),
            title: written.title.clone(),
            part: Part {
                sources: written.sources.iter().map(|source| SourceId(source.clone())).collect(),
                paths: written.include.iter().map(pattern).collect::<Result<_, _>>()?,
            },
            readers: (!readers.is_empty()).then_some(readers),
            model: written.model.clone(),
            instructions: written.instructions.clone(),
        })
    }

    fn is_open_to(&self, scope: &Scope) -> bool {
        self.readers.as_ref().is_none_or(|readers| scope.allows(readers))
    }

    /// What its model is told.
    pub(crate) fn instructions(&self) -> Option<&str> {
        self.instructions.as_deref()
    }
}

fn label(written: &str) -> Option<Label> {
    let written = written.trim();
    match written.split_once(':') {
        Some((kind @ ("group" | "user"), name)) if !name.trim().is_empty() => {
            Some(Label(format!("{kind}:{}", name.trim().to_ascii_lowercase())))
        }
        None if written == Label::PUBLIC => Some(Label::public()),
        _ => None,
    }
}

impl Searcher {
    /// The collections that the scope may use and reads something of, by name.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn collections(&self, scope: &Scope) -> Result<CollectionList, ApiError> {
        let mut collections = Vec::new();
        for one in self.collections.iter().filter(|one| one.is_open_to(scope)) {
            let documents = self.documents_in(scope, one).await?;
            if documents > 0 {
                let Collection { name, title, model, .. } = one.clone();
                collections.push(CollectionInfo { name, title, documents, model });
            }
        }
        Ok(CollectionList { collections })
    }

    /// The collection of that name, if the scope may use it. Whether it reads anything in it is [`Searcher::documents_searched`]'s to say.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub(crate) fn collection(&self, scope: &Scope, name: Option<&str>) -> Result<Option<&Collection>, ApiError> {
        let Some(name) = name else { return Ok(None) };
        let found = self.collections.iter().find(|one| one.name == name && one.is_open_to(scope));
        found.map(Some).ok_or_else(no_collection)
    }

    /// Documents that a question could find: all, or those of a collection.
    ///
    /// # Errors
    /// [`Code::NotFound`] where the collection holds nothing that may be read; catalog errors.
    pub(crate) async fn documents_searched(&self, scope: &Scope, collection: Option<&Collection>) -> Result<u64, ApiError> {
        let Some(collection) = collection else {
            return Ok(self.store.catalog.searchable(scope).await.map_err(catalog_error)?.0);
        };
        match self.documents_in(scope, collection).await? {
            0 => Err(no_collection()),
            documents => Ok(documents),
        }
    }

    /// Whether a collection is there for the scope.
    ///
    /// # Errors
    /// [`Code::NotFound`] where not; catalog errors.
    pub(crate) async fn must_have_collection(&self, scope: &Scope, name: Option<&str>) -> Result<(), ApiError> {
        let Some(collection) = self.collection(scope, name)? else { return Ok(()) };
        self.documents_searched(scope, Some(collection)).await.map(drop)
    }

    async fn documents_in(&self, scope: &Scope, collection: &Collection) -> Result<u64, ApiError> {
        let Part { sources, paths } = &collection.part;
        let beginnings: Vec<String> = paths.iter().map(PathPattern::beginning).collect();
        let fits = |path: &str| paths.is_empty() || paths.iter().any(|pattern| pattern.matches(path));
        self.store.catalog.searchable_among(scope, sources, &beginnings, fits).await.map_err(catalog_error)
    }

    /// Which language model a question asks for: its own choice, or the one that a collection's answers are written by. That one may only
    /// be left for the documents' own sentences, as a company may have said by it where these documents may be sent.
    ///
    /// # Errors
    /// [`Code::BadRequest`] for another model than the collection's.
    pub(crate) fn model_of<'a>(&self, request: &'a AskRequest, collection: Option<&'a Collection>) -> Result<Option<&'a str>, ApiError> {
        match (request.model.as_deref(), collection.and_then(|one| one.model.as_deref())) {
            (asked, None) => Ok(asked),
            (None, own) => Ok(own),
            (Some(asked), Some(own)) if asked == own || asked == AskResponse::EXTRACTIVE => Ok(Some(asked)),
            (Some(_), Some(own)) => {
                Err(ApiError::new(Code::BadRequest, format!("The answers of this collection are written by {own:?} and no other model.")))
            }
        }
    }

    /// Whether every collection's model is there: for a server, before it is asked anything.
    ///
    /// # Errors
    /// [`Code::InvalidConfig`] names the collection.
    pub fn check_collections(&self) -> Result<(), ApiError> {
        for collection in self.collections.iter() {
            if let Err(error) = self.generators.of_request(collection.model.as_deref()) {
                return Err(ApiError::new(Code::InvalidConfig, format!("collections.{}.model: {}", collection.name, error.detail)));
            }
        }
        Ok(())
    }
}

fn no_collection() -> ApiError {
    ApiError::new(Code::NotFound, "There is no such collection.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> CollectionConfig {
        CollectionConfig { name: "hr".into(), title: "HR".into(), include: vec!["hr/**".into()], ..CollectionConfig::default() }
    }

    #[test]
    fn readers_narrow_and_nobody_named_means_everybody() {
        use pinakes_types::Principal;
        let scope = |labels: &[&str]| Scope::check(&Principal::person("ada", labels.iter().map(|label| Label((*label).into())))).unwrap();
        let open = Collection::read(&written()).unwrap();
        assert!(open.is_open_to(&scope(&[])));
        let readers = vec![" group:HR ".into(), "user:bob".into()];
        let closed = Collection::read(&CollectionConfig { readers, ..written() }).unwrap();
        assert!(closed.is_open_to(&scope(&["group:hr"])) && closed.is_open_to(&scope(&["user:bob"])));
        assert!(!closed.is_open_to(&scope(&[])) && !closed.is_open_to(&scope(&["user:hr"])));
        assert!(closed.is_open_to(&Scope::check(&Principal::local_operator()).unwrap()));
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        for (wrong, words) in [
            (CollectionConfig { include: vec!["/srv/hr/".into()], ..written() }, "collections.hr.include"),
            (CollectionConfig { include: vec!["//".into()], ..written() }, "collections.hr.include"),
            (CollectionConfig { readers: vec!["hr".into()], ..written() }, "collections.hr.readers"),
            (CollectionConfig { readers: vec!["group: ".into()], ..written() }, "collections.hr.readers"),
            (CollectionConfig { readers: vec!["nobody".into()], ..written() }, "collections.hr.readers"),
        ] {
            let error = Collection::read(&wrong).unwrap_err();
            assert!(error.code == Code::InvalidConfig && error.detail.starts_with(words), "{}", error.detail);
        }
    }
}
