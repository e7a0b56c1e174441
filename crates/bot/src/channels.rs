//! The channels that the bot was asked in, and what was decided about each: by its command there, or by an administrator elsewhere.

use pinakes_api::{ApiError, Code};
use pinakes_config::limits::bot::CHANNELS_MAX;
use pinakes_types::Scope;
use serde::{Deserialize, Serialize};

use crate::bot::{Bot, Inside};
use crate::event::Place;
use crate::journal::Kept;
use crate::settings::ChannelSettings;

/// A channel that the bot was asked in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// One name for it: `slack:T1:C1`.
    pub key: String,
    /// As people call it, where the platform said so.
    pub name: Option<String>,
    /// What was decided about it.
    pub settings: ChannelSettings,
}

/// A channel as it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Record {
    #[serde(flatten)]
    settings: ChannelSettings,
    name: Option<String>,
    /// Only a person and the bot are there.
    direct: bool,
}

/// Why settings stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unset {
    /// There is no such setting or value.
    Unknown,
    /// Whoever wants it finds no collection of that name.
    NoCollection,
}

impl Bot {
    /// Channels the bot was asked in, by name. Direct messages are their people's own business.
    ///
    /// # Errors
    /// A memory that cannot be read.
    pub async fn channels(&self) -> Result<Vec<Channel>, ApiError> {
        let kept = self.inside().memory.values(Kept::Channel, CHANNELS_MAX).await?;
        let mut channels = Vec::with_capacity(kept.len());
        for (key, value) in kept {
            let record: Record = serde_json::from_str(&value).map_err(ApiError::internal)?;
            if !record.direct {
                channels.push(record.shown(key));
            }
        }
        channels.sort_by(|a, b| (&a.name, &a.key).cmp(&(&b.name, &b.key)));
        Ok(channels)
    }

    /// Changes settings of a channel, by the names and values of the bot's command; all of them, or none. `by` is whose collections
    /// count, and whose name stands in the log.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a channel the bot was never asked in; [`Code::BadRequest`] for a setting or value there is not.
    pub async fn change_channel(&self, by: &Scope, key: &str, changes: &[(&str, &str)]) -> Result<Channel, ApiError> {
        let inside = self.inside();
        let known = inside.record(key).await?.filter(|record| !record.direct);
        let record = known.ok_or_else(|| ApiError::new(Code::NotFound, "The bot was not asked in such a channel."))?;
        let mut settings = record.settings.clone();
        for (name, value) in changes {
            match inside.set(by, &mut settings, name, value).await? {
                Ok(()) => {}
                Err(Unset::Unknown) => {
                    let words = format!("There is no setting {name} = {value}. {}", ChannelSettings::VALUES);
                    return Err(ApiError::new(Code::BadRequest, words));
                }
                Err(Unset::NoCollection) => {
                    return Err(ApiError::new(Code::BadRequest, format!("There is no collection {value:?} for you to choose.")));
                }
            }
        }
        let record = Record { settings, ..record };
        inside.keep_record(key, &record).await?;
        let changed: Vec<String> = changes.iter().map(|(name, value)| format!("{name}={value}")).collect();
        inside.people.note(by.subject().to_owned(), "bot_channel_changed", key.to_owned(), changed.join(" ")).await?;
        Ok(record.shown(key.to_owned()))
    }
}

impl Inside {
    /// The settings of a place.
    pub(crate) async fn settings(&self, place: &Place) -> Result<ChannelSettings, ApiError> {
        Ok(self.record(&place.channel_key()).await?.unwrap_or_default().settings)
    }

    /// The same, and remembers a channel that the bot was not asked in before. What it is called is asked for once, and may be missing.
    pub(crate) async fn meet(&self, place: &Place) -> Result<ChannelSettings, ApiError> {
        let key = place.channel_key();
        match self.record(&key).await? {
            Some(record) => Ok(record.settings),
            None if place.direct => Ok(ChannelSettings::default()),
            None => {
                let name = self.platform.channel_name(place).await;
                let name = name.inspect_err(|error| tracing::debug!(%error, key, "a channel stays without a name")).unwrap_or_default();
                self.keep_record(&key, &Record { name, ..Record::default() }).await?;
                Ok(ChannelSettings::default())
            }
        }
    }

    /// Changes one setting of a place by the bot's command.
    pub(crate) async fn set_here(
        &self,
        by: &Scope,
        place: &Place,
        name: &str,
        value: &str,
    ) -> Result<Result<ChannelSettings, Unset>, ApiError> {
        let key = place.channel_key();
        let mut record = self.record(&key).await?.unwrap_or_else(|| Record { direct: place.direct, ..Record::default() });
        if let Err(unset) = self.set(by, &mut record.settings, name, value).await? {
            return Ok(Err(unset));
        }
        self.keep_record(&key, &record).await?;
        self.people.note(by.subject().to_owned(), "bot_channel_changed", key, format!("{name}={value}")).await?;
        Ok(Ok(record.settings))
    }

    async fn set(&self, by: &Scope, settings: &mut ChannelSettings, name: &str, value: &str) -> Result<Result<(), Unset>, ApiError> {
        let mut changed = settings.clone();
        if !changed.set(name, value) {
            return Ok(Err(Unset::Unknown));
        }
        if let Some(collection) = changed.collection.clone().filter(|_| name == "collection")
            && !self.answers.has_collection(by.clone(), collection).await?
        {
            return Ok(Err(Unset::NoCollection));
        }
        *settings = changed;
        Ok(Ok(()))
    }

    async fn record(&self, key: &str) -> Result<Option<Record>, ApiError> {
        let kept = self.memory.value(Kept::Channel, key.to_owned()).await?;
        kept.map(|kept| serde_json::from_str(&kept).map_err(ApiError::internal)).transpose()
    }

    async fn keep_record(&self, key: &str, record: &Record) -> Result<(), ApiError> {
        let value = serde_json::to_string(record).map_err(ApiError::internal)?;
        self.memory.set_value(Kept::Channel, key.to_owned(), value, self.clock.now()).await
    }
}

impl Record {
    fn shown(self, key: String) -> Channel {
        Channel { key, name: self.name, settings: self.settings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Visibility;

    #[test]
    fn settings_kept_before_channels_had_names_are_read() {
        let kept = r#"{"collection":"hr","answer":"mentioned","language":null,"visibility":"private"}"#;
        let record: Record = serde_json::from_str(kept).unwrap();
        assert_eq!((record.settings.collection.as_deref(), record.settings.visibility), (Some("hr"), Visibility::Private));
        let again: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        assert_eq!(again.settings, record.settings);
    }
}
