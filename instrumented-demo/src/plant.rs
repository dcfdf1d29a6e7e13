//! Planting: commits a bug, alone or among the load, and says whether it was reported.

use std::fmt::Write;

use crate::bugs::{self, Bug};
use crate::exit::{Failure, Outcome};
use crate::job::{Job, Mm};
use crate::policy::Policy;
use crate::summary::say;
use crate::validation;
use crate::watchdog;

/// Faults that are served before a bug is committed, so that it is one among many.
const FAULTS_BEFORE: u64 = 100;

/// Lists all bugs.
pub(crate) fn list() -> Result<Outcome, Failure> {
    let mut text = String::new();
    for bug in bugs::ALL {
        writeln!(text, "{:<18} {}  {}", bug.name, bug.code, bug.summary)
            .expect("a String takes any text");
    }
    say(&text)?;
    Ok(Outcome::Clean)
}

/// Commits one bug on an address space of its own.
pub(crate) fn alone(name: &str) -> Result<Outcome, Failure> {
    let bug = bugs::find(name);
    validation::install(Policy::Panic)?;
    watchdog::arm(bug.name);
    (bug.commit)(&Mm::new());
    let verdict = verdict(bug);
    say(&format!("{}\n", sentence(bug, verdict)))?;
    Ok(verdict)
}

/// Commits the bug once the load is under way, then ends the load; runs on a thread of its own.
pub(crate) fn among_load(job: &Job, bug: &'static Bug) {
    while job.tally.faults.get() < FAULTS_BEFORE && !job.stopped() {
        heldby::thread::yield_now();
    }
    watchdog::arm(bug.name);
    job.attempt("planter", || {
        (bug.commit)(&job.mm);
        Ok(())
    });
    job.stop();
}

/// Whether the bug was reported.
pub(crate) fn verdict(bug: &Bug) -> Outcome {
    if validation::reported(bug.code) {
        Outcome::Found
    } else {
        Outcome::Missed
    }
}

/// What became of the bug.
pub(crate) fn sentence(bug: &Bug, verdict: Outcome) -> String {
    let Bug { name, code, .. } = bug;
    match verdict {
        Outcome::Found => format!("the planted bug `{name}` was reported: {code}"),
        Outcome::Clean | Outcome::Missed => {
            format!("the planted bug `{name}` was NOT reported; {code} was due")
        }
    }
}
