//! `pinakes task …` as it is written.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::args::FilterArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Say what documents say in fewer words, with citations
    Summarise {
        #[command(flatten)]
        on: On,
        /// Sentences of each summary [default: 5]
        #[arg(long, value_name = "NUMBER")]
        sentences: Option<u32>,
        /// Language of the summary [default: the document's]
        #[arg(long = "in", value_name = "LANGUAGE")]
        language: Option<String>,
    },
    /// Find the labels that fit documents, with the words they rest on
    Classify {
        #[command(flatten)]
        on: On,
        /// A label, or a label with when it fits; several times
        #[arg(long = "label", value_name = "NAME[=DESCRIPTION]", required = true)]
        labels: Vec<String>,
        /// Several labels may fit
        #[arg(long)]
        many: bool,
    },
    /// Fill in a form from documents
    Extract {
        #[command(flatten)]
        on: On,
        /// The form: a JSON Schema
        #[arg(long, value_name = "FILE")]
        schema: PathBuf,
        /// What to mind
        #[arg(long, value_name = "WORDS")]
        instructions: Option<String>,
    },
    /// Write a new document after a template, with facts from others
    Draft {
        #[command(flatten)]
        on: On,
        /// The document it is to be like: its id or its path
        #[arg(long, value_name = "DOCUMENT")]
        template: String,
        /// What it is to be about
        #[arg(long, value_name = "WORDS")]
        instructions: String,
    },
}

/// Which documents.
#[derive(Debug, Args)]
pub(crate) struct On {
    /// Documents, by their ids or their paths in their source
    #[arg(value_name = "DOCUMENT")]
    pub(crate) documents: Vec<String>,
    /// Every document that the filters leave
    #[arg(long, conflicts_with = "documents")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) filters: FilterArgs,
}
