//! The bot: takes events, keeps them, and sees to it that each is answered once.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use pinakes_api::{ApiError, Code};
use pinakes_config::limits::bot::{
    ATTEMPTS_MAX, EVENTS_WAITING_MAX, FORGET_INTERVAL, PROFILE_AGE_MAX, PROFILES_MAX, REFUSALS_MAX, REGRETS_MAX, REMEMBERED_FOR,
    TAKE_UP_INTERVAL,
};
use pinakes_types::{Clock, Timestamp};
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::counts::{BotFigures, Counts};
use crate::event::{Account, Event, Place, What};
use crate::journal::{Acceptance, Kept};
use crate::message::Message;
use crate::platform::{ChatPlatform, PlatformError, Profile};
use crate::ports::{Answers, Memory, People};
use crate::reply::pause;
use crate::settings::{AnswerWhen, ChannelSettings};
use crate::threads::Thread;
use crate::words::Language;

/// What happens to members of the workspace whom nobody here knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownSenders {
    /// They are told why they get no answer, and the way in.
    #[default]
    Refuse,
    /// They get answers from what is public.
    Public,
}

/// How the bot behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Members of the workspace whom nobody here knows.
    pub unknown_senders: UnknownSenders,
    /// Questions that are answered at the same time.
    pub concurrent_max: usize,
    /// An answer, waiting for its turn included.
    pub answer_time_max: Duration,
    /// Between two updates of an answer under way.
    pub update_interval: Duration,
    /// After the first failure to say something; longer after each further one.
    pub retry_pause: Duration,
    /// Whether messages that grow are used where the platform has them.
    pub streams: bool,
    /// Where people reach the page, without a slash at the end.
    pub page_url: Option<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            unknown_senders: UnknownSenders::Refuse,
            concurrent_max: 4,
            answer_time_max: Duration::from_secs(120),
            update_interval: Duration::from_secs(1),
            retry_pause: Duration::from_secs(2),
            streams: true,
            page_url: None,
        }
    }
}

/// What a bot is made of.
#[derive(Clone)]
pub struct BotParts {
    /// Where it talks.
    pub platform: Arc<dyn ChatPlatform>,
    /// Who answers.
    pub answers: Arc<dyn Answers>,
    /// Who knows who is who.
    pub people: Arc<dyn People>,
    /// What outlives a restart.
    pub memory: Arc<dyn Memory>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It is kept and will be answered.
    Accepted,
    /// It was kept before.
    Repeated,
    /// It is not for the bot.
    NotOurs,
}

