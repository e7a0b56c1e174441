//! `[conversations]`

use std::time::Duration;

use crate::error::ConfigError;
use crate::read::Reader;

const DAY: Duration = Duration::from_secs(86_400);

/// `[conversations]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversationsConfig {
    /// Whether questions and answers may be kept at all.
    pub save: bool,
    /// How long a conversation is kept after the last question in it; `None`: for ever.
    pub retention: Option<Duration>,
    /// Time the generator has to make a follow-up stand alone; `None`: it is not asked to.
    pub rewrite_time_max: Option<Duration>,
}

pub(crate) fn conversations(read: &Reader<'_>) -> Result<ConversationsConfig, ConfigError> {
    Ok(ConversationsConfig {
        save: read.flag("conversations.save")?,
        retention: read.interval("conversations.retention", DAY..=36_500 * DAY)?,
        rewrite_time_max: read.interval("conversations.rewrite_time_max", Duration::from_millis(100)..=Duration::from_secs(60))?,
    })
}
