//! Collections on the command line.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum CollectionCommand {
    /// List those with documents in them
    List,
}
