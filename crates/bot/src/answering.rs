//! From a question to its answer: who asks, who will read it, what it may rest on, and what is said where there is none.

use pinakes_api::{ApiError, AskEvent, AskResponse, Code};
use pinakes_config::limits::bot::{ATTEMPTS_MAX, MEMBERS_MAX, REPLAY_AGE_MAX};
use pinakes_types::{Principal, Scope};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant, sleep_until, timeout_at};

use crate::audience::{Reader, common};
use crate::bot::{Failed, Inside, UnknownSenders};
use crate::channels::Unset;
use crate::command::Command;
use crate::compose::{KeptAnswer, Reach};
use crate::event::{Account, Event, Place, What};
use crate::journal::{Entry, Kept};
use crate::message::Message;
use crate::platform::{PlatformError, Profile, Standing};
use crate::ports::Question;
use crate::reply::{Reply, Way};
use crate::settings::{ChannelSettings, Visibility};
use crate::threads::Thread;
use crate::words::Language;

/// Events of an answer that may wait for the platform.
const EVENTS_MAX: usize = 64;
/// Before a busy engine is asked again, where it does not say when.
const BUSY_PAUSE: Duration = Duration::from_secs(2);

/// Who asks, and how.
pub(crate) struct Asker {
    pub(crate) profile: Profile,
    pub(crate) reader: Reader,
    pub(crate) settings: ChannelSettings,
    pub(crate) language: Language,
}

/// A question with everything known about it.
struct Asked<'a> {
    entry: &'a Entry,
    text: &'a str,
    language: Language,
    settings: &'a ChannelSettings,
    /// The asker's own rights.
    person: Principal,
}

impl Inside {
    /// Deals with one event. What comes back as an error was not said and is tried again.
    pub(crate) async fn handle(&self, mut entry: Entry) -> Result<(), Failed> {
        if let (None, Some(message)) = (&entry.event.place.thread, &entry.event.message) {
            entry.event.place.thread = self.platform.thread(&entry.event.place, message).await?;
        }
        let (entry, event) = (&entry, &entry.event);
        let asker = self.asker(event).await?;
        let age_ms = u128::try_from(self.clock.now().0.saturating_sub(event.received_at.0)).unwrap_or_default();
        let reason = match () {
            () if entry.attempts >= ATTEMPTS_MAX => Some(asker.language.gave_up()),
            () if age_ms > REPLAY_AGE_MAX.as_millis() => Some(asker.language.too_late()),
            () => None,
        };
        if let Some(reason) = reason {
            return if event.is_addressed() { self.say(entry, &asker, reason).await } else { Ok(()) };
        }
        match &event.what {
            What::Said { text, to_bot: false, .. } => self.answer(entry, &asker, text).await,
            What::Said { text, .. } | What::Command { text } => match Command::read(text) {
                Command::Ask(question) => self.answer(entry, &asker, &question).await,
                command => self.obey(entry, &asker, command).await,
            },
            What::Pressed { button, value } => self.pressed(entry, &asker, *button, value).await,
            What::Edited { .. } => Ok(()),
        }
    }

    async fn asker(&self, event: &Event) -> Result<Asker, Failed> {
        let profile = self.profile(&event.from).await?;
        let reader = self.reader(&event.from, &profile).await?;
        let settings = if event.is_addressed() { self.meet(&event.place).await? } else { self.settings(&event.place).await? };
        let language = settings.language.unwrap_or_else(|| Language::of_locale(profile.locale.as_deref()));
        Ok(Asker { profile, reader, settings, language })
    }

    /// What an account may read, as it stands now.
    async fn reader(&self, account: &Account, profile: &Profile) -> Result<Reader, Failed> {
        let person = self.people.person(account.clone(), profile.email.clone()).await?;
        Ok(match (person, profile.standing) {
            (Some(person), _) => Reader::Known(person),
            (None, Standing::Member | Standing::Program) => Reader::Unknown,
            (None, Standing::Guest | Standing::Stranger) => Reader::Outsider,
        })
    }