/// Why an event could not be dealt with.
#[derive(Debug, Error)]
pub(crate) enum Failed {
    #[error(transparent)]
    Platform(#[from] PlatformError),
    #[error(transparent)]
    Inside(#[from] ApiError),
}

/// A bot at work. Dropping it stops it; what it has not answered is taken up at the next start.
pub struct Bot {
    inside: Arc<Inside>,
    tasks: Mutex<JoinSet<()>>,
}

pub(crate) struct Inside {
    pub(crate) platform: Arc<dyn ChatPlatform>,
    pub(crate) answers: Arc<dyn Answers>,
    pub(crate) people: Arc<dyn People>,
    pub(crate) memory: Arc<dyn Memory>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Rules,
    pub(crate) places: Semaphore,
    pub(crate) counts: Arc<Counts>,
    turns: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    profiles: Mutex<HashMap<String, (Instant, Profile)>>,
    /// Places for telling somebody that their question was not taken.
    regrets: Arc<Semaphore>,
    /// The events of whom was told so.
    told: Mutex<HashSet<String>>,
}

impl Bot {
    /// Starts it, and takes up what was left unanswered.
    ///
    /// # Errors
    /// A memory that cannot be read.
    pub async fn start(parts: BotParts, rules: Rules) -> Result<Arc<Self>, ApiError> {
        let BotParts { platform, answers, people, memory, clock } = parts;
        let places = Semaphore::new(rules.concurrent_max.max(1));
        let inside = Inside {
            platform,
            answers,
            people,
            memory,
            clock,
            rules,
            places,
            counts: Arc::default(),
            turns: Mutex::default(),
            profiles: Mutex::default(),
            regrets: Arc::new(Semaphore::new(REGRETS_MAX)),
            told: Mutex::default(),
        };
        let bot = Arc::new(Self { inside: Arc::new(inside), tasks: Mutex::default() });
        let waiting = bot.inside.memory.waiting().await?;
        if !waiting.is_empty() {
            tracing::info!(events = waiting.len(), "taking up questions that were left unanswered");
        }
        for (place, id) in (0..).zip(waiting) {
            bot.take_up(id, TAKE_UP_INTERVAL * place);
        }
        let inside = Arc::clone(&bot.inside);
        bot.spawn(async move { inside.keep_forgetting().await });
        Ok(bot)
    }

    /// Takes an event: once this returns it is durable, and the platform can be told so. Nothing slow happens here.
    ///
    /// # Errors
    /// [`Code::Busy`] when too many wait; a memory that cannot be written. The platform must not be told that it was taken then.
    pub async fn deliver(self: &Arc<Self>, event: Event) -> Result<Receipt, ApiError> {
        // To the end, also when whoever delivers it hangs up: what is kept must be taken up.
        let bot = Arc::clone(self);
        let taken = tokio::spawn(async move { bot.take(event).await }).await.map_err(ApiError::internal)?;
        let counts = &self.inside.counts;
        Counts::one(match &taken {
            Ok(Receipt::Accepted) => &counts.accepted,
            Ok(Receipt::Repeated) => &counts.repeated,
            Ok(Receipt::NotOurs) => &counts.passed_over,
            Err(_) => &counts.turned_away,
        });
        taken
    }

    async fn take(&self, mut event: Event) -> Result<Receipt, ApiError> {
        let message = event.message_key();
        if let What::Edited { text, at, to_bot } = event.what {
            let Some(key) = message else { return Ok(Receipt::NotOurs) };
            return self.amend(key, text, at, to_bot).await;
        }
        if !self.inside.is_ours(&mut event).await? {
            return Ok(Receipt::NotOurs);
        }
        let id = event.id.clone();
        // Who gave a command or pressed a button is told in the reply to it.
        let said = matches!(event.what, What::Said { .. }).then(|| event.clone());
        match self.inside.memory.accept(event).await? {
            Acceptance::New => {
                // It is kept, and will be answered even if the words of an edit that came before it cannot be had.
                if let Some(key) = message
                    && let Err(error) = self.catch_up(key).await
                {
                    tracing::warn!(event = id, %error, "an edit that came before its message is left out");
                }
                self.take_up(id, Duration::ZERO);
                Ok(Receipt::Accepted)
            }
            Acceptance::Known => Ok(Receipt::Repeated),
            Acceptance::Full => {
                let busy = ApiError::new(Code::Busy, "Too many questions wait to be answered.");
                if let Some(event) = said {
                    self.regret(event, &busy);
                }
                Err(busy)
            }
        }
    }

    /// Puts the words of an edit in the place of those that are known. What is said to the bot and not known yet, as platforms keep no order,
    /// is kept until it comes.
    async fn amend(&self, key: String, text: String, at: String, to_bot: bool) -> Result<Receipt, ApiError> {
        let memory = &self.inside.memory;
        let mut known = memory.amend(key.clone(), text.clone(), at.clone()).await?;
        if known.is_none() && to_bot {
            let edit = serde_json::to_string(&(&at, &text)).map_err(ApiError::internal)?;
            memory.set_value(Kept::Edit, key.clone(), edit, self.inside.clock.now()).await?;
            // It may have come meanwhile.
            known = memory.amend(key, text, at).await?;
        }
        Ok(known.map_or(Receipt::NotOurs, |id| {
            self.take_up(id, Duration::ZERO);
            Receipt::Accepted
        }))
    }

    /// Gives a message that has just come the words of an edit that came before it.
    async fn catch_up(&self, key: String) -> Result<(), ApiError> {
        let Some(edit) = self.inside.memory.value(Kept::Edit, key.clone()).await? else { return Ok(()) };
        let (at, text): (String, String) = serde_json::from_str(&edit).map_err(ApiError::internal)?;
        self.inside.memory.amend(key, text, at).await.map(drop)
    }

    /// Tells whoever asked that their question was not taken: once, though the platform reports it again, and a few at a time, as there are
    /// many when this happens.
    fn regret(&self, event: Event, error: &ApiError) {
        let Ok(place) = Arc::clone(&self.inside.regrets).try_acquire_owned() else { return };
        {
            let mut told = self.inside.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.len() as u64 >= EVENTS_WAITING_MAX {
                told.clear();
            }
            if !told.insert(event.id.clone()) {
                return;
            }
        }
        let (inside, message) = (Arc::clone(&self.inside), Message::words(&event.id, Language::failed_in_all(error)));
        self.spawn(async move {
            let said = if event.place.direct {
                inside.platform.post(&event.place, &message).await.map(drop)
            } else {
                inside.platform.whisper(&event.place, &event.from, &message).await
            };
            if let Err(error) = said {
                tracing::warn!(%error, "whoever asked could not be told that too many questions wait");
            }
            drop(place);
        });
    }

    /// Follows the platform's web socket or the like for as long as the bot lives.
    pub fn accompany(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.spawn(work);
    }

    /// The settings of a channel.
    ///
    /// # Errors
    /// A memory that cannot be read.
    pub async fn settings(&self, place: &Place) -> Result<ChannelSettings, ApiError> {
        self.inside.settings(place).await
    }

    /// The platform it talks on.
    #[must_use]
    pub fn platform(&self) -> &'static str {
        self.inside.platform.name()
    }

    /// What it counts.
    #[must_use]
    pub fn figures(&self) -> BotFigures {
        let free = self.inside.places.available_permits();
        self.inside.counts.figures(self.inside.rules.concurrent_max.max(1).saturating_sub(free) as u64)
    }

    pub(crate) fn inside(&self) -> &Inside {
        &self.inside
    }

    fn take_up(&self, id: String, after: Duration) {
        let (inside, waiting) = (Arc::clone(&self.inside), self.inside.counts.wait());
        self.spawn(async move {
            tokio::time::sleep(after).await;
            inside.see_to(id).await;
            drop(waiting);
        });
    }

    /// As many run as events wait, which is bounded.
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(work);
    }
}

