//! The reader of graphs: one function, whatever a graph comes from.

use std::fmt;
use std::io;
use std::path::Path;

use heldby_model::{GraphSnapshot, ReadError};
use heldby_script::Position;

use crate::failure::Failure;
use crate::input::Input;
use crate::merge::gather;

/// Reads the graph that `input` holds: one that a program wrote, or that of records.
pub(super) fn graph(input: &Input) -> Result<GraphSnapshot, Failure> {
    if let Input::File(path) = input
        && is_of_records(path)
    {
        return Ok(gather(std::slice::from_ref(path))?.merged.graph());
    }
    written(input)
}

/// Whether it can be a graph that a program wrote, since it is no record.
pub(crate) fn is_dump(path: &Path) -> bool {
    !is_of_records(path)
}

/// Reads what a program wrote to `path`.
pub(crate) fn of_dump(path: &Path) -> Result<GraphSnapshot, Failure> {
    written(&Input::File(path.to_owned()))
}

fn written(input: &Input) -> Result<GraphSnapshot, Failure> {
    let is_none = |error| Failure::Graph {
        input: input.name(),
        error,
    };
    let text = input.read().map_err(|failure| match failure {
        Failure::Read { error, .. } => is_none(GraphError::Unreadable(error)),
        other => other,
    })?;
    if text.trim().is_empty() {
        return Err(is_none(GraphError::Empty));
    }
    GraphSnapshot::from_json(&text).map_err(|error| is_none(GraphError::NoGraph(error)))
}

/// Whether it is a record, or a directory of them.
fn is_of_records(path: &Path) -> bool {
    path.is_dir()
        || path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
}

/// Why an input is not a graph; `Display` is a fragment that ends in what to do.
#[derive(Debug)]
pub(crate) enum GraphError {
    /// There is nothing that can be read.
    Unreadable(io::Error),
    /// There is nothing in it.
    Empty,
    /// It is something else.
    NoGraph(ReadError),
}

/// What makes a file that can be read.
const HINT: &str = "`HELDBY_DUMP=FILE.json` makes a program write its graph when it exits";

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "{error}; {HINT}"),
            Self::Empty => write!(f, "it is empty; {HINT}"),
            Self::NoGraph(error @ ReadError::Format { .. }) => {
                write!(f, "{error}; use the `heldby` of the version that wrote it")
            }
            Self::NoGraph(ReadError::Json(error)) if error.is_eof() => write!(
                f,
                "{}: it ends too early, as if its program was killed; {HINT}",
                position(error)
            ),
            Self::NoGraph(ReadError::Json(error)) => {
                write!(f, "{}: {}; {HINT}", position(error), reason(error))
            }
        }
    }
}

fn position(error: &serde_json::Error) -> Position {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Position {
        line: number(error.line()),
        // At the very start of a line serde_json counts no character yet.
        column: number(error.column().max(1)),
    }
}

/// What is wrong, without the position that serde_json puts behind it.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}
