//! `heldby run`: a program under validation, with all its processes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::Verdict;
use crate::failure::Failure;
use crate::gathering::Gathering;
use crate::output::Printing;

/// Run a program that was built with `validate`, and report what all its processes saw
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Run {
    /// Exit code where something is reported and the program itself ended well
    #[arg(long, value_name = "N", default_value_t = 1)]
    error_exitcode: u8,

    /// Where the records go; those of an earlier run are removed
    #[arg(long, value_name = "DIR", default_value = "heldby-records")]
    records: PathBuf,

    #[command(flatten)]
    printing: Printing,

    /// The program and its arguments
    #[arg(
        value_name = "CMD",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    command: Vec<OsString>,
}

const EXAMPLES: &str = "\
Examples:
  heldby run -- target/debug/server --port 8080
  heldby run --error-exitcode 42 -- ./integration-tests.sh
  heldby run --format sarif --findings heldby.sarif -- ./integration-tests.sh

Exit status:
  0  clean
  N  reported: 1, or what --error-exitcode says
  2  bad arguments, or nowhere to write
  the program's own, where it did not end well";

impl Run {
    /// Runs, gathers, reports.
    pub(crate) fn run(&self) -> Result<Verdict, Failure> {
        let gathering = Gathering {
            directory: self.records.clone(),
            printing: self.printing.clone(),
            reported: self.error_exitcode,
        };
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]);
        gathering.run(&mut command)
    }
}
