//! What a chat platform may send, and what the bot keeps and waits for.

use std::time::Duration;

/// Bytes of one request of a platform. Slack's have some 10 KB.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// Bytes of one answer of a platform's API.
pub const RESPONSE_BYTES_MAX: usize = 4 << 20;
/// How far the time in a signed request may be from ours, both ways; the platform's own advice.
pub const SIGNATURE_AGE_MAX: Duration = Duration::from_secs(300);
/// Questions that wait or are being answered; the next is not acknowledged, so the platform sends it again.
pub const EVENTS_WAITING_MAX: u64 = 1_000;
/// People who are told at the same time that theirs was one too many.
pub const REGRETS_MAX: usize = 16;
/// Between two events that a restarted bot takes up: what comes in anew is not to wait behind all of them for the database.
pub const TAKE_UP_INTERVAL: Duration = Duration::from_millis(10);
/// How often an event is taken up, restarts included, before its sender is told that it cannot be answered.
pub const ATTEMPTS_MAX: u32 = 10;
/// The same where the platform refuses to take what is said: its channel is gone, or we were sent away.
pub const REFUSALS_MAX: u32 = 3;
/// An event that was left unanswered longer than this is answered with an apology.
pub const REPLAY_AGE_MAX: Duration = Duration::from_secs(24 * 3_600);
/// How long event ids, threads and answers (for their buttons) are remembered.
pub const REMEMBERED_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How often what need not be remembered is looked for.
pub const FORGET_INTERVAL: Duration = Duration::from_secs(3_600);
/// A direct message that comes later than this after the last begins a new conversation.
pub const CONVERSATION_IDLE_MAX: Duration = Duration::from_secs(2 * 3_600);
/// Conversations of one thread: one a group of readers.
pub const THREAD_CONVERSATIONS_MAX: usize = 32;
/// Members of a channel whose rights are compared; in a larger one answers go to who asks alone.
pub const MEMBERS_MAX: usize = 5_000;
/// Channels shown to an administrator.
pub const CHANNELS_MAX: u64 = 2_000;
/// Profiles kept in memory, and for how long.
pub const PROFILES_MAX: usize = 20_000;
/// See [`PROFILES_MAX`].
pub const PROFILE_AGE_MAX: Duration = Duration::from_secs(600);
/// Profiles asked for one by one; for more the whole directory is read.
pub const SINGLE_PROFILES_MAX: usize = 20;
/// Messages an answer may be split into; what is left of it is on the page.
pub const PARTS_MAX: usize = 4;
/// Sources listed below an answer.
pub const SOURCES_MAX: usize = 30;
/// Characters of a title.
pub const TITLE_CHARS_MAX: usize = 150;
/// One call of a platform's API.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a call is made again.
pub const CALL_RETRIES_MAX: u32 = 5;
/// The longest that a platform's `Retry-After` is waited for within one call.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);
/// Pause before a web socket is opened again, growing from the first to the second.
pub const RECONNECT_PAUSE_MIN: Duration = Duration::from_secs(1);
/// See [`RECONNECT_PAUSE_MIN`].
pub const RECONNECT_PAUSE_MAX: Duration = Duration::from_secs(30);
/// A web socket that is silent for so long is taken for dead; Slack pings every few seconds.
pub const SOCKET_SILENCE_MAX: Duration = Duration::from_secs(60);
/// Messages searched for an answer that was begun before a restart.
pub const SEARCHED_MESSAGES_MAX: usize = 200;