    /// What may be said in a channel; `None`: nothing.
    pub(crate) async fn audience(&self, place: &Place) -> Result<Option<Principal>, Failed> {
        let members = self.platform.members(place).await?;
        // Somebody of another company may be among those who were not looked at.
        if !members.complete || members.users.len() > MEMBERS_MAX {
            return Ok(None);
        }
        self.look_up(place, &members.users).await?;
        let mut readers = Vec::new();
        for user in members.users {
            let account = Account { platform: place.platform.clone(), team: place.team.clone(), user };
            let profile = self.profile(&account).await?;
            // Programs read nothing here; what they do with what is said in a channel is the workspace's decision.
            if profile.standing != Standing::Program {
                readers.push(self.reader(&account, &profile).await?);
            }
        }
        Ok(common(&place.channel_key(), readers))
    }

    /// The asker's rights, or why there is no answer for them.
    pub(crate) fn admit(&self, event: &Event, asker: &Asker) -> Result<Principal, String> {
        match &asker.reader {
            Reader::Known(person) if person.active => Ok(person.clone()),
            Reader::Known(_) => Err(asker.language.switched_off().to_owned()),
            Reader::Unknown if self.rules.unknown_senders == UnknownSenders::Public => Ok(Principal::person(event.from.key(), [])),
            Reader::Unknown | Reader::Outsider => {
                let email = asker.profile.email.as_deref();
                Err(asker.language.unknown(&event.from.key(), email, self.rules.page_url.as_deref()))
            }
        }
    }

    async fn answer(&self, entry: &Entry, asker: &Asker, text: &str) -> Result<(), Failed> {
        let event = &entry.event;
        let person = match self.admit(event, asker) {
            Ok(person) => person,
            Err(reason) if event.is_addressed() => return self.say(entry, asker, &reason).await,
            Err(_) => return Ok(()),
        };
        let asked = Asked { entry, text, language: asker.language, settings: &asker.settings, person };
        let command = matches!(event.what, What::Command { .. });
        match () {
            () if command && event.place.direct => self.reply(&asked, &asked.person, Reach::Direct, Way::Responded).await.map(drop),
            () if command => self.reply(&asked, &asked.person, Reach::Whispered, Way::Responded).await.map(drop),
            () if event.place.direct => self.reply(&asked, &asked.person, Reach::Direct, Way::Posted).await.map(drop),
            () if asker.settings.visibility == Visibility::Private => self.whisper(&asked).await,
            () => match self.audience(&event.place).await? {
                Some(audience) if self.may_use(&audience, &asker.settings).await? => self.before_all(&asked, &audience).await,
                _ => self.whisper(&asked).await,
            },
        }
    }

    /// Whether the channel's collection is there for all its readers.
    async fn may_use(&self, audience: &Principal, settings: &ChannelSettings) -> Result<bool, Failed> {
        let Some(collection) = settings.collection.clone() else { return Ok(true) };
        Ok(self.answers.has_collection(check(audience)?, collection).await?)
    }

    async fn whisper(&self, asked: &Asked<'_>) -> Result<(), Failed> {
        self.reply(asked, &asked.person, Reach::Whispered, Way::Whispered).await.map(drop)
    }

    /// Answers in the channel. Where what all may read does not do, the asker is given what they may read themselves; the channel is told
    /// the same as if there were nothing more.
    async fn before_all(&self, asked: &Asked<'_>, audience: &Principal) -> Result<(), Failed> {
        let answered = self.reply(asked, audience, Reach::Channel, Way::Posted).await?;
        let reads_more = asked.person.reads_everything != audience.reads_everything || asked.person.labels != audience.labels;
        if !answered && reads_more && asked.entry.event.is_addressed() {
            let (kept, key) = (self.quietly(asked).await, format!("{}#own", asked.entry.event.id));
            if let Ok(kept) = kept.as_ref().map_err(|error| tracing::debug!(%error, "no private answer either"))
                && !kept.response.refused
            {
                self.keep(&key, kept).await?;
                let message = kept.message(&key, asked.language, self.rules.page_url.as_deref());
                for part in self.platform.parts(message, asked.language.rest_on_page()) {
                    self.platform.whisper(&asked.entry.event.reply_place(), &asked.entry.event.from, &part).await?;
                }
            }
        }
        Ok(())
    }

