//! Work that says something bit by bit: events on the way and a result at the end, whatever it is that speaks. What both kinds of answer
//! have in common stands here, so that one file writes them down whole or as chunks.

use pinakes_api::openai::Annotation;
use pinakes_api::{ApiError, Usage};
use tokio::sync::mpsc;

use crate::work::Work;

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// More of the answer.
    Text(String),
    /// More of what the model says to itself first.
    Reasoning(String),
    /// What a part of the answer rests on.
    Rests(Annotation),
    /// A sign of life.
    Nothing,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) usage: Usage,
    /// Whether it was cut off.
    pub(super) cut: bool,
}

type Pieces<E> = Box<dyn Fn(E) -> Vec<Piece> + Send>;

/// An answer on its way. Dropping it ends the work.
pub(super) struct Telling<E, T> {
    work: Work<T>,
    events: mpsc::Receiver<E>,
    pieces: Pieces<E>,
    end: fn(T) -> End,
}

/// Either kind of answer.
pub(super) trait Told: Send {
    /// What is said next; `None` at the end. Can be dropped while it waits.
    fn next(&mut self) -> impl Future<Output = Option<Vec<Piece>>>;

    /// How it ended; to be asked after the last piece.
    fn end(self) -> impl Future<Output = Result<End, ApiError>>;
}

impl<E, T: Send + 'static> Telling<E, T> {
    pub(super) fn new(
        work: Work<T>,
        events: mpsc::Receiver<E>,
        pieces: impl Fn(E) -> Vec<Piece> + Send + 'static,
        end: fn(T) -> End,
    ) -> Self {
        Self { work, events, pieces: Box::new(pieces), end }
    }
}

impl<E: Send, T: Send + 'static> Told for Telling<E, T> {
    async fn next(&mut self) -> Option<Vec<Piece>> {
        self.events.recv().await.map(|event| (self.pieces)(event))
    }

    async fn end(self) -> Result<End, ApiError> {
        let ended = self.work.await?;
        Ok((self.end)(ended))
    }
}
