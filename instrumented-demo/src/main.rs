//! A userfaultfd demand pager that validates its own locks.
//!
//! The job is what a virtual machine monitor does when it restores a snapshot lazily: memory is
//! mapped empty, a page that is touched raises a fault, and a pager thread brings it.
//!
//! ```text
//! source -> snapshot                       a file, as independently compressed pages
//!              | backing of the VMAs
//! toucher --> backend --> pager            a fault, served under one VMA's read lock
//! churner --> mapping                      mappings change under the mmap write lock
//! forker, maps reader, neighbour           copies, walks, and takes the memory of VMAs over
//!              v
//! verify, summary                          every byte compared; what the validator learned
//! ```
//!
//! All locks are `heldby::sync` locks or those of `heldby_mm`, and [`bugs`] are planted to show what
//! becomes of a wrong one.

mod backend;
mod branches;
mod bugs;
mod child;
mod churn;
mod cli;
mod exit;
mod fault_queue;
mod forker;
mod generate;
mod guards;
mod job;
mod layout;
mod lease;
mod mapping;
mod maps;
mod neighbour;
mod page;
mod pager;
mod plant;
mod policy;
mod progress;
mod residency;
mod run;
mod snapshot;
mod source;
mod summary;
mod tally;
mod toucher;
#[cfg(feature = "validate")]
mod validation;
#[cfg(not(feature = "validate"))]
#[path = "validation_off.rs"]
mod validation;
mod verify;
mod watchdog;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::exit::{BAD_INPUT, Failure, Outcome};

fn main() -> ExitCode {
    match dispatch(Cli::parse().into_command()) {
        Ok(outcome) => outcome.into(),
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(BAD_INPUT)
        }
    }
}

fn dispatch(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Page(args) => run::page(&args),
        Command::Bug(args) => args
            .name
            .map_or_else(plant::list, |name| plant::alone(&name)),
    }
}
