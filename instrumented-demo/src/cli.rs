//! The command line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::bugs;

/// A userfaultfd demand pager that validates its own locks.
///
/// Without a command it runs `page` with its defaults.
/// Exit codes: 0 data and locks were clean, 1 a lock was reported, data differ, or a branch
/// that was asked for is missing, 2 bad input, 3 a
/// planted bug was not reported.
#[derive(Debug, Parser)]
#[command(version, about, long_about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Page a file in on demand, under load, and compare every byte with it at the end.
    Page(PageArgs),
    /// Commit one planted bug and show its report.
    Bug(BugArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PageArgs {
    /// The file to page; without it, one is generated, half compressible.
    #[arg(long, value_name = "F")]
    pub(crate) file: Option<PathBuf>,

    /// MiB to generate, or to page of the file.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub(crate) mib: u64,

    /// Threads that serve faults.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) pagers: u16,

    /// Threads that read pages at random.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) touchers: u16,

    /// Threads that map, protect, name, split, merge and unmap regions; with any, more threads
    /// fork the address space, walk it, and churn a neighbour that shares the memory of its VMAs.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=256))]
    pub(crate) churn: u16,

    /// Seconds of load, before the final comparison.
    #[arg(long, value_name = "S", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub(crate) seconds: u64,

    /// The lock that a fault is served under.
    #[arg(long, value_enum, default_value_t = FaultLock::Vma)]
    pub(crate) lock: FaultLock,

    /// Who raises the faults.
    #[arg(long, value_enum, default_value_t = BackendChoice::Auto)]
    pub(crate) backend: BackendChoice,

    /// Run with the validator off.
    #[arg(long)]
    pub(crate) no_validate: bool,

    /// Fail unless every rare branch of the lock protocol was taken; takes a minute with the feature
    /// `chaos`, and long without.
    #[arg(long, conflicts_with = "plant")]
    pub(crate) branches: bool,

    /// Commit this bug among the load; `bug --list` shows them.
    #[arg(long, value_name = "BUG", conflicts_with = "no_validate", value_parser = PossibleValuesParser::new(bugs::names()))]
    pub(crate) plant: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct BugArgs {
    /// The bug to commit.
    #[arg(required_unless_present = "list", value_parser = PossibleValuesParser::new(bugs::names()))]
    pub(crate) name: Option<String>,

    /// List the bugs, with the report that each must produce.
    #[arg(long, conflicts_with = "name")]
    pub(crate) list: bool,
}

/// The lock that keeps a VMA stable while a fault on it is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FaultLock {
    /// The VMA's own read lock; the mmap lock only where that is refused.
    Vma,
    /// The mmap read lock.
    Mmap,
}

/// The wish for a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendChoice {
    /// The kernel's if it lets us, else software.
    Auto,
    /// The kernel's userfaultfd, or nothing.
    Uffd,
    /// Faults made in this process; runs anywhere.
    Software,
}

impl Cli {
    /// The command, or `page` with its defaults.
    pub(crate) fn into_command(self) -> Command {
        self.command.unwrap_or_else(|| {
            let Self { command } = Self::parse_from(["instrumented-demo", "page"]);
            command.expect("it was just given")
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
