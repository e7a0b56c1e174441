//! Pages of PDFs as people see them, and where on them given words stand. A page is drawn when somebody asks for it, in a child process
//! like all reading, and only from the very bytes that the current version was read from: a file that has changed since shows nothing.
//! Whoever asks is held to the catalog before the work and after it; what is kept is kept by content, which no right is part of.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pinakes_api::{ApiError, Code, PageView};
use pinakes_config::limits::pages::PageLimits;
use pinakes_extract::{Extractor, PageSeen, PageWanted, Sought, WorkerCommand};
use pinakes_types::{CharIndex, CharSpan, DocId, DocVersion, DocumentKind, Scope};

use crate::source::place_of;
use crate::{IngestError, Store};

/// A page's picture.
#[derive(Debug, Clone)]
pub struct PageImage {
    /// The version it shows.
    pub version: DocVersion,
    /// PNG.
    pub png: Arc<[u8]>,
}

/// What was drawn, and what was not drawn again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageCounts {
    /// Pictures drawn.
    pub drawn: u64,
    /// Pictures that were kept.
    pub kept: u64,
    /// Pages that could not be drawn.
    pub failed: u64,
    /// Bytes of pictures kept now.
    pub bytes: u64,
}

/// Draws pages.
pub struct Pages {
    store: Store,
    children: Extractor,
    kept: Mutex<Kept>,
    counts: [AtomicU64; 3],
}

const DRAWN: usize = 0;
const KEPT: usize = 1;
const FAILED: usize = 2;

impl Pages {
    /// For the documents of a store.
    #[must_use]
    pub fn new(store: Store, worker: WorkerCommand) -> Self {
        let limits = PageLimits::default();
        let children = Extractor::new(worker, store.config.extract.limits.clone(), limits.drawn_at_once_max);
        Self { store, children, kept: Mutex::new(Kept::new(limits.cache_bytes_max)), counts: Default::default() }
    }

    /// A page's picture.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a document or a page that is not there, or not for the asker, or whose file has changed;
    /// [`Code::DocumentUnreadable`] for a page that cannot be drawn.
    pub async fn image(&self, scope: &Scope, doc: &DocId, number: u32) -> Result<PageImage, ApiError> {
        let (path, version) = self.place(scope, doc, number).await?;
        if let Some(png) = self.kept().get(&version, number) {
            self.counts[KEPT].fetch_add(1, Ordering::Relaxed);
            return Ok(PageImage { version, png });
        }
        let seen = self.look_at(path, &version, PageWanted { number, image: true, sought: None }).await?;
        self.counts[DRAWN].fetch_add(1, Ordering::Relaxed);
        let png: Arc<[u8]> = seen.png.into();
        self.kept().add(version.clone(), number, Arc::clone(&png));
        // Drawing takes a while, and a right may be gone by then.
        self.place(scope, doc, number).await?;
        Ok(PageImage { version, png })
    }

    /// A page's size, and where on it a part of the document stands.
    ///
    /// # Errors
    /// As [`Pages::image`].
    pub async fn view(&self, scope: &Scope, doc: &DocId, number: u32, span: Option<CharSpan>) -> Result<PageView, ApiError> {
        let (path, version) = self.place(scope, doc, number).await?;
        let (_, text) = self.store.catalog.text(scope, doc).await.map_err(IngestError::from)?.ok_or_else(no_document)?;
        let page = (number as usize).checked_sub(1).and_then(|at| text.pages.get(at)).ok_or_else(|| no_page(number))?;
        let sought = span.and_then(|span| span.intersection(page.span)).map(|part| {
            let words = CharIndex::new(&text.text).slice(page.span).to_owned();
            Sought::new(&words, CharSpan::new(part.start - page.span.start, part.end - page.span.start))
        });
        let seen = self.look_at(path, &version, PageWanted { number, image: false, sought }).await?;
        Ok(PageView {
            doc_id: doc.clone(),
            doc_version: version,
            page: number,
            page_count: u32::try_from(text.pages.len()).unwrap_or(u32::MAX),
            width: seen.width,
            height: seen.height,
            boxes: seen.boxes,
            image: format!("/api/v1/documents/{doc}/pages/{number}.png"),
        })
    }