impl Inside {
    /// Whether an event is for the bot. A reply in a thread by who asked there is, with or without the bot's name, unless it names
    /// somebody else.
    async fn is_ours(&self, event: &mut Event) -> Result<bool, ApiError> {
        let (place, from) = (event.place.clone(), event.from.key());
        let What::Said { to_bot, to_other, .. } = &mut event.what else { return Ok(true) };
        if *to_bot {
            return Ok(true);
        }
        if *to_other {
            return Ok(false);
        }
        if place.thread.is_some() {
            let thread = Thread::read(&*self.memory, &place, self.clock.now()).await?;
            *to_bot = thread.is_some_and(|thread| thread.asker == from);
            return Ok(*to_bot);
        }
        Ok(self.settings(&place).await?.answer == AnswerWhen::Always)
    }

    /// Deals with an event until it is answered, or was tried so often that it never will be.
    async fn see_to(&self, id: String) {
        // One at a time: words may change while the first ones are being answered.
        let turn = self.turn(format!("event {id}"));
        let _turn = turn.lock().await;
        for failures in 1.. {
            let attempts = match self.attempt(&id).await {
                Ok(()) => return,
                Err((attempts, error)) => {
                    tracing::warn!(event = id, attempts, %error, "an event could not be answered yet");
                    let refused = matches!(error, Failed::Platform(PlatformError::Refused(_)));
                    if attempts >= if refused { REFUSALS_MAX } else { ATTEMPTS_MAX } {
                        tracing::error!(event = id, "an event stays unanswered: nobody can be told");
                        Counts::one(&self.counts.given_up);
                        let _ = self.memory.finish(id, u32::MAX).await;
                        return;
                    }
                    attempts
                }
            };
            Counts::one(&self.counts.tried_again);
            tokio::time::sleep(pause(self.rules.retry_pause, attempts.max(failures))).await;
        }
    }

    /// What fails comes with how often it was tried.
    async fn attempt(&self, id: &str) -> Result<(), (u32, Failed)> {
        loop {
            let Some(entry) = self.memory.begin(id.to_owned()).await.map_err(|error| (0, error.into()))? else { return Ok(()) };
            let (attempts, revision) = (entry.attempts, entry.revision);
            self.handle(entry).await.map_err(|failed| (attempts, failed))?;
            // `false`: its words changed meanwhile.
            if self.memory.finish(id.to_owned(), revision).await.map_err(|error| (attempts, error.into()))? {
                return Ok(());
            }
        }
    }

    /// What must not happen twice at the same time takes turns under one name: the questions of a thread, so that each knows the one
    /// before; the attempts at an event.
    pub(crate) fn turn(&self, name: String) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = turns.get(&name).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        turns.insert(name, Arc::downgrade(&turn));
        turn
    }

    /// Who an account is, as the platform said within the last minutes.
    pub(crate) async fn profile(&self, account: &Account) -> Result<Profile, PlatformError> {
        let key = account.key();
        let known = self.profiles.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((_, profile)) = known.filter(|(at, _)| at.elapsed() < PROFILE_AGE_MAX) {
            return Ok(profile);
        }
        let profile = self.platform.profile(account).await?;
        self.remember([(key, profile.clone())]);
        Ok(profile)
    }

    /// Looks up together those of a channel's members who are not known.
    pub(crate) async fn look_up(&self, place: &Place, users: &[String]) -> Result<(), PlatformError> {
        let key = |user: &str| Account { platform: place.platform.clone(), team: place.team.clone(), user: user.to_owned() }.key();
        let unknown: Vec<String> = {
            let profiles = self.profiles.lock().unwrap_or_else(PoisonError::into_inner);
            let is_known = |user: &&String| profiles.get(&key(user)).is_some_and(|(at, _)| at.elapsed() < PROFILE_AGE_MAX / 2);
            users.iter().filter(|user| !is_known(user)).cloned().collect()
        };
        if !unknown.is_empty() {
            let found = self.platform.profiles(&place.team, &unknown).await?;
            self.remember(found.into_iter().map(|(user, profile)| (key(&user), profile)));
        }
        Ok(())
    }

    fn remember(&self, found: impl IntoIterator<Item = (String, Profile)>) {
        let now = Instant::now();
        let mut profiles = self.profiles.lock().unwrap_or_else(PoisonError::into_inner);
        if profiles.len() >= PROFILES_MAX {
            profiles.clear();
        }
        profiles.extend(found.into_iter().take(PROFILES_MAX).map(|(key, profile)| (key, (now, profile))));
    }

    async fn keep_forgetting(&self) {
        loop {
            let before = self.clock.now().0.saturating_sub(i64::try_from(REMEMBERED_FOR.as_millis()).unwrap_or(i64::MAX));
            if let Err(error) = self.memory.forget(Timestamp(before)).await {
                tracing::warn!(%error, "old events are still remembered");
            }
            tokio::time::sleep(FORGET_INTERVAL).await;
        }
    }
}
