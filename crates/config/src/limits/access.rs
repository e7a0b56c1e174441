//! What signing in, and being signed in, may cost.

use std::time::Duration;

/// Characters of a password, at least and at most (OWASP ASVS 5.0, 6.2: long ones are allowed, and cost no more to check).
pub const PASSWORD_CHARS_MIN: usize = 12;
/// See [`PASSWORD_CHARS_MIN`].
pub const PASSWORD_CHARS_MAX: usize = 256;
/// Passwords that are hashed at the same time; each takes 19 MiB of memory and tens of milliseconds.
pub const PASSWORDS_AT_ONCE: usize = 2;
/// Passwords tried a second by everybody together.
pub const PASSWORDS_PER_SECOND: u32 = 20;
/// Characters of a person's or a group's name.
pub const NAME_CHARS_MAX: usize = 64;
/// Characters of what a person is called, and of what a key is for.
pub const DISPLAY_CHARS_MAX: usize = 128;
/// Characters of a label.
pub const LABEL_CHARS_MAX: usize = 128;
/// Labels of one document, and of one rule.
pub const LABELS_MAX: usize = 64;
/// Rules.
pub const RULES_MAX: usize = 10_000;
/// Groups of one person.
pub const GROUPS_MAX: usize = 512;
/// Sessions of one person; a further one ends the oldest.
pub const SESSIONS_MAX: u32 = 32;
/// Keys of one person.
pub const KEYS_MAX: usize = 100;
/// How long a link that works once can be used.
pub const LINK_TIME_MAX: Duration = Duration::from_secs(24 * 3600);
/// Use of a session or key is noted when the last note is older than this.
pub const USE_NOTED_EVERY: Duration = Duration::from_secs(60);
/// Bytes of what a browser or a program may show to be let in.
pub const CREDENTIAL_BYTES_MAX: usize = 256;
/// Bytes of a `.pinakes-access.toml`.
pub const SIDECAR_BYTES_MAX: u64 = 64 << 10;
/// Bytes of a file's access control list.
pub const ACL_BYTES_MAX: usize = 16 << 10;
/// People and keys whose rates are remembered.
pub const RATES_MAX: usize = 100_000;
/// Sign-ins through a provider that are under way; a further one drops the oldest.
pub const SIGN_INS_MAX: usize = 10_000;
/// How long one may take.
pub const SIGN_IN_TIME_MAX: Duration = Duration::from_secs(600);
/// How far a provider's clock may be from ours.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(60);
/// Bytes of one answer of a provider, and the time it may take.
pub const PROVIDER_BYTES_MAX: usize = 1 << 20;
/// See [`PROVIDER_BYTES_MAX`].
pub const PROVIDER_TIME_MAX: Duration = Duration::from_secs(10);
/// Records of the audit log that wait to be written; who makes a further one waits.
pub const AUDIT_QUEUE_MAX: usize = 1_024;
/// Refusals of those who were not let in, all together, that are noted in a second: nobody outside may fill the audit log.
pub const STRANGERS_NOTED_PER_SECOND: u32 = 5;
/// Documents named in one record of the audit log.
pub const AUDIT_DOCUMENTS_MAX: usize = 100;
/// How often it is looked whether somebody who is being answered may still read.
pub const RECHECK_INTERVAL: Duration = Duration::from_millis(500);
/// How often sessions, links and counts that are over are looked for.
pub const FORGET_INTERVAL: Duration = Duration::from_secs(3_600);
