//! People, keys, rights and the audit log on the command line.

use clap::{Subcommand, ValueEnum};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    Reader,
    Editor,
    Admin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    Read,
    Write,
    Admin,
    Metrics,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add somebody; prints a link by which they choose a password
    Add {
        name: String,
        /// What they are called
        #[arg(long, default_value = "")]
        display: String,
        #[arg(long, value_enum, default_value_t = Role::Reader)]
        role: Role,
        /// A group they belong to; may be given several times
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
        /// Read their password from standard input instead
        #[arg(long)]
        password_stdin: bool,
    },
    /// List people
    List,
    /// Let somebody in no more; what they are being given ends within a second
    Disable { name: String },
    /// Let somebody in again
    Enable { name: String },
    /// Change what somebody may do
    Role {
        name: String,
        #[arg(value_enum)]
        role: Role,
    },
    /// Print a link by which somebody chooses a new password
    Password {
        name: String,
        /// Read it from standard input instead
        #[arg(long = "stdin")]
        password_stdin: bool,
    },
    /// Put somebody into a group, or take them out of it
    Group {
        name: String,
        #[arg(value_enum)]
        change: GroupChange,
        group: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupChange {
    Join,
    Leave,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key that acts as somebody; it is printed once
    Create {
        /// Whom it acts as
        owner: String,
        /// What it is for
        #[arg(long, default_value = "")]
        name: String,
        /// What it may be used for, within what its owner may do
        #[arg(long = "scope", value_enum, value_delimiter = ',', default_value = "read")]
        scopes: Vec<Scope>,
        /// Days until it ends [default: until it is revoked]
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3_660))]
        days: Option<u32>,
    },
    /// List keys
    List {
        /// Only those of one person
        #[arg(long)]
        owner: Option<String>,
    },
    /// Take a key back, by its id or by itself
    Revoke { id: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Access {
    /// Say why somebody may read a document, or may not
    Explain {
        user: String,
        /// Its id, or its path
        document: String,
    },
    /// Say by hand who may read a document: public, group:NAME, user:NAME, or nobody
    Set {
        /// Its id, or its path
        document: String,
        #[arg(required = true)]
        labels: Vec<String>,
    },
    /// Leave it to the rules again
    Unset {
        /// Its id, or its path
        document: String,
    },
    /// Apply the rules as they are now to every document
    Apply,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Check that no line of the audit log was changed, put in or taken away
    Verify,
}
