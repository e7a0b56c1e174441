//! What pressing a button does.

use std::collections::BTreeMap;

use pinakes_api::{ApiError, Extent};
use pinakes_types::{DocId, Principal};

use crate::answering::{Asker, check};
use crate::bot::{Failed, Inside};
use crate::compose::{KeptAnswer, Reach};
use crate::event::Event;
use crate::journal::{Entry, Kept};
use crate::message::{Button, ButtonKind, Message};
use crate::platform::PlatformError;

impl Inside {
    /// Deals with a pressed button, and says something to who pressed it.
    pub(crate) async fn pressed(&self, entry: &Entry, asker: &Asker, button: ButtonKind, key: &str) -> Result<(), Failed> {
        let (event, language) = (&entry.event, asker.language);
        let kept = match self.memory.value(Kept::Answer, key.to_owned()).await? {
            Some(kept) => serde_json::from_str::<KeptAnswer>(&kept).map_err(ApiError::internal)?,
            None => return self.note(event, language.gone()).await,
        };
        if kept.place.channel_key() != event.place.channel_key() {
            return self.note(event, language.gone()).await;
        }
        match button {
            ButtonKind::Up | ButtonKind::Down => self.judged(event, asker, &kept, button == ButtonKind::Up).await,
            ButtonKind::Keep => self.instead(event, Message::words(&event.id, language.kept())).await,
            ButtonKind::Share | ButtonKind::ShareAnyway => self.share(entry, asker, kept, key, button == ButtonKind::ShareAnyway).await,
            ButtonKind::Continue => Ok(()),
        }
    }

    async fn judged(&self, event: &Event, asker: &Asker, kept: &KeptAnswer, helped: bool) -> Result<(), Failed> {
        let is_theirs = kept.reach == Reach::Channel || kept.asker == event.from.key();
        let Some(answer) = kept.response.answer_id.clone().filter(|_| is_theirs) else {
            return self.note(event, asker.language.gone()).await;
        };
        // The answer belongs to whom it was made for: a person, or a channel. Judging it needs no right to read anything.
        let owner = check(&Principal::person(kept.subject.clone(), []))?;
        match self.answers.feedback(owner, answer, helped, event.from.key()).await {
            Ok(()) => self.note(event, asker.language.thanks()).await,
            Err(error) => self.note(event, &asker.language.failed(&error)).await,
        }
    }

    /// Shows a private answer to its channel: only who asked may, only while they may read what it rests on, and where others there may
    /// not, only after a warning that names the documents.
    async fn share(&self, entry: &Entry, asker: &Asker, kept: KeptAnswer, key: &str, warned: bool) -> Result<(), Failed> {
        let (event, language) = (&entry.event, asker.language);
        if kept.asker != event.from.key() {
            return self.note(event, language.not_yours()).await;
        }
        let Ok(person) = self.admit(event, asker) else { return self.instead(event, Message::words(&event.id, language.gone())).await };
        if !self.unreadable(&kept, &person).await?.is_empty() {
            return self.instead(event, Message::words(&event.id, language.gone())).await;
        }
        let hidden = match self.audience(&kept.place).await? {
            Some(audience) => self.unreadable(&kept, &audience).await?,
            None => rests_on(&kept).into_keys().collect(),
        };
        if !hidden.is_empty() && !warned {
            let titles = rests_on(&kept);
            let titles: Vec<&str> = hidden.iter().filter_map(|document| titles.get(document).copied()).collect();
            let button = |kind, label: &str| Button { kind, label: label.into(), value: key.into(), url: None };
            let buttons = vec![button(ButtonKind::ShareAnyway, language.share_anyway()), button(ButtonKind::Keep, language.keep())];
            return self.instead(event, Message { buttons, ..Message::words(&event.id, language.warning(&titles)) }).await;
        }
        let detail = format!("an answer, with {} documents that not everyone there may read", hidden.len());
        self.people.note(person.subject.clone(), "bot_answer_shared", kept.place.channel_key(), detail).await?;
        self.show(entry, asker, kept, key).await?;
        self.instead(event, Message::words(&event.id, language.shared())).await
    }

    async fn show(&self, entry: &Entry, asker: &Asker, kept: KeptAnswer, key: &str) -> Result<(), Failed> {
        // One key however often the button is pressed: it is shown once.
        let key = format!("{key}#shared");
        let turn = self.turn(kept.place.thread_key());
        let _turn = turn.lock().await;
        if self.memory.value(Kept::Answer, key.clone()).await?.is_some() && entry.attempts == 1 {
            return Ok(());
        }
        let shown = KeptAnswer { reach: Reach::Direct, ..kept };
        let page = self.rules.page_url.as_deref();
        let mut message = shown.message(&key, asker.language, page);
        message.buttons.retain(|button| button.kind == ButtonKind::Continue);
        message.notes.push(asker.language.shared_by(&asker.profile.name));
        for part in self.platform.parts(message, asker.language.rest_on_page()) {
            let known = match entry.attempts {
                1 => None,
                _ => self.platform.find(&shown.place, &part.key, None).await?,
            };
            match known {
                Some(posted) => self.platform.update(&posted, &part).await?,
                None => drop(self.platform.post(&shown.place, &part).await?),
            }
        }
        self.keep(&key, &shown).await
    }

    /// Documents the answer rests on that the reader may not read now.
    async fn unreadable(&self, kept: &KeptAnswer, reader: &Principal) -> Result<Vec<DocId>, Failed> {
        let documents: Vec<DocId> = rests_on(kept).into_keys().collect();
        let readable = self.answers.readable(check(reader)?, documents.clone()).await?;
        Ok(documents.into_iter().filter(|document| !readable.contains(document)).collect())
    }

    /// Says something beside what the button stands under.
    async fn note(&self, event: &Event, words: &str) -> Result<(), Failed> {
        self.to_presser(event, &Message::words(&event.id, words), false).await
    }

    /// Says something in the place of what the button stands under.
    async fn instead(&self, event: &Event, message: Message) -> Result<(), Failed> {
        self.to_presser(event, &message, true).await
    }

    async fn to_presser(&self, event: &Event, message: &Message, replace: bool) -> Result<(), Failed> {
        if let Some(url) = &event.response_url {
            match self.platform.respond(url, message, replace).await {
                Err(PlatformError::Refused(_)) => {}
                responded => return Ok(responded?),
            }
        }
        Ok(self.platform.whisper(&event.place, &event.from, message).await?)
    }
}

/// The documents an answer rests on, with their titles: what it cites, and what was read for it.
fn rests_on(kept: &KeptAnswer) -> BTreeMap<DocId, &str> {
    let cited = kept.response.citations.iter().map(|citation| (citation.doc_id.clone(), citation.title.as_str()));
    let read = kept.response.sources.iter().filter(|source| source.extent != Extent::Unread);
    cited.chain(read.map(|source| (source.doc_id.clone(), source.title.as_str()))).collect()
}