    /// The answer with the asker's own rights, which nobody sees being made.
    async fn quietly(&self, asked: &Asked<'_>) -> Result<KeptAnswer, ApiError> {
        let scope = check(&asked.person)?;
        let question = Question { text: asked.text.to_owned(), conversation: None, collection: asked.settings.collection.clone() };
        let response = self.ask(&scope, question, None).await?;
        Ok(asked.kept(response, &asked.person, Reach::Whispered))
    }

    /// Answers for `reader`; whether there was an answer.
    async fn reply(&self, asked: &Asked<'_>, reader: &Principal, reach: Reach, way: Way) -> Result<bool, Failed> {
        let event = &asked.entry.event;
        let mut reply = Reply::new(self, asked.entry, way, asked.language);
        if event.is_addressed() {
            reply.open().await?;
        }
        let turn = self.turn(event.reply_place().thread_key());
        let _turn = turn.lock().await;
        let message = match self.in_thread(asked, reader, &mut reply).await {
            Ok(response) if response.refused && !event.is_addressed() => return Ok(false),
            Ok(response) => {
                let kept = asked.kept(response, reader, reach);
                self.keep(&event.id, &kept).await?;
                let message = kept.message(&event.id, asked.language, self.rules.page_url.as_deref());
                reply.close(message).await?;
                return Ok(!kept.response.refused);
            }
            Err(error) if !event.is_addressed() => {
                tracing::warn!(event = event.id, %error, "nothing was said to a message that was not for the bot");
                return Ok(true);
            }
            Err(error) => {
                tracing::warn!(event = event.id, code = %error.code, %error, "a question got a reason instead of an answer");
                Message::words(&event.id, asked.language.failed(&error))
            }
        };
        reply.close(message).await?;
        Ok(true)
    }

    /// Asks within the thread's conversation.
    async fn in_thread(&self, asked: &Asked<'_>, reader: &Principal, reply: &mut Reply<'_>) -> Result<AskResponse, ApiError> {
        let scope = check(reader)?;
        let place = asked.entry.event.reply_place();
        let kept = Thread::read(&*self.memory, &place, self.clock.now()).await?;
        let mut thread = kept.unwrap_or_else(|| Thread { asker: asked.entry.event.from.key(), ..Thread::default() });
        thread.used_at = self.clock.now();
        // Before the answer, so that a follow-up that comes meanwhile is known for one.
        thread.write(&*self.memory, &place).await?;
        let known = thread.conversations.get(&reader.subject).cloned();
        let question = |conversation: Option<String>| Question {
            text: asked.text.to_owned(),
            conversation,
            collection: asked.settings.collection.clone(),
        };
        let mut answered = self.ask(&scope, question(known.clone()), Some(reply)).await;
        if known.is_some() && answered.as_ref().is_err_and(|error| matches!(error.code, Code::NotFound | Code::BadRequest)) {
            // Deleted meanwhile, by whom it belongs to or by age; or full; or held to another collection than the channel is now.
            answered = self.ask(&scope, question(None), Some(reply)).await;
        }
        let response = answered?;
        if let Some(id) = response.conversation_id.clone() {
            thread.note(&reader.subject, id);
            thread.write(&*self.memory, &place).await?;
        }
        Ok(response)
    }

