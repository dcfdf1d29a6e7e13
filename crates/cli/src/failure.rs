//! Why a command could not do what it was asked to.

use std::fmt;
use std::io;

use heldby_model::Code;
use heldby_script::{ConfigError, ParseError, Position, Unsupported};

use crate::graph::GraphError;

/// Why a command failed; `Display` is one line.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is not one of ours.
    Arguments(String),
    /// The input could not be read.
    Read { input: String, error: io::Error },
    /// There are no records to be read there.
    Records { input: String, error: io::Error },
    /// The input is not UTF-8, from here on.
    Encoding { input: String, at: Position },
    /// The input is not a scenario.
    Parse { input: String, error: ParseError },
    /// The scenario has a step that cannot be judged.
    Run { input: String, error: Unsupported },
    /// The input is not a graph.
    Graph { input: String, error: GraphError },
    /// There is no such report code.
    Code(String),
    /// The file of what is allowed is wrong.
    Config(ConfigError),
    /// The declared order is wrong.
    Order(ConfigError),
    /// None of the inputs is a record.
    NoRecord(Vec<String>),
    /// No report is there to confirm, or it is not clear which.
    Confirm { input: String, why: String },
    /// The inputs hold no statistics.
    NoStatistics(Vec<String>),
    /// A program could not be started.
    Start { program: String, error: io::Error },
    /// Cargo does not tell what the project is.
    Metadata(String),
    /// The tree of a project cannot be patched.
    Patch(String),
    /// The file could not be written.
    Output { output: String, error: io::Error },
    /// The answer could not be written.
    Write { error: io::Error },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arguments(complaint) => f.write_str(complaint),
            Self::Read { input, error } => write!(f, "failed to read `{input}`: {error}"),
            Self::Records { input, error } => write!(
                f,
                "failed to read `{input}`: {error}; `cargo heldby test`, or HELDBY_DIR set to a \
                 directory, makes a program leave records"
            ),
            Self::Encoding { input, at } => {
                write!(f, "failed to read `{input}`: {at}: not UTF-8 from here on")
            }
            Self::Parse { input, error } => write!(f, "failed to replay `{input}`: {error}"),
            Self::Run { input, error } => write!(f, "failed to replay `{input}`: {error}"),
            Self::Graph { input, error } => {
                write!(f, "failed to read the graph `{input}`: {error}")
            }
            Self::Code(asked) => {
                let known: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
                write!(f, "unknown code `{asked}`; known: {}", known.join(" "))
            }
            Self::Config(error) => write!(f, "failed to read what is allowed: {error}"),
            Self::Order(error) => write!(f, "failed to read the declared order: {error}"),
            Self::NoRecord(inputs) => write!(
                f,
                "no record in `{}`; run a program that is validated with HELDBY_DIR set",
                inputs.join("`, `")
            ),
            Self::Confirm { input, why } => {
                write!(f, "failed to choose a report of `{input}`: {why}")
            }
            Self::NoStatistics(inputs) => write!(
                f,
                "no statistics in `{}`; run the program with HELDBY_STAT=1",
                inputs.join("`, `")
            ),
            Self::Start { program, error } => write!(f, "failed to start `{program}`: {error}"),
            Self::Metadata(why) => write!(f, "failed to ask cargo about the project: {why}"),
            Self::Patch(why) => write!(f, "failed to patch the project: {why}"),
            Self::Output { output, error } => write!(f, "failed to write `{output}`: {error}"),
            Self::Write { error } => write!(f, "failed to write to standard output: {error}"),
        }
    }
}
