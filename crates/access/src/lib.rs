//! Who somebody is and what they may read: accounts, keys, sessions, sign-in, rules for labels, the audit log.
