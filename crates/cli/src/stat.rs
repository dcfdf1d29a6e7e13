//! `heldby stat`: how long locks were waited for and held.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use heldby_model::{LockStat, StatOrder, render};

use crate::Verdict;
use crate::failure::Failure;
use crate::graph;
use crate::merge::gather;

/// Show how often locks were got, how long they were waited for and held, and where
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Stat {
    /// What comes first: the largest of these
    #[arg(long, value_enum, default_value_t = Sort::Wait)]
    sort: Sort,

    /// How many are shown; all without it
    #[arg(long, value_name = "N")]
    top: Option<usize>,

    /// How they are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Records, and directories of them; or what `HELDBY_DUMP=FILE.json` wrote
    #[arg(value_name = "FILE|DIR", required = true)]
    records: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  A program keeps statistics where it is told to, and leaves them when it exits:
    HELDBY_STAT=1 HELDBY_DIR=records target/debug/server
    heldby stat records

  The five locks that were held longest at a time:
    heldby stat --sort hold-max --top 5 records

A line is a class of locks; holds that others may share stand apart, as `(read)`. An acquire is contended
when another thread held the lock or had asked for it before; only those count as waits. Below a line
stand the places that waited, and the places where what they waited for had been asked for.

Exit status:
  0  printed
  2  bad input, no statistics in it, or nowhere to write";

/// How statistics are printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people: a table.
    Text,
    /// For programs: one JSON array.
    Json,
}

/// An order, as it is written on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sort {
    /// total time of waits
    Wait,
    /// longest wait
    WaitMax,
    /// total time of holds
    Hold,
    /// longest hold
    HoldMax,
    /// contended acquires
    Contended,
    /// acquires
    Acquired,
}

impl Sort {
    fn order(self) -> StatOrder {
        match self {
            Self::Wait => StatOrder::Wait,
            Self::WaitMax => StatOrder::LongestWait,
            Self::Hold => StatOrder::Hold,
            Self::HoldMax => StatOrder::LongestHold,
            Self::Contended => StatOrder::Contentions,
            Self::Acquired => StatOrder::Acquisitions,
        }
    }
}

impl Stat {
    /// Reads, adds up, sorts, prints.
    pub(crate) fn run(&self) -> Result<Verdict, Failure> {
        let stats = self.read()?;
        if stats.is_empty() {
            let paths = self.records.iter().map(|path| path.display().to_string());
            return Err(Failure::NoStatistics(paths.collect()));
        }
        print(stats, self.sort.order(), self.top, self.format)?;
        Ok(Verdict::Clean)
    }

    fn read(&self) -> Result<Vec<LockStat>, Failure> {
        match self.records.as_slice() {
            // What is not there is most likely meant to be records.
            [dump] if graph::is_dump(dump) && dump.exists() => Ok(graph::of_dump(dump)?.lock_stats),
            records => Ok(gather(records)?.merged.lock_stats()),
        }
    }
}

/// Prints `stats` to standard output, the first `top` of them in `order`.
pub(crate) fn print(
    mut stats: Vec<LockStat>,
    order: StatOrder,
    top: Option<usize>,
    format: Format,
) -> Result<(), Failure> {
    order.sort(&mut stats);
    stats.truncate(top.unwrap_or(usize::MAX));
    let text = match format {
        Format::Text => render::lock_stats(&stats),
        Format::Json => serde_json::to_string(&stats).expect("plain data becomes JSON") + "\n",
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Write { error }),
        _ => Ok(()),
    }
}
