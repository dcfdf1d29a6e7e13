//! How a run ends: the four exit codes, and what leads to each.

use std::fmt;
use std::io;
use std::process::ExitCode;

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Data and locks were clean.
    Clean,
    /// A lock was reported, or data differ.
    Found,
    /// A planted bug was not reported.
    Missed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Clean => ExitCode::SUCCESS,
            Outcome::Found => ExitCode::from(1),
            Outcome::Missed => ExitCode::from(MISSED),
        }
    }
}

/// No verdict: an option, a file or a system that refuses, or an output that takes nothing.
pub(crate) const BAD_INPUT: u8 = 2;

/// A planted bug that was not reported; also what the watchdog ends the process with.
pub(crate) const MISSED: u8 = 3;

/// What is wrong with what we were given: one line, with the value and what to do.
#[derive(Debug)]
pub(crate) struct BadInput(String);

impl BadInput {
    /// Says what is wrong.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// Why a run has no verdict to end with; `Display` is one line.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What we were given is wrong.
    Input(BadInput),
    /// What we have to say could not be written.
    Write(io::Error),
}

impl From<BadInput> for Failure {
    fn from(bad_input: BadInput) -> Self {
        Self::Input(bad_input)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(bad_input) => write!(f, "instrumented-demo: {bad_input}"),
            Self::Write(error) => write!(f, "error: failed to write to standard output: {error}"),
        }
    }
}
