//! The figures of a run, for people.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write as _};
use std::time::Duration;

use crate::bugs::Bug;
use crate::cli::{FaultLock, PageArgs};
use crate::exit::Outcome;
use crate::job::Job;
use crate::plant;
use crate::source::Source;
use crate::tally::Quantiles;
use crate::validation::Learned;
use crate::verify::Comparison;

/// Says what is about to be done.
pub(crate) fn announce(args: &PageArgs, source: &Source, job: &Job) {
    let lock = match args.lock {
        FaultLock::Vma => "the VMA read lock",
        FaultLock::Mmap => "the mmap read lock",
    };
    say(&format!(
        "input           {}: {} pages in {} regions, packed to {} KiB\n\
         run             backend {}, faults served under {lock}\n\
         threads         {} pagers, {} touchers, {} churners\n",
        source.title(),
        job.snapshot.pages(),
        job.layout.regions(),
        job.snapshot.packed_bytes() >> 10,
        job.backend.name(),
        args.pagers,
        args.touchers,
        args.churn,
    ));
}

/// What was done under load, before the final comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    seconds: f64,
    faults: u64,
    vm_operations: u64,
    latency: Quantiles,
}

impl Load {
    /// Reads the figures of `job` after `elapsed` of load.
    pub(crate) fn of(job: &Job, elapsed: Duration) -> Self {
        Self {
            seconds: elapsed.as_secs_f64(),
            faults: job.tally.faults.get(),
            vm_operations: job.tally.vm_operations(),
            latency: job.tally.quantiles(),
        }
    }

    fn rate(&self, count: u64) -> f64 {
        count as f64 / self.seconds
    }
}

/// Everything that is known at the end.
#[derive(Debug)]
pub(crate) struct Summary<'a> {
    pub(crate) job: &'a Job,
    pub(crate) load: Load,
    pub(crate) comparison: Option<Comparison>,
    pub(crate) learned: Learned,
    pub(crate) bug: Option<&'static Bug>,
    pub(crate) verdict: Outcome,
}

impl Summary<'_> {
    /// Prints it on stdout.
    pub(crate) fn print(&self) {
        say(&self.to_string());
    }

    fn faults(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (load, tally) = (&self.load, &self.job.tally);
        let (faults, seconds) = (load.faults, load.seconds);
        writeln!(
            f,
            "faults          {faults} in {seconds:.1} s, {:.0}/s",
            load.rate(faults)
        )?;
        writeln!(
            f,
            "                {} holes, {} there already, {} again, {} stale, {} by the mmap lock, {} evicted",
            tally.holes.get(),
            tally.already_there.get(),
            tally.again.get(),
            tally.stale.get(),
            tally.fallbacks.get(),
            tally.evictions.get(),
        )?;
        let Quantiles { p50, p99, max } = load.latency;
        writeln!(
            f,
            "fault latency   p50 {p50:.1?}, p99 {p99:.1?}, max {max:.1?}"
        )
    }

    fn vm_operations(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (load, tally) = (&self.load, &self.job.tally);
        let operations = load.vm_operations;
        writeln!(
            f,
            "vm operations   {operations}, {:.0}/s",
            load.rate(operations)
        )?;
        writeln!(
            f,
            "                {} mapped, {} unmapped, {} protected, {} renamed, {} listed",
            tally.maps.get(),
            tally.unmaps.get(),
            tally.protects.get(),
            tally.renames.get(),
            tally.listings.get(),
        )
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
        f.write_char('\n')
    }
}

impl Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.faults(f)?;
        self.vm_operations(f)?;
        self.data(f)?;
        write!(f, "{}", self.learned)?;
        self.verdict(f)
    }
}

/// Writes to stdout; whoever closed it loses the text, and still gets the exit code.
pub(crate) fn say(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
}
