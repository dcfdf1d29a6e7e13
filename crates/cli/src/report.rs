//! `heldby report`: what records report.

use std::path::PathBuf;

use clap::Args;

use crate::Verdict;
use crate::failure::Failure;
use crate::merge::gather;
use crate::output::Printing;

/// Show what records report: each process by itself, and all of them together
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Report {
    #[command(flatten)]
    printing: Printing,

    /// Records, and directories of them
    #[arg(value_name = "FILE|DIR", required = true)]
    records: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  heldby report target/heldby
  heldby report --format json tests.jsonl

  For code scanning, and as annotations of a step of GitHub Actions:
    heldby report --format sarif target/heldby >heldby.sarif
    heldby report --format github target/heldby

Exit status:
  0  clean
  1  reported
  2  bad input, or nowhere to write";

impl Report {
    /// Reads, searches, prints.
    pub(crate) fn run(&self) -> Result<Verdict, Failure> {
        let merged = gather(&self.records)?.merged;
        self.printing.print(&merged.findings(), Some(&merged))
    }
}