    /// Asks, in its turn, within its time; a busy engine is asked again while there is time.
    async fn ask(&self, scope: &Scope, question: Question, mut reply: Option<&mut Reply<'_>>) -> Result<AskResponse, ApiError> {
        let deadline = Instant::now() + self.rules.answer_time_max;
        let mut busy = None;
        loop {
            let once = async {
                let _place = self.places.acquire().await.map_err(ApiError::internal)?;
                self.ask_once(scope.clone(), question.clone(), reply.as_deref_mut()).await
            };
            let error = match timeout_at(deadline, once).await {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(error)) => error,
                Err(_) => return Err(busy.unwrap_or_else(|| ApiError::new(Code::Timeout, "The answer took too long."))),
            };
            if !matches!(error.code, Code::Busy | Code::Overloaded | Code::RateLimited) {
                return Err(error);
            }
            let pause = error.retry_after_seconds.map_or(BUSY_PAUSE, |seconds| Duration::from_secs(seconds.into()));
            let pause = pause.min(self.rules.answer_time_max / 4);
            if Instant::now() + pause >= deadline {
                return Err(error);
            }
            busy = Some(error);
            tokio::time::sleep(pause).await;
        }
    }

    async fn ask_once(&self, scope: Scope, question: Question, mut reply: Option<&mut Reply<'_>>) -> Result<AskResponse, ApiError> {
        let (sender, mut events) = mpsc::channel(EVENTS_MAX);
        // On a task of its own: a platform that answers slowly must not hold the engine back, nor a panic the bot.
        let mut work = Work(tokio::spawn(self.answers.ask(scope, question, sender)));
        loop {
            let due = reply.as_ref().and_then(|reply| reply.due());
            tokio::select! {
                event = events.recv() => match event {
                    Some(AskEvent::Delta { text }) => if let Some(reply) = reply.as_deref_mut() { reply.add(&text) },
                    Some(_) => {}
                    None => return (&mut work.0).await.map_err(ApiError::internal)?,
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    if let Some(reply) = reply.as_deref_mut() { reply.show().await }
                }
            }
        }
    }

    pub(crate) async fn keep(&self, key: &str, kept: &KeptAnswer) -> Result<(), Failed> {
        let value = serde_json::to_string(kept).map_err(ApiError::internal)?;
        Ok(self.memory.set_value(Kept::Answer, key.to_owned(), value, self.clock.now()).await?)
    }

    /// Says something to the asker alone, where the place allows it.
    pub(crate) async fn say(&self, entry: &Entry, asker: &Asker, words: &str) -> Result<(), Failed> {
        let event = &entry.event;
        let way = match () {
            () if event.response_url.is_some() => Way::Responded,
            () if event.place.direct => Way::Posted,
            () => Way::Whispered,
        };
        // An earlier attempt may have shown in the channel that it is worked on.
        let way = if entry.reply.is_some() { Way::Posted } else { way };
        Reply::new(self, entry, way, asker.language).close(Message::words(&event.id, words)).await
    }

    async fn obey(&self, entry: &Entry, asker: &Asker, command: Command) -> Result<(), Failed> {
        let (event, language) = (&entry.event, asker.language);
        let words = match (command, self.admit(event, asker)) {
            (Command::Help, _) => language.help().to_owned(),
            (_, Err(reason)) => reason,
            (Command::New, Ok(person)) => {
                if let Some(mut thread) = Thread::read(&*self.memory, &event.place, self.clock.now()).await? {
                    thread.conversations.remove(&person.subject);
                    thread.write(&*self.memory, &event.place).await?;
                }
                language.new_conversation().to_owned()
            }
            (Command::Set(name, value), Ok(person)) => match self.set_here(&check(&person)?, &event.place, &name, &value).await? {
                Ok(settings) => settings.language.unwrap_or(language).settings(&settings),
                Err(Unset::Unknown) => format!("{}\n{}", language.no_such_setting(), language.settings(&asker.settings)),
                Err(Unset::NoCollection) => language.no_such_collection().to_owned(),
            },
            (Command::Settings | Command::Ask(_), _) => language.settings(&asker.settings),
        };
        self.say(entry, asker, &words).await
    }
}

impl Asked<'_> {
    fn kept(&self, response: AskResponse, reader: &Principal, reach: Reach) -> KeptAnswer {
        let event = &self.entry.event;
        KeptAnswer {
            question: self.text.to_owned(),
            response,
            asker: event.from.key(),
            subject: reader.subject.clone(),
            place: event.reply_place(),
            reach,
        }
    }
}

/// Work that ends when nobody waits for it any more.
struct Work<T>(JoinHandle<T>);

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The scope of somebody who was admitted.
pub(crate) fn check(principal: &Principal) -> Result<Scope, ApiError> {
    Scope::check(principal).map_err(|error| ApiError::new(Code::NotAllowed, error.to_string()))
}

impl From<PlatformError> for ApiError {
    fn from(error: PlatformError) -> Self {
        Self::new(Code::NotReady, error.to_string())
    }
}