    /// What was drawn so far.
    #[must_use]
    pub fn counts(&self) -> PageCounts {
        let [drawn, kept, failed] = [DRAWN, KEPT, FAILED].map(|at| self.counts[at].load(Ordering::Relaxed));
        PageCounts { drawn, kept, failed, bytes: self.kept().bytes as u64 }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the document's file is, and what it must hold.
    async fn place(&self, scope: &Scope, doc: &DocId, number: u32) -> Result<(PathBuf, DocVersion), ApiError> {
        let row = self.store.catalog.document(scope, doc).await.map_err(IngestError::from)?.ok_or_else(no_document)?;
        if row.kind.as_deref() != Some(DocumentKind::Pdf.as_str()) || !(1..=row.pages).contains(&u64::from(number)) {
            return Err(no_page(number));
        }
        let version = row.version.ok_or_else(|| no_page(number))?;
        let sources = self.store.catalog.sources().await.map_err(IngestError::from)?;
        let source = sources.into_iter().find(|source| source.id == row.source).ok_or_else(no_document)?;
        Ok((place_of(&source, &row.path), version))
    }

    async fn look_at(&self, path: PathBuf, version: &DocVersion, wanted: PageWanted) -> Result<PageSeen, ApiError> {
        let seen = self.children.look_at(&path, wanted).await.inspect_err(|_| {
            self.counts[FAILED].fetch_add(1, Ordering::Relaxed);
        });
        // What the reason says can name places on this machine; it is for the log.
        let seen = seen.map_err(|reason| {
            let error = ApiError::new(Code::DocumentUnreadable, "This page cannot be shown as a picture; its words can be read.");
            error.caused_by(std::io::Error::other(format!("{}: {}", reason.code, reason.message)))
        })?;
        if seen.version != *version {
            let words = "The file has changed since it was read. Its pages can be shown again once it was read anew.";
            return Err(ApiError::new(Code::NotFound, words));
        }
        Ok(seen)
    }
}

fn no_document() -> ApiError {
    ApiError::new(Code::NotFound, "There is no such document.")
}

fn no_page(number: u32) -> ApiError {
    ApiError::new(Code::NotFound, format!("The document has no page {number} that can be shown as a picture."))
}

/// Pictures by version and page, the one used last at the end.
struct Kept {
    pictures: VecDeque<(DocVersion, u32, Arc<[u8]>)>,
    bytes: usize,
    bytes_max: usize,
}

impl Kept {
    fn new(bytes_max: usize) -> Self {
        Self { pictures: VecDeque::new(), bytes: 0, bytes_max }
    }

    fn get(&mut self, version: &DocVersion, number: u32) -> Option<Arc<[u8]>> {
        let place = self.pictures.iter().position(|(known, page, _)| known == version && *page == number)?;
        let found = self.pictures.remove(place)?;
        let png = Arc::clone(&found.2);
        self.pictures.push_back(found);
        Some(png)
    }

    fn add(&mut self, version: DocVersion, number: u32, png: Arc<[u8]>) {
        if self.get(&version, number).is_some() || png.len() > self.bytes_max {
            return;
        }
        self.bytes += png.len();
        self.pictures.push_back((version, number, png));
        while self.bytes > self.bytes_max {
            let Some((.., oldest)) = self.pictures.pop_front() else { return };
            self.bytes -= oldest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_unused_longest_makes_room() {
        let version = |name: &str| DocVersion(name.to_owned());
        let picture = |bytes: usize| Arc::<[u8]>::from(vec![0; bytes]);
        let mut kept = Kept::new(10);
        kept.add(version("a"), 1, picture(4));
        kept.add(version("a"), 2, picture(4));
        assert!(kept.get(&version("a"), 1).is_some());
        kept.add(version("b"), 1, picture(4));
        assert!(kept.get(&version("a"), 2).is_none() && kept.get(&version("a"), 1).is_some());
        assert_eq!(kept.bytes, 8);
        kept.add(version("b"), 1, picture(4));
        kept.add(version("c"), 1, picture(11));
        assert_eq!((kept.bytes, kept.pictures.len()), (8, 2), "neither twice nor too large");
    }
}
