//! The figures of a run, for people.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write as _};
use std::time::Duration;

use heldby_mm::Branch;

use crate::branches::Taken;
use crate::bugs::Bug;
use crate::cli::{FaultLock, PageArgs};
use crate::exit::{Failure, Outcome};
use crate::job::Job;
use crate::maps;
use crate::plant;
use crate::source::Source;
use crate::tally::Quantiles;
use crate::validation::Learned;
use crate::verify::Comparison;

/// What stands before a line that goes on with the one above.
const INDENT: &str = "                ";

/// Says what is about to be done.
pub(crate) fn announce(args: &PageArgs, source: &Source, job: &Job) -> Result<(), Failure> {
    let lock = match args.lock {
        FaultLock::Vma => "the VMA read lock",
        FaultLock::Mmap => "the mmap read lock",
    };
    let beside_churners = match args.churn {
        0 => String::new(),
        _ => format!(", a forker, a neighbour, {} maps readers", maps::READERS),
    };
    say(&format!(
        "input           {}: {} pages in {} regions, packed to {} KiB\n\
         run             backend {}, faults served under {lock}\n\
         threads         {} pagers, {} touchers, {} churners{beside_churners}\n",
        source.title(),
        job.snapshot.pages(),
        job.layout.regions(),
        job.snapshot.packed_bytes() >> 10,
        job.backend.name(),
        args.pagers,
        args.touchers,
        args.churn,
    ))
}

/// What was done under load, before the final comparison.
#[derive(Debug)]
pub(crate) struct Load {
    seconds: f64,
    faults: u64,
    fault_kinds: String,
    vm_operations: u64,
    vm_operation_kinds: String,
    latency: Quantiles,
}

impl Load {
    /// Reads the figures of `job` after `elapsed` of load.
    pub(crate) fn of(job: &Job, elapsed: Duration) -> Self {
        let tally = &job.tally;
        Self {
            seconds: elapsed.as_secs_f64(),
            faults: tally.faults.get(),
            fault_kinds: format!(
                "{} holes, {} there already, {} again, {} stale, {} by the mmap lock, {} evicted",
                tally.holes.get(),
                tally.already_there.get(),
                tally.again.get(),
                tally.stale.get(),
                tally.fallbacks.get(),
                tally.evictions.get(),
            ),
            vm_operations: tally.vm_operations(),
            vm_operation_kinds: format!(
                "{} mapped, {} unmapped, {} protected, {} renamed, {} split, {} merged\n\
                 {INDENT}{} guarded, {} listed, {} walked, {} forked and {} interrupted\n\
                 {INDENT}{} mapped by a neighbour",
                tally.maps.get(),
                tally.unmaps.get(),
                tally.protects.get(),
                tally.renames.get(),
                tally.splits.get(),
                tally.merges.get(),
                tally.guards.get(),
                tally.listings.get(),
                tally.walks.get(),
                tally.forks.get(),
                tally.interrupted_forks.get(),
                tally.neighbour.get(),
            ),
            latency: tally.quantiles(),
        }
    }
}

impl Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seconds,
            faults,
            vm_operations,
            ..
        } = self;
        let rate = |count: u64| count as f64 / seconds;
        writeln!(
            f,
            "faults          {faults} in {seconds:.1} s, {:.0}/s",
            rate(*faults)
        )?;
        writeln!(f, "                {}", self.fault_kinds)?;
        let Quantiles { p50, p99, max } = self.latency;
        writeln!(
            f,
            "fault latency   p50 {p50:.1?}, p99 {p99:.1?}, max {max:.1?}"
        )?;
        writeln!(
            f,
            "vm operations   {vm_operations}, {:.0}/s",
            rate(*vm_operations)
        )?;
        writeln!(f, "                {}", self.vm_operation_kinds)
    }
}

/// Everything that is known at the end.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) load: Load,
    pub(crate) comparison: Option<Comparison>,
    pub(crate) learned: Learned,
    pub(crate) branches: Taken,
    /// A branch that was asked for, and not taken.
    pub(crate) missing: Option<Branch>,
    pub(crate) bug: Option<&'static Bug>,
    pub(crate) verdict: Outcome,
}

impl Summary {
    /// Prints it on stdout.
    pub(crate) fn print(&self) -> Result<(), Failure> {
        say(&self.to_string())
    }

    fn data(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.comparison {
            Some(Comparison { bytes, differing }) => {
                writeln!(
                    f,
                    "data            {bytes} bytes compared, {differing} pages differ"
                )
            }
            None => writeln!(f, "data            not compared, the run was stopped"),
        }
    }

    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("verdict         ")?;
        match (self.bug, self.verdict) {
            (Some(bug), verdict) => f.write_str(&plant::sentence(bug, verdict))?,
            (None, Outcome::Clean) => f.write_str("clean")?,
            (None, Outcome::Found | Outcome::Missed) => f.write_str("NOT clean")?,
        }
        if let Some(branch) = self.missing {
            write!(f, "; never taken: {branch}")?;
        }
        f.write_char('\n')
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.load)?;
        write!(f, "{}", self.branches)?;
        self.data(f)?;
        write!(f, "{}", self.learned)?;
        self.verdict(f)
    }
}

/// Writes to stdout; whoever closed it loses the text, and still gets the exit code.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Write(error)),
        _ => Ok(()),
    }
}
