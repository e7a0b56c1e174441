//! The bot's reply to one event, from the first sign of life to the whole answer, said once however often it is begun again.
//!
//! A reply for all to see is one message of the platform that is updated until it is the answer. Which message that is, is kept as soon as
//! it is known; in the moment between saying it and keeping it a crash leaves it unknown, and then it is looked for on the platform by
//! the key it carries. What only the asker sees cannot be looked for or updated: a crash in the moment of sending may send it twice.

use std::time::Duration;

use tokio::time::Instant;

use crate::bot::{Failed, Inside};
use crate::journal::Entry;
use crate::message::Message;
use crate::platform::{PlatformError, Posted};
use crate::words::Language;

/// How a reply reaches its readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As a message.
    Posted,
    /// Seen by the asker only.
    Whispered,
    /// At the address that came with the command or button; already acknowledged there.
    Responded,
}

/// A reply under way.
pub(crate) struct Reply<'a> {
    bot: &'a Inside,
    entry: &'a Entry,
    way: Way,
    language: Language,
    posted: Option<Posted>,
    grows: bool,
    text: String,
    /// Bytes of `text` that a growing message has.
    sent: usize,
    next_at: Instant,
}

impl<'a> Reply<'a> {
    /// A reply nobody sees anything of yet.
    pub(crate) fn new(bot: &'a Inside, entry: &'a Entry, way: Way, language: Language) -> Self {
        let next_at = Instant::now();
        Self { bot, entry, way, language, posted: entry.reply.clone(), grows: false, text: String::new(), sent: 0, next_at }
    }

    /// Shows that it is being worked on.
    pub(crate) async fn open(&mut self) -> Result<(), Failed> {
        let event = &self.entry.event;
        let working = Message::words(&event.id, self.language.working());
        match self.way {
            Way::Responded => {}
            Way::Whispered if self.entry.attempts > 1 => {}
            Way::Whispered => self.bot.platform.whisper(&event.place, &event.from, &working).await?,
            Way::Posted => {
                if self.adopt().await? {
                    // The answer itself will do; that it cannot be shown that it is worked on is no reason to stop.
                    let posted = self.posted.as_ref().expect("adopted just now");
                    let _ = self.bot.platform.progress(posted, self.language.working()).await;
                } else {
                    self.begin(&working).await?;
                }
            }
        }
        Ok(())
    }

    /// Takes over what an earlier attempt said; whether there was something.
    async fn adopt(&mut self) -> Result<bool, Failed> {
        let event = &self.entry.event;
        if self.posted.is_none() && self.entry.attempts > 1 {
            self.posted = self.bot.platform.find(&event.reply_place(), &event.id, event.message.as_deref()).await?;
            if let Some(posted) = &self.posted {
                self.bot.memory.replied(event.id.clone(), posted.clone()).await?;
            }
        }
        if let Some(posted) = &self.posted {
            self.bot.platform.end_stream(posted, &event.id).await?;
        }
        Ok(self.posted.is_some())
    }

    async fn begin(&mut self, working: &Message) -> Result<(), Failed> {
        let event = &self.entry.event;
        let place = event.reply_place();
        let grown = match self.bot.rules.streams && event.message.is_some() {
            true => self.bot.platform.begin_stream(&place, &event.from).await?,
            false => None,
        };
        self.grows = grown.is_some();
        let posted = match grown {
            Some(posted) => posted,
            None => self.bot.platform.post(&place, working).await?,
        };
        self.bot.memory.replied(event.id.clone(), posted.clone()).await?;
        self.posted = Some(posted);
        Ok(())
    }

    /// More words of the answer.
    pub(crate) fn add(&mut self, words: &str) {
        self.text.push_str(words);
    }

    /// When there is something to show next; `None` when nothing is new.
    pub(crate) fn due(&self) -> Option<Instant> {
        (self.way == Way::Posted && self.posted.is_some() && self.text.len() > self.sent).then_some(self.next_at)
    }

    /// Shows what is new. What fails here is made good by the next time or the end.
    pub(crate) async fn show(&mut self) {
        let Some(posted) = &self.posted else { return };
        let shown = match self.grows {
            true => self.bot.platform.append(posted, &self.text[self.sent..]).await,
            false => self.bot.platform.progress(posted, &format!("{} …", self.text)).await,
        };
        let mut pause = self.bot.rules.update_interval;
        match shown {
            Ok(()) => self.sent = self.text.len(),
            Err(PlatformError::Wait(wait)) => pause = pause.max(wait),
            Err(error) => {
                tracing::debug!(%error, "an answer under way was not shown");
                self.sent = if self.grows { self.sent } else { self.text.len() };
            }
        }
        self.next_at = Instant::now() + pause;
    }

    /// Says the whole of it.
    pub(crate) async fn close(mut self, message: Message) -> Result<(), Failed> {
        let parts = self.bot.platform.parts(message, self.language.rest_on_page());
        let event = &self.entry.event;
        match self.way {
            Way::Posted => self.post(&parts).await,
            Way::Whispered => self.whisper(&parts).await,
            Way::Responded => match &event.response_url {
                Some(url) => self.respond(url, &parts).await,
                None => self.whisper(&parts).await,
            },
        }
    }

    async fn post(&mut self, parts: &[Message]) -> Result<(), Failed> {
        let event = &self.entry.event;
        let place = event.reply_place();
        let platform = &self.bot.platform;
        for (number, part) in parts.iter().enumerate() {
            let known = match number {
                0 if self.posted.is_none() => {
                    self.adopt().await?;
                    self.posted.clone()
                }
                0 => self.posted.clone(),
                _ if self.entry.attempts > 1 || self.entry.revision > 0 => {
                    platform.find(&place, &part.key, event.message.as_deref()).await?
                }
                _ => None,
            };
            match known {
                Some(posted) => {
                    if number == 0 && self.grows {
                        platform.end_stream(&posted, &part.key).await?;
                    }
                    platform.update(&posted, part).await?;
                }
                None => {
                    let posted = platform.post(&place, part).await?;
                    if number == 0 {
                        self.bot.memory.replied(event.id.clone(), posted).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn whisper(&self, parts: &[Message]) -> Result<(), Failed> {
        let event = &self.entry.event;
        for part in parts {
            self.bot.platform.whisper(&event.place, &event.from, part).await?;
        }
        Ok(())
    }

    /// Such an address may be spent or expired; then it is whispered.
    async fn respond(&self, url: &str, parts: &[Message]) -> Result<(), Failed> {
        for (number, part) in parts.iter().enumerate() {
            match self.bot.platform.respond(url, part, number == 0).await {
                Ok(()) => {}
                Err(PlatformError::Refused(why)) => {
                    tracing::debug!(why, "the address of a command is spent");
                    return self.whisper(&parts[number..]).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// The longer the more often it failed: 1, 4, 16, 64 times `first`.
pub(crate) fn pause(first: Duration, attempts: u32) -> Duration {
    first * 4u32.pow(attempts.saturating_sub(1).min(5))
}
