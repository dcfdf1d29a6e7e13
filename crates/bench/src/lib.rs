//! Measures Heldby beside the locks that it wraps and beside its rivals, all in one run.
//!
//! ```text
//! options.rs   what to measure
//! table.rs     runs every section in a process of its own, since a process has one validator
//! sections.rs  the sections; each prints its rows as JSON lines
//!   ladder.rs, pairs.rs, ...  one for each kind of work
//!     shapes.rs    work on any lock: a nest, hand over hand, ...
//!     locks.rs     the locks, all under one trait
//!     rounds.rs    interleaved rounds; each figure is the least, since a machine only adds time
//! verdict.rs   a row, its goal, and whether that is met
//! plot.rs      SVG
//! ```
//!
//! `cargo run --release -p heldby-bench` builds the package `rivals`, whose program is this one with
//! more locks, and runs the sections in it.
//! That package stands outside of the workspace: the rivals bring many crates, and one of them needs
//! a newer compiler.

mod cells;
mod counting;
mod dump;
mod held;
mod ladder;
mod learn;
mod locks;
mod memory;
mod options;
mod others;
mod pairs;
mod plot;
mod random;
mod registry;
mod rounds;
mod sections;
mod shapes;
mod store;
mod table;
mod tasks;
mod threads;
mod verdict;

use std::io::{self, ErrorKind};
use std::process::ExitCode;

pub use locks::Lock;
use options::Options;
pub use shapes::{Base, Side};

/// Runs the program: the whole table, or one section of it for the program that prints the table.
///
/// `rivals` stand beside Heldby in every row that their base has.
pub fn main(rivals: &[Side]) -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("error: {error}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    let mut out = io::stdout().lock();
    let done = match &options.child {
        Some(section) => sections::run(section, &options, rivals, &mut out),
        None => table::print(&options, &mut out),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: failed to measure: {error}");
            ExitCode::from(2)
        }
    }
}
