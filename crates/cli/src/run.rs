//! `heldby run`: a program under validation, with all its processes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::Verdict;
use crate::confirm::{self, Confirming};
use crate::failure::Failure;
use crate::gathering::Gathering;
use crate::output::Printing;
use crate::preload;

/// Run a program, unmodified or built with `validate`, and report what all its processes saw
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Run {
    /// Exit code where something is reported and the program itself ended well
    #[arg(long, value_name = "N", default_value_t = 1)]
    error_exitcode: u8,

    /// Where the records go; those of an earlier run are removed, and nothing else [default: heldby-records, or
    /// heldby-confirm with --confirm]
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,

    /// Steer the program to the deadlock of a report, and say whether it was reached
    ///
    /// REPORT is a record, a directory of them, or what `heldby report --format json` printed; the
    /// report that is the third of it is REPORT#3, or --report 3.
    #[arg(long, value_name = "REPORT")]
    confirm: Option<PathBuf>,

    /// Which report to confirm, from 1, in the order of `heldby report`
    #[arg(long, value_name = "N", requires = "confirm")]
    report: Option<usize>,

    /// For how long a thread is held back until others come, in milliseconds [default: 1000]
    #[arg(long, value_name = "MS", requires = "confirm", value_parser = clap::value_parser!(u64).range(1..))]
    hold_ms: Option<u64>,

    /// A declared order, made by `heldby order`: the reports that it accepts are counted, and do not fail
    #[arg(long, value_name = "FILE", conflicts_with = "confirm")]
    baseline: Option<PathBuf>,

    #[command(flatten)]
    printing: Printing,

    /// Count how long locks are waited for and held, and print that behind the findings, to standard
    /// error
    #[arg(long, conflicts_with = "confirm")]
    stat: bool,

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
  heldby run -- memcached -t 4
  heldby run --stat -- target/release/server
  heldby run --error-exitcode 42 -- ./integration-tests.sh
  heldby run --format sarif --findings heldby.sarif -- ./integration-tests.sh
  heldby run --baseline heldby-order.toml -- ./integration-tests.sh

  Does the program really hang where it was reported to be possible?
    heldby run --confirm heldby-records -- target/debug/server --port 8080
    heldby run --confirm heldby-records --report 2 --hold-ms 5000 -- target/debug/server

Exit status:
  0  clean; with --confirm: the deadlock was not reached
  N  reported; with --confirm: it was reached: 1, or what --error-exitcode says
  2  bad arguments, or nowhere to write
  the program's own, where it did not end well

What is found is told on standard error, so that CMD has its output for itself; formats other than text
go to standard output, or to the file of --findings.

A C or C++ program is checked by libheldby_preload.so: HELDBY_PRELOAD names it, else it stands beside this
program, or in ../lib; an empty HELDBY_PRELOAD means none. See docs/c.md.

A program that hangs is ended as ever, with Ctrl-C or by a time limit; then it is reported what was seen.
INT, QUIT, TERM and HUP are handed on to it; but for HUP, one that comes again after a second kills it.";

impl Run {
    /// Runs, gathers, reports; or steers, and says whether that led to the deadlock.
    pub(crate) fn run(&self) -> Result<Verdict, Failure> {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]);
        preload::set_up(&mut command);
        let records = |otherwise| {
            self.records
                .clone()
                .unwrap_or_else(|| PathBuf::from(otherwise))
        };
        let Some(report) = &self.confirm else {
            let gathering = Gathering {
                directory: records("heldby-records"),
                printing: self.printing.aside(),
                reported: self.error_exitcode,
                stat: self.stat,
                baseline: self.baseline.clone(),
            };
            return gathering.run(&mut command);
        };
        let confirming = Confirming {
            report: report.clone(),
            number: self.report,
            directory: records(confirm::DIRECTORY),
            printing: self.printing.aside(),
            reported: self.error_exitcode,
            hold_ms: self.hold_ms,
        };
        confirming.run(&mut command)
    }
}
